"""The same HQ with its rows on PostgreSQL: a database for each run, copied from one that is filled once."""

from __future__ import annotations

import functools
import secrets
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from butler_tui.hq.engines import Engine, postgres, sqlite
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.sealing import public_box_key
from tests.model.in_process import Hq, template


@dataclass
class PostgresHq(Hq):
    """HQ over a database of its own on a server; what a disk's snapshot is to a file, a copy of it is here."""

    server: str = ""

    def open(self) -> None:
        """Begin to answer."""
        if self.folder.dsn is None:
            self.folder = Folder(self.folder.path, _copy(self.server, _fill(self.server)))
        super().open()

    def _engine(self) -> Engine:
        assert self.folder.dsn is not None
        return postgres.PostgresEngine(self.folder.dsn, self.box_key)

    def copy_aside(self) -> Any:
        """Return a copy of the database, by its name."""
        self.engine.close()
        aside = _name(_copy(self.server, _name(self.folder.dsn or "")))
        self.open()
        return aside

    def put_back(self, content: Any) -> None:
        """Put a copy in the place of the present one, telling nobody."""
        self.close()
        self.folder = Folder(self.folder.path, _copy(self.server, str(content)))
        self.open()


@functools.cache
def _fill(server: str) -> str:
    """Return the name of a database with the rows of the template's file; filled once a server."""
    folder = Folder(template() / "hq")
    keys = read_hq_keys(folder.keys)
    name = _new(server, "template0")
    dsn = make_conninfo(server, dbname=name)
    engine = sqlite.SqliteEngine(folder.database, keys.raw())

    def fill(everything: Any) -> None:
        with postgres.filling(dsn, public_box_key(keys.box), None) as rows:
            for table in sqlite.tables():
                rows.put(table, everything.columns(table), [list(row) for row in everything.every(table)])

    try:
        engine.read_all(fill)
    finally:
        engine.close()
    return name


def _copy(server: str, source: str) -> str:
    return make_conninfo(server, dbname=_new(server, source))


def _new(server: str, source: str) -> str:
    name = f"butler_model_{secrets.token_hex(6)}"
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
    return name


def _name(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])


def drop_all(server: str) -> None:
    """Take away every database of the runs, between them: the server is for them alone, or they bear our name."""
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        names = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'butler_model_%'").fetchall()
        for (name,) in names:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    _fill.cache_clear()
