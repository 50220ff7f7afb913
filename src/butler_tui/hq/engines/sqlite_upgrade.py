"""Bringing the embedded engine's file up to date, in one transaction, when HQ opens it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from butler_tui.domain.fields import TABLES
from butler_tui.domain.merge import kept_json, stamps_json
from butler_tui.domain.tallies import tallied
from butler_tui.errors import RuleBroken
from butler_tui.hq.engines import LogRow
from butler_tui.hq.replay import replayed
from butler_tui.hq.shown import EVENTS, PARENT, shown
from butler_tui.ids import parse_id
from butler_tui.store.database import Connection, DatabaseError, transaction
from butler_tui.words import N_


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
            (shown((row[0], json.loads(row[1])) for row in events), estate_id, PARENT, record_id),
        )


_VERSION_3 = (
    "ALTER TABLE estate_pos ADD COLUMN durable_pos INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE terminal ADD COLUMN scope_gen INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE record_state ADD COLUMN kept TEXT",
    "CREATE INDEX change_log_held ON change_log (estate_id, pos) WHERE verdict = 'quarantined' AND pos > 0",
    (
        "CREATE INDEX change_log_held_parent ON change_log (estate_id, parent_id)"
        " WHERE verdict = 'quarantined' AND parent_id IS NOT NULL"
    ),
    (
        "CREATE INDEX change_log_held_staff ON change_log (estate_id, staff_id)"
        " WHERE verdict = 'quarantined' AND staff_id IS NOT NULL"
    ),
    "ALTER TABLE record_state ADD COLUMN erased_ms INTEGER",
    (
        "CREATE TABLE erased (estate_id TEXT NOT NULL, record_id TEXT NOT NULL, tbl TEXT NOT NULL,"
        " at_ms INTEGER NOT NULL, PRIMARY KEY (estate_id, record_id)) STRICT"
    ),
    "DROP INDEX record_state_by_parent",
    "CREATE INDEX record_state_by_parent ON record_state (estate_id, parent_id)",
    (
        "CREATE TABLE greeting (estate_id TEXT NOT NULL, terminal_id TEXT NOT NULL, body TEXT NOT NULL,"
        " PRIMARY KEY (estate_id, terminal_id)) STRICT"
    ),
    (
        "CREATE TABLE tally (estate_id TEXT NOT NULL, tbl TEXT NOT NULL, month TEXT NOT NULL, records INTEGER NOT NULL,"
        " mark INTEGER NOT NULL, PRIMARY KEY (estate_id, tbl, month)) STRICT"
    ),
    (
        "CREATE TABLE generation (estate_id TEXT NOT NULL, hq_gen TEXT NOT NULL, from_pos INTEGER NOT NULL,"
        " began_ms INTEGER NOT NULL, PRIMARY KEY (estate_id, hq_gen)) STRICT"
    ),
    (
        "CREATE TABLE report (estate_id TEXT NOT NULL, report_id TEXT NOT NULL, at_ms INTEGER NOT NULL,"
        " kind TEXT NOT NULL, terminal_id TEXT, detail TEXT NOT NULL, PRIMARY KEY (estate_id, report_id)) STRICT"
    ),
    (
        "CREATE TABLE estate_secret (estate_id TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,"
        " secret_id TEXT NOT NULL, since_ms INTEGER NOT NULL, sealed BLOB NOT NULL,"
        " PRIMARY KEY (estate_id, kind, name)) STRICT"
    ),
)


def _keep_losers(connection: Connection) -> None:
    """From 2 to 3: of records that are written more than once, the writes in conflict are kept."""
    for statement in _VERSION_3:
        connection.execute(statement)
    profiles = [table.name for table in TABLES.values() if not table.once]
    for (estate_id,) in connection.execute("SELECT estate_id FROM estate").fetchall():
        log = connection.execute(
            f"SELECT {', '.join(LogRow._fields)} FROM change_log WHERE estate_id = ?"
            f" AND tbl IN ({', '.join('?' * len(profiles))}) ORDER BY pos",
            (estate_id, *profiles),
        )
        for (tbl, record_id), state in replayed(LogRow(*row) for row in log).items():
            connection.execute(
                "UPDATE record_state SET stamps = ?, kept = ? WHERE estate_id = ? AND tbl = ? AND record_id = ?",
                (stamps_json(state), kept_json(state), estate_id, tbl, record_id),
            )
        states = connection.execute("SELECT tbl, record_id, pos FROM record_state WHERE estate_id = ?", (estate_id,))
        for key, tally in tallied((row[0], parse_id(row[1]), row[2]) for row in states.fetchall()).items():
            connection.execute("INSERT INTO tally VALUES (?, ?, ?, ?, ?)", (estate_id, *key, *tally))


STEPS: dict[int, Callable[[Connection], None]] = {1: _show_visits, 2: _keep_losers}
"""What leads from one version to the next."""


def bring_up_to_date(connection: Connection, wanted: int) -> None:
    """Take the steps from the file's version to `wanted`: all of them, durably, or none.

    Raises RuleBroken where anybody else has the file open: an older server would go on writing what it knows only.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] >= wanted:
        return
    with _alone(connection), transaction(connection):
        (version,) = connection.execute("PRAGMA user_version").fetchone()  # another program may have come first
        for number in range(version, wanted):
            STEPS[number](connection)
        connection.execute(f"PRAGMA user_version = {wanted}")


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Keep everybody else from the file for a block: without a log (WAL) it has one mode for all that have it open."""
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except DatabaseError as error:
        if "locked" not in str(error):
            raise
        raise RuleBroken(
            N_("HQ is to be brought up to this program's version, and an older one serves it or works with it still. "
               "Stop that one first.")
        ) from error  # fmt: skip
    try:
        yield
    finally:
        connection.execute("PRAGMA journal_mode = WAL")
