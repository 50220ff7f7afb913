"""Which colours the screens have and how their rules are drawn, for every application alike."""

from __future__ import annotations

import os
import sys
from typing import TypeVar

from textual.app import App

from butler_tui.settings import Settings
from butler_tui.tui.themes import THEMES, draws_ascii, line_variables, theme_called

Returned = TypeVar("Returned")
"""What an application returns when it ends."""


class Looks(App[Returned]):
    """An application that looks as the settings say, on what this terminal can draw."""

    _ascii = False

    def take_looks(self, settings: Settings) -> None:
        """Take theme and borders; called once while the application is made. A theme there is not stays the dark one.

        The theme is set without its watchers, which would read all styles twice.
        """
        self._ascii = draws_ascii(settings.borders, os.environ, getattr(sys.__stderr__, "encoding", None))
        for theme in THEMES:
            self.register_theme(theme)
        wanted = theme_called(settings.theme)
        self.set_reactive(Looks.theme, wanted if wanted in self.available_themes else THEMES[0].name)
        self.stylesheet.set_variables(self.get_css_variables())

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colour names, for themes that do not set them."""
        return {"dim": "#83919A", "rule": "#37434A", "line": "solid"}

    def get_css_variables(self) -> dict[str, str]:
        """Return the theme's colours, and how rules are drawn on this terminal."""
        return {**super().get_css_variables(), **line_variables(ascii_only=self._ascii)}
