"""Offering HQ anew what it has lost and of which no change is left here: the records themselves, as new changes.

Only this terminal's own, so that no two offer the same; each in an act of its own, parents first. What is written once
claims the time at which it was made: HQ, which took it then, judges by that how late somebody corrected a visit.
"""

from __future__ import annotations

import json
from collections.abc import Container

from butler_tui.domain.fields import TABLES, Table
from butler_tui.domain.tallies import made_ms
from butler_tui.store import base
from butler_tui.store.base import stored
from butler_tui.store.database import Row
from butler_tui.store.journal import record_anew
from butler_tui.store.journal_rows import list_changed
from butler_tui.store.local import Store
from butler_tui.store.own_records import author_of, is_own, is_wholly_own
from butler_tui.store.pruning import KEPT_MS
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
            author = author_of(store.connection, table.name, row)
            made = _made_ms(written.record_id, now_ms) if table.once else None
            record_anew(store, written, staff_id=author, now_ms=now_ms, made_ms=made)
            offered += 1
    return offered


def _made_ms(record_id: bytes, now_ms: int) -> int:
    """Return when a record was made (UTC ms) by its id; where that tells none or lies ahead, when HQ had it at last."""
    made = made_ms(record_id)
    return made if made is not None and made <= now_ms else now_ms - KEPT_MS


def _rows(store: Store, table: Table, span: tuple[bytes, bytes]) -> list[Row]:
    """Return the records of which no change is left."""
    list_changed(store.connection)
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
        if known is None or not is_wholly_own(store.connection, table.name, record_id):
            return None
        return Written(table.name, record_id, stored(table, known.state.values))
    if not is_own(store.connection, table.name, row):
        return None
    values = {field.name: row[field.name] for field in table.fields}
    if "original" in set(row.keys()) and row["original"]:  # as it was put: what corrected it is offered too
        values |= stored(table, json.loads(row["original"]))
    return Written(table.name, record_id, values)
