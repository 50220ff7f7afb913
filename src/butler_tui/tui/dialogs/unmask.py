"""Asks what a masked value is opened for: a digit picks, and words say more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.domain.entries import pick
from butler_tui.domain.unmasking import NEEDS_WORDS, UnmaskReason
from butler_tui.labels import label
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


@dataclass(frozen=True, slots=True)
class Purpose:
    """What it is opened for, None where one thought better of it; and what was typed, to be kept."""

    reason: UnmaskReason | None
    typed: tuple[str, str]


class UnmaskDialog(ModalScreen[Purpose]):
    """Returns a purpose; begins with what was typed before, so that Esc loses nothing."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="unmask.open", tooltip=_("open it; this is recorded")),
        Binding("escape", "leave", _("Back"), id="unmask.leave", tooltip=_("back, nothing is opened")),
    ]

    def __init__(self, what: str, typed: tuple[str, str]) -> None:
        super().__init__()
        self._what = what
        self._reason = ScanInput(id="reason", folded=True, longest=1)
        self._note = ScanInput(id="note")
        self._reason.value, self._note.value = typed

    def compose(self) -> ComposeResult:
        """Lay out the reasons and two fields."""
        with Vertical(classes="dialog"):
            yield Static(line(self._what), classes="title")
            for number, reason in enumerate(UnmaskReason, 1):
                yield Static(line((f" {number} ", "$accent"), " ", label(reason)))
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
        """Show what was picked before, and say that it is recorded."""
        self._show_picked()
        self.query_one(Sentence).say(_("Who looked, when and why is recorded and can be read by HQ."))

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what the digit picks, and go on to the note."""
        message.stop()
        if message.input is self._reason and self._show_picked():
            self.set_focus(self._note)

    def _show_picked(self) -> bool:
        reason = pick(self._reason.value, list(UnmaskReason))
        self.query_one("#picked", Static).update(line(label(reason) if reason else ""))
        return reason is not None

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return what was picked."""
        message.stop()
        self.action_open()

    def action_open(self) -> None:
        """Return the purpose, or say what is missing."""
        reason = pick(self._reason.text, list(UnmaskReason))
        if reason is None:
            self._ask(_("Pick the reason by its digit."), self._reason)
        elif reason in NEEDS_WORDS and not self._note.text:
            self._ask(_("Write down in a few words what it is for."), self._note)
        else:
            self.dismiss(Purpose(reason, self._typed))

    def _ask(self, sentence: str, field: ScanInput) -> None:
        self.query_one(Sentence).say(sentence, "warning")
        self.set_focus(field)

    def action_leave(self) -> None:
        """Return what was typed, and open nothing."""
        self.dismiss(Purpose(None, self._typed))

    @property
    def _typed(self) -> tuple[str, str]:
        return (self._reason.text, self._note.text)
