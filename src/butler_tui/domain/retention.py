"""How long things are kept, and by which clock that is judged; PROTOCOL, "Erasure and retention".

A clock that is wrong must not erase: not one that jumped ahead, nor one that fell back to another year when its
battery died. Age is what this terminal has lived through since, seen from when it wrote something in the order in which
it wrote it; or what HQ's time says, seen from a stamp that never falls back. A leap counts for a few days at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import pairwise

from butler_tui.domain.policies import Policies

DAY_MS = 86_400_000
MOST_LEAP_MS = 3 * DAY_MS
"""*Ours*: a gate writes day and night, so that more than a long weekend without a word is doubted. A terminal that was
switched off for longer erases that much later, until HQ has told it the time."""
MOST_SILENT_MS = 60 * DAY_MS
"""*Ours*: a time that is further ahead of all that was heard of others is doubted."""
AWAY_MS = 180 * DAY_MS
"""A terminal that was not heard of for so long is treated as one that was revoked (PROTOCOL, promise 7)."""
_STEP_MS = 10 * 60_000
"""*Ours*: a clock that is set back by no more than this has been set right; nothing is concluded from it."""
_FIRST_MS = 1_767_225_600_000
"""2026-01-01: this program wrote nothing before, so that a clock which says so cannot be held against HQ's."""
_EVER_MS = 1 << 62

Span = tuple[int, int]
"""Times by this computer's clock (UTC ms), from the first until before the second."""


@dataclass(frozen=True, slots=True)
class KeptFor:
    """For how long (ms) numbers, all that tells who came, and drafts are kept."""

    number_ms: int
    visit_ms: int
    draft_ms: int


def kept_for(policies: Policies) -> KeptFor:
    """Return what policy says; who came is never kept for less time than their document's number."""
    visit_days = max(policies.retention_visit_days, policies.retention_number_days)
    return KeptFor(policies.retention_number_days * DAY_MS, visit_days * DAY_MS, policies.retention_draft_days * DAY_MS)


@dataclass(slots=True)
class _Stretch:
    """While the clock ran without a leap: the times that it may have shown, and what was lived through before.

    `highest_ms` is the latest that it had ever shown before: stamps never fall back behind it.
    """

    from_ms: int
    until_ms: int
    began_ms: int
    lived_ms: int
    highest_ms: int

    def lived_at(self, at_ms: int) -> int:
        """Return what had been lived through when the clock showed `at_ms` in this stretch."""
        return self.lived_ms + at_ms - self.began_ms


@dataclass(frozen=True, slots=True)
class Lived:
    """What this terminal has lived through, and what time HQ said it was at the last sync (UTC ms)."""

    stretches: Sequence[_Stretch]
    told_ms: int | None

    @property
    def leapt(self) -> bool:
        """Whether the clock has ever leapt."""
        return len(self.stretches) > 1

    @property
    def judged_ms(self) -> int | None:
        """Return what time it is at least (UTC ms), None where nothing tells."""
        lived = self.stretches[0].began_ms + self._now() if self.stretches else None
        return max((one for one in (lived, self.told_ms) if one is not None), default=None)

    def newest_ms(self, kept_ms: int) -> int:
        """Return what is over after `kept_ms` where the clock is right, by the later of it and HQ's."""
        last = self.stretches[-1].until_ms if self.stretches else 0
        return max(last, self.told_ms or 0) - kept_ms

    def over(self, kept_ms: int) -> list[Span]:
        """Return the times of this computer's clock that are longer ago than `kept_ms`, whenever it showed them."""
        now = self._now()
        points = {0, _FIRST_MS, (self.told_ms or 0) - kept_ms}
        for one in self.stretches:
            points |= {one.from_ms, one.until_ms + 1, one.began_ms + now - kept_ms - one.lived_ms}
        ordered = sorted(point for point in points if point >= 0)
        spans: list[Span] = []
        for since, until in pairwise((*ordered, _EVER_MS)):
            if not self._is_over(since, kept_ms, now):
                continue
            joins = bool(spans) and spans[-1][1] == since
            spans[-1:] = [(spans[-1][0], until)] if joins else [*spans[-1:], (since, until)]
        return spans

    def _now(self) -> int:
        return self.stretches[-1].lived_at(self.stretches[-1].until_ms) if self.stretches else 0

    def _is_over(self, at_ms: int, kept_ms: int, now: int) -> bool:
        """Tell whether `at_ms` is long ago in every stretch in which the clock may have shown it."""
        may_be = [one for one in self.stretches if one.from_ms <= at_ms <= one.until_ms] or self.stretches[-1:]
        return bool(may_be) and all(
            one.lived_at(at_ms) < now - kept_ms or self._told_over(max(at_ms, one.highest_ms), kept_ms)
            for one in may_be
        )

    def _told_over(self, stamp_ms: int, kept_ms: int) -> bool:
        return self.told_ms is not None and _FIRST_MS <= stamp_ms < self.told_ms - kept_ms


def lived(written: Iterable[int], told_ms: int | None) -> Lived:
    """Return what `written` tells, the times at which something was written (UTC ms), in the order written.

    `told_ms` is what time HQ said it was at the last sync, None where it never did.
    """
    stretches: list[_Stretch] = []
    highest = 0
    for at_ms in written:
        last = stretches[-1] if stretches else None
        if last is None:
            stretches.append(_Stretch(0, at_ms, at_ms, 0, 0))
        elif not last.until_ms - _STEP_MS <= at_ms <= last.until_ms + MOST_LEAP_MS:
            ahead = at_ms > last.until_ms
            passed = last.lived_at(last.until_ms) + (MOST_LEAP_MS if ahead else 0)
            stretches.append(_Stretch(last.until_ms + 1 if ahead else at_ms - _STEP_MS, at_ms, at_ms, passed, highest))
        else:
            last.until_ms = max(last.until_ms, at_ms)
        highest = max(highest, at_ms)
    return Lived(stretches, told_ms)


def borne_out(now_ms: int, heard_ms: int | None) -> int:
    """Return by what time is judged what is over: `now_ms`, unless what others last said is months behind it (UTC ms).

    `heard_ms` is that, None where nobody has said anything.
    """
    return now_ms if heard_ms is None or now_ms - heard_ms <= MOST_SILENT_MS else heard_ms


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


MONTHS_AHEAD = 7
"""Months whose keys HQ hands out: the present one, and those for which a terminal may be without HQ (PROTOCOL)."""


def months_with_keys(now_ms: int, zone: tzinfo, kept_ms: int) -> list[str]:
    """Return the months that have a key at `now_ms`: those over for less than `kept_ms`, this one, those ahead."""
    first = datetime.fromtimestamp((now_ms - kept_ms) / 1000, zone).strftime("%Y-%m")
    ended = [month for month in months_until(now_ms, zone, first) if month_ended_ms(month, zone) + kept_ms > now_ms]
    month, ahead = date.fromisoformat(ended[-1] + "-01"), list(ended)
    while len(ahead) < len(ended) + MONTHS_AHEAD - 1:
        month = (month + timedelta(days=31)).replace(day=1)
        ahead.append(month.strftime("%Y-%m"))
    return ahead
