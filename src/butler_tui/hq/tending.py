"""What HQ does once a day by itself, for every estate: secrets whose time is over go, also where no terminal asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from butler_tui import crash_log
from butler_tui.hq.engines import Engine, Unavailable
from butler_tui.hq.keyring import forget_past

EVERY_S = 24 * 3600.0


async def tend(engine: Engine, now_ms: Callable[[], int], log: Path) -> None:
    """Tend once now and then once a day, until cancelled; what nobody foresaw is written to `log`."""
    while True:
        try:
            await tend_once(engine, now_ms)
        except Unavailable:
            pass  # HQ has better to do just now: tomorrow
        except Exception as error:
            crash_log.keep(log, error)
        await asyncio.sleep(EVERY_S)


async def tend_once(engine: Engine, now_ms: Callable[[], int]) -> None:
    """Forget what is past, estate by estate, each in a transaction of its own; raises Unavailable."""
    estates = await run_in_threadpool(engine.read, lambda rows: rows.estates())
    for estate in estates:
        forget = partial(forget_past, estate_id=estate.estate_id, now_ms=now_ms())
        await asyncio.wrap_future(engine.write(forget))
