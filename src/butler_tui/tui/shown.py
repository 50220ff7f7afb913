"""The one way for words to the screen: safe() again, and never read as markup.

Values were made safe when they came in; what another version or HQ let through must still not drive a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widgets import Static

from butler_tui.text import safe

LONGEST_LINE = 400
"""Characters of one part of a line: more than any screen is wide and any field takes; to lay out more takes seconds."""

STYLES = {"": "", "good": "$success", "warning": "$warning", "bad": "$error"}
"""How words of each meaning are coloured: by what is written, as a class would have all styles read again."""

Part = str | tuple[str, str]
"""Words, or words with their style."""


def line(*parts: Part) -> Content:
    """Return one line of the parts, in order."""
    return Content.assemble(
        *(
            (safe(part, LONGEST_LINE), "") if isinstance(part, str) else (safe(part[0], LONGEST_LINE), part[1])
            for part in parts
        )
    )


def lines(each: Iterable[Content]) -> Content:
    """Return lines one below the other."""
    return Content("\n").join(each)


def joined(each: Iterable[Content]) -> Content:
    """Return parts of one line, one after the other."""
    return Content("").join(each)


def shortened(text: str, cells: int) -> str:
    """Return `text` in at most so many cells; what had to be cut ends in two dots, so that nobody takes it for all."""
    if cell_len(text) <= cells:
        return text
    return set_cell_size(text, max(cells - 2, 0)).rstrip() + ".."[: max(cells, 0)]


def put(place: Static, words: Content) -> None:
    """Show words in a place, unless they stand there already; nothing else is laid out where its size stays."""
    before = place.content
    if isinstance(before, Content) and before.is_same(words):
        return
    place.update(words, layout=place.styles.auto_dimensions)
