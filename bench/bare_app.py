"""The plain side of the cold start: Textual with one Input and nothing else."""

from __future__ import annotations

from textual.app import App, ComposeResult
from textual.widgets import Input

PLACEHOLDER = "Scan your staff badge or type your number"


class BareApp(App[None]):
    """One Input."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Input(placeholder=PLACEHOLDER)


if __name__ == "__main__":
    BareApp().run()
