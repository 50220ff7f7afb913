"""What HQ does once a day by itself, for every estate: what was kept long enough goes, also where no terminal asks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from butler_tui import crash_log
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import Engine, Unavailable
from butler_tui.hq.keyring import forget_past
from butler_tui.hq.retention import judged_ms, sweep

EVERY_S = 24 * 3600.0
_PAUSE_S = 0.02
"""Between two steps, so that nobody who syncs waits for them all."""


async def tend(engine: Engine, blobs: Blobs, now_ms: Callable[[], int], log: Path) -> None:
    """Tend once now and then once a day, until cancelled; what nobody foresaw is written to `log`."""
    while True:
        try:
            await tend_once(engine, blobs, now_ms, log)
        except Unavailable:
            pass  # HQ has better to do just now: tomorrow
        except Exception as error:
            crash_log.keep(log, error)
        await asyncio.sleep(EVERY_S)


async def tend_once(engine: Engine, blobs: Blobs, now_ms: Callable[[], int], log: Path) -> None:
    """Forget what is past, estate by estate, a little in each transaction; raises Unavailable where none can be read.

    What stands in one estate's way is no matter of the others: it is tried again tomorrow, and where nobody foresaw
    it, written to `log`.
    """
    for estate in await run_in_threadpool(engine.read, lambda rows: rows.estates()):
        try:
            await _tend_estate(engine, blobs, estate.estate_id, now_ms())
        except Unavailable:
            continue
        except Exception as error:
            crash_log.keep(log, error)
    await run_in_threadpool(engine.empty_log)  # once, for all that share it, and for a round that was cut off


async def _tend_estate(engine: Engine, blobs: Blobs, estate_id: str, now_ms: int) -> None:
    judged = await run_in_threadpool(engine.read, partial(judged_ms, estate_id=estate_id, now_ms=now_ms))
    await asyncio.wrap_future(engine.write(partial(forget_past, estate_id=estate_id, now_ms=judged)))
    await run_in_threadpool(sweep, engine, blobs, estate_id, judged, _PAUSE_S)
