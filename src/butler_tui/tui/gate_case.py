"""The visitor in front of the guard: what is known so far, what it leads to, and the acts that end it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from butler_tui import labels
from butler_tui.desk import gate
from butler_tui.desk.gate import Done
from butler_tui.desk.session import Session
from butler_tui.domain.entries import read_room
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import read_phone
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.recognise import Kind, Recognised, recognise
from butler_tui.domain.visits import EventKind, Registration, under
from butler_tui.errors import RuleBroken
from butler_tui.store import households, visits
from butler_tui.store.households import GateHousehold
from butler_tui.store.visits import EarlierVisit, OnSite
from butler_tui.tui.context import Context
from butler_tui.tui.gate_words import Scene
from butler_tui.words import N_, _


@dataclass(frozen=True, slots=True)
class Found:
    """What the guard found and the household said about one visitor: the check, upon what facts, and when confirmed."""

    check: GateCheck = field(default_factory=GateCheck)
    upon: Mapping[Check, tuple[object, ...]] = field(default_factory=dict)
    confirmed_ms: int | None = None


_RESTS_ON: dict[Check, Callable[[Registration], tuple[object, ...]]] = {
    Check.ASK_IDENTITY: lambda typed: (typed.name,),
    Check.ASK_REASON: lambda typed: (typed.reason,),
    Check.ASK_HOST: lambda typed: (typed.house_id, typed.room_code),
    Check.CHECK_DOCUMENT: lambda typed: (typed.name, typed.document_number),
    Check.CHECK_VEHICLE: lambda typed: (typed.plate,),
}
"""The facts that a finding was made upon: when they become others, it no longer counts."""


def recognised(text: str, policies: Policies) -> Recognised | None:
    """Return what a guard typed or scanned, by the estate's badges and emergency numbers."""
    return recognise(text, policies.badge_pattern, policies.rule(Reason.EMERGENCY).keys)


