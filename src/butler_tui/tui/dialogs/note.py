"""Asks for the guard's words on a doubtful or failed check."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Note:
    """The guard's words (may be none), and whether the finding stands."""

    text: str
    kept: bool


class NoteDialog(ModalScreen[Note]):
    """Returns a note; begins with what was typed before, so that Esc loses nothing."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Keep"), id="note.keep", tooltip=_("keep the note")),
        Binding("escape", "leave", _("Back"), id="note.leave", tooltip=_("back, nothing is changed")),
    ]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._field = ScanInput(id="note")
        self._field.value = text

    def compose(self) -> ComposeResult:
        """Lay out the question and the field."""
        with Vertical(classes="dialog"):
            yield Static(line(self._title), classes="title")
            yield self._field
            yield Static(line(_("A few words; may be left empty.")), classes="quiet")
            yield KeyLine()

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return the note."""
        message.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Return the note."""
        self.dismiss(Note(self._field.text, kept=True))

    def action_leave(self) -> None:
        """Return what was typed, and no finding."""
        self.dismiss(Note(self._field.text, kept=False))
