"""What goes wrong now and then, and is put right: slips of the pen, a badge carried off, a check overridden."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from butler_tui.demo import names
from butler_tui.demo.calls import Call
from butler_tui.demo.clock import DAY_MS, MINUTE_MS
from butler_tui.demo.people import VISITORS_PHONES, People
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.policies import Reason

VISITS_A_CORRECTION = 250
VISITS_A_MISSED_BADGE = 1000
VISITS_AN_OVERRIDE = 1000


@dataclass(frozen=True, slots=True)
class Incident:
    """What happens to a call beside coming and leaving; moments in UTC ms."""

    corrected_ms: int | None = None
    corrected: tuple[tuple[str, str | int], ...] = ()
    """Column of visit, and its right value."""
    reason: CorrectionReason = CorrectionReason.OTHER
    note: str = ""
    override: str = ""
    """Why the shift lead lets somebody in whose document is doubtful."""
    misses_badge: bool = False
    badge_back_ms: int | None = None


def plan_incidents(people: People, calls: Sequence[Call], now_ms: int) -> tuple[list[Call], dict[int, Incident]]:
    """Return `calls` as they were first written down, and what happens to them by their place in the list."""
    random, first, found = people.random, list(calls), dict[int, Incident]()
    for place in _some(random, calls, VISITS_A_CORRECTION, _drives_themselves):
        first[place], found[place] = _wrong_plate(random, calls[place])
    for place in _some(random, calls, VISITS_A_CORRECTION, lambda call: call.registration.companions > 0):
        if place not in found:
            first[place], found[place] = _one_more_came(random, calls[place])
    missed = _some(random, calls, VISITS_A_MISSED_BADGE, lambda call: call.reason in names.WEAR_BADGE)
    for place in missed:
        if place not in found:
            found[place] = _carried_off(random, calls[place], now_ms, comes_back=place != max(missed))
    for place in _some(random, calls, VISITS_AN_OVERRIDE, lambda call: call.reason is Reason.VISITING):
        if place not in found:
            found[place] = Incident(override=random.choice(names.OVERRIDES))
    for place, call in enumerate(calls):
        if call.reason is Reason.EMERGENCY and _over(call):
            found[place] = _completed(people, call)
    return first, found


def _over(call: Call) -> bool:
    """Tell whether a call at the main gate is over: what its own gate wrote down, a guard may correct."""
    return call.out_ms is not None and call.gate == 0


def _drives_themselves(call: Call) -> bool:
    """Tell whether a plate is new to the guard: those of the couriers are known."""
    return bool(call.registration.plate) and call.reason is not Reason.COURIER


def _some(random: Random, calls: Sequence[Call], one_in: int, fits: Callable[[Call], bool]) -> list[int]:
    places = [place for place, call in enumerate(calls) if _over(call) and fits(call)]
    return random.sample(places, min(len(calls) // one_in, len(places)))


def _wrong_plate(random: Random, call: Call) -> tuple[Call, Incident]:
    """Return the call with the last digit of its plate mistyped, and its correction some minutes later."""
    right = call.registration.plate
    wrong = right[:-1] + str((int(right[-1]) + random.randint(1, 9)) % 10)
    later = Incident(_soon(random, call), (("plate", right),), CorrectionReason.TYPING_ERROR)
    return replace(call, registration=replace(call.registration, plate=wrong)), later


def _one_more_came(random: Random, call: Call) -> tuple[Call, Incident]:
    right = call.registration.companions
    later = Incident(
        _soon(random, call), (("companions", right),), CorrectionReason.TOLD_OTHERWISE, names.ONE_MORE_IN_THE_CAR
    )
    return replace(call, registration=replace(call.registration, companions=right - 1)), later


def _completed(people: People, call: Call) -> Incident:
    """Return what is written down of an ambulance once it has gone: who came, and with which vehicle."""
    doctor = people.person(VISITORS_PHONES)
    facts = (("name", doctor.name), ("phone", doctor.phone), ("plate", people.plate()))
    return Incident((call.out_ms or 0) + 6 * MINUTE_MS, facts, CorrectionReason.COMPLETED_AFTERWARDS)


def _carried_off(random: Random, call: Call, now_ms: int, *, comes_back: bool) -> Incident:
    """Return a badge that is not handed back; it is brought the day after, or is out still."""
    back_ms = (call.out_ms or 0) + DAY_MS - random.randint(20, 120) * MINUTE_MS
    return Incident(misses_badge=True, badge_back_ms=back_ms if comes_back and back_ms < now_ms else None)


def _soon(random: Random, call: Call) -> int:
    """Return a moment while the visitor is inside."""
    return call.in_ms + min(random.randint(60, 600) * 1000, ((call.out_ms or 0) - call.in_ms) // 2)
