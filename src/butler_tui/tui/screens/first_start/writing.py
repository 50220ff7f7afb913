"""The last look before anything is written, and the writing itself with how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.desk.set_up_file import Stage, set_up_file, stage
from butler_tui.desk.set_up_whole import NewEstate, go_on, set_up
from butler_tui.errors import ButlerError
from butler_tui.paths import Home
from butler_tui.store import estates
from butler_tui.store.database import plain_errors
from butler_tui.tui.context import Clock
from butler_tui.tui.screens.first_start.step import StepScreen
from butler_tui.tui.shown import line, lines
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.words import _

LABEL_CELLS = 14


class Paper(Static, can_focus=True):
    """Words that hold the focus, so that keys typed ahead have where to go."""


class WritingScreen(Screen[None]):
    """Shows what will be written; Enter writes it. After a cut there is no way back, only on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "write", _("Write"), id="first_write.write", tooltip=_("set up this computer so")),
        Binding("escape", "back", _("Back"), id="first_write.back", tooltip=_("to the step before; nothing is lost")),
        Binding("ctrl+q", "app.quit", _("Quit"), id="first_write.quit", tooltip=_("end the program")),
    ]

    class Written(Message):
        """Everything of `estate` is written; `enrolled` tells whether HQ knows this computer already."""

        def __init__(self, estate: estates.Estate, *, enrolled: bool) -> None:
            super().__init__()
            self.estate = estate
            self.enrolled = enrolled

    def __init__(
        self,
        home: Home,
        now_ms: Clock,
        title: str,
        facts: Sequence[tuple[str, str]],
        new: NewEstate | None,
        pin: str,
    ) -> None:
        super().__init__()
        self.busy = False
        self._home = home
        self._now_ms = now_ms
        self._title = title
        self._facts = facts
        self._new = new
        self._pin = pin

    def compose(self) -> ComposeResult:
        """Lay out the facts in the middle."""
        with Vertical(id="step"):
            yield Static(line((self._title, "bold")), id="title")
            rows = [line((set_cell_size(name, LABEL_CELLS), "$dim"), value) for name, value in self._facts]
            yield Paper(lines(rows), id="words")
            yield Static(id="told")
            yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Say what Enter does."""
        self.set_focus(self.query_one(Paper))
        words = _("Enter writes this, Esc goes back.") if self._new else _("Enter writes the rest.")
        self.query_one(Sentence).say(words)

    def action_write(self) -> None:
        """Write it all, off the screen's thread."""
        if not self.busy:
            self.busy = True
            self.query_one(Sentence).say(_("Writing…"))
            self._write()

    @work(thread=True, exclusive=True, group="set-up")
    def _write(self) -> None:
        now_ms = self._now_ms()
        try:
            with plain_errors(self._home.database), set_up_file(self._home, now_ms) as store:
                if self._new is not None and stage(store) is not Stage.UNFINISHED:
                    set_up(store, self._new, self._pin, now_ms, self._progress)
                else:
                    go_on(store, now_ms, self._progress)
                estate = estates.estate(store.connection)
                enrolled = estates.terminal(store.connection).terminal_id is not None
        except ButlerError as error:
            self.app.call_from_thread(self._refuse, error)
            return
        if estate is not None:
            self.post_message(self.Written(estate, enrolled=enrolled))

    def _progress(self, done: int, total: int) -> None:
        self.app.call_from_thread(self._show_progress, done, total)

    def _show_progress(self, done: int, total: int) -> None:
        words = _("{done} of {total} homes are written.", done=done, total=total) if total else ""
        self.query_one("#told", Static).update(line(words))

    def _refuse(self, error: ButlerError) -> None:
        self.busy = False
        self.query_one(Sentence).say(error.sentence(), "bad")

    def action_back(self) -> None:
        """Go a step back, while nothing is written."""
        if not self.busy and self._new is not None:
            self.post_message(StepScreen.Back())
