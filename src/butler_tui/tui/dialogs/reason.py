"""Asks for a reason: a digit or a click picks one of a few, and words say more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.domain.entries import pick
from butler_tui.labels import label
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.choices import Choice
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _

Why = TypeVar("Why", bound=StrEnum)
"""The codes that are picked from."""


@dataclass(frozen=True, slots=True)
class Reasoned(Generic[Why]):
    """The reason, None where one thought better of it; and what was typed, digit and note, to be kept."""

    reason: Why | None
    typed: tuple[str, str]


class ReasonDialog(ModalScreen[Reasoned[Why]]):
    """Returns a reason; begins with what was typed before, so that Esc loses nothing. Subclasses bind the keys."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    def __init__(self, title: str, reasons: Sequence[Why], typed: tuple[str, str], said_first: str = "") -> None:
        super().__init__()
        self._title = title
        self._reasons = list(reasons)
        self._said_first = said_first
        self._reason = ScanInput(id="reason", folded=True, longest=1)
        self._note = ScanInput(id="note")
        self._reason.value, self._note.value = typed

    def compose(self) -> ComposeResult:
        """Lay out the reasons and two fields."""
        with Vertical(classes="dialog"):
            yield Static(line(self._title), classes="title")
            for number, reason in enumerate(self._reasons, 1):
                yield Choice(str(number), label(reason))
            with Horizontal():
                yield Static(line(_("Why")), classes="label")
                yield self._reason
                yield Static(id="picked", classes="hint")
            with Horizontal():
                yield Static(line(_("Note")), classes="label")
                yield self._note
            yield Sentence()
            yield KeyLine()

    def on_mount(self) -> None:
        """Show what was picked before."""
        self._show_picked()
        self.query_one(Sentence).say(self._said_first)

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what the digit picks, and go on to the note."""
        message.stop()
        if message.input is self._reason and self._show_picked():
            self.set_focus(self._note)

    def on_choice_picked(self, message: Choice.Picked) -> None:
        """Take a clicked reason as its digit."""
        message.stop()
        self._reason.value = message.digit

    def _show_picked(self) -> bool:
        reason = pick(self._reason.value, self._reasons)
        self.query_one("#picked", Static).update(line(label(reason) if reason else ""))
        return reason is not None

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return what was picked."""
        message.stop()
        self.action_keep()

    def needs_words(self, reason: Why) -> str:
        """Return what to ask for where `reason` does not do without a note, and nothing where it does."""
        return ""

    def action_keep(self) -> None:
        """Return reason and note, or say what is missing."""
        reason = pick(self._reason.text, self._reasons)
        if reason is None:
            self._ask(_("Pick the reason by its digit."), self._reason)
            return
        asked = "" if self._note.text else self.needs_words(reason)
        if asked:
            self._ask(asked, self._note)
        else:
            self.dismiss(Reasoned(reason, self._typed))

    def _ask(self, sentence: str, field: ScanInput) -> None:
        self.query_one(Sentence).say(sentence, "warning")
        self.set_focus(field)

    def action_leave(self) -> None:
        """Return what was typed, and no reason."""
        self.dismiss(Reasoned(None, self._typed))

    @property
    def _typed(self) -> tuple[str, str]:
        return (self._reason.text, self._note.text)
