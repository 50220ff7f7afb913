"""Comparing two ends without sending what they hold: how many records of a kind and month there are, and their sum.

The sum is the XOR of a hash of each record, so it is kept up to date by each change and does not hang on their order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from butler_tui.domain.fields import is_once
from butler_tui.ids import ms_of

_BITS = 60  # what a signed integer of any database and of JSON's readers holds
_FIRST_MS, _END_MS = 1_577_836_800_000, 4_102_444_800_000  # 2020-01-01, 2100-01-01
_DAY_MS = 86_400_000
NO_MONTH = ""
"""The month of what is written more than once, and of ids that tell no time."""


class Tally(NamedTuple):
    """How many records, and the XOR of their hashes."""

    records: int = 0
    mark: int = 0

    def plus(self, other: Tally) -> Tally:
        """Return both together."""
        return Tally(self.records + other.records, self.mark ^ other.mark)


def month_of(tbl: str, record_id: bytes) -> str:
    """Return in which month's sum a record stands ("2026-11", UTC), by the time in its id (UUIDv7)."""
    if not is_once(tbl):
        return NO_MONTH
    made = made_ms(record_id)
    return NO_MONTH if made is None else _month_of_day(made // _DAY_MS)


def made_ms(record_id: bytes) -> int | None:
    """Return when a record's id was made (UTC ms), None for one that tells no time."""
    made = ms_of(record_id)
    return made if _FIRST_MS <= made < _END_MS else None


@lru_cache(maxsize=4096)
def _month_of_day(day: int) -> str:
    return datetime.fromtimestamp(day * _DAY_MS / 1000, UTC).strftime("%Y-%m")


def span_of(month: str) -> tuple[bytes, bytes]:
    """Return the first id (16 bytes) of a month, and the first after it; all ids for NO_MONTH."""
    if month == NO_MONTH:
        return bytes(16), b"\xff" * 16
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    edges = (int(one.timestamp() * 1000).to_bytes(6, "big") + bytes(10) for one in (first, after))
    return next(edges), next(edges)


def hash_of(tbl: str, record_id: bytes, pos: int) -> int:
    """Return what a record adds to its sum: of what is written once the id says all, else its last change too."""
    place = b"" if is_once(tbl) else pos.to_bytes(8, "big")
    digest = hashlib.sha256(tbl.encode() + b"\0" + record_id + place).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _BITS)


def tallied(records: Iterable[tuple[str, bytes, int]]) -> dict[tuple[str, str], Tally]:
    """Return the sums by table and month of records (table, id, position of the last change)."""
    found: dict[tuple[str, str], Tally] = {}
    for tbl, record_id, pos in records:
        key = (tbl, month_of(tbl, record_id))
        found[key] = found.get(key, Tally()).plus(Tally(1, hash_of(tbl, record_id, pos)))
    return found
