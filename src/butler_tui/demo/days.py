"""Letting the invented days happen: each call goes through the desk's own doors, by a clock that ends at now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from butler_tui.demo import names
from butler_tui.demo.calls import Call
from butler_tui.demo.incidents import Incident
from butler_tui.desk import badges, gate
from butler_tui.desk.corrections import correct
from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.visits import Registration, under
from butler_tui.store import estates, households
from butler_tui.store import staff as staff_store
from butler_tui.store.households import GateHousehold
from butler_tui.store.local import Store
from butler_tui.store.staff import Staff

_ASK_TAKES_MS = 40_000
_LAST_BADGE = 999
_NOTHING = Incident()
_FAILS: dict[TurnAwayReason, Check] = {
    TurnAwayReason.NOT_EXPECTED: Check.ASK_HOST,
    TurnAwayReason.IDENTITY_UNCLEAR: Check.ASK_IDENTITY,
    TurnAwayReason.IMPROPERLY_DRESSED: Check.ASK_IDENTITY,
    TurnAwayReason.REFUSES_CHECK: Check.CHECK_DOCUMENT,
    TurnAwayReason.LOITERING: Check.ASK_REASON,
    TurnAwayReason.DANGEROUS_GOODS: Check.CHECK_BELONGINGS,
}


def on_duty(gate_no: int, hour: int) -> str:
    """Return the number of who keeps a gate (0: the main one) at an hour of the house clock."""
    if gate_no:
        return names.SHIFT_LEAD
    begun = [number for begins, number in names.SHIFTS if begins <= hour]
    return begun[-1] if begun else names.SHIFTS[-1][1]


@dataclass(slots=True)
class _Visit:
    """A call that is being dealt with: what happens to it beside, and what was saved of it."""

    call: Call
    incident: Incident
    done: gate.Done | None = None
    badge: str = ""

    @property
    def visit_id(self) -> bytes:
        """Return the id it was saved under."""
        assert self.done is not None
        return self.done.visit_id


class Days:
    """Two gates with their guards, badges and visitors inside, while the clock runs through the calls."""

    def __init__(self, store: Store, gate_ids: Sequence[bytes]) -> None:
        self.store = store
        self.gate_ids = gate_ids
        self.policies = estates.policies(store.connection)
        self.zone = ZoneInfo(names.TIME_ZONE)
        self._homes: dict[str, GateHousehold | None] = {}
        self._staff = {number: _known(store, number) for number, *_rest in names.STAFF}
        self._badges_out: set[str] = set()

    def run(self, calls: Sequence[Call], incidents: Mapping[int, Incident], after_each: Callable[[], None]) -> None:
        """Let every call come in and leave in the order of time, and what befalls it (`incidents`, by its place).

        `after_each` is told of each call dealt with.
        """
        moments: list[tuple[int, Callable[[_Visit, int], None], _Visit]] = []
        for place, call in enumerate(calls):
            visit = _Visit(call, incidents.get(place, _NOTHING))
            when = (
                (call.in_ms, self._arrive),
                (call.undone_ms, self._undo),
                (visit.incident.corrected_ms, self._correct),
                (call.out_ms, self._leave),
                (visit.incident.badge_back_ms, self._badge_back),
            )
            moments += [(at_ms, happens, visit) for at_ms, happens in when if at_ms is not None]
        for at_ms, happens, visit in sorted(moments, key=lambda one: one[0]):
            happens(visit, at_ms)
            if at_ms == visit.call.in_ms:
                after_each()

    def _arrive(self, visit: _Visit, now_ms: int) -> None:
        call, session = visit.call, self._session(visit.call.gate, now_ms)
        registration = self._written_down(visit)
        if call.refused is not None:
            gate.turn_away(
                self.store, session, registration, self.policies, now_ms, reason=call.refused, note=call.note
            )
            return
        why = visit.incident.override
        override = gate.Override(self._staff[names.SHIFT_LEAD], why) if why else None
        visit.done = gate.admit(self.store, session, registration, self.policies, now_ms, override=override)
        visit.badge = registration.badge
        self._badges_out.add(visit.badge)

    def _undo(self, visit: _Visit, now_ms: int) -> None:
        assert visit.done is not None
        gate.undo(self.store, self._session(visit.call.gate, now_ms), visit.done, self.policies, now_ms)
        self._badges_out.discard(visit.badge)

    def _correct(self, visit: _Visit, now_ms: int) -> None:
        session, told = self._session(visit.call.gate, now_ms), visit.incident
        right = dict(told.corrected)
        correct(self.store, session, visit.visit_id, right, told.reason, told.note, self.policies, now_ms)

    def _leave(self, visit: _Visit, now_ms: int) -> None:
        session = self._session(visit.call.gate, now_ms)
        if visit.incident.misses_badge:
            badges.check_out_without_badge(self.store, session, visit.visit_id, now_ms)
            return
        gate.check_out(self.store, session, visit.visit_id, now_ms)
        self._badges_out.discard(visit.badge)

    def _badge_back(self, visit: _Visit, now_ms: int) -> None:
        badges.badge_found(self.store, self._session(visit.call.gate, now_ms), visit.visit_id, now_ms)
        self._badges_out.discard(visit.badge)

    def _session(self, gate_no: int, now_ms: int) -> Session:
        """Return the session of who is on duty; where the side gate is closed by now, of the main gate."""
        hour = datetime.fromtimestamp(now_ms / 1000, self.zone).hour
        gate_no = gate_no if hour in names.SIDE_GATE_OPEN else 0
        return Session(self._staff[on_duty(gate_no, hour)], self.gate_ids[gate_no])

    def _written_down(self, visit: _Visit) -> Registration:
        """Return the call's registration as the guard completes it: home, who confirmed, findings, badge."""
        call = visit.call
        registration = self._to_home(call)
        if call.refused is not None:
            found = replace(under(self.policies, registration, first_visit=True).check, suspicious=True)
            failed = found.with_finding(_FAILS[call.refused], Outcome.FAILED, call.note)
            return replace(registration, check=failed)
        badge = self._free_badge(call.gate) if call.reason in names.WEAR_BADGE else ""
        check = _all_passed(self.policies, registration)
        if visit.incident.override:
            check = check.with_finding(Check.CHECK_DOCUMENT, Outcome.DOUBTFUL, names.DOCUMENT_DOUBTFUL)
        return replace(registration, badge=badge, check=check)

    def _to_home(self, call: Call) -> Registration:
        registration = call.registration
        home = self._home(registration.room_code) if registration.room_code else None
        if home is None:
            return registration
        registration = replace(registration, house_id=home.house_id, household_id=home.household_id)
        asked = registration.confirmed_how is not None and call.reason is not Reason.EMERGENCY
        if not asked or not home.confirmers:
            return replace(registration, confirmed_how=None)
        confirmer = home.confirmers[call.in_ms // 1000 % len(home.confirmers)]
        return replace(registration, confirmed_by=confirmer.resident_id, confirmed_ms=call.in_ms - _ASK_TAKES_MS)

    def _home(self, room_code: str) -> GateHousehold | None:
        if room_code not in self._homes:
            self._homes[room_code] = households.at_room(self.store.connection, room_code)
        return self._homes[room_code]

    def _free_badge(self, gate_no: int) -> str:
        letter = "AB"[gate_no]
        for number in range(1, _LAST_BADGE + 1):
            if (badge := f"{letter}{number:03d}") not in self._badges_out:
                return badge
        return ""


def _all_passed(policies: Policies, registration: Registration) -> GateCheck:
    check = under(policies, registration, first_visit=True).check
    while (open_check := check.first_open()) is not None:
        check = check.with_finding(open_check, Outcome.PASSED)
    return check


def _known(store: Store, number: str) -> Staff:
    person = staff_store.by_number(store.connection, number)
    assert person is not None
    return person
