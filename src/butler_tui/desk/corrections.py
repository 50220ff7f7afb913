"""Putting a saved visit right: an event of its own with a reason; what was put stays on record."""

from __future__ import annotations

import json
from collections.abc import Mapping

from butler_tui import labels
from butler_tui.desk.gate import Done
from butler_tui.desk.session import Session, require
from butler_tui.desk.visit_events import badge_is_free, kept, visit_event
from butler_tui.domain.changes import Value, WireValue, to_wire
from butler_tui.domain.corrections import (
    COMPANION_NAMES,
    NAMES_BETWEEN,
    NEVER_EMPTY,
    NOTES,
    Corrected,
    CorrectionReason,
    Refusal,
    may_be_found,
    notes_of,
    notes_text,
    refusal,
)
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.entries import MOST_COMPANIONS, read_companions
from butler_tui.domain.fields import TABLES, Kind
from butler_tui.domain.gate_check import Check
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import read_plate, vehicle_type
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.rights import Act
from butler_tui.domain.visits import NEEDS_NO_HOUSE, ConfirmedHow, EventKind, VisitState
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.store import estates, households, visit_history, visits
from butler_tui.store.database import Row
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.words import N_

_VISIT = TABLES["visit"]
_CODES = {"sex": Sex, "reason": Reason, "document_type": DocumentType, "confirmed_how": ConfirmedHow}
_REFUSED: dict[Refusal, tuple[type[NotAllowed] | type[RuleBroken], str]] = {
    Refusal.NOT_STANDING: (RuleBroken, N_("This visit was undone; there is nothing to correct.")),
    Refusal.TOO_LATE: (NotAllowed, N_("It is too late to correct this visit. Ask the shift lead or a supervisor.")),
    Refusal.OTHER_GATE: (
        NotAllowed,
        N_("Another gate registered this visit: a shift lead or supervisor corrects it."),
    ),
    Refusal.LEAD_ONLY: (
        NotAllowed,
        N_("Only a shift lead or supervisor may make an emergency of a visit, or the other way round."),
    ),
    Refusal.FIXED: (RuleBroken, N_("This cannot be corrected.")),
    Refusal.CHECKED_THEN: (RuleBroken, N_("What was found at the check stays as it was found.")),
}


def require_correctable(store: Store, session: Session, visit_id: bytes, policies: Policies, now_ms: int) -> None:
    """Raise RuleBroken or NotAllowed, in a sentence, where nothing of a visit is this person's to correct by now.

    `now_ms` is UTC ms.
    """
    require(session, Act.CORRECT_VISIT)
    _refuse(store, session, _there(store, visit_id), {}, policies, now_ms)


