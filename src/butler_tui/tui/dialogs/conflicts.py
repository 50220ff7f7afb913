"""What several wrote without knowing of each other: a list; Enter shows one, where somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.conflict_words import Viewer, in_words
from butler_tui.desk.conflicts import sees_clear, settle
from butler_tui.desk.session import Session
from butler_tui.errors import ButlerError
from butler_tui.labels import moment
from butler_tui.store import conflicts
from butler_tui.store.conflicts import Conflict
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.conflict import ConflictDialog, Decision
from butler_tui.tui.messages import Saved
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.record_list import Column, Record, RecordList
from butler_tui.words import _

_COLUMNS = (Column(10), Column(0), Column(20), Column(12, right=True))


class ConflictsDialog(Steady, ModalScreen[None]):
    """Lists the conflicts by record and field, and saves what is decided in the dialog over it."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

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
        super().__init__()
        self._here = context
        self._session = session
        self._found: dict[tuple[str, bytes, str], Conflict] = {}
        self._sentence = Sentence()

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="dialog inbox"):
            yield Static(line(_("To be decided")), classes="title")
            yield RecordList(_COLUMNS, self._fetch, _("Nothing waits for a decision."))
            yield self._sentence
            yield KeyLine()

    def on_mount(self) -> None:
        """Stand in the list."""
        self.set_focus(self.query_one(RecordList))

    def on_screen_resume(self) -> None:
        """Show what waits now."""
        self.query_one(RecordList).reload()

    def _fetch(self, after: object, most: int) -> Sequence[Record]:
        if after is not None:
            return []
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

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Open the chosen one."""
        message.stop()
        self.action_open()

    def action_open(self) -> None:
        """Show the chosen one with its values, and save what is decided."""
        shown = self._found.get(self.query_one(RecordList).chosen_key)
        if shown is None:
            return

        def decided(decision: Decision | None) -> None:
            if decision is not None:
                self._save(shown, decision)

        words = in_words(self._here.store.connection, shown, self._viewer(shown))
        self.app.push_screen(ConflictDialog(self._here.store, self._session, shown, words), decided)

    def _save(self, shown: Conflict, decision: Decision) -> None:
        here = self._here
        try:
            settle(here.store, self._session, shown, decision.value, here.now_ms())
        except ButlerError as error:
            self._sentence.say(error.sentence(), "bad")
        else:
            self._sentence.say(_("Decided. It goes to headquarters and to all computers with the next sync."), "good")
            self.post_message(Saved())
        self.query_one(RecordList).reload()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
