"""Reading what is given out: rows one by one, in the order written, however many there are."""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.ids import least_id
from butler_tui.store.begun import least_registered_since
from butler_tui.store.database import Connection, Row

_END = b"\xff" * 16
_NEVER_MS = 1 << 62

_VISITS = """
SELECT v.*, g.name AS gate, s.number AS guard,
    (SELECT e.reason FROM visit_event e WHERE e.visit_id = v.visit_id AND e.kind = 'turned_away' LIMIT 1) AS away
FROM visit v LEFT JOIN gate g ON g.gate_id = v.gate_id LEFT JOIN staff s ON s.staff_id = v.staff_id
WHERE v.visit_id >= ? AND v.visit_id < ? AND v.registered_ms >= ? AND v.registered_ms < ? ORDER BY v.visit_id
"""


def visits(connection: Connection, since_ms: int | None, until_ms: int | None) -> Iterator[Row]:
    """Yield the visits registered from `since_ms` until before `until_ms` (UTC ms), the oldest first.

    Their ids are in the order in which their forms were begun, so the key is walked and nothing is sorted.
    """
    yield from connection.execute(_VISITS, _between(connection, since_ms, until_ms))


def count_visits(connection: Connection, since_ms: int | None, until_ms: int | None) -> int:
    """Return how many visits that is."""
    row = connection.execute(
        "SELECT count(*) FROM visit WHERE visit_id >= ? AND visit_id < ? AND registered_ms >= ? AND registered_ms < ?",
        _between(connection, since_ms, until_ms),
    ).fetchone()
    return int(row[0])


def _between(connection: Connection, since_ms: int | None, until_ms: int | None) -> tuple[bytes, bytes, int, int]:
    first = least_registered_since(connection, since_ms) if since_ms is not None else b""
    end = least_id(until_ms) if until_ms is not None else _END
    return (first, end, since_ms or 0, until_ms if until_ms is not None else _NEVER_MS)
