"""Asks for the guard's words on a doubtful or failed check."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


class NoteDialog(ModalScreen[str | None]):
    """Returns the note (may be empty), or None where the finding is taken back."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Keep"), id="note.keep", tooltip=_("keep the note")),
        Binding("escape", "leave", _("Back"), id="note.leave", tooltip=_("back, nothing is changed")),
    ]

    def __init__(self, title: str) -> None:
        super().__init__()
        self._title = title

    def compose(self) -> ComposeResult:
        """Lay out the question and the field."""
        with Vertical(classes="dialog"):
            yield Static(line(self._title), classes="title")
            yield ScanInput(id="note")
            yield Static(line(_("A few words; may be left empty.")), classes="quiet")
            yield KeyLine()

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return the note."""
        message.stop()
        self.dismiss(message.field.text)

    def action_keep(self) -> None:
        """Return the note."""
        self.dismiss(self.query_one(ScanInput).text)

    def action_leave(self) -> None:
        """Return without a note."""
        self.dismiss(None)
