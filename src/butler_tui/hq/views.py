"""One SQL view per record type, `v_<type>`, for people who query HQ: columns from domain/fields.py.

A visit shows what corrections have made of it, and where it stands; `corrected` is 1 where one holds, and
`companion_names` has the names where those were corrected. What was put, and who changed it, stands in v_visit_event
and in record_state.
"""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.domain.corrections import COMPANION_NAMES, FACTS, OUTCOMES
from butler_tui.domain.fields import TABLES
from butler_tui.hq.shown import PARENT

_DERIVED = (
    ", json_extract(shown, '$.state') AS state, json_extract(shown, '$.out_ms') AS out_ms"
    ", coalesce(json_extract(shown, '$.badge_out'), 0) AS badge_out"
    ", json_type(shown, '$.corrected') IS NOT NULL AS corrected"
    f", json_extract(shown, '$.corrected.{COMPANION_NAMES}') AS {COMPANION_NAMES}"
)


def views() -> Iterator[tuple[str, str]]:
    """Yield each view's name and the statement that makes it."""
    for table in TABLES.values():
        name = f"v_{table.name}"
        column = _as_corrected if table.name == PARENT else _as_put
        columns = "".join(f", {column(field.name)} AS {field.name}" for field in table.fields)
        if table.name == PARENT:
            columns += _DERIVED
        key = table.key if table.key != "estate_id" else "record_id"
        made = f"CREATE VIEW {name} AS SELECT estate_id, record_id AS {key}{columns}, pos FROM record_state"
        yield name, f"{made} WHERE tbl = '{table.name}'"


def _as_put(name: str) -> str:
    return f"json_extract(state, '$.{name}')"


def _as_corrected(name: str) -> str:
    """Return the column as a correction has it, which may be nothing, else as it was put."""
    if name not in FACTS | OUTCOMES:
        return _as_put(name)
    path = f"'$.corrected.{name}'"
    return f"CASE WHEN json_type(shown, {path}) IS NULL THEN {_as_put(name)} ELSE json_extract(shown, {path}) END"
