"""What HQ answers about pictures: which it has, a chunk taken, a chunk given."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from butler_tui.hq import blobs
from butler_tui.hq.routes import Answer, Hall, answer_json, asked
from butler_tui.sync.protocol import (
    MOST_ASK,
    MOST_ASK_OPENED,
    MOST_CHUNK,
    MOST_CHUNK_OPENED,
    chunk_answer,
    get_from,
    have_from,
    put_from,
)


async def have(hall: Hall, request: Request) -> Response:
    """Say which pictures HQ has."""
    terminal, ask = await asked(hall, request, have_from, MOST_ASK, MOST_ASK_OPENED)
    answer = await run_in_threadpool(blobs.have, _look(hall), hall.blobs, terminal, ask)
    return answer_json(request, answer.to_body())


async def put(hall: Hall, request: Request) -> Response:
    """Take a chunk."""
    terminal, ask = await asked(hall, request, put_from, MOST_CHUNK, MOST_CHUNK_OPENED)
    answer = await run_in_threadpool(blobs.take, _look(hall), hall.blobs, terminal, ask, hall.now_ms())
    return answer_json(request, answer.to_body())


async def get(hall: Hall, request: Request) -> Response:
    """Give a chunk."""
    terminal, ask = await asked(hall, request, get_from, MOST_ASK, MOST_ASK_OPENED)
    chunk = await run_in_threadpool(blobs.give, _look(hall), hall.blobs, terminal, ask)
    return answer_json(request, chunk_answer(chunk))


def _look(hall: Hall) -> blobs.Look:
    return lambda *key: hall.engine.read(lambda rows: rows.state(*key))


POSTS: dict[str, Answer] = {"blob/have": have, "blob/put": put, "blob/get": get}
"""The steps under an estate's address, and what answers them."""
