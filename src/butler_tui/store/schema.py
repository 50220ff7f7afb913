"""Making the tables of a new file from `data/schema.sql`, and the guards of its synced tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.fields import TABLES
from butler_tui.ids import new_id
from butler_tui.store.database import SCHEMA_VERSION, Connection, statements, transaction


def schema_file() -> Path:
    """Return where `schema.sql` lies: in the installed package, else in the checkout this package runs from."""
    package = Path(__file__).parents[1]
    installed = package / "data" / "schema.sql"
    return installed if installed.exists() else package.parents[1] / "data" / "schema.sql"


def guard_statements(tables: Iterable[str] = TABLES) -> Iterator[str]:
    """Yield the triggers that refuse any write to a synced table while no door has its permit open."""
    for table in tables:
        for verb in ("INSERT", "UPDATE", "DELETE"):
            yield (
                f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table} "
                "WHEN NOT EXISTS (SELECT 1 FROM permit) "
                "BEGIN SELECT RAISE(ABORT, 'no door is open'); END"
            )


def missing_guards(connection: Connection) -> list[str]:
    """Return the names of guards that a synced table should have and has not."""
    found = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")}
    wanted = (f"guard_{table}_{verb}" for table in TABLES for verb in ("insert", "update", "delete"))
    return [name for name in wanted if name not in found]


def create_schema(connection: Connection, now_ms: int) -> None:
    """Make all tables, guards and rows of one in an empty file, and begin its first incarnation at `now_ms` (UTC ms).

    One transaction with the version: a file either is whole or has version 0.
    """
    with transaction(connection):
        for statement in statements(schema_file().read_text("utf-8")):
            connection.execute(statement)
        for statement in guard_statements():
            connection.execute(statement)
        connection.execute("INSERT INTO epoch (epoch_no, epoch, opened_ms) VALUES (1, ?, ?)", (new_id(now_ms), now_ms))
        connection.execute("INSERT INTO sync_state (one, epoch_no, last_link) VALUES (1, 1, ?)", (FIRST_LINK,))
        connection.execute("INSERT INTO terminal (one) VALUES (1)")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
