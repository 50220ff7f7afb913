"""A real HQ on loopback for tests: its own process, TLS, an encrypted file; ended by its process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.hq.engines import Reading
from butler_tui.hq.engines.sqlite import SqliteRows
from butler_tui.hq.keys import Folder, read_hq_keys
from butler_tui.ids import id_text
from butler_tui.store import estates
from butler_tui.store.database import connect
from butler_tui.store.local import Store
from butler_tui.sync.enrol import enrol
from butler_tui.sync.syncing import SyncReport, sync_once
from tests.hq_rows import rows_at


def real_ms() -> int:
    """Return this computer's time (UTC ms): a served HQ has no other."""
    return time.time_ns() // 1_000_000


def butler(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command of `butler` in English, and return how it ended."""
    return subprocess.run(
        [sys.executable, "-m", "butler_tui", *arguments],
        env={**os.environ, "BUTLER_LANG": "en", **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Hq:
    """HQ in a folder, served or not."""

    folder: Folder
    port: int = 0
    process: subprocess.Popen[str] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    """What it is served with beside what is there."""

    @property
    def url(self) -> str:
        """Return the address it is served under."""
        return f"https://127.0.0.1:{self.port}"

    def start(self, *arguments: str) -> None:
        """Serve it, under the same port as before if there was one."""
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "butler_tui",
                "hq",
                "serve",
                "--dir",
                str(self.folder.path),
                "--port",
                str(self.port),
                *arguments,
            ],
            env={**os.environ, "BUTLER_LANG": "en", "BUTLER_HQ_DSN": self.folder.dsn or "", **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        told = self.process.stdout.readline().strip()
        assert told.startswith("https://"), self.process.communicate()
        self.port = int(told.rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it by its process id, and return how it ended."""
        if self.process is None:
            return 0
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        code, self.process = self.process.returncode, None
        return code

    def query(self, sql: str, *values: object) -> list[Any]:
        """Return what a query finds in HQ's database."""
        return [tuple(row.values()) for row in rows_at(self.folder, sql, *values)]

    def change(self, sql: str, *values: object) -> None:
        """Change HQ's database behind its back."""
        rows_at(self.folder, sql, *values)

    @contextmanager
    def rows(self) -> Iterator[Reading]:
        """Read HQ's rows."""
        connection = connect(self.folder.database, read_hq_keys(self.folder.keys).raw())
        try:
            yield SqliteRows(connection)
        finally:
            connection.close()

    def enrol(self, store: Store, kind: TerminalKind = TerminalKind.SUPERVISOR, url: str | None = None) -> str:
        """Enrol a terminal as `kind`, adding its estate where HQ has it not; return the terminal's id."""
        estate = estates.estate(store.connection)
        assert estate is not None
        estate_id = id_text(estate.estate_id)
        if not self.query("SELECT 1 FROM estate WHERE estate_id = ?", estate_id):
            admin.add_estate(self.folder, estate.name, estate.time_zone, estate_id, real_ms())
        code = admin.new_code(self.folder, estate_id, kind, real_ms(), url or self.url)
        return enrol(store, code.url, code.code, now_ms=real_ms).terminal_id


def sync(store: Store, **changes: Any) -> SyncReport:
    """Sync a terminal by this computer's time."""
    return sync_once(store, **{"now_ms": real_ms, **changes})


@contextmanager
def served(path: Path, *, names: Sequence[str] = (), dsn: str | None = None) -> Iterator[Hq]:
    """Make an HQ in `path`, or on PostgreSQL with its keys there, and serve it for a block."""
    hq = Hq(Folder(path, dsn))
    admin.init(hq.folder, names, real_ms())
    hq.start()
    try:
        yield hq
    finally:
        hq.stop()


Passes = Callable[[bool, bytes], "bytes | None"]
"""What a proxy passes on of a piece of an answer (True) or a request (False): None closes the connection instead.

Raising Cut passes on what it carries, and closes the connection then.
"""


class Cut(Exception):
    """The connection ends here, after the first bytes of a piece."""

    def __init__(self, first: bytes) -> None:
        super().__init__(len(first))
        self.first = first


@dataclass
class Proxy:
    """A TCP proxy before HQ: closes a connection instead of passing an answer on, once `cut` says so."""

    port: int
    cut: Callable[[], bool] = lambda: False
    passes: Passes = lambda _answers, data: data
    cuts: int = 0
    host: str = "127.0.0.1"
    _listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listener = socket.create_server((self.host, 0))

    @property
    def url(self) -> str:
        """Return the address of HQ through this proxy."""
        return f"https://{self.host}:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Take connections until closed."""
        with suppress(OSError):
            while True:
                client, __ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.port))
                except OSError:
                    client.close()
                    continue
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # no piece waits for the one before
                threading.Thread(target=self._pass, args=(client, server, False), daemon=True).start()
                threading.Thread(target=self._pass, args=(server, client, True), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while data := here.recv(65536):
                try:
                    passed = None if answers and self.cut() else self.passes(answers, data)
                except Cut as cut:
                    there.sendall(cut.first)
                    passed = None
                if passed is None:
                    self.cuts += 1
                    break
                there.sendall(passed)
        for one in (here, there):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()


@contextmanager
def proxied(hq: Hq, host: str = "127.0.0.1") -> Iterator[Proxy]:
    """Put a proxy before HQ for a block."""
    proxy = Proxy(hq.port, host=host)
    threading.Thread(target=proxy.run, daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.close()
