"""What HQ answers: who asks is checked first, then what is asked is done in one transaction, then it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from butler_tui.domain.fields import Op
from butler_tui.hq import ending, enrolment, tallies
from butler_tui.hq.blobs import TABLE, Blobs
from butler_tui.hq.engines import Engine, TerminalRow, Unavailable, Writing
from butler_tui.hq.feed import page
from butler_tui.hq.greeting import greet
from butler_tui.hq.ingest import prepare, take
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.outages import Outages
from butler_tui.hq.refusals import Refusal, understood
from butler_tui.hq.requests import content_of, encoding_of, message_of, signature_of
from butler_tui.hq.strangers import content_from, estate_of, named_by
from butler_tui.sync.protocol import (
    MOST_ASK,
    MOST_ASK_OPENED,
    MOST_BODY,
    MOST_OPENED,
    WINDOW_MS,
    Body,
    Code,
    HelloAnswer,
    HelloAsk,
    Signed,
    compare_from,
    enrol_from,
    hello_from,
    is_signed,
    pack,
    pins_ask_from,
    pull_from,
    push_from,
    unpack,
)
from butler_tui.text import safe

T = TypeVar("T")


class _Ask(Protocol):
    """A request that says for which epoch it was made."""

    @property
    def epoch(self) -> str:
        """The epoch, as UUID text."""


AskT = TypeVar("AskT", bound=_Ask)


@dataclass(frozen=True, slots=True)
class Hall:
    """What answers need: rows, public sealing key, authority (PEM), clock (UTC ms), secrets, pictures, outages."""

    engine: Engine
    box_key: bytes
    authority: str
    now_ms: Callable[[], int]
    keyring: Keyring
    blobs: Blobs
    outages: Outages = field(default_factory=Outages)
    heard: set[str] = field(default_factory=set)
    """The ids of terminals that signed a request since this server was started."""


async def enrol(hall: Hall, request: Request) -> Response:
    """Give an identity for a one-time code; the request is signed with the key that it hands over."""
    content = await content_of(request, MOST_ASK)
    signed = signature_of(request)
    ask = understood(lambda: enrol_from(unpack(content, encoding_of(request), MOST_ASK_OPENED)))
    if not is_signed(ask.sign_key, message_of(request, content, signed), signed.signature):
        raise Refusal(403, Code.NOT_SIGNED)
    estate_id = estate_of(request)
    answer = await _written(hall, lambda rows: enrolment.enrol(rows, estate_id, ask, hall.box_key, hall.now_ms()))
    if isinstance(answer, Refusal):
        raise answer
    return answer_json(request, answer.to_body())


async def hello(hall: Hall, request: Request) -> Response:
    """Say where HQ stands with a terminal's epoch."""
    content = await content_of(request, MOST_ASK)
    signed = signature_of(request)
    terminal = await run_in_threadpool(_checked, hall, request, content, signed, last_push=True)
    ask = understood(lambda: hello_from(unpack(content, encoding_of(request), MOST_ASK_OPENED)))
    _same_epoch(ask.epoch, signed)
    answer = await _written(hall, lambda rows: _hello(rows, hall, terminal, ask, signed))
    if isinstance(answer, Refusal):
        raise answer
    return answer_json(request, answer.to_body())


async def push(hall: Hall, request: Request) -> Response:
    """Take a batch."""
    content = await content_from(hall.engine, hall.heard, request, MOST_BODY)
    signed = signature_of(request)

    def read() -> tuple[TerminalRow, Any]:
        terminal = _checked(hall, request, content, signed, last_push=True)
        ask = understood(lambda: push_from(unpack(content, encoding_of(request))))
        _same_epoch(ask.epoch, signed)
        return terminal, prepare(ask)

    terminal, batch = await run_in_threadpool(read)

    def write(rows: Writing) -> Any:
        _use_nonce(rows, hall, terminal, signed)
        answer = take(rows, ending.as_it_is_now(rows, terminal), batch, hall.now_ms())
        left = max(0, (terminal.waiting or 0) - len(batch.ask.changes))
        rows.note_hello(terminal._replace(seen_ms=hall.now_ms(), waiting=left))
        return answer

    answer = await _written(hall, write)
    hall.outages.over()
    held = {cid for cid, _reason in answer.quarantined}
    for change in batch.ask.changes:
        if change.op is Op.ERASE and change.table == TABLE and change.cid not in held:
            await run_in_threadpool(hall.blobs.forget, terminal.estate_id, change.record_id)
    return answer_json(request, answer.to_body())


async def asked(
    hall: Hall, request: Request, read: Callable[[Body], T], most: int, most_opened: int
) -> tuple[TerminalRow, T]:
    """Return who signed a request and what `read` makes of its JSON, once its nonce is used; raises Refusal."""
    content = await content_from(hall.engine, hall.heard, request, most)
    signed = signature_of(request)

    def checked() -> tuple[TerminalRow, T]:
        terminal = _checked(hall, request, content, signed)
        return terminal, understood(lambda: read(unpack(content, encoding_of(request), most_opened)))

    terminal, ask = await run_in_threadpool(checked)
    await _written(hall, lambda rows: _use_nonce(rows, hall, terminal, signed))
    return terminal, ask


async def _asked(
    hall: Hall, request: Request, read: Callable[[Body], AskT], most: int, most_opened: int
) -> tuple[TerminalRow, Signed, AskT]:
    """Return who signed a request, how, and what it asks for in the epoch it was signed for; its nonce is not used."""
    content = await content_from(hall.engine, hall.heard, request, most)
    signed = signature_of(request)
    terminal = await run_in_threadpool(_checked, hall, request, content, signed)
    ask = understood(lambda: read(unpack(content, encoding_of(request), most_opened)))
    _same_epoch(ask.epoch, signed)
    return terminal, signed, ask


