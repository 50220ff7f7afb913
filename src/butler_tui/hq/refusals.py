"""A request that HQ does not take: its HTTP status, the protocol's code, and what helps the terminal on."""

from __future__ import annotations


class Refusal(Exception):
    """Not taken: nothing of the request was kept."""

    def __init__(self, status: int, code: str, **details: object) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.details = details
