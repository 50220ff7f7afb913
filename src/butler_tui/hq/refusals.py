"""A request that HQ does not take: its HTTP status, the protocol's code, and what helps the terminal on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from butler_tui.sync.protocol import Code

T = TypeVar("T")


class Refusal(Exception):
    """Not taken: nothing of the request was kept."""

    def __init__(self, status: int, code: str, **details: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.details = details


def understood(read: Callable[[], T]) -> T:
    """Return what `read` makes of a request; raises Refusal where that is not what the protocol says.

    Nothing but reading stands in `read`: a ValueError of anything else is an error of HQ's own, and must not be put
    down to what a terminal sent.
    """
    try:
        return read()
    except ValueError as error:
        raise Refusal(400, Code.MALFORMED) from error
