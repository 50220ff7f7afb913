"""The bodies of a comparison: the sums of what a terminal holds, and where HQ's are others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.domain.tallies import Tally
from butler_tui.sync.wire import Body, checked_name, maybe, take_id, take_integer, take_list, take_text, without_nulls

MOST_SUMS = 4000
"""Sums by table and month, at most: a century of months of every table there is."""


@dataclass(frozen=True, slots=True)
class CompareAsk:
    """What a terminal holds that has pulled up to `pos`, by table and month (domain/tallies.py).

    Without `pos` it asks of what is written once only, which does not hang on positions: what HQ may have lost.
    """

    epoch: str
    hq_gen: str
    pos: int | None
    sums: Mapping[tuple[str, str], Tally]

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return without_nulls(
            {
                "epoch": self.epoch,
                "hq_gen": self.hq_gen,
                "pos": self.pos,
                "sums": [[*key, *tally] for key, tally in sorted(self.sums.items())],
            }
        )


def compare_from(body: Body) -> CompareAsk:
    """Return what a terminal holds."""
    sums = {}
    for one in take_list(body, "sums", MOST_SUMS):
        if not isinstance(one, list) or len(one) != 4:
            raise ValueError("sums")
        named = dict(zip(("table", "month", "records", "mark"), one, strict=True))
        key = (checked_name(named["table"]), take_text(named, "month", 7))
        sums[key] = Tally(take_integer(named, "records"), take_integer(named, "mark"))
    return CompareAsk(take_id(body, "epoch"), take_text(body, "hq_gen"), maybe(take_integer, body, "pos"), sums)


def differing_from(body: Body) -> list[tuple[str, str]]:
    """Return the tables and months that differ."""
    found = []
    for one in take_list(body, "differing", MOST_SUMS):
        if not isinstance(one, list) or len(one) != 2:
            raise ValueError("differing")
        found.append((checked_name(one[0]), take_text({"month": one[1]}, "month", 7)))
    return found
