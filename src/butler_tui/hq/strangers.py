"""Who asks, by the id that a request names: of a stranger's body nothing is kept, however long it is."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from butler_tui.hq.engines import Engine, TerminalRow, Unavailable
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.requests import content_of, signature_of
from butler_tui.sync.protocol import MOST_ASK, Code, Signed, is_id


def estate_of(request: Request) -> str:
    """Return which estate is asked; raises Refusal where the address names none: no row has another kind of id."""
    estate_id = str(request.path_params["estate"])
    if not is_id(estate_id):
        raise Refusal(404, Code.NO_ESTATE)
    return estate_id


def named_by(engine: Engine, request: Request, signed: Signed) -> TerminalRow:
    """Return the terminal that a request names, whoever sent it; raises Refusal where this estate has none such."""
    estate_id = estate_of(request)
    terminal = engine.read(lambda rows: rows.terminal(estate_id, signed.terminal_id))
    if terminal is None:
        known = engine.read(lambda rows: rows.estate(estate_id))
        raise Refusal(403, Code.UNKNOWN_TERMINAL) if known else Refusal(404, Code.NO_ESTATE)
    return terminal


async def content_from(engine: Engine, heard: set[str], request: Request, most: int) -> bytes:
    """Return a body of at most `most` bytes; of a stranger's none is kept, or thousands of them would fill the memory.

    `heard` are the ids of terminals that signed a request to this server before. Raises Refusal as `content_of` does,
    and for a stranger once all of the body has come: its sender only reads an answer then.
    """
    if most <= MOST_ASK:
        return await content_of(request, most)
    try:
        signed = signature_of(request)
        if signed.terminal_id not in heard:
            await run_in_threadpool(named_by, engine, request, signed)
    except (Refusal, Unavailable):
        await content_of(request, most, keep=False)
        raise
    return await content_of(request, most)
