"""Scroll bars without eighths of blocks: those are two cells wide in some terminals, and no character of plain ones."""

from __future__ import annotations

from typing import ClassVar

from textual.scrollbar import ScrollBar, ScrollBarRender


class PlainScrollBar(ScrollBarRender):
    """Whole cells only, told by their background."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "] * 8
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "] * 8


def use_plain_scroll_bars() -> None:
    """Have every scroll bar drawn so from now on."""
    ScrollBar.renderer = PlainScrollBar