async def pins(hall: Hall, request: Request) -> Response:
    """Keep the PINs that were set on a supervisor's terminal, to be handed where these people work."""
    terminal, signed, ask = await _asked(hall, request, pins_ask_from, MOST_BODY, MOST_OPENED)

    def write(rows: Writing) -> int:
        _use_nonce(rows, hall, terminal, signed)
        return hall.keyring.told(rows, terminal, ask.sealed, hall.now_ms())

    return answer_json(request, {"known": await _written(hall, write)})


async def pull(hall: Hall, request: Request) -> Response:
    """Give a page of what others wrote."""
    terminal, signed, ask = await _asked(hall, request, pull_from, MOST_ASK, MOST_ASK_OPENED)
    await _written(hall, lambda rows: _use_nonce(rows, hall, terminal, signed))
    answer = await run_in_threadpool(hall.engine.read, lambda rows: page(rows, terminal, ask))
    return answer_json(request, answer.to_body())


async def compare(hall: Hall, request: Request) -> Response:
    """Say where a terminal holds something else than HQ."""
    terminal, signed, ask = await _asked(hall, request, compare_from, MOST_BODY, MOST_OPENED)

    def write(rows: Writing) -> list[tuple[str, str]]:
        _use_nonce(rows, hall, terminal, signed)
        return tallies.compare(rows, terminal, ask, hall.now_ms())

    return answer_json(request, {"differing": [list(one) for one in await _written(hall, write)]})


async def authority(hall: Hall, _request: Request) -> Response:
    """Return HQ's authority, to be believed by its fingerprint."""
    return Response(hall.authority + "\n", media_type="application/x-pem-file")


async def healthz(hall: Hall, request: Request) -> Response:
    """Answer where the rows can be read."""
    await run_in_threadpool(hall.engine.read, lambda rows: rows.estate(""))
    return answer_json(request, {"hq": "ok"})


def _hello(rows: Writing, hall: Hall, terminal: TerminalRow, ask: HelloAsk, signed: Signed) -> HelloAnswer | Refusal:
    """Return the answer to a hello, or to one that was the last its refusal, with what that writes."""
    now_ms = hall.now_ms()
    _use_nonce(rows, hall, terminal, signed)
    terminal = ending.as_it_is_now(rows, terminal)
    if ending.is_away(rows, terminal, ask, now_ms):
        terminal = ending.revoke_as_away(rows, terminal, now_ms)
    if ending.is_over(rows, terminal, ask):
        rows.note_hello(terminal._replace(seen_ms=now_ms, waiting=0))
        rows.shut_out(terminal.estate_id, terminal.terminal_id)
        return ending.refusal()
    answer = greet(rows, terminal, ask, now_ms, hall.keyring)
    # The terminal's row comes after the estate's, as in a push: two that ask at once never wait for one another.
    rows.note_hello(
        terminal._replace(
            seen_ms=now_ms, waiting=ask.waiting, clock_ahead_ms=ask.clock - now_ms, version=safe(ask.version)
        )
    )
    return answer


def _checked(hall: Hall, request: Request, content: bytes, signed: Signed, *, last_push: bool = False) -> TerminalRow:
    """Return the terminal that signed this request; raises Refusal where none of this estate did, or at this time.

    A revoked one is heard where `last_push` says that this belongs to its last push, until that is over.
    """
    terminal = named_by(hall.engine, request, signed)
    if terminal.revoked_ms is not None and not (last_push and terminal.may_push_once):
        raise ending.refusal() if not terminal.may_push_once else Refusal(403, Code.REVOKED)
    if not is_signed(terminal.sign_key, message_of(request, content, signed), signed.signature):
        raise Refusal(403, Code.NOT_SIGNED)
    hall.heard.add(terminal.terminal_id)
    now_ms = hall.now_ms()
    if abs(signed.time_ms - now_ms) > WINDOW_MS:
        raise Refusal(401, Code.WRONG_TIME, server_time=now_ms)
    return terminal


def _same_epoch(epoch: str, signed: Signed) -> None:
    if epoch != signed.epoch:
        raise Refusal(400, Code.MALFORMED)


def _use_nonce(rows: Writing, hall: Hall, terminal: TerminalRow, signed: Signed) -> None:
    now_ms = hall.now_ms()
    oldest = now_ms - 3 * WINDOW_MS
    if not rows.use_nonce(terminal.estate_id, terminal.terminal_id, signed.nonce, now_ms, oldest):
        raise Refusal(409, Code.REPLAY)


async def _written(hall: Hall, work: Callable[[Writing], T]) -> T:
    return await asyncio.wrap_future(hall.engine.write(work))


def answer_json(
    request: Request, body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Return an answer in JSON, compressed as the request allows."""
    accepted = request.headers.get("accept-encoding", "")
    encoding = next((name for name in ("zstd", "deflate") if name in accepted), "")
    content, packed = pack(body, encoding)
    packing = {"content-encoding": packed} if packed else {}
    return Response(content, status, {**packing, **(headers or {})}, "application/json")


Answer = Callable[[Hall, Request], Awaitable[Response]]


async def answered(hall: Hall, answer: Answer, request: Request) -> Response:
    """Return what `answer` says, or a JSON error with the protocol's code where the request is not taken."""
    try:
        return await answer(hall, request)
    except Refusal as refusal:
        return answer_json(request, {"code": refusal.code, **refusal.details}, refusal.status)
    except Unavailable as error:
        return answer_json(request, *hall.outages.met(error))
