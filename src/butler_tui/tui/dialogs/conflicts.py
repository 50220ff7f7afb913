"""What several wrote without knowing of each other: a list; Enter shows one, where somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from butler_tui.desk.conflict_words import Viewer, in_words
from butler_tui.desk.conflicts import sees_clear, settle
from butler_tui.desk.session import Session
from butler_tui.labels import moment
from butler_tui.store import conflicts
from butler_tui.store.conflicts import Conflict
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.conflict import ConflictDialog, Decision
from butler_tui.tui.dialogs.inbox import InboxDialog
from butler_tui.tui.widgets.record_list import Column, Record
from butler_tui.words import _

_COLUMNS = (Column(10), Column(0), Column(20), Column(12, right=True))


class ConflictsDialog(InboxDialog):
    """Lists the conflicts by record and field, and saves what is decided in the dialog over it."""

    GUIDE = (
        _("Two computers wrote the same field without knowing of each other. Nothing of it is lost."),
        _("Who may write such records decides; the decision goes to all computers."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="conflicts.open", tooltip=_("the chosen one, to decide")),
        Binding("f1", "app.help", _("Help"), id="conflicts.help", tooltip=_("this help")),
        Binding("escape", "leave", _("Back"), id="conflicts.leave", tooltip=_("back to the sync")),
    ]

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__(context, session, _("To be decided"), _("Nothing waits for a decision."), _COLUMNS)
        self._found: dict[tuple[str, bytes, str], Conflict] = {}

    def records(self) -> Sequence[Record]:
        """Return the conflicts, by record and field."""
        waiting = conflicts.waiting(self._here.store.connection)
        self._found = {(one.table, one.record_id, one.field): one for one in waiting}
        return [self._record(key, one) for key, one in self._found.items()]

    def _record(self, key: object, conflict: Conflict) -> Record:
        words = in_words(self._here.store.connection, conflict, self._viewer(conflict))
        latest = max(said.at_ms for said in conflict.writes)
        when = moment(latest, self._here.now_ms(), self._here.zone)
        return Record(key, (words.kind, words.record, words.field, when))

    def _viewer(self, conflict: Conflict) -> Viewer:
        return Viewer(sees_clear(self._session, conflict.table), self._here.now_ms(), self._here.zone)

    def action_open(self) -> None:
        """Show the chosen one with its values, and save what is decided."""
        shown = self._found.get(self.chosen_key)
        if shown is None:
            return

        def decided(decision: Decision | None) -> None:
            if decision is not None:
                self._save(shown, decision)

        words = in_words(self._here.store.connection, shown, self._viewer(shown))
        self.app.push_screen(ConflictDialog(self._here.store, self._session, shown, words), decided)

    def _save(self, shown: Conflict, decision: Decision) -> None:
        here = self._here
        self.do(
            lambda: settle(here.store, self._session, shown, decision.value, here.now_ms()),
            _("Decided. It goes to headquarters and to all computers with the next sync."),
        )
