"""What follows from records, computed in one place at any door: where a visit stands, and matching keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from butler_tui.domain.changes import Value
from butler_tui.domain.visits import EventKind, VisitEvent, standing
from butler_tui.sealing import match_key, unseal
from butler_tui.store.database import Connection
from butler_tui.store.keys import Keys

PHONE = "phone"
DOCUMENT = "document"

Touched = tuple[str, bytes, Mapping[str, Value]]
"""A record just written: table, record id, and the values written."""

_KINDS = {str(kind): kind for kind in EventKind}


def columns(keys: Keys, table: str, record_id: bytes, values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the derived columns that follow from the values of one record alone: keyed hashes for matching."""
    if table == "visit" and "phone" in values:
        phone = values["phone"]
        return {"phone_key": match_key(keys.match, PHONE, phone) if isinstance(phone, str) and phone else None}
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


def derive(connection: Connection, touched: Iterable[Touched]) -> None:
    """Recompute where the visits stand that the records just written belong to; a door is open."""
    visits: dict[bytes, None] = {}
    for table, record_id, values in touched:
        visit_id = record_id if table == "visit" else values.get("visit_id") if table == "visit_event" else None
        if isinstance(visit_id, bytes):
            visits[visit_id] = None
    for visit_id in visits:
        _derive_standing(connection, visit_id)


def _derive_standing(connection: Connection, visit_id: bytes) -> None:
    rows = connection.execute(
        "SELECT event_id, kind, at_ms, undoes FROM visit_event WHERE visit_id = ?", (visit_id,)
    ).fetchall()
    now = standing(VisitEvent(row[0], _KINDS[row[1]], row[2], row[3]) for row in rows if row[1] in _KINDS)
    connection.execute(
        "UPDATE visit SET state = ?, out_ms = ? WHERE visit_id = ? AND (state IS NOT ?1 OR out_ms IS NOT ?2)",
        (str(now.state), now.out_ms, visit_id),
    )
