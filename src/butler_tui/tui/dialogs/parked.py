"""The visitors who were put aside at this post: Enter takes one into the form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.labels import greeting, moment
from butler_tui.store import drafts, staff
from butler_tui.store.drafts import GATE, Draft
from butler_tui.tui.context import Context
from butler_tui.tui.draft_body import unpack
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.record_list import Column, Record, RecordList
from butler_tui.words import _

_COLUMNS = (Column(10), Column(10), Column(10), Column(10), Column(0, right=True))


class ParkedDialog(ModalScreen[bytes | None]):
    """Returns the draft that was chosen, or None."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take", _("Take up"), id="parked.take", tooltip=_("into the form")),
        Binding("escape,f8", "leave", _("Back"), id="parked.leave", tooltip=_("back to the form")),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._here = context

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="dialog parked"):
            yield Static(line(_("Put aside at this post")), classes="title")
            yield RecordList(_COLUMNS, self._fetch, _("Nothing is put aside."))
            yield Sentence()
            yield KeyLine()

    def on_mount(self) -> None:
        """Stand in the list, and say what Enter does."""
        rows = self.query_one(RecordList)
        self.set_focus(rows)
        if rows.chosen_key is not None:
            self.query_one(Sentence).say(_("Enter takes the marked visitor back into the form."))

    def _fetch(self, after: bytes | None, most: int) -> Sequence[Record]:
        if after is not None:
            return []
        return [self._record(draft) for draft in drafts.parked(self._here.store.connection, GATE)]

    def _record(self, draft: Draft) -> Record:
        values, _found = unpack(draft.body, lambda _visit_id: None)
        author = staff.by_id(self._here.store.connection, draft.staff_id)
        who = values.get("name") or values.get("plate") or values.get("arrival") or greeting("", None)
        when = moment(draft.changed_ms, self._here.now_ms(), self._here.zone)
        by = author.name if author else ""
        return Record(draft.draft_id, (who, values.get("room", ""), values.get("plate", ""), by, when))

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Return the chosen one."""
        message.stop()
        self.dismiss(message.key)

    def action_take(self) -> None:
        """Return the chosen one."""
        self.dismiss(self.query_one(RecordList).chosen_key)

    def action_leave(self) -> None:
        """Return to the form."""
        self.dismiss(None)
