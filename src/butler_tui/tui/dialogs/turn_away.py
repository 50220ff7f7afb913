"""Asks why a visitor is not let in: a digit picks the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.domain.entries import pick
from butler_tui.domain.policies import TurnAwayReason
from butler_tui.labels import label
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.choices import Choice
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


@dataclass(frozen=True, slots=True)
class Answer:
    """What the guard decided: the reason, None where they thought better of it; and what was typed, to be kept."""

    reason: TurnAwayReason | None
    typed: tuple[str, str]


class TurnAwayDialog(ModalScreen[Answer]):
    """Returns an answer; begins with what was typed before, so that Esc loses nothing."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Turn away"), id="turn_away.keep", tooltip=_("save: not let in")),
        Binding("escape", "leave", _("Back"), id="turn_away.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(self, who: str, typed: tuple[str, str]) -> None:
        super().__init__()
        self._who = who
        self._reason = ScanInput(id="reason", folded=True, longest=1)
        self._note = ScanInput(id="note")
        self._reason.value, self._note.value = typed

    def compose(self) -> ComposeResult:
        """Lay out the reasons and two fields."""
        with Vertical(classes="dialog"):
            yield Static(line(_("Turn away: {who}", who=self._who)), classes="title")
            for number, reason in enumerate(TurnAwayReason, 1):
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

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what the digit picks, and go on to the note."""
        message.stop()
        if message.input is self._reason and self._show_picked():
            self.set_focus(self._note)

    def on_choice_picked(self, message: Choice.Picked) -> None:
        """Take a clicked reason as its digit."""
        message.stop()
        self._reason.value = message.digit

    def on_mount(self) -> None:
        """Show what was picked before."""
        self._show_picked()

    def _show_picked(self) -> bool:
        reason = pick(self._reason.value, list(TurnAwayReason))
        self.query_one("#picked", Static).update(line(label(reason) if reason else ""))
        return reason is not None

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return what was picked."""
        message.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Return reason and note, or say that the reason is missing."""
        reason = pick(self._reason.text, list(TurnAwayReason))
        if reason is None:
            self.query_one(Sentence).say(_("Pick the reason by its digit."), "warning")
            self.set_focus(self._reason)
            return
        self.dismiss(Answer(reason, self._typed))

    def action_leave(self) -> None:
        """Return what was typed, and no decision."""
        self.dismiss(Answer(None, self._typed))

    @property
    def _typed(self) -> tuple[str, str]:
        return (self._reason.text, self._note.text)
