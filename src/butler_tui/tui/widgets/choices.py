"""Choices of a dialog, one a line: picked by their digit in a field, or by a click."""

from __future__ import annotations

from textual import events
from textual.message import Message
from textual.widgets import Static

from butler_tui.tui.shown import line


class Choice(Static):
    """One choice with its digit; a click says `Picked`, and the dialog does what the digit does."""

    class Picked(Message):
        """Somebody clicked; `digit` is the choice's."""

        def __init__(self, digit: str) -> None:
            super().__init__()
            self.digit = digit

    def __init__(self, digit: str, words: str) -> None:
        super().__init__(line((f" {digit} ", "$accent"), " ", words))
        self._digit = digit

    def on_click(self, event: events.Click) -> None:
        """Pick this one."""
        event.stop()
        self.post_message(self.Picked(self._digit))
