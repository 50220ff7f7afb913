"""A dialog that lists what waits for a person: Enter opens the chosen one, and the list is read anew after each act."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.session import Session
from butler_tui.errors import ButlerError
from butler_tui.tui.context import Context
from butler_tui.tui.messages import Saved
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.record_list import Column, Record, RecordList


class InboxDialog(Steady, ModalScreen[None]):
    """One list under a title; what is in it is fetched whole, and is few."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    def __init__(self, context: Context, session: Session, title: str, empty: str, columns: Sequence[Column]) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._title = title
        self._empty = empty
        self._columns = tuple(columns)
        self._sentence = Sentence()

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        with Vertical(classes="dialog inbox"):
            yield Static(line(self._title), classes="title")
            yield RecordList(self._columns, self._fetch, self._empty)
            yield self._sentence
            yield KeyLine()

    def on_mount(self) -> None:
        """Stand in the list."""
        self.set_focus(self.query_one(RecordList))

    def on_screen_resume(self) -> None:
        """Show what waits now."""
        self.query_one(RecordList).reload()

    def after_sync(self, sentence: str, meaning: str) -> None:
        """Show what waits now: others may have decided meanwhile, or written."""
        self.query_one(RecordList).reload()

    def _fetch(self, after: object, most: int) -> Sequence[Record]:
        return [] if after is not None else self.records()

    @abstractmethod
    def records(self) -> Sequence[Record]:
        """Return what waits now, all of it."""

    @property
    def chosen_key(self) -> Any:
        """The key of the chosen record."""
        return self.query_one(RecordList).chosen_key

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Open the chosen one."""
        message.stop()
        self.action_open()

    @abstractmethod
    def action_open(self) -> None:
        """Open the chosen one."""

    def do(self, act: Callable[[], object], done: str) -> None:
        """Do an act of the desk, say `done` or what is wrong, and read the list anew."""
        try:
            act()
        except ButlerError as error:
            self._sentence.say(error.sentence(), "bad")
        else:
            self._sentence.say(done, "good")
            self.post_message(Saved())
        self.query_one(RecordList).reload()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
