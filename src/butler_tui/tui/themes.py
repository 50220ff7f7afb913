"""The colours: two greys, one accent, and three meanings that each come with a word."""

from __future__ import annotations

from textual.theme import Theme

DARK = Theme(
    name="butler-dark",
    primary="#6CA8B8",
    secondary="#8A97A0",
    accent="#6CB6C9",
    success="#7FBF7F",
    warning="#E0B050",
    error="#E4716B",
    foreground="#DDE3E6",
    background="#12171A",
    surface="#12171A",
    panel="#1D2529",
    dark=True,
    variables={
        "dim": "#83919A",
        "rule": "#37434A",
        "input-cursor-background": "#DDE3E6",
        "input-cursor-foreground": "#12171A",
        "input-selection-background": "#6CA8B8 40%",
    },
)

THEMES = (DARK,)
