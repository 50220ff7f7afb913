"""What follows from records, computed in one place at any door: where a visit stands, corrections, matching keys."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from butler_tui.domain.changes import Value, from_wire, to_wire
from butler_tui.domain.corrections import amount, read_corrected
from butler_tui.domain.fields import TABLES
from butler_tui.domain.visits import EventKind, VisitEvent, standing
from butler_tui.sealing import match_key, unseal
from butler_tui.store import search_keys
from butler_tui.store.database import Connection, Row
from butler_tui.store.keys import Keys

DOCUMENT = "document"

Touched = tuple[str, bytes, Mapping[str, Value]]
"""A record just written: table, record id, and the values written."""

_KINDS = {str(kind): kind for kind in EventKind}
_VISIT = TABLES["visit"]


def columns(keys: Keys, table: str, record_id: bytes, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the derived columns that follow from the values of one record alone: keyed hashes for matching."""
    if table == "document_secret" and "sealed" in values:
        return {"number_key": _number_key(keys, record_id, values)}
    return {}


def _number_key(keys: Keys, secret_id: bytes, values: Mapping[str, Value]) -> bytes | None:
    month_key_id, sealed = values.get("month_key_id"), values["sealed"]
    if not isinstance(month_key_id, bytes) or not isinstance(sealed, bytes):
        return None
    month_key = keys.months.get(month_key_id.hex())
    if month_key is None:
        return None
    try:
        number = unseal(month_key, sealed, record_id=secret_id, field="number").decode()
    except ValueError:  # from a terminal that sealed it otherwise: kept, not to be found by number here
        return None
    return match_key(keys.match, DOCUMENT, number)


def match_numbers(connection: Connection, keys: Keys, month_key_ids: Sequence[bytes]) -> int:
    """Make the keyed hashes of numbers whose months' keys came after them; return how many. A door is open."""
    rows = connection.execute(
        "SELECT secret_id, month_key_id, sealed FROM document_secret WHERE number_key IS NULL AND length(sealed) > 0"
        f" AND month_key_id IN ({', '.join('?' * len(month_key_ids))})",
        month_key_ids,
    ).fetchall()
    made = [(_number_key(keys, row[0], {"month_key_id": row[1], "sealed": row[2]}), row[0]) for row in rows]
    connection.executemany("UPDATE document_secret SET number_key = ? WHERE secret_id = ?", made)
    return len(made)


def derive(connection: Connection, touched: Iterable[Touched]) -> None:
    """Recompute what follows from the records just written: search keys, and where visits stand; a door is open."""
    visits: dict[bytes, None] = {}
    for table, record_id, values in touched:
        search_keys.keep(connection, table, values)
        visit_id = record_id if table == "visit" else values.get("visit_id") if table == "visit_event" else None
        if isinstance(visit_id, bytes):
            visits[visit_id] = None
    for visit_id in visits:
        _derive_visit(connection, visit_id)


def events_of(connection: Connection, visit_id: bytes) -> list[VisitEvent]:
    """Return a visit's events as the rules read them, in no order; a kind that this version does not know is none."""
    rows = connection.execute(
        "SELECT event_id, kind, at_ms, undoes, corrected FROM visit_event WHERE visit_id = ?", (visit_id,)
    )
    return [
        VisitEvent(row[0], _KINDS[row[1]], row[2], row[3], read_corrected(row[4])) for row in rows if row[1] in _KINDS
    ]


def _derive_visit(connection: Connection, visit_id: bytes) -> None:
    events = events_of(connection, visit_id)
    now = standing(events)
    connection.execute(
        "UPDATE visit SET state = ?, out_ms = ?, badge_out = ? WHERE visit_id = ?"
        " AND (state IS NOT ?1 OR out_ms IS NOT ?2 OR badge_out IS NOT ?3)",
        (str(now.state), now.out_ms, int(now.badge_out), visit_id),
    )
    if any(event.kind is EventKind.CORRECTED for event in events):
        _show_corrected(connection, visit_id, events)


def _show_corrected(connection: Connection, visit_id: bytes, events: Sequence[VisitEvent]) -> None:
    """Write into the visit's columns what its corrections amount to, and keep aside what was put."""
    row: Row | None = connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    if row is None:
        return
    before: dict[str, str | int | None] = json.loads(row["original"]) if row["original"] else {}
    now = {name: value for name, value in amount(events).items() if _VISIT.field(name) is not None}
    put = {name: before[name] if name in before else _wire(name, row[name]) for name in {*before, *now}}
    shown = {name: now.get(name, put[name]) for name in put}
    original = {name: put[name] for name in now}
    values = {name: _stored(name, value) for name, value in shown.items()}
    sets = ", ".join(f"{name} = ?" for name in values)
    connection.execute(
        f"UPDATE visit SET {sets}{', ' if sets else ''}original = ? WHERE visit_id = ?",
        (*values.values(), json.dumps(original, ensure_ascii=False, sort_keys=True) if original else None, visit_id),
    )
    search_keys.keep(connection, "visit", values)
    search_keys.forget(connection, "visit", {name: row[name] for name in values})


def _wire(name: str, value: Value) -> str | int | None:
    field = _VISIT.field(name)
    return to_wire(field.kind, value) if field else None


def _stored(name: str, value: str | int | None) -> Value:
    field = _VISIT.field(name)
    return from_wire(field.kind, value) if field else None
