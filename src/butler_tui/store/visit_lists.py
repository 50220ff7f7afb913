"""Visits for lists outside the screens: the newest first, by ids that are in the order in which forms were begun."""

from __future__ import annotations

from butler_tui.store.begun import least_registered_since
from butler_tui.store.database import Connection, Row


def newest(connection: Connection, *, inside: bool, since_ms: int | None, most: int) -> list[Row]:
    """Return up to `most` visits registered since `since_ms` (UTC ms), the newest first, or only who is inside."""
    since = least_registered_since(connection, since_ms) if since_ms is not None else b""
    where = "visit_id >= ? AND registered_ms >= ?" + (" AND state = 'inside'" if inside else "")
    rows: list[Row] = connection.execute(
        f"SELECT * FROM visit WHERE {where} ORDER BY visit_id DESC LIMIT ?", (since, since_ms or 0, most)
    ).fetchall()
    return rows
