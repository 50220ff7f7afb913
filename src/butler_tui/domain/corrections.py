"""Corrections after saving: what may be put right, by whom and until when, and what corrections amount to.

What was put stays; a correction is an event that names the columns of the visit it changes, with their new values.
Both ends read such an event by `read_corrected` and apply it by `amount`, so that HQ's figures equal the booth's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from butler_tui.domain.changes import WireValue, from_wire
from butler_tui.domain.fields import TABLES, Kind
from butler_tui.domain.folding import fold
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.rights import Act, Role, may
from butler_tui.domain.visits import VisitEvent, VisitState, valid_corrections
from butler_tui.text import safe


class CorrectionReason(StrEnum):
    """Why a saved visit is put right; the order is that of the digits that pick."""

    TYPING_ERROR = "typing_error"
    TOLD_OTHERWISE = "told_otherwise"
    COMPLETED_AFTERWARDS = "completed_afterwards"
    LONGER_STAY = "longer_stay"
    OTHER = "other"


COMPANION_NAMES = "companion_names"
"""Stands among the columns for the names of those who came along, one text: 王海、李四. Records of companions stay."""
NAMES_BETWEEN = "、"

FACTS = frozenset(
    {
        "name", "sex", "phone", "company", "document_type", "companions", "house_id", "household_id", "room_code",
        "confirmed_by", "confirmed_how", "confirmed_ms", "reason", "reason_note", "plate", "vehicle_type", "parking",
        "valet", "belongings", "badge", "looks", "expected_out_ms",
    }
)  # fmt: skip
"""What a guard wrote down and may have got wrong. Who wrote it, where and when, is not among it; nor is a document's
number, which is written once."""
OUTCOMES = frozenset({*(str(check) for check in Check), "check_notes"})
"""What was found at the gate: given afterwards only for an emergency service, which nobody checked."""
NEVER_EMPTY = frozenset({"companions", "reason", "valet", *(str(check) for check in Check)})
_ALL = FACTS | OUTCOMES | {COMPANION_NAMES}
_VISIT = TABLES["visit"]
_LONGEST_NOTES = 4000
_LONGEST_STAY = timedelta(days=92)


def read_corrected(text: object) -> dict[str, WireValue]:
    """Return what an event's `corrected` changes, wire values by column, each made safe.

    What this version does not know or cannot read is left out: a column that no correction may change, a value of
    another kind, nothing where something must stand, and a text that is no JSON object at all.
    """
    try:
        found = json.loads(text) if isinstance(text, str) else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: _made_safe(name, value) for name, value in found.items() if _readable(name, value)}


def _made_safe(name: str, value: WireValue) -> WireValue:
    if not isinstance(value, str):
        return value
    return notes_text(notes_of(value)) if name == NOTES else safe(value, _LONGEST_NOTES)


NOTES = "check_notes"


def notes_of(text: str | None) -> dict[str, str]:
    """Return the guard's words by check, made safe, of a visit's `check_notes` (JSON); what is none is left out."""
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    known = found.items() if isinstance(found, dict) else ()
    return {name: safe(note) for name, note in known if name in set(Check) and isinstance(note, str) and note}


def notes_text(notes: Mapping[str, str]) -> str | None:
    """Return them as they are kept, None where there are none."""
    return json.dumps(dict(sorted(notes.items())), ensure_ascii=False) if notes else None


def _readable(name: str, value: object) -> bool:
    if name not in _ALL or (value is None and name in NEVER_EMPTY):
        return False
    if value is not None and (isinstance(value, bool) or not isinstance(value, str | int)):
        return False
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return False
    field = _VISIT.field(name)
    try:
        from_wire(field.kind if field else Kind.TEXT, value)
    except ValueError:
        return False
    return True


def amount(events: Iterable[VisitEvent]) -> dict[str, WireValue]:
    """Return what the corrections that hold amount to: the last value of each column, whatever order `events` have."""
    now: dict[str, WireValue] = {}
    for event in valid_corrections(events):
        now.update(event.corrected)
    return now


def names_of(text: str) -> tuple[str, ...]:
    """Return the names in a corrected `companion_names`."""
    return tuple(name for name in text.split(NAMES_BETWEEN) if name)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The visit that somebody wants to put right: where it stands, where and when (UTC ms) it was registered."""

    state: VisitState
    own_gate: bool
    registered_ms: int
    reason: str


class Refusal(StrEnum):
    """Why a correction is not taken."""

    NOT_STANDING = "not_standing"
    TOO_LATE = "too_late"
    OTHER_GATE = "other_gate"
    LEAD_ONLY = "lead_only"
    FIXED = "fixed"
    CHECKED_THEN = "checked_then"


_STANDING = frozenset({VisitState.INSIDE, VisitState.LEFT, VisitState.TURNED_AWAY})
_HOUR_MS = 3_600_000


def refusal(
    visit: Corrected, columns: Iterable[str], new_reason: str | None, role: Role, policies: Policies, now_ms: int
) -> Refusal | None:
    """Return why a person of `role` may not change `columns` of this visit at `now_ms`, or None where they may.

    A guard corrects what their own gate registered within the policy's hours; a shift lead or supervisor whatever is
    younger than the policy's days. Making an emergency of a visit, or the other way round, would undo what the checks
    are for: that is for those who may override. Outcomes are what was found then, save for an emergency service.
    """
    changed = set(columns)
    leads = may(role, Act.OVERRIDE)
    hours = policies.correct_lead_days * 24 if leads else policies.correct_guard_h
    after = new_reason or visit.reason
    emergencies = {visit.reason == Reason.EMERGENCY, after == Reason.EMERGENCY}
    found = {
        Refusal.NOT_STANDING: visit.state not in _STANDING,
        Refusal.TOO_LATE: now_ms - visit.registered_ms > hours * _HOUR_MS,
        Refusal.OTHER_GATE: not leads and not visit.own_gate,
        Refusal.LEAD_ONLY: not leads and len(emergencies) > 1,
        Refusal.FIXED: not changed <= _ALL,
        Refusal.CHECKED_THEN: bool(changed & OUTCOMES) and True not in emergencies,
    }
    return next((one for one, holds in found.items() if holds), None)


_GIVEN = frozenset({Outcome.PASSED, Outcome.DOUBTFUL, Outcome.FAILED, Outcome.NOT_APPLICABLE})


def may_be_found(outcome: str) -> bool:
    """Tell whether a guard may give this outcome afterwards."""
    return outcome in {str(one) for one in _GIVEN}


_LEAVING = re.compile(r"(?:([0-9]{1,2})[-/月.]([0-9]{1,2})日?\s+)?([0-9]{1,2})[:：.]?([0-9]{2})")


def read_leaving(text: str, came_ms: int, zone: tzinfo) -> int | None:
    """Return when a visitor is expected out (UTC ms) as typed: `18:00`, the next one after they came, `11-14 09:30`.

    None where `text` is no time, or where that is before they came (`came_ms`, UTC ms; `zone` is the estate's).
    """
    matched = _LEAVING.fullmatch(fold(text).strip())
    if matched is None:
        return None
    month, day, hour, minute = (int(part) if part else None for part in matched.groups())
    came = datetime.fromtimestamp(came_ms / 1000, zone)
    try:
        at = came.replace(hour=hour or 0, minute=minute or 0, second=0, microsecond=0, fold=0)
        if month is not None and day is not None:
            at = at.replace(month=month, day=day)
            at = at if at >= came else at.replace(year=at.year + 1)
        elif at <= came:
            at = at + timedelta(days=1)
    except ValueError:
        return None
    return int(at.timestamp() * 1000) if at - came <= _LONGEST_STAY else None
