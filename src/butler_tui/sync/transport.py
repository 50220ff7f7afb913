"""One connection to HQ: TLS with our own trust, signed requests, and every failure as a sentence with its exit code."""

from __future__ import annotations

import secrets
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse, disable_warnings
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError, SystemTimeWarning

from butler_tui.errors import SetUpWrong
from butler_tui.sync.failures import Refused, busy, explained, full, not_hq, raise_plainly, seconds_to_wait
from butler_tui.sync.protocol import Code, Signed, headers_of, pack, sign, signing_string, unpack
from butler_tui.text import safe
from butler_tui.words import N_

_CONNECT_S, _ANSWER_S = 10, 60
_WHOLE_S = 300  # one request with its answer: a batch through the slowest line, and the end of one that only drips
_MOST_ANSWER = 8 * 1024 * 1024
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: dates are judged by HQ's clock, not by a booth PC's battery
_TRIES = 3

disable_warnings(SystemTimeWarning)  # a clock that is years off is told in our own words, and stands in no one's way


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signs: the terminal's id and epoch as text, and its raw Ed25519 private key."""

    terminal_id: str
    epoch: str
    private: bytes


@dataclass(slots=True)
class Traffic:
    """What one sync moved: requests, and bytes of heads and bodies, both ways."""

    requests: int = 0
    up: int = 0
    down: int = 0


@dataclass(slots=True)
class Link:
    """One connection to HQ at `url` (https://host:port), kept open for the whole sync.

    `authority` is the PEM to trust, None for the system's authorities; `now_ms` tells the local time (UTC ms), and
    `offset_ms` is what is added to it to have HQ's.
    """

    url: str
    authority: str | None
    identity: Identity
    now_ms: Callable[[], int]
    offset_ms: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    _connection: HTTPSConnection | None = None
    _certificate: Mapping[str, object] = field(default_factory=dict)

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return HQ's answer to a signed POST of `body`; raises as `post_bytes` does."""
        return self.post_bytes(path, *pack(body))

    def post_bytes(self, path: str, content: bytes, encoding: str) -> Mapping[str, Any]:
        """Return HQ's answer to a signed POST of a body that is packed already.

        A request outside HQ's window of time is signed anew with HQ's time, a replay with a new nonce. Raises
        TryLater (out of reach, busy), SetUpWrong (authority, terminal not accepted), Refused (any other code).
        """
        for left in range(_TRIES - 1, -1, -1):
            try:
                return self._once("POST", path, content, self._headers("POST", path, content, encoding))
            except Refused as refused:
                if not left or not self._may_try_again(refused):
                    raise_plainly(refused)
                    raise
        raise AssertionError

    def judge_dates(self, hq_ms: int) -> None:
        """Judge the end of HQ's certificate by HQ's own time (UTC ms); raises SetUpWrong where it has run out.

        Of one that has not begun HQ's clock was ahead when it was made, or is behind now: its authority signed it.
        """
        if not self._certificate:
            return
        if hq_ms > ssl.cert_time_to_seconds(str(self._certificate["notAfter"])) * 1000:
            raise SetUpWrong(
                N_(
                    "HQ's certificate has run out. Nothing is lost. "
                    "HQ renews it when `butler hq serve` is started again."
                )
            )

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _may_try_again(self, refused: Refused) -> bool:
        if refused.code == Code.REPLAY:
            return True
        server_time = refused.body.get("server_time")
        if refused.code != Code.WRONG_TIME or not isinstance(server_time, int):
            return False
        self.offset_ms = server_time - self.now_ms()
        return True

    def _headers(self, method: str, path: str, content: bytes, encoding: str) -> dict[str, str]:
        who = self.identity
        time_ms, nonce = self.now_ms() + self.offset_ms, secrets.token_hex(12)
        message = signing_string(method, path, content, time_ms, nonce, who.epoch)
        signed = Signed(who.terminal_id, time_ms, nonce, who.epoch, sign(who.private, message))
        headers = {"content-type": "application/json", "accept-encoding": "zstd, deflate", **headers_of(signed)}
        return {**headers, "content-encoding": encoding} if encoding else headers

    def _once(self, method: str, path: str, content: bytes, headers: dict[str, str]) -> Mapping[str, Any]:
        try:
            if self._connection is None:
                self._connection = _connection(self.url, trusting(self.authority))
                self._certificate = _dates(self._connection)
            connection = self._connection
            with _ending(connection):
                connection.request(method, path, body=content or None, headers=headers, preload_content=False)
                response = connection.getresponse()
                answer = response.read(_MOST_ANSWER + 1, decode_content=False)
                if response.length_remaining and len(answer) <= _MOST_ANSWER:
                    raise HTTPException("cut short")
        except (OSError, HTTPException, HTTPError) as error:
            self.close()
            raise explained(error, self.url, self.authority) from error
        self._count(method, path, content, headers, response, answer)
        return _answer(response, answer)

    def _count(
        self,
        method: str,
        path: str,
        content: bytes,
        headers: Mapping[str, str],
        response: BaseHTTPResponse,
        answer: bytes,
    ) -> None:
        self.traffic.requests += 1
        self.traffic.up += len(method) + len(path) + 12 + _size(headers) + len(content)
        self.traffic.down += 17 + _size(response.headers) + len(answer)


