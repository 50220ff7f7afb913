"""Visits as commands read and print them: masked, in words and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import tzinfo
from enum import StrEnum
from typing import Any, TypeVar

from butler_tui import labels
from butler_tui.cli.dates import day_begins
from butler_tui.cli.output import now_ms
from butler_tui.desk.visit_words import code_words, history_words, value_words
from butler_tui.domain.changes import to_wire
from butler_tui.domain.corrections import notes_of
from butler_tui.domain.documents import DocumentType, guess_type, mask_phone
from butler_tui.domain.entries import read_companions, read_room
from butler_tui.domain.fields import TABLES
from butler_tui.domain.folding import fold
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import Sex, normalise_phone, read_phone, sex_of_code
from butler_tui.domain.plates import read_plate, vehicle_type
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow, Registration, VisitState, under
from butler_tui.errors import RuleBroken, WrongUsage
from butler_tui.ids import id_text, parse_id
from butler_tui.store import estates, households, visit_history, visit_lists, visits
from butler_tui.store.database import Row
from butler_tui.store.households import Confirmer, GateHousehold
from butler_tui.store.local import Store
from butler_tui.store.visits import OnSite
from butler_tui.text import safe
from butler_tui.words import N_

Facts = dict[str, Any]
C = TypeVar("C", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Given:
    """What `butler visits add` was told, as typed."""

    name: str
    reason: str
    room: str
    checks: tuple[str, ...]
    check_notes: tuple[str, ...]
    sex: str
    phone: str
    company: str
    companions: str
    confirmed_by: str
    confirmed_how: str
    reason_note: str
    document_type: str
    document_number: str
    plate: str
    parking: str
    valet: bool
    belongings: str
    badge: str
    looks: str


def zone_of(store: Store) -> tzinfo:
    """Return the estate's zone."""
    return estates.zone(store.connection)


def registration(store: Store, given: Given, policies: Policies, at_ms: int) -> Registration:
    """Return what was given, read as the gate's form reads it; raises WrongUsage or RuleBroken for what is unknown."""
    home = _home(store, given.room)
    confirmer = _confirmer(home, given.confirmed_by)
    how = _code(ConfirmedHow, given.confirmed_how, "--confirmed-how")
    companions = read_companions(safe(given.companions))
    plate = read_plate(safe(given.plate)) if given.plate else None
    kind = vehicle_type(plate) if plate else None
    number = safe(given.document_number).strip()
    document = _code(DocumentType, given.document_type, "--document-type")
    visitor = Registration(
        name=safe(given.name).strip(),
        sex=_code(Sex, given.sex, "--sex"),
        phone=read_phone(safe(given.phone)) or normalise_phone(safe(given.phone)),
        company=safe(given.company).strip(),
        document_type=document or (guess_type(number) or DocumentType.RESIDENT_ID if number else None),
        document_number=number,
        companions=companions.count,
        companion_names=companions.names,
        house_id=home.house_id if home else None,
        household_id=home.household_id if home else None,
        room_code=home.room_code if home else safe(given.room).strip(),
        confirmed_by=confirmer,
        confirmed_how=how or (ConfirmedHow.INTERCOM if confirmer else None),
        confirmed_ms=at_ms if confirmer or how else None,
        reason=_code(Reason, given.reason, "--reason"),
        reason_note=safe(given.reason_note).strip(),
        plate=plate.text if plate else safe(given.plate).strip(),
        vehicle_type=str(kind) if kind else "",
        parking=safe(given.parking).strip(),
        valet=given.valet,
        belongings=safe(given.belongings).strip(),
        badge=fold(safe(given.badge)).strip().upper(),
        looks=safe(given.looks).strip(),
    )
    # Which checks may be "not applicable" hangs on policy and on there being a vehicle.
    asked = under(policies, visitor, first_visit=True)
    return _with_checks(asked, given)


def _home(store: Store, room: str) -> GateHousehold | None:
    if not room:
        return None
    home = households.at_room(store.connection, read_room(safe(room)))
    if home is None:
        raise RuleBroken(N_("There is no room {room}."), room=safe(room))
    return home


def _confirmer(home: GateHousehold | None, name: str) -> bytes | None:
    if not name:
        return None
    wanted = safe(name).strip()
    there = home.confirmers if home else ()
    for call in (lambda one: one.name, lambda one: one.called, _politely):
        found = [one.resident_id for one in there if call(one) == wanted]
        if len(found) == 1:
            return found[0]
    may = ", ".join(one.called or _politely(one) for one in there) or "-"
    raise RuleBroken(N_("{name} is not among those who may confirm for this room: {may}."), name=wanted, may=may)


def _politely(one: Confirmer) -> str:
    """Return how somebody is called on the screens."""
    return labels.greeting(one.name, one.sex)


def _code(known: type[C], text: str, option: str) -> C | None:
    if not text:
        return None
    try:
        return known(text.strip())
    except ValueError:
        choices = ", ".join(f"{one} ({labels.label(one)})" for one in known)
        raise WrongUsage(N_("{option} has to be one of {choices}."), option=option, choices=choices) from None


_CHECKS = {short: check for check in Check for short in (str(check), str(check).partition("_")[2])}
"""The six by their key, and by what it is about: `document` is check_document."""


