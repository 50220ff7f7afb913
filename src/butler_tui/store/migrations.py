"""Bringing an older file up to this program's schema: append-only steps in plain SQL, each in one transaction.

A step runs behind the `migrate` door. Before the first of them a copy of the file is made (encrypted like it), which
is deleted once the migrated file has been looked at. Imported only for a file whose version differs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from butler_tui.errors import FileTrouble
from butler_tui.store.database import SCHEMA_VERSION, Connection, as_sqlite_utils, plain_errors
from butler_tui.store.journal import migrate
from butler_tui.store.schema import missing_guards
from butler_tui.words import N_

Step = Callable[[Connection], None]


class SchemaSteps:
    """An append-only list of steps; the n-th leads from version n to n + 1."""

    def __init__(self) -> None:
        self._migrations = Migrations("butler")

    def step(self, change: Step) -> Step:
        """Append a step; it is handed the connection, inside a transaction with the `migrate` door open."""

        @wraps(change)
        def behind_the_door(database: Database) -> None:
            connection: Connection = database.conn
            with migrate(connection):
                change(connection)

        self._migrations()(behind_the_door)
        return change

    def bring_up_to_date(self, connection: Connection, file: Path, known: int = SCHEMA_VERSION) -> None:
        """Run the steps that `file` has not had, and write down that it is at version `known`.

        Raises FileTrouble where the disk refuses or a synced table lost its guards; the file is then as it was
        before the step that failed, and the copy stays beside it.
        """
        copy = file.with_name(f"{file.name}.before-version-{known}")
        with plain_errors(file):
            copy.unlink(missing_ok=True)
            connection.execute("VACUUM INTO ?", (str(copy),))
            copy.chmod(0o600)
            self._migrations.apply(as_sqlite_utils(connection))
            lost = missing_guards(connection)
            if lost:
                raise FileTrouble(N_("The file {file} has lost its guards: {names}."), file=file, names=", ".join(lost))
            connection.execute(f"PRAGMA user_version = {known:d}")
            copy.unlink()


STEPS = SchemaSteps()
"""The steps of this program. Version 1 is the first there was: none yet."""
