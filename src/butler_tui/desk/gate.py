"""The gate's use cases: admit, turn away, check out, undo. Each is one act, one transaction, one group of changes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from butler_tui import labels
from butler_tui.desk.session import Session, require
from butler_tui.domain.changes import Value
from butler_tui.domain.documents import DocumentType, mask_number, mask_numbers_in, read_number
from butler_tui.domain.policies import Policies, TurnAwayReason
from butler_tui.domain.rights import Act
from butler_tui.domain.visits import EventKind, Registration, in_the_way, under
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.sealing import seal
from butler_tui.store import estates, month_keys, visits
from butler_tui.store.journal import Written, record
from butler_tui.store.local import Store
from butler_tui.text import safe
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class Done:
    """What an act left behind: enough to show it, and to take it back within the policy's seconds."""

    visit_id: bytes
    event_id: bytes
    kind: EventKind
    at_ms: int
    events: int
    """How many events the visit had with this one: more means that somebody has acted since."""


def admit(store: Store, session: Session, registration: Registration, policies: Policies, now_ms: int) -> Done:
    """Save a visitor and let them in.

    Raises RuleBroken naming what stands in the way (an open, doubtful or failed check, a missing fact, a badge that
    is already out), NotAllowed, or FileTrouble; then nothing is saved.
    """
    require(session, Act.REGISTER_VISIT)
    registration = _under(store, policies, registration)
    obstacles = in_the_way(registration)
    if obstacles:
        raise RuleBroken(N_("Cannot admit yet: {what} is not settled."), what=labels.label(obstacles[0]))
    return _save(store, session, registration, policies, now_ms, EventKind.ADMITTED, None, "")


def turn_away(
    store: Store,
    session: Session,
    registration: Registration,
    policies: Policies,
    now_ms: int,
    *,
    reason: TurnAwayReason,
    note: str = "",
) -> Done:
    """Save a visitor who was not let in, with the reason; recorded just as one admitted.

    Raises NotAllowed or FileTrouble; then nothing is saved.
    """
    require(session, Act.TURN_AWAY)
    registration = _under(store, policies, registration)
    return _save(store, session, registration, policies, now_ms, EventKind.TURNED_AWAY, reason, note)


def check_out(store: Store, session: Session, visit_id: bytes, now_ms: int) -> Done:
    """Write down that a visitor has left; raises RuleBroken where they are not inside (any more)."""
    require(session, Act.CHECK_OUT)
    event = _event(visit_id, session, EventKind.OUT, now_ms)
    before = 0

    def still_inside() -> None:
        nonlocal before
        if visits.inside(store.connection, visit_id) is None:
            raise RuleBroken(N_("This visitor has already left."))
        before = visits.events(store.connection, visit_id)

    record(store, [event], staff_id=session.staff.staff_id, now_ms=now_ms, provided=still_inside)
    return Done(visit_id, event.record_id, EventKind.OUT, now_ms, before + 1)


def undo(store: Store, session: Session, done: Done, policies: Policies, now_ms: int) -> None:
    """Take the last act back by an event of its own; the record of both stays.

    Raises RuleBroken once the policy's seconds are over, where somebody else has acted on the visit since, or where
    the badge of a visitor who would be inside again has been given to another.
    """
    require(session, Act.UNDO_VISIT)
    if not 0 <= now_ms - done.at_ms <= policies.undo_s * 1000:
        raise RuleBroken(N_("Only the last {seconds} seconds can be undone."), seconds=policies.undo_s)

    def untouched() -> None:
        if visits.events(store.connection, done.visit_id) != done.events:
            raise RuleBroken(N_("Something has happened to this visit since; it was not undone."))
        if done.kind is EventKind.OUT:
            _badge_is_free(store, visits.badge_of(store.connection, done.visit_id))

    event = _event(done.visit_id, session, EventKind.UNDONE, now_ms, undoes=done.event_id)
    record(store, [event], staff_id=session.staff.staff_id, now_ms=now_ms, provided=untouched)


def _under(store: Store, policies: Policies, registration: Registration) -> Registration:
    phone = safe(registration.phone)  # what looks it up takes no half of a character
    first = not phone or visits.earlier_by_phone(store.connection, phone) is None
    return under(policies, registration, first_visit=first)


def _badge_is_free(store: Store, badge: str) -> None:
    wearer = visits.by_badge(store.connection, badge) if badge else None
    if wearer is not None:
        raise RuleBroken(
            N_("Badge {badge} is still out with {who}. Take it back first, or give another."),
            badge=badge,
            who=labels.greeting(wearer.name, wearer.sex),
        )


