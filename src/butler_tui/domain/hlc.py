"""The hybrid logical clock: stamps that follow the wall clock where they can and causality always."""

from __future__ import annotations

from typing import NamedTuple

MOST_AHEAD_MS = 10 * 60 * 1000
"""A stamp further ahead of HQ's clock than this is brought back to it; PROTOCOL.md, order and conflict."""


MOST_COUNTER = 2**31 - 1
"""The counter of a stamp, at most: what either end takes of the other."""


class Stamp(NamedTuple):
    """One reading: UTC ms and a counter within it; compares in order of cause."""

    ms: int
    counter: int


def tick(last: Stamp, now_ms: int) -> Stamp:
    """Return the stamp of the next local change, after `last`, at wall-clock `now_ms` (UTC ms)."""
    if now_ms > last.ms:
        return Stamp(now_ms, 0)
    return following(last)


def following(stamp: Stamp) -> Stamp:
    """Return the next stamp after this one; where its counter is used up, somebody forged it, in the next ms."""
    return Stamp(stamp.ms, stamp.counter + 1) if stamp.counter < MOST_COUNTER else Stamp(stamp.ms + 1, 0)


def canonical(claimed: Stamp, after: Stamp, hq_now_ms: int) -> Stamp:
    """Return the stamp HQ gives a change: clamped to HQ's clock where it is far ahead, lifted above `after`."""
    stamp = Stamp(hq_now_ms, 0) if claimed.ms > hq_now_ms + MOST_AHEAD_MS else claimed
    return stamp if stamp > after else following(after)
