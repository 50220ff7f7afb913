"""How one visit is told: what was written, the six outcomes, and its history, as facts with their colours."""

from __future__ import annotations

import json
from collections.abc import Mapping

from butler_tui.desk.visit_words import code_words, history_words
from butler_tui.domain.corrections import notes_of
from butler_tui.domain.documents import DocumentType, Doubt
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.plates import VehicleType
from butler_tui.domain.policies import Reason
from butler_tui.domain.visits import ConfirmedHow, EventKind, VisitState
from butler_tui.labels import column_label, greeting, label, moment, room_left
from butler_tui.store.visit_history import Happening
from butler_tui.store.visit_story import WholeVisit
from butler_tui.tui.context import Context
from butler_tui.tui.widgets.facts import Fact
from butler_tui.words import N_, _

NOTHING = Fact("", "")
_OUTCOMES = {
    Outcome.PASSED: "good",
    Outcome.DOUBTFUL: "warning",
    Outcome.FAILED: "bad",
    Outcome.OPEN: "warning",
    Outcome.NOT_APPLICABLE: "dim",
    Outcome.NOT_ASKED: "dim",
}
STATES = {
    VisitState.INSIDE: "good",
    VisitState.LEFT: "dim",
    VisitState.TURNED_AWAY: "bad",
    VisitState.UNDONE: "dim",
    VisitState.REGISTERED: "dim",
}
_OVERRIDES = {"pin": N_("by their own PIN at the booth"), "code": N_("by a one-time code")}


def state_words(visit: WholeVisit, here: Context) -> tuple[str, str]:
    """Return where the visit stands, in words, with its meaning."""
    state = code_words(VisitState, visit.text("state"))
    meaning = STATES.get(VisitState(visit.text("state")), "") if visit.text("state") in set(VisitState) else ""
    left_ms, out_ms = visit.number("expected_out_ms"), visit.number("out_ms")
    if visit.text("state") == VisitState.INSIDE and left_ms is not None:
        over = left_ms < here.now_ms()
        return f"{state}  {room_left(left_ms, here.now_ms())}", "bad" if over else meaning
    if out_ms is not None:
        return f"{state}  {moment(out_ms, here.now_ms(), here.zone)}", meaning
    return state, meaning


def written(visit: WholeVisit, here: Context, opened: Mapping[str, str]) -> list[Fact]:
    """Return what was written down; `opened` holds masked values that were opened, by column."""
    text = visit.text
    phone = opened.get("phone", text("phone"))
    number = opened.get("document_number", text("document_masked"))
    polite = greeting(text("name"), visit.sex) if text("name") else ""
    facts = [
        ("name", _two(text("name"), polite), ""),
        ("phone", phone, "warning" if "phone" in opened else ""),
        ("company", text("company"), ""),
        ("room_code", _two(text("room_code"), visit.host), ""),
        ("confirmed_by", _confirmed(visit, here), ""),
        ("reason", _two(code_words(Reason, text("reason")), text("reason_note")), ""),
        (
            "plate",
            _two(text("plate"), code_words(VehicleType, text("vehicle_type")) if text("vehicle_type") else ""),
            "",
        ),
        ("parking", _two(text("parking"), _("valet") if visit.number("valet") else ""), ""),
        ("companions", _companions(visit), ""),
        ("belongings", text("belongings"), ""),
        ("document_type", _document(visit, number), "warning" if "document_number" in opened else ""),
        ("", _doubts(visit), "warning"),
        ("badge", _two(text("badge"), _badge(visit)), ""),
        ("looks", text("looks"), ""),
    ]
    came = moment(visit.number("registered_ms") or 0, here.now_ms(), here.zone)
    shown = [Fact(column_label(name) if name else "", value, meaning) for name, value, meaning in facts if value]
    return [*shown, Fact(_("Registered"), "  ".join(filter(None, (came, visit.guard, visit.gate))))]


def outcomes(visit: WholeVisit) -> list[Fact]:
    """Return the six outcomes with the guard's words."""
    notes = notes_of(visit.text("check_notes"))
    found = [Fact(_("Gate check"), "", "title")]
    for check in Check:
        code = visit.text(str(check))
        meaning = _OUTCOMES.get(Outcome(code), "") if code in set(Outcome) else ""
        found.append(Fact(label(check), _two(code_words(Outcome, code), notes.get(str(check), "")), meaning))
    return found


def history(visit: WholeVisit, here: Context) -> list[Fact]:
    """Return all that happened, in order: when, what, who, where, and why."""
    told = [Fact(_("History"), "", "title")]
    words = history_words(visit.happened, here.now_ms(), here.zone)
    for event, (headline, more) in zip(visit.happened, words, strict=True):
        told.append(Fact("", headline, _meaning(event)))
        told += [Fact("", f"  {one}", "dim") for one in (*_override(event), *more)]
    return told


def _meaning(event: Happening) -> str:
    if event.undone:
        return "dim"
    if event.override_by or event.kind == EventKind.BADGE_MISSING:
        return "warning"
    return "bad" if event.kind == EventKind.TURNED_AWAY else ""


def _override(event: Happening) -> list[str]:
    if not event.override_by:
        return []
    how = _(_OVERRIDES.get(event.override_how, event.override_how)) if event.override_how else ""
    return [_("let in by {who} {how}", who=event.override_by, how=how).strip()]


def _confirmed(visit: WholeVisit, here: Context) -> str:
    name, sex, called = visit.confirmer
    who = called or (greeting(name, sex) if name else "")
    how = code_words(ConfirmedHow, visit.text("confirmed_how")) if visit.text("confirmed_how") else ""
    at_ms = visit.number("confirmed_ms")
    return "  ".join(filter(None, (who, how, moment(at_ms, here.now_ms(), here.zone) if at_ms else "")))


def _companions(visit: WholeVisit) -> str:
    count = visit.number("companions") or 0
    return _two(str(count), " ".join(visit.companions)) if count else ""


def _document(visit: WholeVisit, number: str) -> str:
    kind = code_words(DocumentType, visit.text("document_type")) if visit.text("document_type") else ""
    return _two(kind, number)


def _doubts(visit: WholeVisit) -> str:
    try:
        found = json.loads(visit.text("document_doubts") or "[]")
    except (ValueError, RecursionError):
        return ""
    return "  ".join(code_words(Doubt, one) for one in found) if isinstance(found, list) else ""


def _badge(visit: WholeVisit) -> str:
    missing = visit.number("badge_out") and visit.text("state") != VisitState.INSIDE
    return _("not given back") if visit.text("badge") and missing else ""


def _two(first: str, second: str) -> str:
    return "  ".join(filter(None, (first, second)))
