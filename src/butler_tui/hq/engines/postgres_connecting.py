"""Reaching a PostgreSQL database, and saying in a sentence why it cannot be reached or is not fit for HQ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.hq.engines.postgres_rows import PostgresConnection
from butler_tui.words import N_

OLDEST = 15
"""The oldest PostgreSQL that HQ runs on."""

_UNLESS_SAID = {
    "application_name": "butler-hq",
    "connect_timeout": "5",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""A line that is cut without a word is noticed within seconds, where the DSN does not say otherwise."""

_SETTINGS = {
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",
    "plan_cache_mode": "force_custom_plan",
}
"""What holds for each of HQ's connections: nothing waits, and nothing is held, for ever; and a statement that is asked
again is read once and planned anew, since a plan for lists of any length scans whole tables."""

_REFUSED = ("FATAL:", "password", "certificate", "SSL")
_PASSES = ("starting up", "shutting down", "recovery", "too many", "slots are reserved", "terminating connection")
"""What a server that refuses a connection says, and of that what passes by itself: libpq tells no code of it."""


class Database(NamedTuple):
    """Where HQ's tables are: how to reach it, and its name for a person (no password)."""

    conninfo: str
    name: str


def database_of(dsn: str) -> Database:
    """Return the database that a DSN names (URI or key=value); raises SetUpWrong where it is none."""
    try:
        given = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        # What libpq says of it may repeat a part of the DSN, and so of a password.
        raise SetUpWrong(
            N_("The DSN is no address of a PostgreSQL database: write it as postgresql://USER@HOST/DATABASE.")
        ) from error
    unsaid = {name: value for name, value in _UNLESS_SAID.items() if name not in given}
    place = "/".join(str(given[part]) for part in ("host", "dbname") if given.get(part))
    return Database(make_conninfo(dsn, client_encoding="UTF8", **unsaid), place or "PostgreSQL")


def prepare_connection(connection: PostgresConnection) -> None:
    """Set what holds for every connection of HQ: time limits, and a COMMIT that is on the disk when it is told."""
    settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SETTINGS.items())
    connection.execute(f"SELECT {settings}")
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )


@contextmanager
def connected(database: Database) -> Iterator[PostgresConnection]:
    """Connect for a block, each statement its own transaction unless said.

    Raises TryLater where the server is out of reach or busy, SetUpWrong where it refuses or is not fit for HQ.
    """
    with plain_errors(database):
        connection = psycopg.connect(database.conninfo, autocommit=True, cursor_factory=psycopg.RawCursor)
        with connection:
            _check_fitness(connection, database)
            prepare_connection(connection)
            yield connection


def _check_fitness(connection: PostgresConnection, database: Database) -> None:
    major = connection.info.server_version // 10_000
    if major < OLDEST:
        raise SetUpWrong(
            N_("{database} is PostgreSQL {version}; HQ needs {oldest} or later."),
            database=database.name,
            version=major,
            oldest=OLDEST,
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise SetUpWrong(
            N_("The database {database} keeps its texts as {encoding}; HQ needs UTF8."),
            database=database.name,
            encoding=encoding or "?",
        )


@contextmanager
def plain_errors(database: Database) -> Iterator[None]:
    """Turn what the driver and the server say into sentences."""
    try:
        yield
    except psycopg.Error as error:
        raise _explained(error, database) from error


def _explained(error: psycopg.Error, database: Database) -> ButlerError:
    said = (error.diag.message_primary or str(error)).splitlines() or [type(error).__name__]
    reason = re.split(r"failed: |FATAL: +", said[0])[-1].strip().rstrip(".")
    refused = any(word in said[0] for word in _REFUSED) and not any(word in said[0] for word in _PASSES)
    if refused or (error.sqlstate is not None and not isinstance(error, psycopg.OperationalError)):
        return SetUpWrong(N_("HQ's database {database} refuses: {reason}."), database=database.name, reason=reason)
    return TryLater(
        N_("HQ's database {database} is out of reach or busy: {reason}. Nothing was changed: try again."),
        database=database.name,
        reason=reason,
    )
