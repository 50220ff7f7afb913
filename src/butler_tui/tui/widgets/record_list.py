"""A long list on Textual's line API: rows come in pages by key from SQL, and only visible ones are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from butler_tui.text import safe
from butler_tui.tui.steady import Steady
from butler_tui.words import _

PAGE = 64
"""Rows fetched at a time."""


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
    RecordList { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
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
    chosen: reactive[int] = reactive(0)

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

    def reload(self) -> None:
        """Fetch the first page again; the chosen row stays the chosen one where it is still near."""
        before, loaded = self.chosen_key, len(self._records)
        self._records = []
        self._complete = False
        self._load()
        while len(self._records) < loaded and not self._complete:
            self._load()
        keys = [record.key for record in self._records]
        self.chosen = keys.index(before) if before in keys else min(self.chosen, max(0, len(keys) - 1))
        self.refresh()

    def show_all(self, fetch: Fetch, empty: str) -> None:
        """Show what `fetch` brings from now on, from its start; `empty` stands there where it brings nothing."""
        self._fetch = fetch
        self._empty = empty
        self._records = []
        self._complete = False
        self._load()
        self.chosen = 0
        self.scroll_to(0, 0, animate=False)
        self.refresh()

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
        """Take the size of all rows; only a scroll bar that comes or goes changes what is around them."""
        self.virtual_size = Size(width, max(1, len(self._records)))
        if (self.virtual_size.height > self.size.height) != self.show_vertical_scrollbar:
            self.refresh(layout=True)
        else:
            self._scroll_update(self.virtual_size)

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

    def watch_chosen(self) -> None:
        """Draw the choice."""
        self.refresh()

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

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        width = self.size.width
        index = self.scroll_offset.y + y
        base = self.get_component_rich_style("record--row")
        if not self._records and y == 0:
            style = self.get_component_rich_style("record--empty")
            return Strip([Segment(set_cell_size(f" {self._empty}", width), style)], width)
        if index >= len(self._records):
            return Strip.blank(width, base)
        return self._row(self._records[index], width, (self.has_focus or self.always_marked) and index == self.chosen)

    def _row(self, record: Record, width: int, chosen: bool) -> Strip:
        base = self.get_component_rich_style("record--chosen" if chosen else "record--row")
        spare = width - 2 - sum(column.width for column in self._columns) - self._gap * (len(self._columns) - 1)
        segments = [Segment(">" if chosen else " ", base)]
        last = len(self._columns) - 1
        for index, (column, text) in enumerate(zip(self._columns, record.cells, strict=True)):
            cells = column.width or max(0, spare)
            style: Style = base
            if index == last and record.meaning:
                style = base + Style(color=self.get_component_rich_style(f"record--{record.meaning}").color)
            segments.append(Segment(_fitted(safe(text), cells, column.right), style))
            segments.append(Segment(" " * self._gap if index < last else " ", base))
        return Strip(segments).adjust_cell_length(width, base)


def _fitted(text: str, cells: int, right: bool) -> str:
    if right:
        text = " " * max(0, cells - cell_len(text)) + text
    return set_cell_size(text, cells)
