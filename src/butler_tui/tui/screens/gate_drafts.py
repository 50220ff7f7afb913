"""Nothing typed at the gate is lost: each change is kept, a crash gives it back, F8 parks it for everyone here."""

from __future__ import annotations

from dataclasses import replace

from butler_tui.domain.recognise import Kind
from butler_tui.errors import ButlerError
from butler_tui.labels import clock, greeting
from butler_tui.store import drafts, known, visits
from butler_tui.store.database import plain_errors
from butler_tui.store.drafts import GATE, Draft
from butler_tui.tui.draft_body import pack, unpack
from butler_tui.tui.gate_case import recognised
from butler_tui.tui.gate_deeds import called
from butler_tui.tui.key_names import key_called
from butler_tui.tui.screens.gate_acts import GateActs
from butler_tui.words import _

LAST_SAVED_MS = 10 * 60_000
"""A visit saved so lately is named when its guard signs in again: after a crash one wants to know (ours)."""


class GateDrafts(GateActs):
    """The gate's form as a draft: the author's alone, until it is parked or saved."""

    _taken_up = False
    """Whether what is in the form was put aside before."""

    def _draft(self, *, parked: bool = False) -> Draft:
        values = self.form.snapshot()
        if not self.form.keeps_number:
            values["number"] = ""  # a number that policy does not keep is not kept half-typed either
        read = recognised(values["arrival"], self._here.policies)
        if read is not None and read.kind is Kind.DOCUMENT:
            values["arrival"] = ""
        found = replace(self._case.standing(self.form.registration()), masked=self.form.masked)
        body = pack(values, found)
        staff_id = self._session.staff.staff_id
        return Draft(self._case.begin(), staff_id, GATE, body, parked, self._here.now_ms())

    def _kept(self) -> None:
        """Keep what is typed, without waiting for the disk; an empty form needs no draft."""
        if not self.form.is_empty:
            self._here.drafts.keep(self._draft())
        elif self._case.draft_id is not None:
            self._here.drafts.drop(self._case.draft_id)
        if self._here.drafts.trouble is not None:
            self._say(self._here.drafts.trouble.sentence(), "bad")

    def _new_case(self) -> None:
        self._taken_up = False
        if self._case.draft_id is not None:
            self._here.drafts.drop(self._case.draft_id)
        super()._new_case()

    def on_unmount(self) -> None:
        """Write what is due before the program ends."""
        self._here.drafts.close()

    # After a crash, or another day

    def _bring_back(self) -> None:
        """Offer what this person left half-typed, or say what was saved last."""
        connection, staff_id = self._here.store.connection, self._session.staff.staff_id
        draft = drafts.of_author(connection, staff_id, GATE)
        if draft is not None and visits.saved(connection, draft.draft_id):
            drafts.drop(connection, draft.draft_id)
            draft = None
        if draft is not None:
            self._open(draft)
            when = clock(draft.changed_ms, self._here.zone)
            self._say(
                _(
                    "Here is what you had typed at {time}; it is not saved yet. {key} empties it.",
                    time=when,
                    key=key_called("gate.clear"),
                )
            )
            return
        last = visits.last_by(connection, staff_id, self._here.now_ms() - LAST_SAVED_MS)
        if last is not None:
            when = clock(last.registered_ms, self._here.zone)
            self._say(_("Saved last: {who}, {time}.", who=greeting(last.name, last.sex), time=when), "good")

    def _open(self, draft: Draft) -> None:
        connection = self._here.store.connection
        self._case.draft_id = draft.draft_id
        self._restore(unpack(draft.body, lambda visit_id: known.of_visit(connection, visit_id)))

    # Parking

    def action_park(self) -> None:
        """Put what is typed aside for everyone at this post; with an empty form, show what is put aside."""
        if self.form.is_empty:
            self._show_parked()
            return
        who = called(self.form.registration())
        try:
            with plain_errors(self._here.store.home.database):
                self._here.drafts.flush()
                parked = self._draft(parked=True)
                drafts.keep(self._here.store.connection, parked)
                self._here.drafts.forget(parked.draft_id)
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return
        self._case.draft_id = None  # it is not this form's any more
        self._cleared = self._ended = None
        self._new_case()
        self._on_site.reload()
        self.form.focus_field("arrival")
        self._say(_("{who} is put aside. {key} on an empty form brings it back.", who=who, key=key_called("gate.park")))

    def action_clear(self) -> None:
        """Empty the form; a visitor taken up from those put aside goes back there."""
        if self._taken_up and not self.form.is_empty:
            self.action_park()
        else:
            super().action_clear()

    def _show_parked(self) -> None:
        from butler_tui.tui.dialogs.parked import ParkedDialog

        if not drafts.count_parked(self._here.store.connection, GATE):
            self._say(
                _(
                    "Nothing is put aside. {key} puts aside what is typed, for everyone at this post.",
                    key=key_called("gate.park"),
                )
            )
            return

        def chosen(draft_id: bytes | None) -> None:
            if draft_id is not None:
                self._take_parked(draft_id)

        self.app.push_screen(ParkedDialog(self._here), chosen)

    def _take_parked(self, draft_id: bytes) -> None:
        with plain_errors(self._here.store.home.database):
            draft = drafts.take(self._here.store.connection, draft_id, self._session.staff.staff_id)
        if draft is None:
            self._say(_("Somebody else has taken this one meanwhile."), "warning")
            return
        self._open(draft)
        self._taken_up = True
        self._on_site.reload()
        self.form.focus_field("arrival")
