"""Writing what can be read of a damaged file into a new one, and counting what cannot."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from butler_tui.store.database import Connection, IntegrityError
from butler_tui.store.salvage_cells import Cell, Stored
from butler_tui.store.salvage_pages import Pages
from butler_tui.store.salvage_shapes import Shape, shapes_in, witnesses
from butler_tui.store.salvage_trees import Forest, Listed, rows_in

MADE_ANEW = frozenset({"search_key", "permit", "permit_never"})
"""Tables that are not carried over: made anew from the others, or always empty."""
_JOURNAL_WORTH = 10
_PAGES_JUDGED = 20


@dataclass(slots=True)
class Tally:
    """What became of the rows: `missing` holds the keys of those that something else tells of, by table.

    `broken` rows were there and could not be read to the end; of `unknown` ones nobody can tell the table. `stands`
    tells whether it could be read where this terminal stands with HQ.
    """

    missing: dict[str, set[Stored]] = field(default_factory=dict)
    broken: Counter[str] = field(default_factory=Counter)
    unknown: int = 0
    stands: bool = False


class Filling:
    """One new file that is being filled from a damaged one; runs in a transaction with the `migrate` door open."""

    def __init__(
        self, connection: Connection, pages: Pages, forest: Forest, known: Listed, shapes: Mapping[str, Shape]
    ) -> None:
        self.connection = connection
        self.pages = pages
        self.shapes = shapes
        self.tally = Tally()
        self._here = {name: shape for name, shape in shapes_in(connection).items() if not shape.is_index}
        names = {root: name for name, root in known.roots.items()}
        self._owned: dict[str, list[int]] = {}
        self._strays: list[list[int]] = []
        self._forest = forest
        for top, numbers in forest.trees().items():
            if top in names:
                self._owned.setdefault(names[top], []).extend(numbers)
            elif top != 1:
                self._strays.append(numbers)
        holed = {name for name, root in known.roots.items() if not forest.is_whole(root)}
        # In a sound tree nothing is missing: a stray page can only be of another.
        self._open = [shapes[name] for name in (holed if known.whole else shapes) if name in shapes]

    def run(self) -> Tally:
        """Write all rows that can be read, and find out which are missing."""
        for name, numbers in self._owned.items():
            shape = self.shapes.get(name)
            if shape is not None and not shape.is_index:
                for number in numbers:
                    self._write(shape, list(rows_in(self.pages, number)))
        undecided = []
        for numbers in self._strays:
            candidates = self._candidates(numbers)
            if len(candidates) == 1:
                self._give(candidates[0], numbers)
            elif any(not one.is_index for one in candidates):
                undecided.append((numbers, [one for one in candidates if not one.is_index]))
            elif not candidates:
                self.tally.unknown += sum(1 for number in numbers for _row in rows_in(self.pages, number))
        for numbers, tables in undecided:
            self._decide(numbers, tables)
        self._hear_witnesses()
        return self.tally

    def _give(self, shape: Shape, numbers: Iterable[int]) -> None:
        if shape.is_index:
            self._owned.setdefault(shape.name, []).extend(numbers)
            return
        for number in numbers:
            self._write(shape, list(rows_in(self.pages, number)))

    def _candidates(self, numbers: Sequence[int]) -> list[Shape]:
        """Return whose rows these stray pages, all of one tree, can be; a page without rows can be anybody's."""
        for short in (False, True):
            fitting = list(self._open)
            for number in numbers[:_PAGES_JUDGED]:
                kind, rows = self._forest.kinds[number], list(rows_in(self.pages, number))
                if rows:
                    fitting = [one for one in fitting if one.fits(kind, rows, short=short)]
            if fitting:
                # An index of an expression fits much: what fits in every column goes before it.
                return [one for one in fitting if one.is_plain()] or fitting
        return []

    def _decide(self, numbers: Sequence[int], tables: Sequence[Shape]) -> None:
        """Give pages to the one of several tables that the journal, or what their rows refer to, speaks for."""
        rows = [row for number in numbers for row in rows_in(self.pages, number)]
        if not rows:
            return
        worth = {table.name: sum(self._worth(table, row) for row in rows) for table in tables}
        best = max(tables, key=lambda table: worth[table.name])
        if worth[best.name] > 0 and list(worth.values()).count(worth[best.name]) == 1:
            self._give(best, numbers)
        else:
            self.tally.unknown += len(rows)

    def _worth(self, table: Shape, row: Cell) -> int:
        """Return how much speaks for a row being of this table."""
        if row.values is None:
            return 0
        values = {column.name: value for column, value in zip(table.columns, row.values, strict=False)}
        told = self._told_by_journal(values.get(table.key or ""))
        worth = _JOURNAL_WORTH * (told == table.name)
        if table.name == "policy":
            worth += _is_json(values.get("value"))
        for other in self._here.values():
            if other.key in values and other.name != table.name and other.alias is None:
                worth += self._is_here(other, values[other.key])
        return worth

    def _told_by_journal(self, record_id: Stored) -> str | None:
        """Return the table that the journal names for a record."""
        if not self.connection.execute("SELECT 1 FROM temp.sqlite_schema WHERE name = 'told'").fetchone():
            self.connection.execute("CREATE TEMP TABLE told (record_id BLOB PRIMARY KEY, tbl TEXT) WITHOUT ROWID")
            self.connection.execute("INSERT OR IGNORE INTO told SELECT record_id, tbl FROM journal")
        row = self.connection.execute("SELECT tbl FROM told WHERE record_id = ?", (record_id,)).fetchone()
        return row[0] if row else None

    def _is_here(self, table: Shape, key: Stored) -> bool:
        found = self.connection.execute(f"SELECT 1 FROM {table.name} WHERE {table.key} = ?", (key,)).fetchone()
        return found is not None

    def _write(self, shape: Shape, rows: Sequence[Cell]) -> None:
        """Write the rows of one page; of two versions of a row the later one stays."""
        here = self._here.get(shape.name)
        if here is None or shape.name in MADE_ANEW:
            return
        known = {column.name for column in here.columns}
        for row in rows:
            if row.values is None or len(row.values) > len(shape.columns):
                self.tally.broken[shape.name] += 1
                continue
            values: dict[str, Stored] = {
                column.name: row.rowid if at == shape.alias else value
                for at, (column, value) in enumerate(zip(shape.columns, row.values, strict=False))
                if column.name in known
            }
            if shape.with_rowid and shape.alias is None:
                values["rowid"] = row.rowid
            names = ", ".join(values)
            marks = ", ".join("?" * len(values))
            self.tally.stands |= shape.name == "sync_state"
            try:
                self.connection.execute(
                    f"INSERT OR REPLACE INTO {shape.name} ({names}) VALUES ({marks})", tuple(values.values())
                )
            except IntegrityError:
                self.tally.broken[shape.name] += 1

    def _hear_witnesses(self) -> None:
        """Look up every row that an index tells of."""
        for table, index in witnesses(self.shapes.values()).items():
            at, here = index.key_at(), self._here.get(table)
            if here is None or at is None or table in MADE_ANEW:
                continue
            for number in self._owned.get(index.name, ()):
                for row in rows_in(self.pages, number):
                    if row.values is not None and len(row.values) > at and not self._is_here(here, row.values[at]):
                        self.tally.missing.setdefault(table, set()).add(row.values[at])


def _is_json(value: Stored) -> bool:
    try:
        json.loads(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True
