"""The gate's use cases: admit, turn away, check out, undo. Each is one act, one transaction, one group of changes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from butler_tui import labels
from butler_tui.desk import override_codes
from butler_tui.desk.audit import Subject, audit_row
from butler_tui.desk.session import Session, require
from butler_tui.desk.visit_events import badge_is_free, in_time_to_undo, kept, nothing_since, visit_event
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.changes import Value
from butler_tui.domain.documents import DocumentType, mask_number, read_number
from butler_tui.domain.gate_check import Check
from butler_tui.domain.override_codes import spoken
from butler_tui.domain.policies import Policies, TurnAwayReason
from butler_tui.domain.rights import Act, may
from butler_tui.domain.visits import EventKind, Missing, Registration, in_the_way, missing, under
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.ids import new_id
from butler_tui.sealing import seal
from butler_tui.store import drafts, estates, month_keys, visit_history, visits
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.staff import Staff
from butler_tui.store.writing import SAVED_ALREADY
from butler_tui.store.written import Written
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


@dataclass(frozen=True, slots=True)
class Override:
    """Who lets a visitor in although a check is open, doubtful or failed, and why; their PIN or code has been checked.

    `challenge` is the one that their code was made from; empty where they gave their PIN.
    """

    by: Staff
    why: str
    challenge: str = ""

    @property
    def how(self) -> str:
        """By what it was checked, as it is recorded."""
        return "code" if self.challenge else "pin"


@dataclass(frozen=True, slots=True)
class _Decision:
    """What was decided about a visitor, as their first event says it."""

    kind: EventKind
    reason: TurnAwayReason | None = None
    note: str = ""
    override: Override | None = None


def admit(
    store: Store,
    session: Session,
    registration: Registration,
    policies: Policies,
    now_ms: int,
    *,
    override: Override | None = None,
    draft_id: bytes | None = None,
) -> Done:
    """Save a visitor and let them in; the draft they were typed in, if any, goes with it and gives the visit its id.

    Raises RuleBroken naming what stands in the way (an open, doubtful or failed check without an override, a missing
    fact, a badge that is already out), NotAllowed, or FileTrouble; then nothing is saved.
    """
    require(session, Act.REGISTER_VISIT)
    registration = _under(store, policies, registration)
    obstacles: Sequence[Missing | Check] = in_the_way(registration)
    if override is not None:
        _require_override(override, obstacles)
        obstacles = missing(registration)
    if obstacles:
        raise RuleBroken(N_("Cannot admit yet: {what} is not settled."), what=labels.label(obstacles[0]))
    decision = _Decision(EventKind.ADMITTED, note=override.why if override else "", override=override)
    return _save(store, session, registration, policies, now_ms, decision, draft_id)


def _require_override(override: Override, obstacles: Sequence[Missing | Check]) -> None:
    if not may(override.by.role, Act.OVERRIDE):
        raise NotAllowed(N_("Only a shift lead or supervisor may override."))
    if not safe(override.why).strip():
        raise RuleBroken(N_("Say why, then the visitor can be let in."))
    if not any(isinstance(one, Check) for one in obstacles):
        raise RuleBroken(N_("No check stands in the way; there is nothing to override."))


def turn_away(
    store: Store,
    session: Session,
    registration: Registration,
    policies: Policies,
    now_ms: int,
    *,
    reason: TurnAwayReason,
    note: str = "",
    draft_id: bytes | None = None,
) -> Done:
    """Save a visitor who was not let in, with the reason; recorded just as one admitted.

    Raises NotAllowed or FileTrouble; then nothing is saved.
    """
    require(session, Act.TURN_AWAY)
    registration = _under(store, policies, registration)
    decision = _Decision(EventKind.TURNED_AWAY, reason, note)
    return _save(store, session, registration, policies, now_ms, decision, draft_id)


def check_out(store: Store, session: Session, visit_id: bytes, now_ms: int) -> Done:
    """Write down that a visitor has left; raises RuleBroken where they are not inside (any more)."""
    require(session, Act.CHECK_OUT)
    event = visit_event(visit_id, session, EventKind.OUT, now_ms)
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
    in_time_to_undo(session, done, policies, now_ms)

    def untouched() -> None:
        nothing_since(store, done)
        if done.kind is EventKind.OUT:
            badge_is_free(store, visits.badge_of(store.connection, done.visit_id))
        if done.kind is EventKind.CORRECTED:
            _badge_comes_back(store, done)

    event = visit_event(done.visit_id, session, EventKind.UNDONE, now_ms, undoes=done.event_id)
    record(store, [event], staff_id=session.staff.staff_id, now_ms=now_ms, provided=untouched)


def _badge_comes_back(store: Store, done: Done) -> None:
    """Raise RuleBroken where undoing a correction would give back a badge that somebody else wears by now."""
    badge = visit_history.badge_without(store.connection, done.visit_id, done.event_id)
    if badge != visits.badge_of(store.connection, done.visit_id):
        badge_is_free(store, badge)


def _under(store: Store, policies: Policies, registration: Registration) -> Registration:
    phone = safe(registration.phone)  # what looks it up takes no half of a character
    first = not phone or visits.earlier_by_phone(store.connection, phone) is None
    return under(policies, registration, first_visit=first)


def _save(
    store: Store,
    session: Session,
    registration: Registration,
    policies: Policies,
    now_ms: int,
    decision: _Decision,
    draft_id: bytes | None,
) -> Done:
    visit_id, kind = draft_id or new_id(now_ms), decision.kind
    zone = estates.zone(store.connection)
    values = _visit_values(registration, session, now_ms)
    rule = policies.rule(registration.reason) if registration.reason else None
    if rule is not None and kind is EventKind.ADMITTED:
        values["expected_out_ms"] = rule.expected_out_ms(now_ms, zone)
    written = [Written("visit", visit_id, values)]
    if registration.document_number and registration.keeps_number:
        document, secret = _secret(store, registration, visit_id, now_ms, zone)
        values.update(document)
        written.append(secret)
    written += _companions(registration, visit_id, now_ms)
    event, override = _decided(visit_id, session, decision, now_ms), decision.override
    if override is not None and override.challenge:
        subject, told = Subject("visit", visit_id), spoken(override.challenge)
        written.append(audit_row(AuditAct.OVERRIDE_CODE_USED, session, now_ms, subject=subject, reason=told))
    badge = safe(registration.badge).strip() if kind is EventKind.ADMITTED else ""

    def with_the_draft() -> None:
        if visits.saved(store.connection, visit_id):  # in another window that had brought back the same draft
            raise RuleBroken(SAVED_ALREADY)
        badge_is_free(store, badge)
        if override is not None and override.challenge:
            override_codes.use(store, override.challenge, override.by, visit_id, registration)
        if draft_id is not None:
            drafts.drop(store.connection, draft_id)

    record(store, [*written, event], staff_id=session.staff.staff_id, now_ms=now_ms, provided=with_the_draft)
    return Done(visit_id, event.record_id, kind, now_ms, events=1)


def _companions(registration: Registration, visit_id: bytes, now_ms: int) -> list[Written]:
    named = (kept(name) for name in registration.companion_names)
    return [Written("companion", new_id(now_ms), {"visit_id": visit_id, "name": name}) for name in named if name]


def _decided(visit_id: bytes, session: Session, decision: _Decision, now_ms: int) -> Written:
    override = decision.override
    return visit_event(
        visit_id,
        session,
        decision.kind,
        now_ms,
        reason=str(decision.reason) if decision.reason else None,
        note=kept(decision.note),
        override_by=override.by.staff_id if override else None,
        override_how=override.how if override else None,
    )


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


def _visit_values(registration: Registration, session: Session, now_ms: int) -> dict[str, Value]:
    """Return the columns of a visit, texts made safe, what was left empty left out."""
    texts = {
        name: kept(getattr(registration, name))
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
        "check_notes": json.dumps({str(name): kept(text) for name, text in check.notes.items()}, ensure_ascii=False)
        if check.notes
        else None,
    }
    return {name: value for name, value in values.items() if value is not None}
