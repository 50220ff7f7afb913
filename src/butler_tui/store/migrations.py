"""Bringing an older file up to this program's schema: append-only steps in plain SQL, each in one transaction.

A step runs behind the `migrate` door. Before the first of them a copy of the file is made (encrypted like it), which
is deleted once the migrated file has been looked at, and else stays. Imported only for a file whose version differs.
"""

from __future__ import annotations

import glob
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from butler_tui.domain.fields import TABLES
from butler_tui.errors import ButlerError, FileTrouble
from butler_tui.store import search_keys
from butler_tui.store.database import SCHEMA_VERSION, Connection, as_sqlite_utils, plain_errors
from butler_tui.store.journal import migrate
from butler_tui.store.schema import guard_statements, missing_guards
from butler_tui.store.versions import VERSION_2, VERSION_3
from butler_tui.words import N_

Step = Callable[[Connection], None]


class SchemaSteps:
    """An append-only list of steps; the n-th leads from version `first` + n to the next one."""

    def __init__(self, first: int = 1) -> None:
        self._first = first
        self._steps: list[Callable[[Database], None]] = []

    def step(self, change: Step) -> Step:
        """Append a step; it is handed the connection, inside a transaction with the `migrate` door open."""

        @wraps(change)
        def behind_the_door(database: Database) -> None:
            connection: Connection = database.conn
            with migrate(connection):
                change(connection)

        self._steps.append(behind_the_door)
        return change

    def _due(self, connection: Connection) -> Migrations:
        """Return the steps that a file has not had: one made by a later version never needs those before it."""
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        due = Migrations("butler")
        for number, one in enumerate(self._steps, self._first + 1):
            if number > version:
                due(name=f"to version {number}")(one)
        return due

    def bring_up_to_date(self, connection: Connection, file: Path, known: int = SCHEMA_VERSION) -> None:
        """Run the steps that `file` has not had, and write down that it is at version `known`.

        Raises FileTrouble, which names the copy, where a step fails or a synced table lost its guards. The file is then
        as it was before the step that failed, and the copy, which no further try touches, as it was before the first.
        """
        with plain_errors(file):
            copy = _copied(connection, file, known)
        try:
            with plain_errors(file):
                self._due(connection).apply(as_sqlite_utils(connection))
                lost = missing_guards(connection)
                if lost:
                    names = ", ".join(lost)
                    raise FileTrouble(N_("The file {file} has lost its guards: {names}."), file=file, names=names)
                connection.execute(f"PRAGMA user_version = {known:d}")
        except ButlerError as error:
            raise FileTrouble(
                N_("{trouble} The records as they were before this program's version are kept in {copy}."),
                trouble=error,
                copy=copy,
            ) from error
        for one in file.parent.glob(f"{glob.escape(_copies(file, known))}*"):
            one.unlink()


def _copied(connection: Connection, file: Path, known: int) -> Path:
    """Return a copy of `file` with the records it has now: one of an earlier try, else a new one.

    Its name ends in the last line of the journal, so that no copy is ever written over by one with other records, and
    one try after the other does not fill the disk.
    """
    (last,) = connection.execute("SELECT coalesce(max(journal_id), 0) FROM journal").fetchone()
    copy = file.with_name(f"{_copies(file, known)}-{last}")
    if not copy.exists():
        unfinished = file.with_name(f"{copy.name}.new")
        unfinished.unlink(missing_ok=True)
        unfinished.touch(mode=0o600)
        connection.execute("VACUUM INTO ?", (str(unfinished),))
        unfinished.replace(copy)
    return copy


def _copies(file: Path, known: int) -> str:
    return f"{file.name}.before-version-{known}"


STEPS = SchemaSteps()
"""The steps of this program; a file made by it has had them all."""


@STEPS.step
def _to_version_2(connection: Connection) -> None:
    """Search keys, household's vehicles, corrections, overrides, badges that are missed, what was looked at."""
    for statement in VERSION_2:
        connection.execute(statement)
    for statement in guard_statements(("vehicle", "audit")):
        connection.execute(statement)
    search_keys.make_all(connection)
    connection.execute("UPDATE visit SET badge_out = 1 WHERE state = 'inside'")


@STEPS.step
def _to_version_3(connection: Connection) -> None:
    """What HQ's log amounts to, beside own changes that it has not brought back: none was ever pulled before.

    And the pictures of records.
    """
    for statement in VERSION_3:
        connection.execute(statement)
    for statement in guard_statements(("attachment",)):
        connection.execute(statement)
    profiles = [table.name for table in TABLES.values() if not table.once]
    connection.execute(
        "INSERT INTO pending (tbl, record_id, journal_id) SELECT tbl, record_id, journal_id FROM journal"
        f" WHERE tbl IN ({', '.join('?' * len(profiles))})",
        profiles,
    )
