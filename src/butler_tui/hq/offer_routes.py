"""What HQ answers a terminal after it was restored: what it may have lost of others, and what had been erased."""

from __future__ import annotations

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from butler_tui.hq import offers, registers
from butler_tui.hq.blobs import TABLE
from butler_tui.hq.routes import Answer, Hall, answer_json, asked
from butler_tui.sync.protocol import MOST_BODY, MOST_OPENED, erased_from, keys_ask_from, offer_from


async def offer(hall: Hall, request: Request) -> Response:
    """Keep apart what HQ lacks; say which records it has nothing else of, and which were erased."""
    terminal, ask = await asked(hall, request, offer_from, MOST_BODY, MOST_OPENED)
    work = hall.engine.write(lambda rows: offers.keep(rows, terminal, ask, hall.now_ms()))
    return answer_json(request, (await asyncio.wrap_future(work)).to_body())


async def erased(hall: Hall, request: Request) -> Response:
    """Erase what a terminal knows to have been erased for a person; pictures too."""
    terminal, ask = await asked(hall, request, erased_from, MOST_BODY, MOST_OPENED)
    count = await asyncio.wrap_future(
        hall.engine.write(lambda rows: registers.take(rows, terminal, ask, hall.now_ms()))
    )
    for table, record_id in ask.erased:
        if count and table == TABLE:
            await run_in_threadpool(hall.blobs.forget, terminal.estate_id, record_id)
    return answer_json(request, {"erased": count})


async def keys(hall: Hall, request: Request) -> Response:
    """Keep months' keys that HQ had handed out, and has not any more."""
    terminal, ask = await asked(hall, request, keys_ask_from, MOST_BODY, MOST_OPENED)
    work = hall.engine.write(lambda rows: hall.keyring.given_back(rows, terminal, ask.sealed, hall.now_ms()))
    return answer_json(request, {"kept": await asyncio.wrap_future(work)})


POSTS: dict[str, Answer] = {"offer": offer, "erased": erased, "keys": keys}
"""The steps under an estate's address, and what answers them."""
