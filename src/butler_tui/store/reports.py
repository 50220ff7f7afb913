"""What HQ has told this supervisor's terminal that nobody typed; kept here to be shown, the newest only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.ids import id_text, parse_id
from butler_tui.store.database import Connection, transaction
from butler_tui.text import safe

_MOST = 50
HELD_BACK = "held_back"
"""The kind that tells of what HQ could not apply."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report (`at_ms` UTC ms): its kind and detail as hq/reports.py writes them, `place` is a terminal's name."""

    at_ms: int
    kind: str
    place: str
    detail: Mapping[str, Any]


def latest_id(connection: Connection) -> str | None:
    """Return the id (UUID text) of the last report that came, None before the first."""
    row = connection.execute("SELECT max(report_id) FROM report").fetchone()
    return id_text(row[0]) if row[0] else None


def keep(connection: Connection, told: Iterable[tuple[str, int, str, str, str]]) -> None:
    """Keep reports (id as text, UTC ms, kind, place, detail as JSON); of those before only the newest stay."""
    with transaction(connection):
        connection.executemany(
            "INSERT OR IGNORE INTO report (report_id, at_ms, kind, place, detail) VALUES (?, ?, ?, ?, ?)",
            [(parse_id(one[0]), one[1], safe(one[2]), safe(one[3]), one[4]) for one in told],
        )
        connection.execute(
            "DELETE FROM report WHERE report_id NOT IN (SELECT report_id FROM report ORDER BY report_id DESC LIMIT ?)",
            (_MOST,),
        )


def newest(connection: Connection, most: int, since_ms: int) -> list[Report]:
    """Return up to `most` reports since `since_ms` (UTC ms), the newest first, but for what was held back of others."""
    return _newest(connection, "kind <> ?", most, since_ms)


def held_back(connection: Connection, most: int, since_ms: int) -> list[Report]:
    """Return up to `most` reports since `since_ms` (UTC ms) of what HQ held back of others, the newest first."""
    return _newest(connection, "kind = ?", most, since_ms)


def _newest(connection: Connection, of_kind: str, most: int, since_ms: int) -> list[Report]:
    rows = connection.execute(
        f"SELECT at_ms, kind, place, detail FROM report WHERE {of_kind} AND at_ms >= ? ORDER BY report_id DESC LIMIT ?",
        (HELD_BACK, since_ms, most),
    ).fetchall()
    return [Report(row[0], row[1], row[2], _detail(row[3])) for row in rows]


def _detail(text: str) -> Mapping[str, Any]:
    try:
        detail = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return detail if isinstance(detail, dict) else {}
