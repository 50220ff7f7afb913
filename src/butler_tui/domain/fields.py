"""One table of every synced column: its kind on the wire, how private it is, and who may see it.

Journal, digests, HQ's views, redaction, export and scope all read this table; a test holds it against
`data/schema.sql`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a value travels in JSON: ids as UUID text, bytes as base64, the rest as they are."""

    ID = "id"
    TEXT = "text"
    INTEGER = "integer"
    BYTES = "bytes"


class Privacy(StrEnum):
    """Plain values stay when a person is erased; personal and secret ones go.

    Whatever a guard may type freely is personal, since it can hold anything.
    """

    PLAIN = "plain"
    PERSONAL = "personal"
    SECRET = "secret"


class Scope(StrEnum):
    """Who may see a column, from the widest to the narrowest."""

    GATE = "gate"
    BUTLER = "butler"
    SUPERVISOR = "supervisor"


class Standing(StrEnum):
    """What holds while several wrote a field without knowing of each other, until somebody has chosen.

    For what people's safety or peace hangs on there is no automatic winner: the stricter holds (PROTOCOL, order and
    conflict).
    """

    LATEST = "latest"
    LEAST = "least"
    ALL = "all"


class Op(StrEnum):
    """What a change does to its record: writes fields, adds an event, or erases."""

    PUT = "put"
    EVENT = "event"
    ERASE = "erase"


@dataclass(frozen=True, slots=True)
class Field:
    """One synced column."""

    name: str
    kind: Kind = Kind.TEXT
    privacy: Privacy = Privacy.PLAIN
    scope: Scope = Scope.GATE
    standing: Standing = Standing.LATEST


@dataclass(frozen=True, slots=True)
class Table:
    """One synced table; `derived` columns are computed on each machine and never sent.

    A record of a `once` table is written by one change and never again: what happens to it later is an event. Of a
    table above a terminal's `scope` it is sent nothing.
    """

    name: str
    key: str
    op: Op
    fields: tuple[Field, ...]
    parent: str | None = None
    derived: tuple[str, ...] = ()
    once: bool = False
    scope: Scope = Scope.GATE

    def field(self, name: str) -> Field | None:
        """Return the field called `name`, or None where this version does not know it."""
        return _BY_NAME[self.name].get(name)


def _id(name: str) -> Field:
    return Field(name, Kind.ID)


def _integer(name: str, standing: Standing = Standing.LATEST) -> Field:
    return Field(name, Kind.INTEGER, standing=standing)


