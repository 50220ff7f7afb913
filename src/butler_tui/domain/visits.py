"""A visit, what happened to it, and what follows: state, what is still missing from a registration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import ALL_CHECKS, Check, GateCheck
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Policies, Reason


class VisitState(StrEnum):
    """Where a visit stands, derived from its events."""

    REGISTERED = "registered"
    INSIDE = "inside"
    LEFT = "left"
    TURNED_AWAY = "turned_away"
    UNDONE = "undone"


class EventKind(StrEnum):
    """What can happen to a visit."""

    ADMITTED = "admitted"
    TURNED_AWAY = "turned_away"
    OUT = "out"
    CORRECTED = "corrected"
    BADGE_MISSING = "badge_missing"
    BADGE_BACK = "badge_back"
    UNDONE = "undone"


class ConfirmedHow(StrEnum):
    """How the household said that it expects the visitor; the order is that of the digits that pick."""

    INTERCOM = "intercom"
    PHONE = "phone"
    IN_PERSON = "in_person"
    APPOINTMENT = "appointment"
    KNOWN = "known"
    STANDING_PASS = "standing_pass"


@dataclass(frozen=True, slots=True)
class VisitEvent:
    """One event of a visit, as the derivation needs it; `at_ms` is UTC ms."""

    event_id: bytes
    kind: EventKind
    at_ms: int
    undoes: bytes | None = None
    corrected: Mapping[str, str | int | None] = field(default_factory=dict)
    """What a correction writes, as on the wire, by column of visit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What follows from a visit's events."""

    state: VisitState
    out_ms: int | None = None
    badge_out: bool = False
    """Whether the badge that was given, if one was, has yet to come back."""


_DECISIONS = frozenset({EventKind.ADMITTED, EventKind.TURNED_AWAY})


def standing(events: Iterable[VisitEvent]) -> Standing:
    """Return where a visit stands after `events`, in whatever order they are given.

    An undone event counts as if it had never been; a visit whose every event is undone is undone itself. Leaving is
    final, so no clock that went wrong between in and out can bring somebody back inside; two guards who both wrote
    down the same leaving leave the earlier time. A badge comes back with its visitor unless it was missed then; one
    that was missed is out until it is found.
    """
    known = list(events)
    undone = {event.undoes for event in known if event.kind is EventKind.UNDONE}
    valid = [event for event in known if event.event_id not in undone]
    outs = [event.at_ms for event in valid if event.kind is EventKind.OUT]
    kinds = {event.kind for event in valid}
    if outs:
        missed = EventKind.BADGE_MISSING in kinds and EventKind.BADGE_BACK not in kinds
        return Standing(VisitState.LEFT, min(outs), missed)
    if EventKind.TURNED_AWAY in kinds:
        return Standing(VisitState.TURNED_AWAY)
    if EventKind.ADMITTED in kinds:
        return Standing(VisitState.INSIDE, badge_out=True)
    decisions = [event for event in known if event.kind in _DECISIONS]
    return Standing(VisitState.UNDONE if decisions else VisitState.REGISTERED)


def valid_corrections(events: Iterable[VisitEvent]) -> list[VisitEvent]:
    """Return the corrections that hold, the oldest first, whatever order `events` come in; undone ones do not."""
    known = list(events)
    undone = {event.undoes for event in known if event.kind is EventKind.UNDONE}
    corrections = [one for one in known if one.kind is EventKind.CORRECTED and one.event_id not in undone]
    return sorted(corrections, key=lambda one: (one.at_ms, one.event_id))


@dataclass(frozen=True, slots=True)
class Registration:
    """What a guard has written down about a visitor, before the decision. Texts are safe() and trimmed."""

    name: str = ""
    sex: Sex | None = None
    phone: str = ""
    company: str = ""
    document_type: DocumentType | None = None
    document_number: str = ""
    companions: int = 0
    companion_names: tuple[str, ...] = ()
    house_id: bytes | None = None
    household_id: bytes | None = None
    room_code: str = ""
    confirmed_by: bytes | None = None
    confirmed_how: ConfirmedHow | None = None
    confirmed_ms: int | None = None
    reason: Reason | None = None
    reason_note: str = ""
    plate: str = ""
    vehicle_type: str = ""
    parking: str = ""
    valet: bool = False
    belongings: str = ""
    badge: str = ""
    looks: str = ""
    keeps_number: bool = False
    """Whether policy keeps the document's number for this visit; set by `under`."""
    check: GateCheck = field(default_factory=GateCheck)


def under(policies: Policies, registration: Registration, *, first_visit: bool) -> Registration:
    """Return `registration` as policy has it: which checks the reason asks, and whether the number is kept.

    `first_visit` tells whether nobody with this phone was here before. Screens show this and `desk/` decides by it,
    so no caller can ask for less than the estate does.
    """
    asked = policies.rule(registration.reason).asked if registration.reason else ALL_CHECKS
    check = replace(registration.check, asked=asked, has_vehicle=bool(registration.plate))
    keeps = registration.reason is not None and policies.keeps_number(registration.reason, first_visit)
    return replace(registration, check=check, keeps_number=keeps)


class Missing(StrEnum):
    """What every admission needs beside the check."""

    NAME = "name"
    REASON = "reason"
    HOUSE = "house"
    NUMBER = "number"


NEEDS_NO_HOUSE = frozenset({Reason.MAINTENANCE, Reason.OFFICIAL, Reason.EMERGENCY})
"""Those who may come for the estate itself rather than for a home."""


def missing(registration: Registration) -> list[Missing]:
    """Return what has yet to be written before the visitor can be admitted, in the order of the form.

    An emergency service is admitted at once.
    """
    if registration.reason is Reason.EMERGENCY:
        return []
    needed: list[Missing] = []
    if not registration.name:
        needed.append(Missing.NAME)
    if registration.house_id is None and registration.reason not in NEEDS_NO_HOUSE:
        needed.append(Missing.HOUSE)
    if registration.reason is None:
        needed.append(Missing.REASON)
    if registration.keeps_number and not registration.document_number:
        needed.append(Missing.NUMBER)
    return needed


def in_the_way(registration: Registration) -> list[Missing | Check]:
    """Return all that keeps the visitor out: what is missing, then the checks; empty means admit.

    Nothing keeps an emergency service out, whatever was found before it was known to be one.
    """
    if registration.reason is Reason.EMERGENCY:
        return []
    return [*missing(registration), *registration.check.in_the_way()]
