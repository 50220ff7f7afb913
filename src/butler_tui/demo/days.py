"""Letting the invented days happen: each call goes through the desk's own doors, by a clock that ends at now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from butler_tui.demo import names
from butler_tui.demo.week import Call
from butler_tui.desk import gate
from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.visits import Registration, under
from butler_tui.store import estates, households
from butler_tui.store import staff as staff_store
from butler_tui.store.households import GateHousehold
from butler_tui.store.local import Store

_ASK_TAKES_MS = 40_000
_LAST_BADGE = 999
_FAILS: dict[TurnAwayReason, Check] = {
    TurnAwayReason.NOT_EXPECTED: Check.ASK_HOST,
    TurnAwayReason.IDENTITY_UNCLEAR: Check.ASK_IDENTITY,
    TurnAwayReason.REFUSES_CHECK: Check.CHECK_DOCUMENT,
    TurnAwayReason.LOITERING: Check.ASK_REASON,
    TurnAwayReason.DANGEROUS_GOODS: Check.CHECK_BELONGINGS,
}


@dataclass(frozen=True, slots=True)
class _Moment:
    """Something due at `at_ms` (UTC ms): a call comes in, or the visitor of one leaves."""

    at_ms: int
    call: Call
    leaves: bool


class Days:
    """Two gates with their guards, badges and visitors inside, while the clock runs through the calls."""

    def __init__(self, store: Store, gate_ids: Sequence[bytes]) -> None:
        self.store = store
        self.gate_ids = gate_ids
        self.policies = estates.policies(store.connection)
        self.zone = ZoneInfo(names.TIME_ZONE)
        self._homes: dict[str, GateHousehold | None] = {}
        self._guards = {number: staff_store.by_number(store.connection, number) for row in names.ROTA for number in row}
        self._inside: dict[int, tuple[bytes, str]] = {}
        self._badges_out: set[str] = set()

    def run(self, calls: Sequence[Call], after_each: Callable[[], None]) -> None:
        """Let every call come in and leave in the order of time; `after_each` is told of each call dealt with."""
        moments = [_Moment(call.in_ms, call, False) for call in calls]
        moments += [_Moment(call.out_ms, call, True) for call in calls if call.out_ms is not None]
        for moment in sorted(moments, key=lambda one: (one.at_ms, one.leaves)):
            if moment.leaves:
                self._leave(moment.call, moment.at_ms)
            else:
                self._arrive(moment.call)
                after_each()

    def _arrive(self, call: Call) -> None:
        session = self._session(call.gate, call.in_ms)
        registration = self._written_down(call)
        if call.refused is not None:
            gate.turn_away(
                self.store, session, registration, self.policies, call.in_ms, reason=call.refused, note=call.note
            )
            return
        done = gate.admit(self.store, session, registration, self.policies, call.in_ms)
        self._inside[id(call)] = (done.visit_id, registration.badge)
        self._badges_out.add(registration.badge)

    def _leave(self, call: Call, now_ms: int) -> None:
        visit_id, badge = self._inside.pop(id(call))
        self._badges_out.discard(badge)
        gate.check_out(self.store, self._session(call.gate, now_ms), visit_id, now_ms)

    def _session(self, gate_no: int, now_ms: int) -> Session:
        hour = datetime.fromtimestamp(now_ms / 1000, self.zone).hour
        guard = self._guards[names.ROTA[gate_no][0 if 7 <= hour < 19 else 1]]
        assert guard is not None
        return Session(guard, self.gate_ids[gate_no])

    def _written_down(self, call: Call) -> Registration:
        """Return the call's registration as the guard completes it: home, who confirmed, findings, badge."""
        registration = self._to_home(call)
        if call.refused is not None:
            found = replace(under(self.policies, registration, first_visit=True).check, suspicious=True)
            failed = found.with_finding(_FAILS[call.refused], Outcome.FAILED, call.note)
            return replace(registration, check=failed)
        badge = self._free_badge(call.gate) if call.reason in names.WEAR_BADGE else ""
        return replace(registration, badge=badge, check=_all_passed(self.policies, registration))

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
