"""What a request brings, before anybody knows who sent it: its body within bounds and in time, and its signature."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from butler_tui.hq.refusals import Refusal
from butler_tui.sync.protocol import MOST_BODY, SAID_ONCE, Code, Signed, signed_of, signing_string

_LONGEST_S = 300.0
"""For how long a body may take to arrive: as long as a terminal waits for the whole of it. What only drips in must not
hold its place for ever."""
_MOST_DRAINED = 8 * MOST_BODY
"""Bytes read, and dropped, of a body that is too large: its sender only reads an answer once it has sent."""


async def content_of(request: Request, most: int, *, keep: bool = True) -> bytes:
    """Return a body of at most `most` bytes; no more of it is kept meanwhile, and nothing at all without `keep`.

    Raises Refusal for one that is longer, or does not arrive.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(_LONGEST_S):
            async for part in request.stream():
                size += len(part)
                if size > _MOST_DRAINED:
                    break
                if keep and size <= most:
                    parts.append(part)
    except TimeoutError as error:
        raise Refusal(408, Code.TOO_SLOW) from error
    if size > most:
        raise Refusal(413, Code.TOO_LARGE)
    return b"".join(parts)


def encoding_of(request: Request) -> str:
    """Return how a body is said to be compressed."""
    return request.headers.get("content-encoding", "")


def signature_of(request: Request) -> Signed:
    """Return who a request says signed it, and how; raises Refusal where it does not say so, or says it twice."""
    names = [name for name, _value in request.headers.items()]
    try:
        if any(names.count(name) > 1 for name in SAID_ONCE):
            raise ValueError("said twice")
        return signed_of(request.headers)
    except ValueError as error:
        raise Refusal(401, Code.NOT_SIGNED) from error


def message_of(request: Request, content: bytes, signed: Signed) -> bytes:
    """Return the bytes that were signed, were it this request.

    Its address is taken as it stands on the line: the server has decoded `path`, and a query is in no request of ours.
    """
    target = request.scope["raw_path"] + (
        b"?" + request.scope["query_string"] if request.scope["query_string"] else b""
    )
    path = target.decode("latin-1")
    return signing_string(request.method, path, content, signed.time_ms, signed.nonce, signed.epoch)
