"""What a visit's columns and events are in words, for screens, commands and exports: one table of columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import tzinfo
from enum import StrEnum

from butler_tui import labels
from butler_tui.domain.changes import WireValue
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.documents import DocumentType, mask_phone
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import VehicleType
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import ConfirmedHow, EventKind
from butler_tui.store.visit_history import Changed, Happening
from butler_tui.words import _

_CODES: dict[str, type[StrEnum]] = {
    "sex": Sex,
    "reason": Reason,
    "vehicle_type": VehicleType,
    "document_type": DocumentType,
    "confirmed_how": ConfirmedHow,
    **dict.fromkeys(map(str, Check), Outcome),
}
_FOLLOWS = frozenset({"house_id", "household_id", "confirmed_by", "confirmed_ms", "vehicle_type", "valet"})
"""Columns that follow from others: not told one by one."""
_WHY: dict[str, type[StrEnum]] = {
    EventKind.TURNED_AWAY: TurnAwayReason,
    EventKind.CORRECTED: CorrectionReason,
}


def code_words(known: type[StrEnum], value: object) -> str:
    """Return what a stored code is called; one that this version does not know by its own name."""
    try:
        return labels.label(known(str(value)))
    except (ValueError, KeyError):
        return str(value or "")


def value_words(column: str, value: WireValue, zone: tzinfo) -> str:
    """Return a value of a visit's column in words, a phone masked; "-" for nothing."""
    if value is None or value == "":
        return "-"
    if column in _CODES:
        return code_words(_CODES[column], value)
    shown: dict[str, Callable[[WireValue], str]] = {
        "phone": lambda phone: mask_phone(str(phone)),
        "expected_out_ms": lambda ms: labels.day_and_clock(int(ms or 0), zone),
    }
    return shown[column](value) if column in shown else str(value)


def changed_words(changed: Changed, zone: tzinfo) -> str:
    """Return one column's change: `Name: 李文搏 -> 李文博`."""
    before, after = (value_words(changed.column, value, zone) for value in (changed.before, changed.after))
    return _("{what}: {before} -> {after}", what=labels.column_label(changed.column), before=before, after=after)


def history_words(told: Sequence[Happening], now_ms: int, zone: tzinfo) -> list[tuple[str, list[str]]]:
    """Return each event as its line, and below it what it says more: why, a note, what was changed."""
    return [(_headline(one, now_ms, zone), _more(one, zone)) for one in told]


def _headline(one: Happening, now_ms: int, zone: tzinfo) -> str:
    what = code_words(EventKind, one.kind)
    if one.undone:
        what = _("{what} (undone)", what=what)
    return "  ".join(part for part in (labels.moment(one.at_ms, now_ms, zone), what, one.staff, one.gate) if part)


def _more(one: Happening, zone: tzinfo) -> list[str]:
    known = _WHY.get(one.kind)
    why = code_words(known, one.reason) if known and one.reason else one.reason
    parts = [part for part in (why, one.note) if part]
    changes = [changed_words(changed, zone) for changed in one.changed if changed.column not in _FOLLOWS]
    return [*([" ".join(parts)] if parts else []), *changes]
