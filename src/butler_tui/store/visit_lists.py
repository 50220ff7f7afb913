"""Visits for lists outside the screens: the newest first, by their ids, which are in the order of time."""

from __future__ import annotations

from butler_tui.ids import least_id
from butler_tui.store.database import Connection, Row


def newest(connection: Connection, *, inside: bool, since_ms: int | None, most: int) -> list[Row]:
    """Return up to `most` visits registered since `since_ms` (UTC ms), the newest first, or only who is inside."""
    since = least_id(since_ms) if since_ms is not None else b""
    where = "state = 'inside' AND visit_id >= ?" if inside else "visit_id >= ?"
    rows: list[Row] = connection.execute(
        f"SELECT * FROM visit WHERE {where} ORDER BY visit_id DESC LIMIT ?", (since, most)
    ).fetchall()
    return rows
