"""The plain side of push and pull: rows as JSON in zstd over TLS into one table, one transaction a batch."""

from __future__ import annotations

import http.client
import json
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from sqlcipher3 import dbapi2 as driver

from butler_tui.domain.changes import Change
from butler_tui.store import sync_state
from butler_tui.store.local import Store
from butler_tui.sync.protocol import compact_json, squeeze, unpack

BATCH = 1000
_ROOT = Path(__file__).resolve().parent.parent


def write_plain(store: Store, file: Path) -> None:
    """Write the changes that wait in `store` into a plain file: number, id, and all the rest as JSON."""
    plain = sqlite3.connect(file)
    plain.execute("CREATE TABLE change (seq INTEGER PRIMARY KEY, cid TEXT, body TEXT)")
    where = sync_state.position(store.connection)
    while (batch := sync_state.batch_after(store.connection, where, BATCH)) is not None:
        rows = [(change.seq, change.cid, _body(change)) for change in batch.changes]
        plain.executemany("INSERT INTO change VALUES (?, ?, ?)", rows)
        where = replace(where, acked_seq=batch.changes[-1].seq)
    plain.commit()
    plain.close()


def _body(change: Change) -> str:
    whole = {"record_id": change.record_id, "table": change.table, **change.fields, **(change.personal or {})}
    return compact_json(whole).decode()


def _connected(port: int, authority: Path) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(authority))
    context.check_hostname = False
    return http.client.HTTPSConnection("127.0.0.1", port, context=context)


def push(port: int, authority: Path, file: Path, batch_of: int = BATCH, took: list[float] | None = None) -> float:
    """Push all rows of the table `change` in a plain SQLite file, and return how many a second.

    `took` is told how many seconds each request took.
    """
    begun = time.perf_counter()
    connection = _connected(port, authority)
    rows = sqlite3.connect(file)
    last, pushed = 0, 0
    while batch := rows.execute("SELECT * FROM change WHERE seq > ? ORDER BY seq LIMIT ?", (last, batch_of)).fetchall():
        content, encoding = squeeze(json.dumps({"rows": batch}, ensure_ascii=False).encode())
        asked = time.perf_counter()
        connection.request("POST", f"/{file.stem}", content, {"content-encoding": encoding})
        answer = json.loads(connection.getresponse().read())
        if took is not None:
            took.append(time.perf_counter() - asked)
        last, pushed = answer["last"], pushed + len(batch)
    connection.close()
    rows.close()
    return pushed / (time.perf_counter() - begun)


def pull(port: int, authority: Path, file: Path, after: int = 0) -> tuple[int, float]:
    """Pull the rows after the number `after` into an encrypted file; return how many came and the seconds it took."""
    with closing(driver.connect(str(file), isolation_level=None)) as rows:
        rows.execute(f"PRAGMA key = \"x'{bytes(48).hex()}'\"")
        rows.execute("PRAGMA journal_mode = WAL")
        rows.execute("PRAGMA synchronous = FULL")
        rows.execute("CREATE TABLE IF NOT EXISTS taken (seq INTEGER PRIMARY KEY, cid TEXT UNIQUE, body TEXT)")
        pulled, begun = 0, time.perf_counter()
        with closing(_connected(port, authority)) as connection:
            while page := _page(connection, after):
                rows.execute("BEGIN IMMEDIATE")
                rows.executemany("INSERT INTO taken VALUES (?, ?, ?)", page)
                rows.execute("COMMIT")
                after, pulled = page[-1][0], pulled + len(page)
                if len(page) < BATCH:
                    break
        return pulled, time.perf_counter() - begun


def _page(connection: http.client.HTTPSConnection, after: int) -> list[tuple[int, str, str]]:
    connection.request("GET", f"/{after}")
    answer = connection.getresponse()
    rows: list[tuple[int, str, str]] = unpack(answer.read(), answer.headers.get("content-encoding", ""))["rows"]
    return rows


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    file = ""
    dsn = ""
    mine = threading.local()

    def do_POST(self) -> None:
        """Take a batch."""
        content = self.rfile.read(int(self.headers["content-length"]))
        rows = unpack(content, self.headers.get("content-encoding", ""))["rows"]
        if self.dsn:
            self._insert_there([(self.path, *row) for row in rows])
        else:
            database = sqlite3.connect(self.file, isolation_level=None)
            database.execute("PRAGMA synchronous = FULL")
            database.execute("BEGIN IMMEDIATE")
            database.executemany("INSERT INTO taken VALUES (?, ?, ?)", rows)
            database.execute("COMMIT")
            database.close()
        self._answer(json.dumps({"last": rows[-1][0]}).encode(), "")

    def _insert_there(self, rows: list[tuple[str, int, str, str]]) -> None:
        """Insert into PostgreSQL, on a connection for as long as the client's lasts."""
        import psycopg

        if not hasattr(self.mine, "database"):
            self.mine.database = psycopg.connect(self.dsn)
        with self.mine.database.transaction(), self.mine.database.cursor() as cursor:
            cursor.executemany("INSERT INTO taken VALUES (%s, %s, %s, %s)", rows)

    def do_GET(self) -> None:
        """Give a page."""
        database = sqlite3.connect(self.file)
        rows = database.execute("SELECT * FROM taken WHERE seq > ? ORDER BY seq LIMIT ?", (self.path[1:], BATCH))
        self._answer(*squeeze(json.dumps({"rows": rows.fetchall()}, ensure_ascii=False).encode()))
        database.close()

    def _answer(self, content: bytes, encoding: str) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(content)))
        self.send_header("content-encoding", encoding)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128


@contextmanager
def served(file: Path, certificate: Path, key: Path, dsn: str = "") -> Iterator[int]:
    """Serve the pipe in a process of its own for a block, into `file` or PostgreSQL, and yield its port."""
    command = [sys.executable, "-m", "bench.bare_pipe", str(file), str(certificate), str(key), dsn]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def _make_table(file: str, dsn: str) -> None:
    if dsn:
        import psycopg

        with psycopg.connect(dsn) as there:
            there.execute("DROP TABLE IF EXISTS taken")
            there.execute(
                "CREATE TABLE taken (place text, seq bigint, cid text UNIQUE, body text, PRIMARY KEY (place, seq))"
            )
    else:
        database = sqlite3.connect(file)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE IF NOT EXISTS taken (seq INTEGER PRIMARY KEY, cid TEXT UNIQUE, body TEXT)")
        database.close()


def main() -> None:
    """Take batches until ended."""
    file, certificate, key, dsn = sys.argv[1:]
    _make_table(file, dsn)
    _Taker.file, _Taker.dsn = file, dsn
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _Server(("127.0.0.1", 0), _Taker)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
