"""One SQL view per record type, `v_<type>`, for people who query HQ: columns from domain/fields.py, in either SQL.

A visit shows what corrections have made of it, and where it stands; `corrected` is 1 where one holds, and
`companion_names` has the names where those were corrected. What was put, and who changed it, stands in v_visit_event
and in record_state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from butler_tui.domain.corrections import COMPANION_NAMES, FACTS, OUTCOMES
from butler_tui.domain.fields import TABLES, Kind, Table
from butler_tui.hq.shown import PARENT


class _Words(NamedTuple):
    """How an engine reads a JSON column: the value at a path, of its kind; whether there is one; truth as 1 or 0."""

    value: Callable[[str, str, Kind], str]
    there: Callable[[str, str], str]
    number: str
    rows: str


def _sqlite_value(column: str, path: str, _kind: Kind) -> str:
    return f"json_extract({column}, '$.{path}')"


def _sqlite_there(column: str, path: str) -> str:
    return f"json_type({column}, '$.{path}') IS NOT NULL"


def _place(column: str, path: str, arrow: str) -> str:
    return f"{column} {arrow} '{{{path.replace('.', ',')}}}'"


def _postgres_value(column: str, path: str, kind: Kind) -> str:
    """Return a typed value; what is no whole number, though a newer program says it is one, shows as nothing."""
    text = _place(column, path, "#>>")
    if kind is not Kind.INTEGER:
        return text
    return f"CASE jsonb_typeof({_place(column, path, '#>')}) WHEN 'number' THEN ({text})::bigint END"


def _postgres_there(column: str, path: str) -> str:
    return f"{_place(column, path, '#>')} IS NOT NULL"


_SQLITE = _Words(_sqlite_value, _sqlite_there, "({})", "record_state")
_POSTGRES = _Words(
    _postgres_value,
    _postgres_there,
    "({})::int",
    "(SELECT estate_id, tbl, record_id, pos, state::jsonb AS state, shown::jsonb AS shown FROM record_state) AS r",
)


def sqlite_views() -> Iterator[tuple[str, str]]:
    """Yield each view's name and the statement that makes it in the embedded file."""
    return _views(_SQLITE)


def postgres_views() -> Iterator[tuple[str, str]]:
    """Yield each view's name and the statement that makes it on PostgreSQL, every column of a type of its own."""
    return _views(_POSTGRES)


def _views(words: _Words) -> Iterator[tuple[str, str]]:
    for table in TABLES.values():
        columns = "".join(f", {value} AS {name}" for name, value in _columns(table, words))
        key = table.key if table.key != "estate_id" else "record_id"
        made = f"CREATE VIEW v_{table.name} AS SELECT estate_id, record_id AS {key}{columns}, pos FROM {words.rows}"
        yield f"v_{table.name}", f"{made} WHERE tbl = '{table.name}'"


def _columns(table: Table, words: _Words) -> Iterator[tuple[str, str]]:
    """Yield the columns of a record type, and what stands in each."""
    for field in table.fields:
        put = words.value("state", field.name, field.kind)
        if table.name == PARENT and field.name in FACTS | OUTCOMES:
            # As a correction has it, which may be nothing.
            path = f"corrected.{field.name}"
            corrected = words.value("shown", path, field.kind)
            put = f"CASE WHEN {words.there('shown', path)} THEN {corrected} ELSE {put} END"
        yield field.name, put
    if table.name == PARENT:
        yield "state", words.value("shown", "state", Kind.TEXT)
        yield "out_ms", words.value("shown", "out_ms", Kind.INTEGER)
        yield "badge_out", f"coalesce({words.value('shown', 'badge_out', Kind.INTEGER)}, 0)"
        yield "corrected", words.number.format(words.there("shown", "corrected"))
        yield COMPANION_NAMES, words.value("shown", f"corrected.{COMPANION_NAMES}", Kind.TEXT)
