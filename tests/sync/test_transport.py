"""Whatever stands where HQ should be: a sentence with the right exit code, never an acknowledgement."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.hq import authority
from butler_tui.hq.keys import Folder
from butler_tui.store import sync_state
from butler_tui.sync.failures import retry_after
from tests.conftest import Estate
from tests.serving import Hq, real_ms, sync

_DAY_MS = 24 * 60 * 60 * 1000


def _read_request(stream: socket.socket) -> None:
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += stream.recv(65536)
    head, __, body = seen.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
    while len(body) < length:
        body += stream.recv(65536)


@contextmanager
def answering(folder: Folder, reply: bytes) -> Iterator[str]:
    """Answer every request over TLS, with a certificate of `folder`, by `reply`; yield the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder.file(authority.SERVER), folder.file(authority.SERVER_KEY))
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with suppress(OSError):
            while True:
                client, __ = listener.accept()
                with suppress(OSError), context.wrap_socket(client, server_side=True) as stream:
                    _read_request(stream)
                    stream.sendall(reply)

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _redirect(estate: Estate, url: str) -> None:
    estate.store.connection.execute("UPDATE terminal SET hq_url = ? || substr(hq_url, instr(hq_url, '/e/'))", (url,))


def _http(status: str, body: bytes, *headers: str) -> bytes:
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + body


PORTALS = {
    "html with 200": _http("200 OK", b"<html>Welcome to the hotel</html>", "Content-Type: text/html"),
    "json that is no answer": _http("200 OK", b'{"ok": true}'),
    "a list": _http("200 OK", b"[]"),
    "a redirect": _http("302 Found", b"", "Location: http://login.example/"),
    "a proxy's error": _http("502 Bad Gateway", b"<html>"),
    "not http": b"SSH-2.0-OpenSSH_9.2\r\n",
    "nothing": b"",
    "a cut reply": b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"hq_gen":',
    "hq's own trouble": _http("500 Internal Server Error", b'{"code":"failed"}'),
    "a broken encoding": _http("200 OK", b"xxxx", "Content-Encoding: zstd"),
}


@pytest.mark.parametrize("portal", PORTALS)
def test_what_is_not_hq_is_out_of_reach(hq: Hq, enrolled: Estate, portal: str) -> None:
    before = sync_state.status(enrolled.store.connection)
    with answering(hq.folder, PORTALS[portal]) as url:
        _redirect(enrolled, url)
        with pytest.raises(TryLater) as raised:
            sync(enrolled.store)
    after = sync_state.status(enrolled.store.connection)
    assert raised.value.exit_code == 75
    assert after.waiting == before.waiting > 0
    assert (after.last_sync_ms, after.last_result) == (None, sync_state.Result.UNREACHABLE)


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
@pytest.mark.parametrize(
    ("asked", "waits"),
    [("7", 7), ("900", 900), ("901", 900), ("99999", 900), ("9" * 40, 900), ("soon", None), ("-1", None)],
)
def test_a_busy_hq_says_when_to_come_again_within_15_minutes(
    hq: Hq, enrolled: Estate, status: str, asked: str, waits: int | None
) -> None:
    with answering(hq.folder, _http(status, b'{"code":"busy"}', f"Retry-After: {asked}")) as url:
        _redirect(enrolled, url)
        with pytest.raises(TryLater) as raised:
            sync(enrolled.store)
    assert retry_after(raised.value) == waits


def test_a_name_that_is_not_known_and_a_port_without_answer_are_out_of_reach(enrolled: Estate) -> None:
    for url in ("https://hq.invalid:443", "https://127.0.0.1:1"):
        _redirect(enrolled, url)
        with pytest.raises(TryLater):
            sync(enrolled.store)


def test_plain_text_where_tls_should_be_is_out_of_reach(enrolled: Estate) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            client, __ = listener.accept()
            client.sendall(_http("200 OK", b"<html>"))
            client.close()

        threading.Thread(target=run, daemon=True).start()
        _redirect(enrolled, f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(TryLater):
            sync(enrolled.store)


def _hello_answer() -> bytes:
    answer = {"hq_gen": "g", "last_seq": 0, "pos": 0, "durable_pos": 0, "server_time": real_ms(), "min_schema": 1}
    return _http("200 OK", json.dumps({**answer, "scope_gen": 0, "scope": "gate"}).encode())


@pytest.mark.parametrize(("made_days_ago", "accepted"), [(0, True), (400, False), (-400, True)])
def test_dates_are_judged_by_hqs_clock(
    estate: Estate, hq: Hq, tmp_path: Path, made_days_ago: int, accepted: bool, english: None
) -> None:
    folder = Folder(tmp_path / "other")
    folder.path.mkdir()
    authority.make_authority(folder, real_ms() - made_days_ago * _DAY_MS)
    authority.make_server_certificate(folder, [], real_ms() - made_days_ago * _DAY_MS)
    hq.enrol(estate.store)
    estate.store.connection.execute("UPDATE terminal SET hq_authority = ?", (authority.authority_pem(folder),))
    with answering(folder, _hello_answer()) as url:
        _redirect(estate, url)
        with pytest.raises(ButlerError) as raised:
            sync(estate.store)
    told = "something else answers" if accepted else "certificate has run out"
    assert told in str(raised.value)
    assert isinstance(raised.value, TryLater if accepted else SetUpWrong)
