"""Painting only what has changed, so that a key costs as much on a full screen as on an empty one.

Textual draws every widget between the first line that has changed and the last anew. Here a widget is asked for its
lines only where one of them is seen in a place that has changed; what reaches the terminal is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip

Pieces = dict[int, Strip | None]
"""The pieces of one line by their left edge; None until somebody has drawn it."""
Span = tuple[int, int, int]
"""A line, and the columns from and to which it has changed."""


class ChangesOnly(Compositor):
    """A compositor that asks few widgets for few lines."""

    def render_partial_update(self) -> ChopsUpdate | None:
        """Return what is to be painted, None where nothing has changed."""
        regions = self._dirty_regions.copy()
        self._dirty_regions.clear()
        spans = list(self._regions_to_spans(regions))
        if not spans:
            return None
        cuts = self.cuts
        lines: list[Pieces] = [{} for _line in cuts]
        for y in {span[0] for span in spans}:
            lines[y] = dict.fromkeys(cuts[y][:-1])
        self._draw(lines, _open_pieces(spans, cuts))
        return ChopsUpdate(lines, spans, [line[1:] for line in cuts])

    def _draw(self, lines: list[Pieces], still: dict[int, set[int]]) -> None:
        """Fill the pieces that are `still` to be drawn, by line and left edge, from what lies in front to the back."""
        for widget, (region, clip) in self.visible_widgets.items():
            if not still:
                return
            seen = region.intersection(clip)
            mine = [y for y in seen.line_range if y in still and _any_within(still[y], seen.x, seen.right)]
            for top, bottom in _runs(mine):
                part = Region(seen.x - region.x, top - region.y, seen.width, bottom - top)
                for y, strip in zip(range(top, bottom), widget.render_lines(part), strict=False):
                    self._cut(strip, seen, y, lines[y])
                    still[y] = {x for x in still[y] if not seen.x <= x < seen.right}
                    if not still[y]:
                        del still[y]

    def _cut(self, strip: Strip, seen: Region, y: int, pieces: Pieces) -> None:
        """Lay the pieces of a widget's line where nothing lies in front of them."""
        at = [cut for cut in self.cuts[y] if seen.x <= cut <= seen.right]
        whole = len(at) == 2 and strip.cell_length == seen.width
        cut_up = (strip,) if whole else strip.divide([cut - seen.x for cut in at[1:]])
        for x, piece in zip(at, cut_up, strict=False):
            if pieces[x] is None:
                pieces[x] = piece


def _open_pieces(spans: list[Span], cuts: list[list[int]]) -> dict[int, set[int]]:
    """Return the left edges of the pieces that have changed, by line."""
    still: dict[int, set[int]] = {}
    for y, start, end in spans:
        edges = cuts[y]
        changed = {x for x, right in pairwise(edges) if x < end and right > start}
        still[y] = still.get(y, set()) | changed
    return still


def _any_within(edges: set[int], left: int, right: int) -> bool:
    return any(left <= x < right for x in edges)


def _runs(lines: list[int]) -> Iterator[tuple[int, int]]:
    """Return neighbouring lines as first and after-last."""
    first = 0
    for index, y in enumerate(lines):
        if index + 1 == len(lines) or lines[index + 1] != y + 1:
            yield lines[first], y + 1
            first = index + 1


def paint_changes_only(screen: Screen[Any]) -> None:
    """Paint a screen, which is not shown yet, so."""
    screen._compositor = ChangesOnly()