def _with_checks(visitor: Registration, given: Given) -> Registration:
    notes = dict(_pair(text, "--check-note") for text in given.check_notes)
    check = visitor.check
    for text in given.checks:
        which, outcome = _pair(text, "--check")
        found = _code(Outcome, outcome, "--check")
        try:
            check = check.with_finding(which, found or Outcome.OPEN, notes.get(which, ""))
        except ValueError:
            raise RuleBroken(
                N_("{what} cannot be {value}."), what=labels.label(which), value=code_words(Outcome, outcome)
            ) from None
    return replace(visitor, check=_kept_findings(check))


def _kept_findings(check: GateCheck) -> GateCheck:
    return GateCheck(found=check.found, notes=check.notes)


def _pair(text: str, option: str) -> tuple[Check, str]:
    name, between, value = text.partition("=")
    check = _CHECKS.get(name.strip())
    if not between or check is None:
        raise WrongUsage(
            N_("{option} is written as CHECK={value}; the checks are {choices}."),
            option=option, value="TEXT", choices=", ".join(str(one).partition("_")[2] for one in Check),
        )  # fmt: skip
    return check, safe(value).strip()


def listed(store: Store, *, inside: bool, since: str, most: int) -> list[tuple[Facts, str]]:
    """Return visits, the newest first, each as facts and as one line of words; names polite, phones masked."""
    zone = zone_of(store)
    since_ms = day_begins(since, zone) if since else None
    rows = visit_lists.newest(store.connection, inside=inside, since_ms=since_ms, most=most)
    at_ms = now_ms()
    return [(_facts(row), _line(row, at_ms, zone)) for row in rows]


def _facts(row: Row) -> Facts:
    return {
        "visit": id_text(row["visit_id"]),
        "state": row["state"],
        "registered": row["registered_ms"],
        "out": row["out_ms"],
        "expected_out": row["expected_out_ms"],
        "who": _who(row),
        "phone": mask_phone(row["phone"] or ""),
        "companions": row["companions"],
        "room": row["room_code"] or "",
        "reason": row["reason"],
        "plate": row["plate"] or "",
        "badge": row["badge"] or "",
        "corrected": row["original"] is not None,
    }


def _who(row: Row) -> str:
    return labels.greeting(safe(row["name"] or ""), sex_of_code(row["sex"]))


def _line(row: Row, at_ms: int, zone: tzinfo) -> str:
    parts = (
        id_text(row["visit_id"]),
        labels.day_and_clock(row["registered_ms"], zone),
        code_words(VisitState, row["state"]),
        row["badge"] or "-",
        _who(row),
        code_words(Reason, row["reason"]),
        row["room_code"] or "-",
        row["plate"] or "-",
        labels.room_left(row["expected_out_ms"], at_ms) if row["state"] == "inside" and row["expected_out_ms"] else "",
    )
    return "  ".join(safe(part) for part in parts).rstrip()


def called(store: Store, text: str) -> bytes:
    """Return the visit that an id, or the badge of somebody inside, calls; raises RuleBroken where there is none."""
    typed = fold(safe(text)).strip()
    wearer = visits.by_badge(store.connection, typed.upper())
    if wearer is not None:
        return wearer.visit_id
    try:
        visit_id = parse_id(typed.lower())
    except ValueError:
        raise RuleBroken(N_("Nobody inside wears badge {badge}, and it is no visit's id."), badge=typed) from None
    if visit_history.whole(store.connection, visit_id) is None:
        raise RuleBroken(N_("There is no such visit."))
    return visit_id


def inside_called(store: Store, text: str) -> OnSite:
    """Return the visitor inside whom a badge or an id calls; raises RuleBroken where nobody is."""
    visitor = visits.inside(store.connection, called(store, text))
    if visitor is None:
        raise RuleBroken(N_("This visitor has already left."))
    return visitor


_UNTOLD = frozenset({"gate_id", "staff_id", "house_id", "household_id", "confirmed_by", "check_notes", "name"})


def told(store: Store, text: str) -> tuple[Facts, list[str]]:
    """Return one visit and its history, as facts and as lines of words; phone and document are masked."""
    zone, visit_id = zone_of(store), called(store, text)
    row = visit_history.whole(store.connection, visit_id)
    assert row is not None
    history = visit_history.history(store.connection, visit_id)
    notes = notes_of(row["check_notes"])
    columns = {
        field.name: to_wire(field.kind, row[field.name])
        for field in TABLES["visit"].fields
        if field.name not in _UNTOLD and row[field.name] not in (None, "")
    }
    words = {name: value_words(name, value, zone) for name, value in columns.items()}
    facts = {**_facts(row), "visit_facts": words, "check_notes": notes, "history": []}
    lines = [_line(row, now_ms(), zone)]
    lines += [f"{labels.column_label(name)}: {value}" for name, value in words.items() if name not in _TIMES]
    lines += [f"{labels.column_label(str(name))}: {note}" for name, note in notes.items() if note]
    for headline, more in history_words(history, now_ms(), zone):
        facts["history"].append({"what": headline, "more": more})
        lines += [headline, *(f"  {one}" for one in more)]
    return facts, [safe(one) for one in lines]


_TIMES = frozenset({"registered_ms", "confirmed_ms", "valet", "document_doubts"})
