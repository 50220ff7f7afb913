"""A long list on Textual's line API: rows come in pages by key from SQL, and only visible ones are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from butler_tui.text import safe
from butler_tui.tui.steady import Steady
from butler_tui.words import _

PAGE = 64
"""Rows fetched at a time."""
_MOST_DRAWN = 512
"""Rows that are kept as they were drawn."""


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its key for paging and choosing, its texts in the order of the columns, and what its end means.

    `meaning` ("", "warning", "bad") colours the last cell, the deciding figure, which says the same in words.
    """

    key: Any
    cells: Sequence[str]
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `width` cells; 0 takes what is left."""

    width: int
    right: bool = False


_Line = tuple[Record | str | None, bool]
"""What one visible line is drawn from: a row, the words of an empty list, or nothing; and whether it is chosen."""

Fetch = Callable[[Any, int], Sequence[Record]]
"""Returns up to so many records that follow a key (None: from the start)."""


class RecordList(Steady, ScrollView, can_focus=True):
    """Rows of one line each; arrows choose, Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", _("Up"), show=False, id="list.up", tooltip=_("the row above")),
        Binding("down", "move(1)", _("Down"), show=False, id="list.down", tooltip=_("the row below")),
        Binding("pageup", "page(-1)", _("Page up"), show=False, id="list.pageup", tooltip=_("a page up")),
        Binding("pagedown", "page(1)", _("Page down"), show=False, id="list.pagedown", tooltip=_("a page down")),
    ]
    DEFAULT_CSS: ClassVar[str] = """
    RecordList { height: 1fr; overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1; }
    RecordList > .record--chosen { background: $panel; color: $accent; }
    RecordList > .record--warning { color: $warning; }
    RecordList > .record--bad { color: $error; }
    RecordList > .record--empty { color: $dim; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record--row",
        "record--chosen",
        "record--warning",
        "record--bad",
        "record--empty",
    }

    virtual_size: Reactive[Size] = Reactive(Size(0, 0))
    """As the base has it, but without laying out the whole screen whenever there are more or fewer rows."""
    chosen: reactive[int] = reactive(0, repaint=False)

    class Opened(Message):
        """Enter or a click on a row."""

        def __init__(self, key: Any) -> None:
            super().__init__()
            self.key = key

    def __init__(self, columns: Sequence[Column], fetch: Fetch, empty: str, *, gap: int = 2) -> None:
        super().__init__()
        self._columns = columns
        self._fetch = fetch
        self._empty = empty
        self._gap = gap
        self.always_marked = False
        """Whether the chosen row is marked while another widget, a filter over this list, has the focus."""
        self._records: list[Record] = []
        self._complete = False
        self._window = Size(0, 0)
        self._drawn: dict[object, Strip] = {}
        self._drawn_for: tuple[object, ...] = ()
        self._colours: dict[str, Style] = {}

    def reload(self) -> None:
        """Fetch the first page again; the chosen row stays the chosen one where it is still near."""
        painted, before, loaded = self._visible(), self.chosen_key, len(self._records)
        self._records = []
        self._complete = False
        self._load()
        while len(self._records) < loaded and not self._complete:
            self._load()
        keys = [record.key for record in self._records]
        self.chosen = keys.index(before) if before in keys else min(self.chosen, max(0, len(keys) - 1))
        self._paint_changes(painted)

    def show_all(self, fetch: Fetch, empty: str) -> None:
        """Show what `fetch` brings from now on, from its start; `empty` stands there where it brings nothing."""
        painted = self._visible()
        self._fetch = fetch
        self._empty = empty
        self._records = []
        self._complete = False
        self._load()
        self.chosen = 0
        self.scroll_to(0, 0, animate=False)
        self._paint_changes(painted)

    def _visible(self) -> list[_Line]:
        """Return what each visible line is drawn from."""
        top = self.scroll_offset.y
        return [self._line(index) for index in range(top, top + self.size.height)]

    def _line(self, index: int) -> _Line:
        if index < len(self._records):
            return self._records[index], index == self.chosen
        return (self._empty if not self._records and index == 0 else None), False

    def _paint_changes(self, painted: list[_Line]) -> None:
        """Paint the lines that were `painted` from something else than what they are drawn from now."""
        width = self.size.width
        changed = [y for y, (old, new) in enumerate(zip(painted, self._visible(), strict=False)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    @property
    def chosen_key(self) -> Any:
        """The key of the chosen row, None in an empty list."""
        return self._records[self.chosen].key if self.chosen < len(self._records) else None

    def _load(self) -> None:
        last = self._records[-1].key if self._records else None
        page = self._fetch(last, PAGE)
        self._records.extend(page)
        self._complete = len(page) < PAGE
        self._take_size(self.size.width)

    def _take_size(self, width: int) -> None:
        """Take the size of all rows; the scroll bar is there always, and empty where all of them are seen."""
        whole, window = Size(width, max(1, len(self._records), self.size.height)), self.container_size
        if (whole, window) != (self.virtual_size, self._window):
            self.virtual_size, self._window = whole, window
            self._scroll_update(whole)

    def on_mount(self) -> None:
        """Fetch the first page, where nobody has yet."""
        if not self._records:
            self._load()

    def on_resize(self, event: events.Resize) -> None:
        """Take the new width."""
        self._take_size(event.size.width)

    def action_move(self, by: int) -> None:
        """Choose another row."""
        self._choose(self.chosen + by)

    def action_page(self, by: int) -> None:
        """Choose a row a page away."""
        self._choose(self.chosen + by * max(1, self.size.height - 1))

    def choose_where(self, fits: Callable[[Any], bool]) -> None:
        """Choose the first row whose key fits; where there is none the choice stays."""
        index = 0
        while index < len(self._records) or not self._complete:
            if index == len(self._records):
                self._load()
            elif fits(self._records[index].key):
                self._choose(index)
                return
            else:
                index += 1

    def _choose(self, index: int) -> None:
        while index >= len(self._records) and not self._complete:
            self._load()
        self.chosen = min(max(index, 0), max(0, len(self._records) - 1))
        top = self.scroll_offset.y
        if self.chosen < top:
            self.scroll_to(y=self.chosen, animate=False)
        elif self.chosen >= top + self.size.height:
            self.scroll_to(y=self.chosen - self.size.height + 1, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Fetch the next page before the last row of this one is reached, however one scrolls."""
        super().watch_scroll_y(old_value, new_value)
        if not self._complete and self._records and new_value + 2 * self.size.height >= len(self._records):
            self._load()

    def watch_chosen(self, before: int, now: int) -> None:
        """Draw the row that was chosen and the one that is."""
        for index in (before, now):
            if 0 <= index - self.scroll_offset.y < self.size.height:
                self.refresh_line(index)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter" and self.chosen_key is not None:
            event.stop()
            self.post_message(self.Opened(self.chosen_key))

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked row; a double click opens it."""
        index = self.scroll_offset.y + event.y
        if index < len(self._records):
            if index == self.chosen and event.chain == 2:
                self.post_message(self.Opened(self.chosen_key))
            self._choose(index)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw visible lines: without border and padding there is nothing to add to a row that is drawn already."""
        strips = [self.render_line(y) for y in crop.line_range]
        background = self.background_colors[1]
        for one in self.get_line_filters():
            strips = [strip.apply_filter(one, background) for strip in strips]
        whole = crop.column_span == (0, self.outer_size.width)
        return strips if whole else [strip.crop(*crop.column_span) for strip in strips]

    def render_line(self, y: int) -> Strip:
        """Draw one visible line; as long as a row is in the list it is drawn once, wherever it stands."""
        line, look = self._line(self.scroll_offset.y + y), (self.outer_size, self.app.theme, self.has_focus)
        if look != self._drawn_for or len(self._drawn) > _MOST_DRAWN:
            self._drawn, self._colours, self._drawn_for = {}, self._styles(), look
        shown, chosen = line
        key = (shown.key, *shown.cells, shown.meaning, chosen) if isinstance(shown, Record) else line
        strip = self._drawn.get(key)
        if strip is None:
            drawn = self._drawn_line(shown, chosen)
            strip = self._drawn[key] = drawn.extend_cell_length(self.outer_size.width, self._colours["row"])
        return strip

    def notify_style_update(self) -> None:
        """Draw all rows anew in other colours."""
        self._drawn_for = ()
        super().notify_style_update()

    def _styles(self) -> dict[str, Style]:
        names = ("row", "chosen", "warning", "bad", "empty")
        return {name: self.get_component_rich_style(f"record--{name}") for name in names}

    def _drawn_line(self, shown: Record | str | None, chosen: bool) -> Strip:
        width = self.size.width
        if isinstance(shown, Record):
            return self._row(shown, width, chosen and (self.has_focus or self.always_marked))
        if shown is not None:
            return Strip([Segment(set_cell_size(f" {shown}", width), self._colours["empty"])], width)
        return Strip.blank(width, self._colours["row"])

    def _row(self, record: Record, width: int, chosen: bool) -> Strip:
        base = self._colours["chosen" if chosen else "row"]
        spare = width - 2 - sum(column.width for column in self._columns) - self._gap * (len(self._columns) - 1)
        segments = [Segment(">" if chosen else " ", base)]
        last = len(self._columns) - 1
        for index, (column, text) in enumerate(zip(self._columns, record.cells, strict=True)):
            style = base
            if index == last and record.meaning:
                style = base + Style(color=self._colours[record.meaning].color)
            segments.append(Segment(_fitted(text, column.width or max(0, spare), column.right), style))
            segments.append(Segment(" " * self._gap if index < last else " ", base))
        return Strip(segments).adjust_cell_length(width, base)


@lru_cache(maxsize=1024)
def _fitted(text: str, cells: int, right: bool) -> str:
    text = safe(text)
    if right:
        text = " " * max(0, cells - cell_len(text)) + text
    return set_cell_size(text, cells)
