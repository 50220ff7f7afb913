"""The colours: two greys, one accent, three meanings that each come with a word; and how rules are drawn."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="butler-dark",
    primary="#6CA8B8",
    secondary="#8A97A0",
    accent="#6CB6C9",
    success="#7FBF7F",
    warning="#E0B050",
    error="#EA8079",
    foreground="#DDE3E6",
    background="#12171A",
    surface="#12171A",
    panel="#1D2529",
    dark=True,
    variables={
        "dim": "#8B99A2",
        "rule": "#37434A",
        "input-cursor-background": "#DDE3E6",
        "input-cursor-foreground": "#12171A",
        "input-selection-background": "#6CA8B8 40%",
    },
)

LIGHT = Theme(
    name="butler-light",
    primary="#1F6B7E",
    secondary="#55626A",
    accent="#0F6076",
    success="#2A682A",
    warning="#7E5200",
    error="#AE2A22",
    foreground="#1E282D",
    background="#F8F7F3",
    surface="#F8F7F3",
    panel="#E9E9E2",
    dark=False,
    variables={
        "dim": "#58646B",
        "rule": "#C5C9C8",
        "input-cursor-background": "#1E282D",
        "input-cursor-foreground": "#F8F7F3",
        "input-selection-background": "#1F6B7E 25%",
    },
)

THEMES = (DARK, LIGHT)
_CALLED = {"dark": DARK.name, "light": LIGHT.name}
_OTHER = {DARK.name: LIGHT.name}

BORDERS = ("auto", "lines", "ascii")
_DRAW_NO_LINES = ("linux", "vt", "ansi", "dumb", "cons")
"""How the names of terminals begin whose fonts often have no lines: consoles, serial lines, old hardware."""


def theme_called(name: str) -> str:
    """Return the theme's own name for what the settings call it: dark, light, or a name as it is."""
    return _CALLED.get(name, name)


def other_theme(name: str) -> str:
    """Return the light theme for the dark one, and the dark one for any other."""
    return _OTHER.get(name, DARK.name)


def draws_ascii(borders: str, environment: Mapping[str, str], encoding: str | None) -> bool:
    """Tell whether rules are drawn as - and |: as the settings say, or where this terminal cannot do better."""
    if borders in ("lines", "ascii"):
        return borders == "ascii"
    poor = environment.get("TERM", "").startswith(_DRAW_NO_LINES)
    return poor or (encoding or "utf-8").lower().replace("-", "").replace("_", "") != "utf8"


def line_variables(*, ascii_only: bool) -> dict[str, str]:
    """Return the variable that the styles draw every rule with."""
    return {"line": "ascii" if ascii_only else "solid"}