def correct(
    store: Store,
    session: Session,
    visit_id: bytes,
    changed: Mapping[str, Value],
    reason: CorrectionReason,
    note: str,
    policies: Policies,
    now_ms: int,
) -> Done:
    """Put a visit right by an event; `changed` has the new values by column, as stored, and may repeat present ones.

    What follows is written too: the house of a room code, the kind of a plate, when a visitor is expected out for a
    new reason, unless it is given. `companion_names` is one text of names. Raises RuleBroken or NotAllowed in a
    sentence (nothing differs, too late, not this person's to correct, a badge that somebody else wears, something has
    happened meanwhile) or FileTrouble; then nothing is saved.
    """
    require(session, Act.CORRECT_VISIT)
    row = _there(store, visit_id)
    if reason is CorrectionReason.OTHER and not kept(note):
        raise RuleBroken(N_("Say in a few words why."))
    before = visits.events(store.connection, visit_id)
    wanted = _followed(store, row, _read(changed), policies)
    differing = _differing(store, row, wanted)
    _refuse(store, session, row, differing, policies, now_ms)
    if not differing:
        raise RuleBroken(N_("Nothing differs from what is saved."))
    badge = differing.get("badge") if row["badge_out"] else None
    text = json.dumps(differing, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    at_ms = _after_the_last(store, visit_id, now_ms)
    said = {"reason": str(reason), "note": kept(note), "corrected": text}
    event = visit_event(visit_id, session, EventKind.CORRECTED, at_ms, **said)

    def as_it_was_read() -> None:
        if visits.events(store.connection, visit_id) != before:
            raise RuleBroken(N_("Something has happened to this visit meanwhile. Look again, then correct it."))
        badge_is_free(store, str(badge or ""))

    record(store, [event], staff_id=session.staff.staff_id, now_ms=now_ms, provided=as_it_was_read)
    return Done(visit_id, event.record_id, EventKind.CORRECTED, now_ms, before + 1)


def _there(store: Store, visit_id: bytes) -> Row:
    row = visit_history.whole(store.connection, visit_id)
    if row is None:
        raise RuleBroken(N_("There is no such visit."))
    return row


def _after_the_last(store: Store, visit_id: bytes, now_ms: int) -> int:
    """Return a time after the last correction, now if it can be: the later one holds, also where a clock went back."""
    told = visit_history.history(store.connection, visit_id)
    return max(now_ms, *(one.at_ms + 1 for one in told if one.kind == EventKind.CORRECTED), 0)


def _read(changed: Mapping[str, Value]) -> dict[str, Value]:
    """Return the new values as they are kept: texts safe and masked, codes known; raises RuleBroken for others."""
    return {name: _read_one(name, value) for name, value in changed.items()}


def _read_one(name: str, value: Value) -> Value:
    if name == COMPANION_NAMES:
        names = read_companions(str(value or "")).names
        return NAMES_BETWEEN.join(filter(None, map(kept, names))) or None
    field = _VISIT.field(name)
    if field is None:
        raise RuleBroken(N_("This cannot be corrected."))
    if name == NOTES:
        notes = notes_of(str(value or ""))
        return notes_text({check: words for check, note in notes.items() if (words := kept(note))})
    if field.kind is not Kind.TEXT:
        return value
    text = kept(str(value)) if value is not None else None
    known = {str(code) for code in _CODES[name]} if name in _CODES else None
    wrong = known is not None and text is not None and text not in known
    if wrong or (text is not None and name in set(Check) and not may_be_found(text)):
        raise RuleBroken(N_("{what} cannot be {value}."), what=labels.column_label(name), value=text)
    return text


def _followed(store: Store, row: Row, wanted: dict[str, Value], policies: Policies) -> dict[str, Value]:
    """Return `wanted` with what follows from it."""
    followed = dict(wanted)
    _must_stand(row, followed)
    if "room_code" in wanted and wanted["room_code"] != row["room_code"]:
        followed |= _house(store, row, wanted)
    if "plate" in wanted and wanted["plate"] != row["plate"] and "vehicle_type" not in wanted:
        plate = read_plate(str(wanted["plate"] or ""))
        kind = vehicle_type(plate) if plate else None
        followed |= {"plate": plate.text if plate else wanted["plate"], "vehicle_type": str(kind) if kind else None}
    came = row["state"] in (VisitState.INSIDE, VisitState.LEFT)
    if came and "reason" in wanted and wanted["reason"] != row["reason"] and "expected_out_ms" not in wanted:
        zone = estates.zone(store.connection)
        rule = policies.rule(Reason(str(wanted["reason"])))
        followed["expected_out_ms"] = rule.expected_out_ms(row["registered_ms"], zone)
    if COMPANION_NAMES in wanted or "companions" in wanted:
        names = wanted.get(COMPANION_NAMES)
        count = wanted.get("companions", row["companions"])
        named = len(str(names).split(NAMES_BETWEEN)) if names else 0
        followed["companions"] = min(max(count if isinstance(count, int) else 0, named), MOST_COMPANIONS)
    return followed


def _must_stand(row: Row, wanted: Mapping[str, Value]) -> None:
    """Raise RuleBroken where a correction would empty what an admission needs."""
    needed = set(NEVER_EMPTY)
    admitted = row["state"] in (VisitState.INSIDE, VisitState.LEFT)
    if admitted and row["reason"] != Reason.EMERGENCY and row["name"]:
        needed.add("name")
    for name in sorted(needed):
        if name in wanted and wanted[name] in (None, ""):
            raise RuleBroken(N_("{what} must not be empty."), what=labels.column_label(name))


def _house(store: Store, row: Row, wanted: Mapping[str, Value]) -> dict[str, Value]:
    """Return the house of a new room code; who confirmed for another household confirmed nothing here."""
    code = str(wanted["room_code"] or "")
    home = households.at_room(store.connection, code) if code else None
    reason = wanted.get("reason") or row["reason"]
    if home is None and (code or reason not in NEEDS_NO_HOUSE) and row["house_id"] is not None:
        raise RuleBroken(N_("There is no room {room}."), room=code or "-")
    found: dict[str, Value] = {
        "house_id": home.house_id if home else None,
        "household_id": home.household_id if home else None,
    }
    if "confirmed_by" not in wanted and row["household_id"] != found["household_id"]:
        found |= {"confirmed_by": None, "confirmed_how": None, "confirmed_ms": None}
    return found


def _differing(store: Store, row: Row, wanted: Mapping[str, Value]) -> dict[str, WireValue]:
    """Return what differs from the present values, as it travels."""
    present: dict[str, Value] = {name: row[name] for name in wanted if name != COMPANION_NAMES}
    if COMPANION_NAMES in wanted:
        names = visit_history.companion_names(store.connection, row["visit_id"])
        present[COMPANION_NAMES] = NAMES_BETWEEN.join(names) or None
    return {
        name: to_wire(_kind(name), value or None if value == "" else value)
        for name, value in wanted.items()
        if (None if value == "" else value) != present[name]
    }


def _kind(name: str) -> Kind:
    field = _VISIT.field(name)
    return field.kind if field else Kind.TEXT


def _refuse(
    store: Store,
    session: Session,
    row: Row,
    differing: Mapping[str, WireValue],
    policies: Policies,
    now_ms: int,
) -> None:
    visit = Corrected(VisitState(row["state"]), row["gate_id"] == session.gate_id, row["registered_ms"], row["reason"])
    new_reason = differing.get("reason")
    why = refusal(visit, differing, str(new_reason) if new_reason else None, session.staff.role, policies, now_ms)
    if why is not None:
        error, sentence = _REFUSED[why]
        raise error(sentence)
