"""What the records of an estate (houses, residents, staff, policies) are in words: their fields and their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from butler_tui import labels
from butler_tui.desk.hit_words import relation_words
from butler_tui.desk.policy_words import rule_words
from butler_tui.desk.policy_words import value_words as rule_value_words
from butler_tui.desk.visit_words import code_words
from butler_tui.domain.changes import WireValue
from butler_tui.domain.documents import mask_phone
from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.domain.people import Sex
from butler_tui.domain.rights import Role
from butler_tui.ids import parse_id
from butler_tui.store.about import about
from butler_tui.store.database import Connection
from butler_tui.words import N_, _


@dataclass(frozen=True, slots=True)
class Told:
    """What a field is called; `typed` says that any text may stand in it."""

    label: str
    typed: bool = False


FIELDS: Mapping[tuple[str, str], Told] = {
    ("estate", "name"): Told(N_("What it is called"), typed=True),
    ("estate", "time_zone"): Told(N_("Time zone")),
    ("policy", "key"): Told(N_("Rule")),
    ("policy", "value"): Told(N_("Value")),
    ("gate", "name"): Told(N_("What it is called"), typed=True),
    ("staff", "number"): Told(N_("Staff no.")),
    ("staff", "name"): Told(N_("Name"), typed=True),
    ("staff", "role"): Told(N_("Role")),
    ("staff", "active"): Told(N_("Works here")),
    ("house", "room_code"): Told(N_("Room")),
    ("house", "building"): Told(N_("Building"), typed=True),
    ("house", "unit"): Told(N_("Unit"), typed=True),
    ("house", "cluster"): Told(N_("Cluster"), typed=True),
    ("household", "house_id"): Told(N_("Room")),
    ("household", "name"): Told(N_("Household's name"), typed=True),
    ("household", "gate_note"): Told(N_("Note for the gate"), typed=True),
    ("resident", "household_id"): Told(N_("Household")),
    ("resident", "name"): Told(N_("Name"), typed=True),
    ("resident", "sex"): Told(N_("Sex")),
    ("resident", "called"): Told(N_("Form of address"), typed=True),
    ("resident", "relation"): Told(N_("Relation")),
    ("resident", "phone"): Told(N_("Phone"), typed=True),
    ("resident", "may_confirm"): Told(N_("May confirm visitors")),
    ("vehicle", "household_id"): Told(N_("Household")),
    ("vehicle", "plate"): Told(N_("Vehicle"), typed=True),
    ("vehicle", "note"): Told(N_("Note"), typed=True),
}
"""Every field that several may write; a test holds it against `domain/fields.py`."""

_SHOWN_AT_GATES = frozenset(
    {
        ("staff", "name"),
        ("household", "name"),
        ("household", "gate_note"),
        ("resident", "sex"),
        ("resident", "called"),
        ("vehicle", "plate"),
    }
)


def field_label(table: str, field: str) -> str:
    """Return what a field is called; one that this version does not know by its own name."""
    known = FIELDS.get((table, field))
    return _(known.label) if known else field


def may_be_typed(table: str, field: str) -> bool:
    """Tell whether any text may stand in a field."""
    known = FIELDS.get((table, field))
    return known is not None and known.typed


def record_words(connection: Connection, table: str, record_id: bytes, *, clear: bool) -> str:
    """Return which record it is: 3-2-1801 陈宅. Where it is not `clear`, a person is called politely."""
    told = about(connection, table, record_id)
    if table == "policy":
        return rule_words(told.place)
    name = labels.greeting(told.name, told.sex) if told.name and table == "resident" and not clear else told.name
    return " ".join(filter(None, (told.place, name)))


def value_words(connection: Connection, table: str, field: str, value: WireValue, *, clear: bool) -> str:
    """Return a value as people say it, "-" for nothing; where it is not `clear`, what is personal is masked."""
    if value is None or value == "":
        return "-"
    if not clear and _is_masked(table, field):
        return mask_phone(str(value)) if field == "phone" else f"{str(value)[:1]}**"
    shown = _SHOWN.get((table, field))
    return shown(connection, value) if shown else str(value)


def _is_masked(table: str, field: str) -> bool:
    """Tell whether a value is personal, and none that every gate is shown for its work."""
    known = TABLES[table].field(field) if table in TABLES else None
    return known is None or (known.privacy is not Privacy.PLAIN and (table, field) not in _SHOWN_AT_GATES)


def _yes_or_no(_connection: Connection, value: WireValue) -> str:
    return _("yes") if value else _("no")


def _of_another(table: str) -> Callable[[Connection, WireValue], str]:
    def named(connection: Connection, value: WireValue) -> str:
        try:
            return record_words(connection, table, parse_id(str(value)), clear=True) or str(value)
        except ValueError:
            return str(value)

    return named


_SHOWN: Mapping[tuple[str, str], Callable[[Connection, WireValue], str]] = {
    ("policy", "key"): lambda _connection, value: rule_words(str(value)),
    ("policy", "value"): lambda _connection, value: rule_value_words(value),
    ("staff", "role"): lambda _connection, value: code_words(Role, value),
    ("staff", "active"): _yes_or_no,
    ("household", "house_id"): _of_another("house"),
    ("resident", "household_id"): _of_another("household"),
    ("resident", "sex"): lambda _connection, value: code_words(Sex, value),
    ("resident", "relation"): lambda _connection, value: relation_words(str(value)),
    ("resident", "may_confirm"): _yes_or_no,
    ("vehicle", "household_id"): _of_another("household"),
}
