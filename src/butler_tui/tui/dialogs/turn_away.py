"""Asks why a visitor is not let in: a digit picks the reason."""

from __future__ import annotations

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
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _

TurnedAway = tuple[TurnAwayReason, str]


class TurnAwayDialog(ModalScreen[TurnedAway | None]):
    """Returns reason and note, or None where the guard thought better of it."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Turn away"), id="turn_away.keep", tooltip=_("save: not let in")),
        Binding("escape", "leave", _("Back"), id="turn_away.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(self, who: str) -> None:
        super().__init__()
        self._who = who

    def compose(self) -> ComposeResult:
        """Lay out the reasons and two fields."""
        with Vertical(classes="dialog"):
            yield Static(line(_("Turn away: {who}", who=self._who)), classes="title")
            for number, reason in enumerate(TurnAwayReason, 1):
                yield Static(line((f" {number} ", "$accent"), " ", label(reason)))
            with Horizontal():
                yield Static(line(_("Reason")), classes="label")
                yield ScanInput(id="reason", folded=True, longest=1)
                yield Static(id="picked", classes="hint")
            with Horizontal():
                yield Static(line(_("Note")), classes="label")
                yield ScanInput(id="note")
            yield Sentence()
            yield KeyLine()

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what the digit picks, and go on to the note."""
        message.stop()
        if message.input.id == "reason":
            reason = pick(message.value, list(TurnAwayReason))
            self.query_one("#picked", Static).update(line(label(reason) if reason else ""))
            if reason is not None:
                self.set_focus(self.query_one("#note"))

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return what was picked."""
        message.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Return reason and note, or say that the reason is missing."""
        reason = pick(self.query_one("#reason", ScanInput).text, list(TurnAwayReason))
        if reason is None:
            self.query_one(Sentence).say(_("Pick the reason by its digit."), "warning")
            self.set_focus(self.query_one("#reason"))
            return
        self.dismiss((reason, self.query_one("#note", ScanInput).text))

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)