class GateCase:
    """One visitor's case; `typed` is what stands in the form, read. The acts raise ButlerError with the sentence."""

    def __init__(self, context: Context, session: Session) -> None:
        self._here = context
        self._session = session
        self._last: tuple[Done, str] | None = None
        self.clear()

    def clear(self) -> None:
        """Begin with the next visitor; the last act stays, so that it can be undone."""
        self.found = Found()
        self.earlier: EarlierVisit | None = None
        self.household: GateHousehold | None = None
        self.rooms: list[str] = []

    # What is known

    def look_up_room(self, text: str) -> None:
        """Find the household of a room code, or the rooms that start so."""
        room = read_room(text)
        connection = self._here.store.connection
        self.household = households.at_room(connection, room) if room else None
        self.rooms = households.rooms_starting(connection, room) if room and self.household is None else []

    def look_up_phone(self, text: str) -> None:
        """Find whoever came with this phone before."""
        phone = read_phone(text)
        self.earlier = visits.earlier_by_phone(self._here.store.connection, phone) if phone else None

    def note_confirmation(self, confirmed: bool) -> None:
        """Keep when the household said yes."""
        self.found = replace(self.found, confirmed_ms=self._here.now_ms() if confirmed else None)

    def leaving(self, text: str) -> OnSite | None:
        """Return who inside the badge or plate in `text` belongs to."""
        found = recognised(text, self._here.policies)
        look_up = {Kind.BADGE: visits.by_badge, Kind.PLATE: visits.by_plate}.get(found.kind) if found else None
        return look_up(self._here.store.connection, found.value) if found and look_up else None

    def registration(self, typed: Registration) -> Registration:
        """Return what is typed with the check as it stands, under the estate's policy."""
        check = self.found.check
        for one, facts in self.found.upon.items():
            if any(facts) and facts != _RESTS_ON[one](typed):
                check = check.reopened(one)
        known = replace(typed, check=check, confirmed_ms=self.found.confirmed_ms)
        return under(self._here.policies, known, first_visit=self.earlier is None)

    def scene(self, typed: Registration, texts: Mapping[str, str]) -> Scene:
        """Return everything that words are made from; `texts` are the fields as typed."""
        wearer = visits.by_badge(self._here.store.connection, typed.badge) if typed.badge else None
        return Scene(self._here, self.registration(typed), self.household, self.rooms, texts, self.earlier, wearer)

    # The checks

    def settle(self, typed: Registration, check: Check, outcome: Outcome, note: str = "") -> None:
        """Write a finding in; raises ValueError where policy does not allow it."""
        found = self.registration(typed).check.with_finding(check, outcome, note)
        upon = {one: facts for one, facts in self.found.upon.items() if one in found.found}
        if check in _RESTS_ON:
            upon[check] = _RESTS_ON[check](typed)
        self.found = replace(self.found, check=found, upon=upon)

    def reopen(self, check: Check) -> None:
        """Take a finding back."""
        self.found = replace(self.found, check=self.found.check.reopened(check))

    def suspect(self) -> None:
        """Ask for all six, by hand, or again for what policy asks."""
        check = self.found.check
        self.found = replace(self.found, check=replace(check, suspicious=not check.suspicious))

    # The acts; each returns the sentence that says what was done

    def admit(self, typed: Registration) -> str:
        """Save and admit."""
        return self._admit(self.registration(typed))

    def admit_emergency(self, number: str) -> str:
        """Let an emergency service in at once, whatever stands half-typed in the form; `number` tells which."""
        return self._admit(Registration(reason=Reason.EMERGENCY, reason_note=number))

    def _admit(self, registration: Registration) -> str:
        here = self._here
        done = gate.admit(here.store, self._session, registration, here.policies, here.now_ms())
        who = called(registration)
        self._last = (done, who)
        if registration.badge:
            return _("{who} is admitted, badge {badge}. Ctrl+Z undoes.", who=who, badge=registration.badge)
        return _("{who} is admitted. Ctrl+Z undoes.", who=who)

    def turn_away(self, typed: Registration, reason: TurnAwayReason, note: str) -> str:
        """Save as not let in."""
        context, registration = self._here, self.registration(typed)
        done = gate.turn_away(
            context.store,
            self._session,
            registration,
            context.policies,
            context.now_ms(),
            reason=reason,
            note=note,
        )
        who = called(registration)
        self._last = (done, who)
        return _("{who} is turned away ({reason}). Ctrl+Z undoes.", who=who, reason=labels.label(reason))

    def check_out(self, visit_id: bytes) -> str:
        """Write down that somebody left."""
        context = self._here
        visitor = visits.inside(context.store.connection, visit_id)
        done = gate.check_out(context.store, self._session, visit_id, context.now_ms())
        who = labels.greeting(visitor.name, visitor.sex) if visitor else ""
        self._last = (done, who)
        if visitor and visitor.badge:
            return _("{who} has left; take badge {badge} back. Ctrl+Z undoes.", who=who, badge=visitor.badge)
        return _("{who} has left. Ctrl+Z undoes.", who=who)

    def undo(self) -> str:
        """Take the last act back."""
        if self._last is None:
            raise RuleBroken(N_("There is nothing to undo."))
        context, (done, who) = self._here, self._last
        gate.undo(context.store, self._session, done, context.policies, context.now_ms())
        self._last = None
        return _(_UNDONE[done.kind], who=who)


_UNDONE = {
    EventKind.ADMITTED: N_("Undone: {who} is not admitted."),
    EventKind.TURNED_AWAY: N_("Undone: {who} is not turned away."),
    EventKind.OUT: N_("Undone: {who} is still on site."),
}


def called(registration: Registration) -> str:
    """Return how the visitor is called in a sentence: politely, or by the service they are from."""
    if registration.name or registration.reason is None or not registration.reason_note:
        return labels.greeting(registration.name, registration.sex)
    service = labels.label(registration.reason)
    return _("{service} ({number})", service=service, number=registration.reason_note)
