"""Inventing who comes to the gates in the last weeks, when, for what, and when they leave; nothing is saved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from butler_tui.demo import names
from butler_tui.demo.callers import Callers
from butler_tui.demo.clock import MINUTE_MS, Clock, Slot
from butler_tui.demo.people import People
from butler_tui.desk.set_up import NewHouse
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.visits import Registration

ON_SITE = 9
_OVERSTAYS = (Reason.DELIVERY, Reason.COURIER)
_MAIN_GATE = 0
_MOST_REGULARS_INSIDE = 4
_VISITS_AN_EMERGENCY = 1200
"""A month of the whole estate has one or two (ours)."""
_VISITS_A_SLIP = 400
_SLIP_MS = 40_000
_SLIPS = frozenset({Reason.VISITING, Reason.COURIER, Reason.DELIVERY})


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody at a gate: what the guard writes down, when they come and leave (UTC ms; None: still inside).

    `registration` lacks what only the file knows: ids of house and household, the badge, the findings. One that is
    `undone_ms` was written down for a wrong home, and taken back.
    """

    in_ms: int
    out_ms: int | None
    gate: int
    registration: Registration
    refused: TurnAwayReason | None = None
    note: str = ""
    undone_ms: int | None = None

    @property
    def reason(self) -> Reason:
        """Return why they come."""
        return self.registration.reason or Reason.OTHER


def plan_calls(people: People, houses: Sequence[NewHouse], visits: int, now_ms: int) -> list[Call]:
    """Return `visits` calls of the days before `now_ms`, in order of arrival; the last few are on site now."""
    random = people.random
    callers = Callers(people, houses)
    clock = Clock(random, now_ms, visits)
    helps = _domestic_helps(random, callers, clock, visits // 4)
    fixed = [_overstay(random, reason, now_ms) for reason in _OVERSTAYS[: visits // 10]]
    staying = sum(slot.out_ms is None for _who, slot in helps)
    fixed += [_still_inside(random, clock) for _ in range(min(ON_SITE, visits // 8) - staying)]
    fixed += [
        clock.draw_one(Reason.EMERGENCY) for _ in range(-(-visits // _VISITS_AN_EMERGENCY) if visits >= 20 else 0)
    ]
    slips = visits // _VISITS_A_SLIP
    slots = sorted(fixed + clock.spread(visits - len(helps) - len(fixed) - slips), key=lambda slot: slot.in_ms)
    calls = [Call(slot.in_ms, slot.out_ms, clock.gate(slot.in_ms), who) for who, slot in helps]
    calls += [_call(random, callers, clock, slot) for slot in slots]
    calls += _slips(random, callers, calls, slips)
    return sorted(calls, key=lambda call: call.in_ms)


def _domestic_helps(random: Random, callers: Callers, clock: Clock, most: int) -> list[tuple[Registration, Slot]]:
    """Return the visits of those who come to the same home on the same mornings of each week, at most `most`."""
    expected = clock.visits / len(clock.days) * 7 * names.SHARE[Reason.DOMESTIC_HELP] / sum(names.SHARE.values())
    count = round(expected * names.REGULAR_HELP / 2.5) if most else 0
    found: list[tuple[Registration, Slot]] = []
    for home in random.sample(callers.lived_in, min(count, len(callers.lived_in))):
        helper = replace(callers.fresh(Reason.DOMESTIC_HELP), room_code=home.room_code)
        begins, stays = random.randint(7 * 60 + 20, 10 * 60 + 30), random.randint(120, 220)
        for day in clock.weekly(random.sample(range(6), random.choice((2, 2, 3)))):
            came = clock.at(day, begins + random.randint(-12, 12))
            slot = Slot(came, came + (stays + random.randint(-20, 20)) * MINUTE_MS, Reason.DOMESTIC_HELP)
            if slot.in_ms < clock.now_ms and random.random() < names.KEEPS_COMING:
                found.append((helper, clock.seen_now(slot)))
    inside = [one for one in found if one[1].out_ms is None][:_MOST_REGULARS_INSIDE]
    gone = [one for one in found if one[1].out_ms is not None]
    keep = max(0, most - len(inside))
    return inside[:most] + (gone if len(gone) <= keep else random.sample(gone, keep))


def _call(random: Random, callers: Callers, clock: Clock, slot: Slot) -> Call:
    gate = _MAIN_GATE if slot.reason is Reason.EMERGENCY else clock.gate(slot.in_ms)
    if slot.out_ms is None or random.random() >= names.TURNED_AWAY.get(slot.reason, 0.0):
        return Call(slot.in_ms, slot.out_ms, gate, callers.caller(slot))
    refused, note = random.choice(names.REFUSALS[slot.reason])
    stranger = replace(callers.fresh(slot.reason), confirmed_how=None, looks=random.choice(names.LOOKS))
    return Call(slot.in_ms, None, gate, stranger, refused, note)


def _still_inside(random: Random, clock: Clock) -> Slot:
    """Return somebody who came lately and still has time."""
    policies = Policies()
    while True:
        in_ms = clock.now_ms - random.randint(2 * 60, 150 * 60) * 1000
        hour = clock.local(in_ms).hour
        lively = {reason: names.BY_HOUR[reason][hour] + names.AT_ANY_HOUR.get(reason, 0.0) for reason in names.SHARE}
        weights = [share * lively[reason] for reason, share in names.SHARE.items()]
        reason = random.choices(list(names.SHARE), weights)[0]
        if policies.rule(reason).expected_out_ms(in_ms, clock.zone) > clock.now_ms:
            return Slot(in_ms, None, reason)


def _overstay(random: Random, reason: Reason, now_ms: int) -> Slot:
    allowed = Policies().rule(reason).leave_after_min or 0
    return Slot(now_ms - (allowed + random.randint(8, 35)) * MINUTE_MS, None, reason)


def _slips(random: Random, callers: Callers, calls: Sequence[Call], count: int) -> list[Call]:
    """Return calls that were first written down for another home, taken back, and written down rightly."""
    right = [call for call in calls if call.reason in _SLIPS and call.out_ms is not None]
    slips = []
    for call in random.sample(right, min(count, len(right))):
        in_ms = call.in_ms - _SLIP_MS
        wrong = replace(call.registration, room_code=random.choice(callers.lived_in).room_code)
        slips.append(Call(in_ms, None, call.gate, wrong, undone_ms=in_ms + _SLIP_MS // 2))
    return slips
