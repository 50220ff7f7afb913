"""What follows from records, computed in one place after any door: where a visit stands, and matching keys."""

from __future__ import annotations

from collections.abc import Iterable

from butler_tui.domain.visits import EventKind, VisitEvent, standing
from butler_tui.sealing import match_key, unseal
from butler_tui.store.database import Connection
from butler_tui.store.keys import Keys

PHONE = "phone"
DOCUMENT = "document"


def derive(connection: Connection, keys: Keys, touched: Iterable[tuple[str, bytes]]) -> None:
    """Recompute the derived columns of the records just written, given as (table, record id); a door is open."""
    visits: dict[bytes, None] = {}
    for table, record_id in touched:
        if table == "visit":
            visits[record_id] = None
            _derive_phone(connection, keys, record_id)
        elif table == "visit_event":
            row = connection.execute("SELECT visit_id FROM visit_event WHERE event_id = ?", (record_id,)).fetchone()
            visits[row[0]] = None
        elif table == "document_secret":
            _derive_number(connection, keys, record_id)
    for visit_id in visits:
        _derive_standing(connection, visit_id)


def _derive_standing(connection: Connection, visit_id: bytes) -> None:
    rows = connection.execute(
        "SELECT event_id, kind, at_ms, undoes FROM visit_event WHERE visit_id = ?", (visit_id,)
    ).fetchall()
    known = set(EventKind)
    events = [VisitEvent(row[0], EventKind(row[1]), row[2], row[3]) for row in rows if row[1] in known]
    now = standing(events)
    connection.execute(
        "UPDATE visit SET state = ?, out_ms = ? WHERE visit_id = ? AND (state IS NOT ?1 OR out_ms IS NOT ?2)",
        (str(now.state), now.out_ms, visit_id),
    )


def _derive_phone(connection: Connection, keys: Keys, visit_id: bytes) -> None:
    row = connection.execute("SELECT phone FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    if row is not None and row[0]:
        key = match_key(keys.match, PHONE, row[0])
        connection.execute("UPDATE visit SET phone_key = ? WHERE visit_id = ?", (key, visit_id))


def _derive_number(connection: Connection, keys: Keys, secret_id: bytes) -> None:
    row = connection.execute(
        "SELECT month_key_id, sealed FROM document_secret WHERE secret_id = ?", (secret_id,)
    ).fetchone()
    month_key = keys.months.get(row["month_key_id"].hex())
    if month_key is None:
        return
    number = unseal(month_key, row["sealed"], record_id=secret_id, field="number").decode()
    connection.execute(
        "UPDATE document_secret SET number_key = ? WHERE secret_id = ?",
        (match_key(keys.match, DOCUMENT, number), secret_id),
    )
