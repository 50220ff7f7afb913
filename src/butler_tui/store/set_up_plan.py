"""What a set-up that runs still has to write, kept beside the desks' drafts: a cut loses nothing of it."""

from __future__ import annotations

import json
from pathlib import Path

from butler_tui.paths import Home
from butler_tui.store.database import Connection

DESK = "set_up"
_PLAN = DESK.encode().ljust(16, b"\0")
"""The one draft that it is: no form's id begins so."""


def keep(connection: Connection, staff_id: bytes, patterns: str, now_ms: int) -> None:
    """Keep the patterns of the houses that are to be written; `staff_id` is the first supervisor."""
    connection.execute(
        "INSERT OR REPLACE INTO draft (draft_id, staff_id, desk, body, parked, changed_ms) VALUES (?, ?, ?, ?, 0, ?)",
        (_PLAN, staff_id, DESK, json.dumps({"houses": patterns}, ensure_ascii=False), now_ms),
    )


def left(connection: Connection) -> str | None:
    """Return the patterns of a set-up that is not through yet, or None."""
    row = connection.execute("SELECT body FROM draft WHERE draft_id = ?", (_PLAN,)).fetchone()
    return str(json.loads(row[0])["houses"]) if row else None


def drop(connection: Connection) -> None:
    """Forget the plan: everything is written."""
    connection.execute("DELETE FROM draft WHERE draft_id = ?", (_PLAN,))


def room_codes(connection: Connection) -> set[str]:
    """Return the room codes of all houses that are written."""
    return {row[0] for row in connection.execute("SELECT room_code FROM house")}


def mark(home: Home) -> Path:
    """Return the file that is there while the database and its key are being made: where it stays, that was cut off."""
    return home.database.with_name(home.database.name + ".set-up")
