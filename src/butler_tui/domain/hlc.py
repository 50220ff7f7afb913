"""The hybrid logical clock: stamps that follow the wall clock where they can and causality always."""

from __future__ import annotations

from typing import NamedTuple

MOST_AHEAD_MS = 10 * 60 * 1000
"""A stamp further ahead of HQ's clock than this is brought back to it; PROTOCOL.md, order and conflict."""


class Stamp(NamedTuple):
    """One reading: UTC ms and a counter within it; compares in order of cause."""

    ms: int
    counter: int


def tick(last: Stamp, now_ms: int) -> Stamp:
    """Return the stamp of the next local change, after `last`, at wall-clock `now_ms` (UTC ms)."""
    if now_ms > last.ms:
        return Stamp(now_ms, 0)
    return Stamp(last.ms, last.counter + 1)


def canonical(claimed: Stamp, after: Stamp, hq_now_ms: int) -> Stamp:
    """Return the stamp HQ gives a change: clamped to HQ's clock where it is far ahead, lifted above `after`."""
    stamp = Stamp(hq_now_ms, 0) if claimed.ms > hq_now_ms + MOST_AHEAD_MS else claimed
    return stamp if stamp > after else Stamp(after.ms, after.counter + 1)
