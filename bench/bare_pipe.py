"""The plain side of the push: rows as JSON in zstd over TLS into one table, one transaction a batch, and an answer."""

from __future__ import annotations

import http.client
import json
import sqlite3
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from butler_tui.sync.protocol import squeeze, unpack

BATCH = 1000
_ROOT = Path(__file__).resolve().parent.parent


def push(port: int, authority: Path, file: Path) -> float:
    """Push all rows of the table `change` in a plain SQLite file, and return how many a second."""
    context = ssl.create_default_context(cafile=str(authority))
    context.check_hostname = False
    begun = time.perf_counter()
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    rows = sqlite3.connect(file)
    last, pushed = 0, 0
    while batch := rows.execute("SELECT * FROM change WHERE seq > ? ORDER BY seq LIMIT ?", (last, BATCH)).fetchall():
        content, encoding = squeeze(json.dumps({"rows": batch}, ensure_ascii=False).encode())
        connection.request("POST", "/", content, {"content-encoding": encoding})
        answer = json.loads(connection.getresponse().read())
        last, pushed = answer["last"], pushed + len(batch)
    connection.close()
    rows.close()
    return pushed / (time.perf_counter() - begun)


class _Taker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    file = ""

    def do_POST(self) -> None:
        """Take a batch."""
        content = self.rfile.read(int(self.headers["content-length"]))
        rows = unpack(content, self.headers.get("content-encoding", ""))["rows"]
        database = sqlite3.connect(self.file, isolation_level=None)
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO taken VALUES (?, ?, ?)", rows)
        database.execute("COMMIT")
        database.close()
        answer = json.dumps({"last": rows[-1][0]}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
        """Say nothing."""


@contextmanager
def served(file: Path, certificate: Path, key: Path) -> Iterator[int]:
    """Serve the pipe in a process of its own for a block, and yield its port."""
    command = [sys.executable, "-m", "bench.bare_pipe", str(file), str(certificate), str(key)]
    process = subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Take batches until ended."""
    file, certificate, key = sys.argv[1:]
    database = sqlite3.connect(file)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE taken (seq INTEGER PRIMARY KEY, cid TEXT UNIQUE, body TEXT)")
    database.close()
    _Taker.file = file
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Taker)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
