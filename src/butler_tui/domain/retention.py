"""How long things are kept, and by which clock that is judged; PROTOCOL, "Erasure and retention".

A clock that jumps ahead must not erase: time is what this terminal has lived through, seen from when it wrote
something, or what HQ said, whichever is later. A leap between two writings counts for a few days at most.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from butler_tui.domain.policies import Policies

DAY_MS = 86_400_000
MOST_LEAP_MS = 3 * DAY_MS
"""*Ours*: a gate writes day and night, so that more than a long weekend without a word is doubted. A terminal that was
switched off for longer erases that much later, until HQ has told it the time."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was over before these times (UTC ms) is erased: numbers, visits, drafts."""

    number_ms: int
    visit_ms: int
    draft_ms: int


def before(now_ms: int, policies: Policies) -> Before:
    """Return what is due at `now_ms`; who came is never kept for less time than their document's number."""
    visit_days = max(policies.retention_visit_days, policies.retention_number_days)
    return Before(
        now_ms - policies.retention_number_days * DAY_MS,
        now_ms - visit_days * DAY_MS,
        now_ms - policies.retention_draft_days * DAY_MS,
    )


def lived_until(written: Iterable[int], server_ms: int | None) -> int | None:
    """Return what time it is at least, as far as this terminal can vouch for it (UTC ms); None where nothing tells.

    `written` are the times at which something was written, in rising order; `server_ms` is the last time HQ told.
    """
    now: int | None = None
    since_server = server_ms
    last = 0
    for at_ms in written:
        now = at_ms if now is None else now + min(at_ms - last, MOST_LEAP_MS)
        if since_server is not None and server_ms is not None and at_ms > server_ms:
            since_server += min(at_ms - max(last, server_ms), MOST_LEAP_MS)
        last = at_ms
    return max((one for one in (now, since_server) if one is not None), default=None)


def month_ended_ms(month: str, zone: tzinfo) -> int:
    """Return when a month ("2026-11") was over in the estate's zone (UTC ms)."""
    first = date.fromisoformat(month + "-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return int(datetime(following.year, following.month, 1, tzinfo=zone).timestamp() * 1000)


def months_until(now_ms: int, zone: tzinfo, first: str = "2024-01") -> list[str]:
    """Return every month from `first` up to the one of `now_ms`: those that may have had a key."""
    until = datetime.fromtimestamp(now_ms / 1000, zone).strftime("%Y-%m")
    month, found = date.fromisoformat(first + "-01"), []
    while (name := month.strftime("%Y-%m")) <= until:
        found.append(name)
        month = (month + timedelta(days=31)).replace(day=1)
    return found
