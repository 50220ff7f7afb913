"""Inventing the visits of the last days: who comes when, for what, and when they leave; nothing is saved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from butler_tui.demo import names
from butler_tui.demo.callers import Callers
from butler_tui.demo.people import People
from butler_tui.desk.set_up import NewHouse
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.visits import Registration

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
DAYS = 7
VISITS_A_DAY = 40
MOST_A_DAY = 400
"""More visits than that in a day no gate could write down; a larger demo reaches further back."""
ON_SITE = 9
_OVERSTAYS = (Reason.DELIVERY, Reason.COURIER)
_TURNED_AWAY = 0.03


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody at a gate: what the guard writes down, when they come and leave (UTC ms; None: still inside).

    `registration` lacks what only the file knows: ids of house and household, the badge, the findings.
    """

    in_ms: int
    out_ms: int | None
    gate: int
    registration: Registration
    refused: TurnAwayReason | None = None
    note: str = ""

    @property
    def reason(self) -> Reason:
        """Return why they come."""
        return self.registration.reason or Reason.OTHER


def plan_calls(people: People, houses: Sequence[NewHouse], visits: int, now_ms: int) -> list[Call]:
    """Return `visits` calls of the days before `now_ms`, in order of arrival; the last few are on site now."""
    callers = Callers(people, houses)
    over = [_overstay(people.random, callers, reason, now_ms) for reason in _OVERSTAYS[: visits // 10]]
    inside = _still_inside(people.random, callers, over, min(ON_SITE, visits // 8), now_ms)
    days = max(DAYS, -(-visits // MOST_A_DAY))
    clock = _Clock(people.random, now_ms, days)
    gone = [_been_and_gone(people.random, callers, clock) for _ in range(visits - len(inside))]
    return sorted(gone + inside, key=lambda call: call.in_ms)


class _Clock:
    """Draws moments of the last days, as lively as each hour is for a reason."""

    def __init__(self, random: Random, now_ms: int, days: int) -> None:
        self.random = random
        self.now_ms = now_ms
        self.days = days
        self.zone = ZoneInfo(names.TIME_ZONE)

    def draw(self, reason: Reason) -> tuple[int, int]:
        """Return when somebody comes and leaves, both before now."""
        while True:
            today = datetime.fromtimestamp(self.now_ms / 1000, self.zone)
            day = today - timedelta(days=self.random.randrange(self.days + 1))
            hour = self.random.choices(range(24), [int(weight) for weight in names.BY_HOUR[reason]])[0]
            came = day.replace(hour=hour, minute=self.random.randrange(60), second=self.random.randrange(60))
            in_ms = int(came.timestamp()) * 1000
            out_ms = in_ms + _stay_ms(self.random, reason)
            keeps = names.WEEKEND.get(reason, 1.0) if came.weekday() >= 5 else 1.0
            if self.now_ms - self.days * DAY_MS < in_ms and out_ms < self.now_ms and self.random.random() * 2 < keeps:
                return in_ms, out_ms


def _been_and_gone(random: Random, callers: Callers, clock: _Clock) -> Call:
    reason = random.choices(list(names.SHARE), list(names.SHARE.values()))[0]
    in_ms, out_ms = clock.draw(reason)
    call = Call(in_ms, out_ms, _gate(random), callers.caller(reason))
    if reason is Reason.EMERGENCY or random.random() >= _TURNED_AWAY:
        return call
    refused, note = random.choice(names.REFUSALS)
    stranger = replace(call.registration, confirmed_how=None, looks=random.choice(names.LOOKS))
    return replace(call, out_ms=None, registration=stranger, refused=refused, note=note)


def _still_inside(random: Random, callers: Callers, over: Sequence[Call], more: int, now_ms: int) -> list[Call]:
    """Return those on site: the overstays and as many `more` who came lately and still have time, nobody twice."""
    policies, zone = Policies(), ZoneInfo(names.TIME_ZONE)
    found = list(over)
    while len(found) < len(over) + more:
        in_ms = now_ms - random.randint(2 * 60, 150 * 60) * 1000
        hour = datetime.fromtimestamp(in_ms / 1000, zone).hour
        weights = [share * (int(names.BY_HOUR[reason][hour]) + 0.05) for reason, share in names.SHARE.items()]
        reason = random.choices(list(names.SHARE), weights)[0]
        if reason is Reason.EMERGENCY or policies.rule(reason).expected_out_ms(in_ms, zone) <= now_ms:
            continue
        caller = callers.caller(reason)
        if caller.name not in {call.registration.name for call in found}:
            found.append(Call(in_ms, None, _gate(random), caller))
    return found


def _overstay(random: Random, callers: Callers, reason: Reason, now_ms: int) -> Call:
    allowed = Policies().rule(reason).leave_after_min or 0
    in_ms = now_ms - (allowed + random.randint(8, 35)) * MINUTE_MS
    return Call(in_ms, None, _gate(random), callers.caller(reason))


def _stay_ms(random: Random, reason: Reason) -> int:
    shortest, longest = names.STAY_MIN[reason]
    return random.randint(shortest * 60, longest * 60) * 1000


def _gate(random: Random) -> int:
    return 0 if random.random() < 0.65 else 1
