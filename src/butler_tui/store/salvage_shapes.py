"""What the rows of each table and index look like: by that a page is told which nothing leads to any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from butler_tui.store.database import Connection
from butler_tui.store.salvage_cells import INDEX_INNER, INDEX_LEAF, TABLE_LEAF, Cell, Stored

_ANY = "ANY"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "INTEGER": int,
    "INT": int,
    "TEXT": str,
    "BLOB": bytes,
    "REAL": (float, int),
}
_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class Column:
    """One value as it is stored: its name, type, whether it may be NULL, and whether it is an id of 16 bytes."""

    name: str
    type: str
    required: bool = False
    is_id: bool = False

    def fits(self, value: Stored) -> bool:
        """Tell whether this value may stand here."""
        if value is None:
            return not self.required
        if self.type == _ANY:
            return True
        return isinstance(value, _TYPES[self.type]) and (not self.is_id or len(value) == _ID_BYTES)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Shape:
    """The rows of a table, or the entries of an index of it.

    `alias` is the column that stands for the rowid, stored as NULL; `key` the table's one key column, None where it
    has several. `whole` is False for an index that leaves rows out.
    """

    name: str
    table: str
    is_index: bool
    with_rowid: bool
    columns: tuple[Column, ...]
    alias: int | None = None
    key: str | None = None
    whole: bool = True

    def fits(self, kind: int, rows: Sequence[Cell], *, short: bool = False) -> bool:
        """Tell whether the rows of a page of `kind` can be of this; `short` ones lack columns that were added later."""
        if kind not in ((TABLE_LEAF,) if self.with_rowid else (INDEX_LEAF, INDEX_INNER)):
            return False
        return all(self._fits(row.values, short) for row in rows if row.values is not None)

    def _fits(self, values: tuple[Stored, ...], short: bool) -> bool:
        here = len(values)
        if here > len(self.columns) or (here < len(self.columns) and not short):
            return False
        return all(
            value is None if at == self.alias else self.columns[at].fits(value) for at, value in enumerate(values)
        )

    def is_plain(self) -> bool:
        """Tell whether the type of every column is known."""
        return all(column.type != _ANY for column in self.columns)

    def key_at(self) -> int | None:
        """Return where in an index's entry the key of the table's row stands, None where it does not."""
        names = [column.name for column in self.columns]
        return names.index(self.key) if self.key in names else None


SCHEMA = Shape(
    "sqlite_schema",
    "sqlite_schema",
    is_index=False,
    with_rowid=True,
    columns=(
        Column("type", "TEXT", required=True),
        Column("name", "TEXT", required=True),
        Column("tbl_name", "TEXT", required=True),
        Column("rootpage", "INTEGER", required=True),
        Column("sql", "TEXT"),
    ),
)


def is_schema_row(values: tuple[Stored, ...]) -> bool:
    """Tell whether a row is one of the list of tables."""
    return SCHEMA.fits(TABLE_LEAF, [Cell(None, values)]) and values[0] in ("table", "index", "trigger", "view")


def shapes_in(connection: Connection) -> dict[str, Shape]:
    """Return the shapes of all tables and indexes that a file has, by name."""
    shapes: dict[str, Shape] = {}
    for _schema, name, kind, _count, without_rowid, _strict in connection.execute("PRAGMA table_list").fetchall():
        if kind != "table" or name.startswith("sqlite_"):
            continue
        table = _table(connection, name, bool(without_rowid))
        shapes[name] = table
        for _seq, index, _unique, origin, partial in connection.execute(f"PRAGMA index_list({name})").fetchall():
            if origin != "pk" or table.with_rowid:
                shapes[index] = _index(connection, index, table, bool(partial))
    return shapes


def _table(connection: Connection, name: str, without_rowid: bool) -> Shape:
    rows = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
    columns = {
        row[1]: Column(row[1], row[2].upper() or _ANY, bool(row[3] or row[5]), bool(row[5]) and row[2] == "BLOB")
        for row in rows
        if row[6] == 0
    }
    keys = [row[1] for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    alias = keys[0] if not without_rowid and len(keys) == 1 and columns[keys[0]].type == "INTEGER" else None
    order = [*keys, *(one for one in columns if one not in keys)] if without_rowid else list(columns)
    return Shape(
        name,
        name,
        is_index=False,
        with_rowid=not without_rowid,
        columns=tuple(columns[one] for one in order),
        alias=order.index(alias) if alias else None,
        key=keys[0] if len(keys) == 1 else None,
    )


def _index(connection: Connection, name: str, table: Shape, partial: bool) -> Shape:
    by_name = {column.name: column for column in table.columns}
    rowid = Column(table.key if table.alias is not None and table.key else "rowid", "INTEGER", required=True)
    columns: list[Column] = []
    for _seq, cid, column, *_rest in connection.execute(f"PRAGMA index_xinfo({name})").fetchall():
        columns.append(rowid if cid == -1 else by_name[column] if cid >= 0 else Column("", _ANY))
    return Shape(name, table.name, is_index=True, with_rowid=False, columns=tuple(columns), key=table.key,
                 whole=not partial)  # fmt: skip


def witnesses(shapes: Iterable[Shape]) -> dict[str, Shape]:
    """Return for each table the index, where there is one, whose entries tell of every row by its key."""
    found: dict[str, Shape] = {}
    for shape in shapes:
        if shape.is_index and shape.whole and shape.key_at() is not None:
            found.setdefault(shape.table, shape)
    return found
