"""A screen of two or three ways on: a digit or a click picks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


@dataclass(frozen=True, slots=True)
class Way:
    """One way on: its name, what it is called, and what it brings."""

    name: str
    title: str
    words: str


class Picked(Message):
    """A way was picked, by its name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name


class ChoiceScreen(Screen[None]):
    """Says where one stands, and offers the ways on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "ask", _("Next"), show=False, id="first_choice.next", tooltip=_("says what can be picked")),
        Binding("ctrl+q", "app.quit", _("Quit"), id="first_choice.quit", tooltip=_("end the program")),
    ]

    def __init__(self, title: str, words: str, ways: tuple[Way, ...]) -> None:
        super().__init__()
        self.busy = False
        self._title = title
        self._words = words
        self._ways = ways
        self._field = ScanInput(id="choice", folded=True, longest=1)

    def compose(self) -> ComposeResult:
        """Lay out the ways in the middle."""
        with Vertical(id="step"):
            yield Static(line((self._title, "bold")), id="title")
            yield Static(line(self._words), id="words")
            for number, way in enumerate(self._ways, 1):
                yield _WayLine(number, way)
            with Vertical(id="pick"):
                yield self._field
            yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Wait for a digit."""
        self.set_focus(self._field)
        self._invite()

    def _invite(self, meaning: str = "") -> None:
        self.query_one(Sentence).say(_("Pick by its digit."), meaning)

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Take the digit."""
        message.stop()
        typed = message.input.value
        if not typed:
            return
        self._field.value = ""
        numbers = {str(number): way.name for number, way in enumerate(self._ways, 1)}
        if typed in numbers:
            self.pick(numbers[typed])
        else:
            self._invite("warning")

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Say that a digit picks."""
        message.stop()
        if not self.busy:
            self._invite("warning")

    def pick(self, name: str) -> None:
        """Tell the application, unless it is at work."""
        if not self.busy:
            self.post_message(Picked(name))

    def wait(self, words: str) -> None:
        """Say what is being done, and take no digit meanwhile."""
        self.busy = True
        self.query_one(Sentence).say(words)

    def say(self, words: str, meaning: str) -> None:
        """Say how it went, and take digits again."""
        self.busy = False
        self.query_one(Sentence).say(words, meaning)


class _WayLine(Static):
    """One way, which a click picks too."""

    def __init__(self, number: int, way: Way) -> None:
        super().__init__(line((f" {number} ", "$accent"), " ", (way.title, "bold"), "  ", (way.words, "$dim")))
        self._way = way.name

    def on_click(self) -> None:
        """Pick it."""
        self.post_message(Picked(self._way))