def _save(
    store: Store,
    session: Session,
    registration: Registration,
    policies: Policies,
    now_ms: int,
    kind: EventKind,
    reason: TurnAwayReason | None,
    note: str,
) -> Done:
    visit_id = new_id(now_ms)
    estate = estates.estate(store.connection)
    zone = ZoneInfo(estate.time_zone if estate else "UTC")
    values = _visit_values(registration, session, now_ms)
    rule = policies.rule(registration.reason) if registration.reason else None
    if rule is not None and kind is EventKind.ADMITTED:
        values["expected_out_ms"] = rule.expected_out_ms(now_ms, zone)
    written = [Written("visit", visit_id, values)]
    if registration.document_number and registration.keeps_number:
        document, secret = _secret(store, registration, visit_id, now_ms, zone)
        values.update(document)
        written.append(secret)
    written += [
        Written("companion", new_id(now_ms), {"visit_id": visit_id, "name": _kept(name)})
        for name in registration.companion_names
        if _kept(name)
    ]
    event = _event(visit_id, session, kind, now_ms, reason=str(reason) if reason else None, note=_kept(note))
    badge = safe(registration.badge).strip() if kind is EventKind.ADMITTED else ""
    record(
        store,
        [*written, event],
        staff_id=session.staff.staff_id,
        now_ms=now_ms,
        provided=lambda: _badge_is_free(store, badge),
    )
    return Done(visit_id, event.record_id, kind, now_ms, events=1)


def _secret(
    store: Store, registration: Registration, visit_id: bytes, now_ms: int, zone: ZoneInfo
) -> tuple[dict[str, Value], Written]:
    """Return the visit's masked form, and the record that keeps the number; a new month's key is recorded here."""
    today = datetime.fromtimestamp(now_ms / 1000, zone)
    kind = registration.document_type or DocumentType.OTHER
    reading = read_number(kind, registration.document_number, today.date())
    month_key_id, key = month_keys.month_key_for(store, today.strftime("%Y-%m"), now_ms)
    secret_id = new_id(now_ms)
    sealed = seal(key, safe(reading.number).encode(), record_id=secret_id, field="number")
    secret = Written(
        "document_secret", secret_id, {"visit_id": visit_id, "month_key_id": month_key_id, "sealed": sealed}
    )
    masked: dict[str, Value] = {
        "document_masked": mask_number(safe(reading.number)),
        "document_doubts": json.dumps([str(doubt) for doubt in reading.doubts]),
    }
    return masked, secret


def _kept(text: str) -> str | None:
    """Return free text as it is kept: safe, trimmed, personal numbers in it masked; None where nothing is left."""
    return mask_numbers_in(safe(text)).strip() or None


def _event(
    visit_id: bytes,
    session: Session,
    kind: EventKind,
    now_ms: int,
    *,
    reason: str | None = None,
    note: str | None = None,
    undoes: bytes | None = None,
) -> Written:
    values: dict[str, Value] = {
        "visit_id": visit_id,
        "kind": str(kind),
        "at_ms": now_ms,
        "gate_id": session.gate_id,
        "staff_id": session.staff.staff_id,
        "reason": reason,
        "note": note,
        "undoes": undoes,
    }
    return Written("visit_event", new_id(now_ms), {name: value for name, value in values.items() if value is not None})


def _visit_values(registration: Registration, session: Session, now_ms: int) -> dict[str, Value]:
    """Return the columns of a visit, texts made safe, what was left empty left out."""
    texts = {
        name: _kept(getattr(registration, name))
        for name in ("name", "phone", "company", "room_code", "reason_note", "plate", "vehicle_type", "parking",
                     "belongings", "badge", "looks")
    }  # fmt: skip
    check = registration.check
    values: dict[str, Value] = {
        **texts,
        "registered_ms": now_ms,
        "gate_id": session.gate_id,
        "staff_id": session.staff.staff_id,
        "sex": str(registration.sex) if registration.sex else None,
        "document_type": str(registration.document_type) if registration.document_type else None,
        "companions": max(registration.companions, len(registration.companion_names)),
        "house_id": registration.house_id,
        "household_id": registration.household_id,
        "confirmed_by": registration.confirmed_by,
        "confirmed_how": str(registration.confirmed_how) if registration.confirmed_how else None,
        "confirmed_ms": registration.confirmed_ms,
        "reason": str(registration.reason or "other"),
        "valet": int(registration.valet),
        **{str(name): str(outcome) for name, outcome in check.outcomes().items()},
        "check_notes": json.dumps({str(name): _kept(text) for name, text in check.notes.items()}, ensure_ascii=False)
        if check.notes
        else None,
    }
    return {name: value for name, value in values.items() if value is not None}
