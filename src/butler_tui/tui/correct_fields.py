"""The fields in which a saved visit is put right: how each column is typed, and read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from butler_tui import labels
from butler_tui.desk.visit_words import code_words
from butler_tui.domain.changes import Value
from butler_tui.domain.corrections import COMPANION_NAMES, read_leaving
from butler_tui.domain.documents import mask_phone
from butler_tui.domain.entries import pick, read_companions, read_reason, read_room
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex, normalise_phone, read_phone, sex_of_code
from butler_tui.domain.plates import read_plate
from butler_tui.domain.policies import Reason
from butler_tui.errors import RuleBroken
from butler_tui.store import visit_history
from butler_tui.store.database import Row
from butler_tui.text import safe
from butler_tui.tui.context import Context
from butler_tui.words import N_, _

Read = dict[str, Value] | None
"""Columns with their new values, None for what cannot be read."""

OUTCOMES = (Outcome.PASSED, Outcome.DOUBTFUL, Outcome.FAILED, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Now:
    """The visit as it is shown now."""

    context: Context
    row: Row
    names: tuple[str, ...]

    @classmethod
    def of(cls, context: Context, visit_id: bytes) -> Now:
        """Return the visit; raises RuleBroken where there is none."""
        row = visit_history.whole(context.store.connection, visit_id)
        if row is None:
            raise RuleBroken(N_("There is no such visit."))
        return cls(context, row, visit_history.companion_names(context.store.connection, visit_id))

    @property
    def who(self) -> str:
        """Their polite form."""
        return labels.greeting(self.row["name"] or "", sex_of_code(self.row["sex"]))

    def changed(self, typed: Mapping[str, str], first: Mapping[str, str]) -> tuple[dict[str, Value], str | None]:
        """Return the columns of the fields typed over, and the first field that cannot be read."""
        found: dict[str, Value] = {}
        for name, text in typed.items():
            if text != first[name]:
                read = FIELDS[name].read(text, self)
                if read is None:
                    return {}, name
                found |= read
        return found, None


@dataclass(frozen=True, slots=True)
class CorrectField:
    """One field: its label, what stands in it at first, how it is read, and what is said beside it."""

    label: str
    first: Callable[[Now], str]
    read: Callable[[str, Now], Read]
    hint: Callable[[str, Now], str] = lambda _text, _now: ""
    folded: bool = False
    short: bool = False


def _plain(column: str) -> tuple[Callable[[Now], str], Callable[[str, Now], Read]]:
    return (lambda now: now.row[column] or ""), (lambda text, _now: {column: text or None})


def _sex(text: str, _now: Now) -> Read:
    picked = pick(text, list(Sex))
    return {"sex": str(picked) if picked else None} if picked or not text else None


def _phone(text: str, _now: Now) -> Read:
    return None if "*" in text else {"phone": (read_phone(text) or normalise_phone(text)) if text else None}


def _companions(text: str, _now: Now) -> Read:
    entry = read_companions(text)
    return {"companions": entry.count, COMPANION_NAMES: " ".join(entry.names)}


def _reason_first(now: Now) -> str:
    known = next((rule for rule in now.context.policies.reasons if rule.reason == now.row["reason"]), None)
    return f"{known.keys[0] if known else ''} {now.row['reason_note'] or ''}".strip()


def _reason(text: str, now: Now) -> Read:
    entry = read_reason(text, now.context.policies)
    return {"reason": str(entry.reason), "reason_note": entry.note or None} if entry.reason else None


def _reason_hint(text: str, now: Now) -> str:
    reason = read_reason(text, now.context.policies).reason
    return labels.label(reason) if reason else code_words(Reason, now.row["reason"])


def _plate(text: str, _now: Now) -> Read:
    plate = read_plate(text) if text else None
    return {"plate": plate.text if plate else text or None}


def _leaves_first(now: Now) -> str:
    at_ms = now.row["expected_out_ms"]
    return labels.moment(at_ms, now.row["registered_ms"], now.context.zone) if at_ms is not None else ""


def _leaves(text: str, now: Now) -> Read:
    at_ms = read_leaving(text, now.row["registered_ms"], now.context.zone) if text else None
    return {"expected_out_ms": at_ms} if at_ms is not None or not text else None


def _leaves_hint(text: str, now: Now) -> str:
    at_ms = read_leaving(text, now.row["registered_ms"], now.context.zone)
    return labels.moment(at_ms, now.context.now_ms(), now.context.zone) if at_ms is not None else ""


def _checks_first(now: Now) -> str:
    digits = {str(outcome): str(number) for number, outcome in enumerate(OUTCOMES, 1)}
    return "".join(digits.get(now.row[str(check)], "-") for check in Check)


def _checks(text: str, _now: Now) -> Read:
    picked = {str(check): pick(digit, OUTCOMES) for check, digit in zip(Check, text, strict=False) if digit != "-"}
    if len(text) != len(Check) or None in picked.values():
        return None
    return {name: str(outcome) for name, outcome in picked.items()}


FIELDS: dict[str, CorrectField] = {
    "name": CorrectField(N_("Name"), *_plain("name")),
    "sex": CorrectField(
        N_("Sex"),
        lambda now: {str(sex): str(number) for number, sex in enumerate(Sex, 1)}.get(now.row["sex"] or "", ""),
        _sex,
        lambda text, _now: labels.label(sex) if (sex := pick(text, list(Sex))) else "",
        folded=True,
        short=True,
    ),
    "phone": CorrectField(N_("Phone"), lambda now: mask_phone(now.row["phone"] or ""), _phone, folded=True),
    "company": CorrectField(N_("Company"), *_plain("company")),
    "companions": CorrectField(
        N_("Companions"), lambda now: f"{now.row['companions']} {' '.join(now.names)}".strip(), _companions
    ),
    "room": CorrectField(
        N_("Room"), lambda now: now.row["room_code"] or "", lambda text, _now: {"room_code": read_room(text) or None},
        folded=True,
    ),
    "reason": CorrectField(N_("Reason"), _reason_first, _reason, _reason_hint),
    "plate": CorrectField(N_("Vehicle"), lambda now: now.row["plate"] or "", _plate, folded=True),
    "parking": CorrectField(N_("Bay"), *_plain("parking")),
    "belongings": CorrectField(N_("Belongings"), *_plain("belongings")),
    "badge": CorrectField(
        N_("Badge"), lambda now: now.row["badge"] or "", lambda text, _now: {"badge": text.upper() or None},
        folded=True,
    ),
    "looks": CorrectField(N_("Remarks"), *_plain("looks")),
    "leaves": CorrectField(N_("Leaves by"), _leaves_first, _leaves, _leaves_hint, folded=True),
    "checks": CorrectField(
        N_("Six checks"), _checks_first, _checks, lambda _text, _now: _("1 to 4 each"), folded=True, short=True
    ),
}  # fmt: skip
"""The fields by name, in their order; the checks are there for an emergency service only."""


def typed_first(now: Now) -> dict[str, str]:
    """Return what stands in each field that this visit has."""
    emergency = now.row["reason"] == Reason.EMERGENCY
    return {name: safe(field.first(now)).strip() for name, field in FIELDS.items() if emergency or name != "checks"}


def hint_words(name: str, text: str, now: Now) -> str:
    """Return what is said beside a field."""
    return FIELDS[name].hint(text, now)
