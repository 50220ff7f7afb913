"""One step: a few fields, one sentence; Enter goes on, Esc goes back, and what is typed stays."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.errors import ButlerError
from butler_tui.tui.screens.first_start.answers import Answers
from butler_tui.tui.screens.first_start.steps import Step
from butler_tui.tui.shown import line, lines
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


class StepScreen(Screen[None]):
    """Asks what its step asks, and tells the application when that is answered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "go_on", _("Next"), id="first_start.next", tooltip=_("on to the next field or step")),
        Binding("escape", "back", _("Back"), id="first_start.back", tooltip=_("to the step before; nothing is lost")),
        Binding("up", "up", _("Up"), show=False, id="first_start.up", tooltip=_("to the field above")),
        Binding("down", "down", _("Down"), show=False, id="first_start.down", tooltip=_("to the field below")),
        Binding("ctrl+q", "app.quit", _("Quit"), id="first_start.quit", tooltip=_("end the program")),
    ]

    class Answered(Message):
        """Everything this step asks is answered."""

        def __init__(self, step: Step) -> None:
            super().__init__()
            self.step = step

    class Back(Message):
        """The person wants to go a step back."""

    def __init__(self, step: Step, answers: Answers, place: str = "", words: str = "") -> None:
        super().__init__()
        self.step = step
        self.busy = False
        self._answers = answers
        self._place = place
        self._words = words or step.words
        self._fields = [
            ScanInput(id=one.name, password=one.hidden, folded=one.folded, longest=one.longest) for one in step.asked
        ]

    def compose(self) -> ComposeResult:
        """Lay out title, words and fields in the middle."""
        with Vertical(id="step"):
            yield Static(line((self.step.title, "bold"), "  ", (self._place, "$dim")), id="title")
            yield Static(lines(line(part) for part in self._words.split("\n")), id="words")
            for one, entry in zip(self.step.asked, self._fields, strict=True):
                with Horizontal():
                    yield Static(line(one.label), classes="label")
                    yield entry
            yield Static(id="told")
            yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Fill in what was typed before."""
        for entry in self._fields:
            entry.value = self._answers.typed.get(entry.id or "", "")
            entry.cursor_position = len(entry.value)
        self._show_meaning()
        self.set_focus(self._fields[0])

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Keep what is typed, and show what it means."""
        message.stop()
        if self._answers.typed.get(message.input.id or "") == message.value:
            return  # set from here, not typed: what was said about it stays
        self._keep()
        self._show_meaning()
        if not self.busy:
            self.query_one(Sentence).say("")

    def _keep(self) -> None:
        for entry in self._fields:
            self._answers.typed[entry.id or ""] = entry.value

    def _show_meaning(self) -> None:
        self.query_one("#told", Static).update(line(self.step.tell(self._answers)))

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the next field; after the last one, check all."""
        message.stop()
        if self.busy:
            return
        self._keep()
        at = self._fields.index(message.field)
        if at + 1 < len(self._fields) and not self.step.enough(self._answers):
            self.set_focus(self._fields[at + 1])
            return
        try:
            self.step.check(self._answers)
        except ButlerError as wrong:
            self.refuse(wrong)
            return
        self.post_message(self.Answered(self.step))

    def refuse(self, wrong: ButlerError) -> None:
        """Say what is wrong, and stand where it can be put right; hidden fields are typed anew."""
        self.busy = False
        hidden = [entry for entry in self._fields if entry.password]
        for entry in hidden:
            entry.value = ""
        self._keep()
        whole = self.step.enough(self._answers)  # then what is wrong stands in the first field
        empty = [entry for entry in self._fields if not entry.text and not whole]
        self.set_focus((hidden or empty or self._fields)[0])
        self.query_one(Sentence).say(wrong.sentence(), "warning")

    def wait(self, words: str) -> None:
        """Say what is being done, and take no Enter meanwhile."""
        self.busy = True
        self.query_one(Sentence).say(words)

    def action_up(self) -> None:
        """Go to the field above."""
        self._move(-1)

    def action_down(self) -> None:
        """Go to the field below."""
        self._move(1)

    def _move(self, by: int) -> None:
        at = next((at for at, entry in enumerate(self._fields) if entry.has_focus), 0)
        self.set_focus(self._fields[max(0, min(at + by, len(self._fields) - 1))])

    def action_back(self) -> None:
        """Go a step back."""
        if not self.busy:
            self._keep()
            self.post_message(self.Back())
