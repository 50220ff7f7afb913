"""Offering HQ anew what it has lost and of which no change is left here: the records themselves, as new changes.

Only this terminal's own, so that no two offer the same; each in an act of its own, parents first.
"""

from __future__ import annotations

import json
from collections.abc import Container

from butler_tui.domain.fields import TABLES, Table
from butler_tui.ids import id_text
from butler_tui.store import base, estates
from butler_tui.store.base import stored
from butler_tui.store.database import Row
from butler_tui.store.journal import record_anew
from butler_tui.store.local import Store
from butler_tui.store.month_keys import made_here
from butler_tui.store.written import Written


def offer_again(store: Store, tbl: str, span: tuple[bytes, bytes], at_hq: Container[bytes], now_ms: int) -> int:
    """Write changes for the own records of `tbl` with ids in `span` that are not among those `at_hq`; return how many.

    `now_ms` is UTC ms.
    """
    table = TABLES.get(tbl)
    if table is None:
        return 0
    lacking = [row for row in _rows(store, table, span) if row[table.key] not in at_hq]
    offered = 0
    for row in lacking:
        written = _own(store, table, row)
        if written is not None:
            names = set(row.keys())
            staff_id = row["staff_id"] if "staff_id" in names and table.key != "staff_id" else None
            record_anew(store, written, staff_id=staff_id, now_ms=now_ms)
            offered += 1
    return offered


def _rows(store: Store, table: Table, span: tuple[bytes, bytes]) -> list[Row]:
    """Return the records of which no change is left."""
    store.connection.execute("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BLOB PRIMARY KEY) WITHOUT ROWID")
    store.connection.execute("INSERT OR IGNORE INTO changed SELECT record_id FROM journal")
    return list(
        store.connection.execute(
            f"SELECT * FROM {table.name} WHERE {table.key} >= ? AND {table.key} < ?"
            f" AND {table.key} NOT IN (SELECT record_id FROM changed) ORDER BY {table.key}",
            span,
        )
    )


def _own(store: Store, table: Table, row: Row) -> Written | None:
    record_id = bytes(row[table.key])
    if not table.once:
        known = base.read(store.connection, table.name, record_id)
        if known is None or not _wrote_all(store, table.name, record_id):
            return None
        return Written(table.name, record_id, stored(table, known.state.values))
    if not _put_here(store, table, row):
        return None
    values = {field.name: row[field.name] for field in table.fields}
    if "original" in set(row.keys()) and row["original"]:  # as it was put: what corrected it is offered too
        values |= stored(table, json.loads(row["original"]))
    return Written(table.name, record_id, values)


def _put_here(store: Store, table: Table, row: Row) -> bool:
    """Tell whether a record that is written once is from here: by its gate, its visit's, or what it is a picture of."""
    names = set(row.keys())
    if table.name == "month_key":
        return made_here(store.connection, row["month_key_id"], row["month"])
    if table.name == "attachment" and row["subject_table"] != "visit":
        return _wrote_all(store, row["subject_table"], row["subject_id"])
    visit_id = row["visit_id"] if "visit_id" in names else row["subject_id"] if table.name == "attachment" else None
    gate_id = row["gate_id"] if "gate_id" in names else _gate_of_visit(store, visit_id)
    (here,) = store.connection.execute("SELECT gate_id FROM terminal").fetchone()
    return gate_id is not None and gate_id == here


def _wrote_all(store: Store, tbl: str, record_id: bytes) -> bool:
    """Tell whether all that is known of a record was written at this terminal."""
    known = base.read(store.connection, tbl, record_id)
    terminal_id = estates.terminal(store.connection).terminal_id
    own = id_text(terminal_id) if terminal_id else ""
    return known is not None and {stamp.terminal for stamp in known.state.stamps.values()} == {own}


def _gate_of_visit(store: Store, visit_id: bytes | None) -> bytes | None:
    row = store.connection.execute("SELECT gate_id FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return row[0] if row else None
