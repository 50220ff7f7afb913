"""What a check found, printed: a mark in colour, what was looked at, how it stands, and below it what to do."""

from __future__ import annotations

import os

import typer
from rich.cells import set_cell_size

from butler_tui.domain.health import Finding, Mark
from butler_tui.text import safe
from butler_tui.words import N_, _

_MARKS = {
    Mark.GOOD: (N_("good"), typer.colors.GREEN),
    Mark.WARNING: (N_("look"), typer.colors.YELLOW),
    Mark.BAD: (N_("bad"), typer.colors.RED),
}


def print_finding(found: Finding) -> None:
    """Print one finding; NO_COLOR leaves the mark without its colour."""
    word, colour = _MARKS[found.mark]
    shown = set_cell_size(_(word), 6)
    if not os.environ.get("NO_COLOR"):
        shown = typer.style(shown, fg=colour)
    typer.echo(shown + set_cell_size(found.name, 14) + safe(found.words, len(found.words) or 1))
    if found.remedy:
        typer.echo(" " * 20 + safe(found.remedy))