def _personal(name: str, scope: Scope = Scope.GATE, standing: Standing = Standing.LATEST) -> Field:
    return Field(name, Kind.TEXT, Privacy.PERSONAL, scope, standing)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table("estate", "estate_id", Op.PUT, (Field("name"), Field("time_zone"))),
        Table("policy", "policy_id", Op.PUT, (Field("key"), Field("value"))),
        Table("gate", "gate_id", Op.PUT, (Field("name"),)),
        Table(
            "staff",
            "staff_id",
            Op.PUT,
            (Field("number"), _personal("name"), Field("role"), _integer("active", Standing.LEAST)),
        ),
        Table(
            "house",
            "house_id",
            Op.PUT,
            (Field("room_code"), Field("building"), Field("unit"), Field("cluster")),
        ),
        Table(
            "household",
            "household_id",
            Op.PUT,
            (_id("house_id"), _personal("name"), _personal("gate_note", standing=Standing.ALL)),
            parent="house_id",
        ),
        Table(
            "resident",
            "resident_id",
            Op.PUT,
            (
                _id("household_id"),
                _personal("name"),
                _personal("sex"),
                _personal("called"),
                Field("relation"),
                _personal("phone"),
                _integer("may_confirm", Standing.LEAST),
            ),
            parent="household_id",
        ),
        Table(
            "vehicle",
            "vehicle_id",
            Op.PUT,
            (_id("household_id"), _personal("plate"), _personal("note")),
            parent="household_id",
        ),
        Table(
            "visit",
            "visit_id",
            Op.PUT,
            (
                _integer("registered_ms"),
                _id("gate_id"),
                _id("staff_id"),
                _personal("name"),
                _personal("sex"),
                _personal("phone"),
                _personal("company"),
                Field("document_type"),
                _personal("document_masked"),
                Field("document_doubts"),
                _integer("companions"),
                _id("house_id"),
                _id("household_id"),
                _personal("room_code"),
                _id("confirmed_by"),
                Field("confirmed_how"),
                _integer("confirmed_ms"),
                Field("reason"),
                _personal("reason_note"),
                _personal("plate"),
                Field("vehicle_type"),
                _personal("parking"),
                _integer("valet"),
                _personal("belongings"),
                Field("badge"),
                _personal("looks"),
                Field("ask_identity"),
                Field("ask_reason"),
                Field("ask_host"),
                Field("check_document"),
                Field("check_vehicle"),
                Field("check_belongings"),
                _personal("check_notes"),
                _integer("expected_out_ms"),
            ),
            derived=("state", "out_ms", "badge_out", "original"),
            once=True,
        ),
        Table("companion", "companion_id", Op.PUT, (_id("visit_id"), _personal("name")), parent="visit_id", once=True),
        Table(
            "visit_event",
            "event_id",
            Op.EVENT,
            (
                _id("visit_id"),
                Field("kind"),
                _integer("at_ms"),
                _id("gate_id"),
                _id("staff_id"),
                Field("reason"),
                _personal("note"),
                _id("undoes"),
                _personal("corrected"),
                _id("override_by"),
                Field("override_how"),
            ),
            parent="visit_id",
            once=True,
        ),
        Table(
            "document_secret",
            "secret_id",
            Op.PUT,
            (
                _id("visit_id"),
                _id("month_key_id"),
                Field("sealed", Kind.BYTES, Privacy.SECRET, Scope.SUPERVISOR),
            ),
            parent="visit_id",
            derived=("number_key",),
            once=True,
            scope=Scope.SUPERVISOR,
        ),
        Table(
            "audit",
            "audit_id",
            Op.EVENT,
            (
                Field("act"),
                _integer("at_ms"),
                _id("gate_id"),
                _id("staff_id"),
                Field("subject_table"),
                _id("subject_id"),
                Field("subject_field"),
                _personal("reason", Scope.SUPERVISOR),
            ),
            once=True,
            scope=Scope.SUPERVISOR,
        ),
        Table(
            "month_key",
            "month_key_id",
            Op.PUT,
            (Field("month"), Field("sealed", Kind.BYTES, Privacy.SECRET, Scope.SUPERVISOR)),
            once=True,
            scope=Scope.SUPERVISOR,
        ),
        Table(
            "attachment",
            "attachment_id",
            Op.PUT,
            (
                Field("subject_table"),
                _id("subject_id"),
                Field("sha256", Kind.BYTES, Privacy.PERSONAL),
                _integer("bytes"),
                Field("media_type"),
                _integer("taken_ms"),
            ),
            once=True,
        ),
    )
}

_BY_NAME: dict[str, dict[str, Field]] = {
    table.name: {field.name: field for field in table.fields} for table in TABLES.values()
}


def scope_of(table: Table, values: Mapping[str, object]) -> Scope:
    """Return who may see a record of `table` with these values: a picture is seen by who sees what it belongs to."""
    if table.name != "attachment":
        return table.scope
    subject = TABLES.get(str(values.get("subject_table")))
    return Scope.SUPERVISOR if subject is None else subject.scope


def is_once(tbl: str) -> bool:
    """Tell whether a table's records are written once and never again; of an unknown table nobody can say so."""
    table = TABLES.get(tbl)
    return table is not None and table.once


_PLACES = {name: place for place, name in enumerate(TABLES)}


def parents_first(tbl: str) -> int:
    """Return by what tables are ordered so that each stands after what it leans on; unknown ones come last."""
    return _PLACES.get(tbl, len(_PLACES))