def _size(headers: Mapping[str, str]) -> int:
    return sum(len(name) + len(value) + 4 for name, value in headers.items()) + 2


def trusting(authority: str | None) -> ssl.SSLContext:
    """Return what judges HQ's certificate: `authority` (PEM) and no other, or the system's authorities for None.

    The host name is checked always. With an own authority, dates are not judged by the local clock.
    """
    context = ssl.create_default_context(cadata=authority)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if authority is not None:
        context.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    return context


def _connection(url: str, context: ssl.SSLContext) -> HTTPSConnection:
    parts = urlsplit(url)
    connection = HTTPSConnection(
        parts.hostname or "",
        parts.port or 443,
        timeout=_CONNECT_S,
        ssl_context=context,
        cert_reqs=context.verify_mode,
        blocksize=65536,
    )
    connection.connect()
    connection.timeout = _ANSWER_S
    return connection


@contextmanager
def _ending(connection: HTTPSConnection) -> Iterator[None]:
    """End a request that never ends: each byte that drips in is in time for the wait that it was awaited with."""
    over = threading.Event()

    def end() -> None:
        over.set()
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # past TLS: its reader is left alone

    timer = threading.Timer(_WHOLE_S, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException, HTTPError) as error:
        if over.is_set():
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()
    if over.is_set():
        raise TimeoutError


def _dates(connection: HTTPSConnection) -> Mapping[str, object]:
    """Return the certificate that the other end showed, as far as it was verified."""
    return (connection.sock.getpeercert() or {}) if isinstance(connection.sock, ssl.SSLSocket) else {}


def fetch_unverified(url: str, path: str) -> bytes:
    """Return what stands at `path`, whoever answers: the caller believes it by its fingerprint only.

    Nothing but the path is sent. Raises TryLater where nobody answers.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = None
    try:
        connection = _connection(url, context)
        with _ending(connection):
            connection.request("GET", path, preload_content=False)
            return connection.getresponse().read(_MOST_ANSWER)
    except (OSError, HTTPException, HTTPError) as error:
        raise explained(error, url, None) from error
    finally:
        if connection is not None:
            connection.close()


def _answer(response: BaseHTTPResponse, answer: bytes) -> Mapping[str, Any]:
    """Return what HQ says; the status alone counts where a machine before HQ says it, in words of its own."""
    try:
        body = unpack(answer, response.headers.get("content-encoding", ""))
    except ValueError:
        body = None
    code = body.get("code") if body else None
    if response.status in (408, 429, 503) and code != Code.TOO_MANY_TRIES:
        raise (full if code == Code.NO_ROOM else busy)(seconds_to_wait(response.headers))
    if response.status == 413:
        raise Refused(413, Code.TOO_LARGE, body or {})
    if body is not None and response.status == 200 and code is None:
        return body
    if body is None or not isinstance(code, str):
        raise not_hq()
    raise Refused(response.status, safe(code, 40), body)
