"""One connection to HQ: TLS with our own trust, signed requests, and every failure as a sentence with its exit code."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from urllib3 import BaseHTTPResponse
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import HTTPError

from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.sync.protocol import Code, Signed, headers_of, pack, sign, signing_string, unpack
from butler_tui.text import safe
from butler_tui.words import N_, _

_CONNECT_S, _ANSWER_S = 10, 60
_MOST_ANSWER = 8 * 1024 * 1024
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: dates are judged by HQ's clock, not by a booth PC's battery
_NOT_YET_VALID, _EXPIRED = 9, 10
_TRIES = 3
_SLACK_MS = 24 * 60 * 60 * 1000
_LONGEST_WAIT_S = 15 * 60  # no HQ keeps a terminal waiting longer, whatever it asks for (PROTOCOL, load)

OUT_OF_REACH = N_("HQ is out of reach ({reason}). Nothing is lost: what was saved here goes there later.")


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


class Refused(Exception):
    """HQ did not take a request, and said why: `code` of the protocol, with the rest of its answer."""

    def __init__(self, status: int, code: str, body: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.body = body


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
        """Judge the dates of HQ's certificate by HQ's own time (UTC ms); raises SetUpWrong where it has run out."""
        if not self._certificate:
            return
        begins, ends = (ssl.cert_time_to_seconds(str(self._certificate[name])) for name in ("notBefore", "notAfter"))
        if not begins * 1000 - _SLACK_MS <= hq_ms <= ends * 1000:
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
            connection.request(method, path, body=content or None, headers=headers, preload_content=False)
            response = connection.getresponse()
            answer = response.read(_MOST_ANSWER + 1, decode_content=False)
        except (OSError, HTTPException, HTTPError) as error:
            self.close()
            raise _explained(error, self.url, self.authority) from error
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
        connection.request("GET", path, preload_content=False)
        return connection.getresponse().read(_MOST_ANSWER)
    except (OSError, HTTPException, HTTPError) as error:
        raise _explained(error, url, None) from error
    finally:
        if connection is not None:
            connection.close()


def _answer(response: BaseHTTPResponse, answer: bytes) -> Mapping[str, Any]:
    try:
        body = unpack(answer, response.headers.get("content-encoding", ""))
    except ValueError as error:
        raise TryLater(OUT_OF_REACH, reason=_("something else answers in its place")) from error
    code = body.get("code")
    if response.status == 200 and code is None:
        return body
    if response.status in (429, 503) and code != Code.TOO_MANY_TRIES:
        raise busy(_seconds(response.headers.get("retry-after", "")))
    if not isinstance(code, str):
        raise TryLater(OUT_OF_REACH, reason=_("something else answers in its place"))
    raise Refused(response.status, safe(code, 40), body)


def _seconds(wait: str) -> int | None:
    """Return the seconds of a Retry-After, 15 minutes at most; None where it is not a number."""
    return min(int(wait[:9]), _LONGEST_WAIT_S) if wait.isascii() and wait.isdigit() else None


def busy(retry_after: int | None) -> TryLater:
    """Return the error of a busy HQ; `retry_after` are the seconds it asks for, kept on the error under that name."""
    return TryLater(N_("HQ is busy. Nothing is lost: try again a little later."), retry_after=retry_after)


def retry_after(error: ButlerError) -> int | None:
    """Return the seconds for which HQ asked to be left alone, if it did."""
    seconds = error.details.get("retry_after")
    return seconds if isinstance(seconds, int) else None


def raise_plainly(refused: Refused) -> None:
    """Raise what a person must be told of a refusal that no step of a sync can mend; return for any other."""
    if refused.code in (Code.REVOKED, Code.UNKNOWN_TERMINAL, Code.NOT_SIGNED):
        raise SetUpWrong(
            N_(
                "HQ does not accept this terminal ({code}). Nothing is lost. "
                "Ask HQ for a new code and enrol this terminal again."
            ),
            code=refused.code,
        ) from refused
    if refused.code == Code.NO_ESTATE:
        raise SetUpWrong(N_("HQ does not know this estate. Check the address that was given to enrol.")) from refused
    if refused.code == Code.WRONG_TIME:
        raise TryLater(OUT_OF_REACH, reason=_("it keeps another time")) from refused
    if refused.code in (Code.FAILED, Code.NOT_FOUND, Code.REPLAY):
        raise TryLater(OUT_OF_REACH, reason=refused.code) from refused


def _explained(error: Exception, url: str, authority: str | None) -> ButlerError:
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = (
            cause.__cause__ or cause.__context__ or next(iter(a for a in cause.args if isinstance(a, Exception)), None)
        )
    if not isinstance(cause, ssl.SSLCertVerificationError):
        return TryLater(OUT_OF_REACH, reason=_reason(error))
    if authority is None and cause.verify_code in (_NOT_YET_VALID, _EXPIRED):
        return TryLater(N_("The clock of this computer is wrong, or HQ's certificate has run out. Nothing is lost."))
    return SetUpWrong(
        N_(
            "What answers at {url} is not the HQ that this terminal trusts. Nothing was sent, nothing is lost. "
            "Ask HQ whether its address or its authority has changed."
        ),
        url=url,
    )


def _reason(error: Exception) -> str:
    text = type(error).__name__
    for known, words in _REASONS.items():
        if known in f"{text} {error}":
            return _(words)
    return _("the connection broke")


_REASONS = {
    "NameResolution": N_("its name is not known here"),
    "refused": N_("nobody answers at its address"),
    "Timeout": N_("it does not answer in time"),
    "timed out": N_("it does not answer in time"),
    "unreachable": N_("there is no network"),
}
