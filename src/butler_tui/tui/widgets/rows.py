"""Lines of words one below the other, of which only those that have changed are drawn and painted again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import Static

from butler_tui.tui.shown import lines

_Drawn = dict[tuple[object, ...], list[Strip]]
"""The strips of each line of words, by its text and styles."""


class Rows(Static):
    """Words of more than one line; one that is too wide goes on in the next, unless the styles say otherwise."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._contents: Sequence[Content] = ()
        self._made: _Drawn = {}
        self._strips: list[Strip] = []
        self._made_for: tuple[object, ...] = ()

    def show_rows(self, words: Iterable[Content]) -> None:
        """Show these lines of words instead of those before."""
        self._contents = list(words)
        if self.styles.auto_dimensions or not self.is_mounted:
            self._made_for = ()
            self.refresh(layout=True)
            return
        before, fits = self._strips, self._made_for == self._look()
        self._make_strips()
        if not fits:
            self.refresh()
            return
        width, height = self.size
        pairs = enumerate(zip_longest(before, self._strips))
        changed = [Region(0, y, width, 1) for y, (old, new) in pairs if old is not new and y < height]
        if changed:
            self.refresh(*changed)

    def render(self) -> Content:
        """Return all the words: for the size, where it hangs on them, and for what is marked by the mouse."""
        return lines(self._contents)

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        if self.text_selection is not None:
            return super().render_line(y)
        if self._made_for != self._look():
            self._made = {}
            self._make_strips()
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, self.visual_style.rich_style)

    def _look(self) -> tuple[object, ...]:
        """Return all that how a line is drawn hangs on, beside its words."""
        return self.size.width, self.visual_style, self.app.theme

    def _make_strips(self) -> None:
        """Draw the words that were not there before."""
        self._made_for = self._look()
        kept: _Drawn = {}
        for row in self._contents:
            key = (row.plain, *row.spans)
            if key not in kept:
                kept[key] = self._made.get(key) or self._strips_of(row)
        self._made = kept
        self._strips = [strip for row in self._contents for strip in kept[row.plain, *row.spans]]

    def _strips_of(self, row: Content) -> list[Strip]:
        width = self.size.width
        style = self.visual_style
        drawn = Visual.to_strips(self, row, width, None, style, apply_selection=False)
        return [strip.extend_cell_length(width, style.rich_style) for strip in drawn] or [Strip.blank(width)]
