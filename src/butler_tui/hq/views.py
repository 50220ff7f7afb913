"""One SQL view per record type, `v_<type>`, for people who query HQ: columns from domain/fields.py."""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.domain.fields import TABLES


def views() -> Iterator[tuple[str, str]]:
    """Yield each view's name and the statement that makes it."""
    for table in TABLES.values():
        name = f"v_{table.name}"
        columns = "".join(f", json_extract(state, '$.{field.name}') AS {field.name}" for field in table.fields)
        key = table.key if table.key != "estate_id" else "record_id"
        made = f"CREATE VIEW {name} AS SELECT estate_id, record_id AS {key}{columns}, pos FROM record_state"
        yield name, f"{made} WHERE tbl = '{table.name}'"
