"""When people come: how lively each day and hour is for each reason, drawn for the days before now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from random import Random
from zoneinfo import ZoneInfo

from butler_tui.demo import names
from butler_tui.domain.policies import Policies, Reason

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
DAYS = 30
VISITS_A_DAY = 75
"""Of 240 households; they make the month of the demo."""
MOST_A_DAY = 400
"""More visits than that in a day no gate could write down; a larger demo reaches further back."""
_FEWEST_DAYS = 7
_LINGERS = 0.03
_SHORT_MS = 120 * MINUTE_MS
_REASON_HOURS = [(reason, hour) for reason in names.SHARE for hour in range(24)]


@dataclass(frozen=True, slots=True)
class Slot:
    """Somebody comes for `reason` and leaves (UTC ms; None: is still inside)."""

    in_ms: int
    out_ms: int | None
    reason: Reason


def days_of(visits: int) -> int:
    """Return over how many days `visits` are spread: a month, less of a small demo, more of a large one."""
    return max(_FEWEST_DAYS, min(DAYS, visits // (VISITS_A_DAY - 15)), -(-visits // MOST_A_DAY))


class Clock:
    """Draws moments of the last days, today's until now; times are by the estate's own clock."""

    def __init__(self, random: Random, now_ms: int, visits: int) -> None:
        self.random = random
        self.now_ms = now_ms
        self.visits = visits
        self.zone = ZoneInfo(names.TIME_ZONE)
        self.now = self.local(now_ms)
        count = days_of(visits)
        self.days = [self.now.date() - timedelta(days=ago) for ago in range(count - 1, -1, -1)]
        self._weights = {weekend: _weights(weekend) for weekend in (False, True)}
        self._cumulated = {weekend: list(accumulate(weights)) for weekend, weights in self._weights.items()}

    def local(self, at_ms: int) -> datetime:
        """Return `at_ms` (UTC ms) by the estate's clock."""
        return datetime.fromtimestamp(at_ms / 1000, self.zone)

    def at(self, day: date, minutes: float) -> int:
        """Return the moment (UTC ms) `minutes` after midnight of `day`, at a second of its own."""
        midnight = int(datetime.combine(day, time(), self.zone).timestamp()) * 1000
        return midnight + int(minutes * 60 + self.random.randrange(60)) * 1000

    def weekly(self, weekdays: Collection[int]) -> list[date]:
        """Return the days that fall on `weekdays` (Monday is 0)."""
        return [day for day in self.days if day.weekday() in weekdays]

    def gate(self, at_ms: int) -> int:
        """Return a gate that is open: the main one, and by day now and then the side gate."""
        return int(self.local(at_ms).hour in names.SIDE_GATE_OPEN and self.random.random() < names.BY_SIDE_GATE)

    def seen_now(self, slot: Slot) -> Slot:
        """Return `slot` as it stands now: who would leave later is still inside."""
        return replace(slot, out_ms=None) if slot.out_ms is not None and slot.out_ms >= self.now_ms else slot

    def spread(self, count: int) -> list[Slot]:
        """Return `count` visits that are over, spread over the days as lively as each is."""
        lively = [self._liveliness(day) * self.random.uniform(0.92, 1.08) for day in self.days]
        # Rounding what was given out so far, not each day's own part, so that the sum is right.
        given = [round(count * part / sum(lively)) for part in accumulate(lively)]
        each = [upto - before for before, upto in zip([0, *given], given, strict=False)]
        return [self._draw(day) for day, calls in zip(self.days, each, strict=True) for _ in range(calls)]

    def draw_one(self, reason: Reason) -> Slot:
        """Return one visit for `reason` that is over, on any of the days but the last two."""
        hour = self.random.choices(range(24), names.BY_HOUR[reason])[0]
        return self._slot(self.random.choice(self.days[:-2]), hour, reason)

    def _liveliness(self, day: date) -> float:
        weights = self._weights[day.weekday() >= 5]
        if day < self.now.date():
            return sum(weights)
        until = self.now.hour + self.now.minute / 60
        hours = ((weight, until - hour) for (_reason, hour), weight in zip(_REASON_HOURS, weights, strict=True))
        return sum(weight * max(0.0, min(1.0, passed)) for weight, passed in hours)

    def _draw(self, day: date) -> Slot:
        """Return a visit of `day` that is over; of the day before where today is too young for it."""
        for _try in range(40):
            weights = self._cumulated[day.weekday() >= 5]
            reason, hour = self.random.choices(_REASON_HOURS, cum_weights=weights)[0]
            slot = self._slot(day, hour, reason)
            if slot.out_ms is not None and slot.out_ms < self.now_ms:
                return slot
        return self._draw(day - timedelta(days=1))

    def _slot(self, day: date, hour: int, reason: Reason) -> Slot:
        in_ms = self.at(day, hour * 60 + self.random.randrange(60))
        return Slot(in_ms, in_ms + self._stay_ms(reason, in_ms), reason)

    def _stay_ms(self, reason: Reason, in_ms: int) -> int:
        """Return how long somebody stays; now and then longer than the reason allows."""
        shortest, longest = names.STAY_MIN[reason]
        stay = self.random.randint(shortest * 60, longest * 60) * 1000
        allowed = Policies().rule(reason).expected_out_ms(in_ms, self.zone) - in_ms
        if allowed <= max(2 * stay, _SHORT_MS) and self.random.random() < _LINGERS:
            return allowed + self.random.randint(5, 40) * MINUTE_MS
        return stay


def _weights(weekend: bool) -> list[float]:
    """Return how lively each hour is for each reason, in the order of `_REASON_HOURS`."""
    weights = []
    for reason, hour in _REASON_HOURS:
        curve = names.BY_HOUR[reason]
        share = names.SHARE[reason] * (names.WEEKEND.get(reason, 1.0) if weekend else 1.0)
        if reason is Reason.DOMESTIC_HELP:
            share *= 1 - names.REGULAR_HELP
        weights.append(share * curve[hour] / sum(curve))
    return weights
