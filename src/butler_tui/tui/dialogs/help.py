"""F1: what can be done on the screen in front of you, from the bindings declared there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import set_cell_size
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.tui.key_names import key_name
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine
from butler_tui.words import _


class HelpDialog(ModalScreen[None]):
    """Shows a few sentences on the screen, and every key that works there."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,enter", "leave", _("Back"), key_display="Esc", id="help.leave", tooltip=_("close the help")),
    ]

    def __init__(self, sentences: Sequence[str], bindings: Sequence[Binding]) -> None:
        super().__init__()
        self._sentences = sentences
        self._keys = [binding for binding in bindings if binding.tooltip and binding.id]

    def compose(self) -> ComposeResult:
        """Lay out sentences and keys."""
        with Vertical(classes="dialog help"):
            yield Static(line(_("Help")), classes="title")
            with VerticalScroll():
                for sentence in self._sentences:
                    yield Static(line(sentence))
                if self._sentences:
                    yield Static()
                for binding in self._keys:
                    yield Static(line((set_cell_size(key_name(binding), 12), "$accent"), binding.tooltip))
            yield KeyLine()

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
