"""Which page of a damaged file belongs to which table: by what leads to it, from its root downwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from butler_tui.store.database import DatabaseError, in_memory, statements
from butler_tui.store.salvage_cells import TABLE_LEAF, Cell, Stored, cells, children, kind_of
from butler_tui.store.salvage_pages import Page, Pages
from butler_tui.store.salvage_shapes import Shape, is_schema_row, shapes_in
from butler_tui.store.schema import schema_file

_MOST_DEEP = 64


@dataclass(slots=True)
class Forest:
    """The pages that hold rows, and what leads to them: kinds, children and parents by number, ages in the WAL."""

    kinds: dict[int, int] = field(default_factory=dict)
    below: dict[int, list[int]] = field(default_factory=dict)
    above: dict[int, int] = field(default_factory=dict)
    ages: dict[int, int] = field(default_factory=dict)

    def top(self, number: int) -> int:
        """Return the highest sound page above this one: a root, unless what leads there is damaged."""
        for _ in range(_MOST_DEEP):
            above = self.above.get(number)
            if above is None or above not in self.kinds:
                return number
            number = above
        return number

    def trees(self) -> dict[int, list[int]]:
        """Return all pages by the page at their top; those written last come last."""
        found: dict[int, list[int]] = {}
        for number in sorted(self.kinds, key=lambda number: (self.ages.get(number, 0), number)):
            found.setdefault(self.top(number), []).append(number)
        return found

    def is_whole(self, root: int) -> bool:
        """Tell whether every page from `root` downwards is sound."""
        due, seen = [root], set()
        while due:
            number = due.pop()
            if number not in self.kinds or number in seen:
                return False
            seen.add(number)
            due.extend(self.below.get(number, ()))
        return True


def look_through(pages: Pages) -> Forest:
    """Read every page once, and return what leads where."""
    forest = Forest()
    for number, page in pages.all():
        kind = kind_of(page.content, number)
        if not kind:
            continue
        forest.kinds[number] = kind
        if page.age:
            forest.ages[number] = page.age
        below = children(page.content, number)
        if below:
            forest.below[number] = below
            forest.above.update(dict.fromkeys(below, number))
    return forest


def rows_in(pages: Pages, number: int) -> Iterator[Cell]:
    """Yield the rows that stand in one page."""
    page = pages.page(number)
    if page is not None:
        yield from cells(page.content, number, pages.usable, lambda next_one: _content(pages.page(next_one)))


def _content(page: Page | None) -> bytes | None:
    return page.content if page is not None else None


@dataclass(frozen=True, slots=True)
class Listed:
    """What could be read of the file's own list of tables: statements, roots by name, and whether it is all of it."""

    sql: tuple[tuple[str, str], ...]
    roots: Mapping[str, int]
    whole: bool


def listed(pages: Pages, forest: Forest) -> Listed:
    """Read the list of tables: below page 1, and where that is damaged, wherever a page of it is left."""
    whole = forest.is_whole(1)
    found: dict[str, tuple[Stored, ...]] = {}
    for number, kind in forest.kinds.items():
        if kind == TABLE_LEAF and (forest.top(number) == 1 or not whole):
            for row in rows_in(pages, number):
                if row.values is not None and is_schema_row(row.values):
                    found[str(row.values[1])] = row.values
    return Listed(
        tuple((str(row[0]), str(row[4])) for row in found.values() if row[4] is not None),
        {name: row[3] for name, row in found.items() if isinstance(row[3], int) and row[3] > 1},
        whole,
    )


def shapes_of(known: Listed, *, current: bool) -> dict[str, Shape]:
    """Return the shapes of the file's tables and indexes; `current`: what is not listed is as this version has it."""
    connection = in_memory()
    try:
        sql = [text for kind in ("table", "index") for this, text in known.sql if this == kind]
        if current:
            sql.extend(statements(schema_file().read_text("utf-8")))
        for one in sql:
            with suppress(DatabaseError):  # there already
                connection.execute(one)
        return shapes_in(connection)
    finally:
        connection.close()
