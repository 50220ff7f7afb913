"""What HQ answers a terminal that offers it, after it was restored, what it may have lost of others."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from butler_tui.hq import offers
from butler_tui.hq.routes import Answer, Hall, answer_json, asked
from butler_tui.sync.protocol import MOST_BODY, MOST_OPENED, offer_answer, offer_from


async def offer(hall: Hall, request: Request) -> Response:
    """Keep apart what HQ lacks, and say which records it has nothing else of."""
    terminal, body = await asked(hall, request, MOST_BODY, MOST_OPENED)
    ask = offer_from(body)
    work = hall.engine.write(lambda rows: offers.keep(rows, terminal, ask, hall.now_ms()))
    return answer_json(request, offer_answer(await asyncio.wrap_future(work)))


POSTS: dict[str, Answer] = {"offer": offer}
"""The step under an estate's address, and what answers it."""
