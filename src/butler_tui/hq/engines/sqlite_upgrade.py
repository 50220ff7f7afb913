"""Bringing the embedded engine's file up to date, in one transaction, when HQ opens it."""

from __future__ import annotations

from collections.abc import Callable

from butler_tui.hq.shown import EVENTS, PARENT, shown
from butler_tui.store.database import Connection, transaction


def _show_visits(connection: Connection) -> None:
    """From 1 to 2: a visit shows where it stands and what was corrected."""
    connection.execute("ALTER TABLE record_state ADD COLUMN shown TEXT")
    visits = connection.execute("SELECT estate_id, record_id FROM record_state WHERE tbl = ?", (PARENT,)).fetchall()
    for estate_id, record_id in visits:
        events = connection.execute(
            "SELECT record_id, state FROM record_state WHERE estate_id = ? AND tbl = ? AND parent_id = ?",
            (estate_id, EVENTS, record_id),
        ).fetchall()
        connection.execute(
            "UPDATE record_state SET shown = ? WHERE estate_id = ? AND tbl = ? AND record_id = ?",
            (shown((row[0], row[1]) for row in events), estate_id, PARENT, record_id),
        )


STEPS: dict[int, Callable[[Connection], None]] = {1: _show_visits}
"""What leads from one version to the next."""


def bring_up_to_date(connection: Connection, wanted: int) -> None:
    """Take the steps from the file's version to `wanted`: all of them, durably, or none."""
    if connection.execute("PRAGMA user_version").fetchone()[0] >= wanted:
        return
    with transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()  # another program may have come first
        for number in range(version, wanted):
            STEPS[number](connection)
        connection.execute(f"PRAGMA user_version = {wanted}")
