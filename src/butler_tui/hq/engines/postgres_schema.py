"""HQ's tables on PostgreSQL: the one hq/schema.sql in its words, brought up to date when HQ opens them, and views."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from psycopg.errors import DuplicateTable, UndefinedTable

from butler_tui.errors import RuleBroken, SetUpWrong
from butler_tui.hq.engines.postgres_rows import PostgresConnection
from butler_tui.hq.engines.sqlite import SCHEMA_VERSION, tables
from butler_tui.hq.views import postgres_views
from butler_tui.store.database import statements
from butler_tui.words import N_

_WORDS = {"TEXT": 'TEXT COLLATE "C"', "INTEGER": "BIGINT", "BLOB": "BYTEA"}
"""Types of SQLite in PostgreSQL's words; texts stand in the order of their bytes in both."""

_VERSION_TABLE = "CREATE TABLE schema_version (version BIGINT NOT NULL, box_key BYTEA NOT NULL, views TEXT NOT NULL)"
"""One row: the version, HQ's public sealing key (its folder belongs to these tables), a digest of the views."""

STEPS: dict[int, Callable[[PostgresConnection], None]] = {}
"""What leads from one version to the next; the first HQ on PostgreSQL had version 3."""


def schema() -> str:
    """Return hq/schema.sql in PostgreSQL's words."""
    sql = (Path(__file__).parents[1] / "schema.sql").read_text("utf-8")
    sql = re.sub(r"--[^\n]*", "", sql).replace(") STRICT;", ");")
    return re.sub(r"\b(?:TEXT|INTEGER|BLOB)\b", lambda found: _WORDS[found[0]], sql)


def create_tables(connection: PostgresConnection, database: str, box_key: bytes) -> None:
    """Make HQ's tables in an empty database, all or none; raises SetUpWrong where there are some already."""
    try:
        with connection.transaction():
            connection.execute(_VERSION_TABLE)
            for statement in statements(schema()):
                connection.execute(statement)
            connection.execute("INSERT INTO schema_version VALUES ($1, $2, '')", (SCHEMA_VERSION, box_key))
            _make_views(connection)
    except DuplicateTable as error:
        raise SetUpWrong(
            N_(
                "The database {database} holds an HQ, or other tables, already. Nothing was changed: take an empty one."
            ),
            database=database,
        ) from error


def keep_aside(connection: PostgresConnection, database: str, schema: str) -> None:
    """Move HQ's tables and views, where there are any, to a new schema; raises RuleBroken where HQ is served from them.

    Runs in the caller's transaction.
    """
    others = connection.execute(
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'butler-hq'"
        " AND pid <> pg_backend_pid()"
    ).fetchone()
    if others is not None:
        raise RuleBroken(N_("HQ is served from the database {database}: stop it first."), database=database)
    present = connection.execute(
        "SELECT table_name::text, table_type = 'VIEW' FROM information_schema.tables"
        " WHERE table_schema = current_schema() AND table_name = ANY($1)",
        ([*tables(), "schema_version", *(name for name, __ in postgres_views())],),
    ).fetchall()
    if not present:
        return
    connection.execute(f"CREATE SCHEMA {schema}")
    for name, is_view in present:
        connection.execute(f"ALTER {'VIEW' if is_view else 'TABLE'} {name} SET SCHEMA {schema}")


def bring_up_to_date(connection: PostgresConnection, database: str, box_key: bytes) -> None:
    """Take the steps to this program's version, and make the views anew where they differ: all of it, or nothing.

    Raises SetUpWrong where there is no HQ in the database, a newer one, or one that belongs to other keys.
    """
    with connection.transaction():
        version, views = _checked(connection, database, box_key)
        if version == SCHEMA_VERSION and views == _digest():
            return
    with connection.transaction():
        connection.execute("LOCK TABLE schema_version IN EXCLUSIVE MODE")  # another server may have come first
        version, views = _checked(connection, database, box_key)
        for number in range(version, SCHEMA_VERSION):
            STEPS[number](connection)
        connection.execute("UPDATE schema_version SET version = $1", (SCHEMA_VERSION,))
        if views != _digest():
            _make_views(connection)


def _checked(connection: PostgresConnection, database: str, box_key: bytes) -> tuple[int, str]:
    """Return the version of the tables and the digest of the views."""
    try:
        row = connection.execute("SELECT version, box_key, views FROM schema_version").fetchone()
    except UndefinedTable:
        row = None
    if row is None:
        raise SetUpWrong(
            N_("There is no HQ in the database {database}. Make one with `butler hq init` and the same --dsn."),
            database=database,
        )
    if row[0] > SCHEMA_VERSION:
        raise SetUpWrong(
            N_(
                "The database {database} was written by a newer version of this program ({version}; this one knows "
                "{known}). Nothing was changed. Install the newer program on this computer."
            ),
            database=database,
            version=row[0],
            known=SCHEMA_VERSION,
        )
    if row[1] != box_key:
        raise SetUpWrong(
            N_("HQ's key file does not belong to the database {database}: take the folder it was made with."),
            database=database,
        )
    return int(row[0]), str(row[2])


def _digest() -> str:
    return hashlib.sha256("\n".join(sql for __, sql in postgres_views()).encode()).hexdigest()


def _make_views(connection: PostgresConnection) -> None:
    for name, sql in postgres_views():
        connection.execute(f"DROP VIEW IF EXISTS {name}")
        connection.execute(sql)
    connection.execute("UPDATE schema_version SET views = $1", (_digest(),))
