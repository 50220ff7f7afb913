"""Reading one visit wholly: what was written, with numbers masked, and all that has happened to it, in order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from butler_tui.domain.documents import mask_phone
from butler_tui.domain.people import Sex
from butler_tui.domain.visits import EventKind
from butler_tui.store.database import Connection, Row

Fact = str | int | None


@dataclass(frozen=True, slots=True)
class Corrected:
    """What a correction changed: a column of visit, what stood there before and since; phones masked."""

    column: str
    old: Fact
    new: Fact


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as a person reads it; `kind` may be one that this version does not know. Times are UTC ms."""

    event_id: bytes
    kind: str
    at_ms: int
    who: str
    gate: str
    reason: str = ""
    note: str = ""
    corrected: tuple[Corrected, ...] = ()
    override_by: str = ""
    override_how: str = ""
    undone: bool = False
    """Whether a later event took this one back."""
    undoes: str = ""
    """The kind of the event that this one took back."""


@dataclass(frozen=True, slots=True)
class WholeVisit:
    """One visit: `facts` are its columns with the phone masked, the rest is what its ids stand for."""

    visit_id: bytes
    facts: Mapping[str, Fact]
    sex: Sex | None
    companions: tuple[str, ...]
    host: str
    """The household's name; empty where none is known."""
    confirmer: tuple[str, Sex | None, str]
    """Who of the household confirmed: name, sex, and how they wish to be addressed."""
    guard: str
    gate: str
    has_phone: bool
    has_number: bool
    happened: tuple[Happened, ...]

    def text(self, column: str) -> str:
        """Return a fact as text, empty where there is none."""
        value = self.facts.get(column)
        return "" if value is None else str(value)

    def number(self, column: str) -> int | None:
        """Return a fact that is a number, None where there is none."""
        value = self.facts.get(column)
        return value if isinstance(value, int) else None


MOST_COMPANIONS = 99
MOST_EVENTS = 200
_SEXES = frozenset(Sex)
_MASKED = {"phone": mask_phone}
_IDS = frozenset({"visit_id", "gate_id", "staff_id", "house_id", "household_id", "confirmed_by"})


def whole_visit(connection: Connection, visit_id: bytes) -> WholeVisit | None:
    """Return one visit with its history, None where there is none."""
    row: Row | None = connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    if row is None:
        return None
    names = connection.execute(
        "SELECT name FROM companion WHERE visit_id = ? ORDER BY companion_id LIMIT ?", (visit_id, MOST_COMPANIONS)
    )
    host = connection.execute("SELECT name FROM household WHERE household_id = ?", (row["household_id"],)).fetchone()
    confirmer = connection.execute(
        "SELECT name, sex, called FROM resident WHERE resident_id = ?", (row["confirmed_by"],)
    ).fetchone()
    number = connection.execute(
        "SELECT 1 FROM document_secret WHERE visit_id = ? AND length(sealed) LIMIT 1", (visit_id,)
    ).fetchone()
    return WholeVisit(
        visit_id=visit_id,
        facts={name: _shown(name, row[name]) for name in row.keys() if name not in _IDS},  # noqa: SIM118 (a Row)
        sex=Sex(row["sex"]) if row["sex"] in _SEXES else None,
        companions=tuple(name[0] for name in names),
        host=host[0] if host else "",
        confirmer=_confirmer(confirmer),
        guard=_name_of(connection, "staff", row["staff_id"]),
        gate=_name_of(connection, "gate", row["gate_id"]),
        has_phone=bool(row["phone"]),
        has_number=number is not None,
        happened=tuple(_history(connection, row)),
    )


def phone_of(connection: Connection, visit_id: bytes) -> str:
    """Return the phone of a visit as it was written, empty where there is none: for desk/unmask.py only."""
    row = connection.execute("SELECT phone FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return (row[0] or "") if row else ""


@dataclass(frozen=True, slots=True)
class Secret:
    """A document's number as it is kept: sealed under the month's key."""

    secret_id: bytes
    month_key_id: bytes
    sealed: bytes


def secret_of(connection: Connection, visit_id: bytes) -> Secret | None:
    """Return the newest sealed number of a visit, None where none is kept (any more)."""
    row = connection.execute(
        "SELECT secret_id, month_key_id, sealed FROM document_secret WHERE visit_id = ? AND length(sealed)"
        " ORDER BY secret_id DESC LIMIT 1",
        (visit_id,),
    ).fetchone()
    return Secret(row[0], row[1], row[2]) if row else None


def _confirmer(row: Row | None) -> tuple[str, Sex | None, str]:
    if row is None:
        return ("", None, "")
    return (row["name"], Sex(row["sex"]) if row["sex"] in _SEXES else None, row["called"] or "")


def _name_of(connection: Connection, table: str, record_id: bytes | None) -> str:
    row = connection.execute(f"SELECT name FROM {table} WHERE {table}_id = ?", (record_id,)).fetchone()
    return row[0] if row else ""


def _shown(column: str, value: Fact) -> Fact:
    mask = _MASKED.get(column)
    return mask(value) if mask and isinstance(value, str) else value


def _history(connection: Connection, visit: Row) -> list[Happened]:
    rows = connection.execute(
        "SELECT e.*, s.name AS who, g.name AS gate, o.name AS by_name FROM visit_event e"
        " LEFT JOIN staff s ON s.staff_id = e.staff_id LEFT JOIN gate g ON g.gate_id = e.gate_id"
        " LEFT JOIN staff o ON o.staff_id = e.override_by"
        " WHERE e.visit_id = ? ORDER BY e.at_ms, e.event_id LIMIT ?",
        (visit["visit_id"], MOST_EVENTS),
    ).fetchall()
    kinds = {row["event_id"]: row["kind"] for row in rows}
    undone = {row["undoes"] for row in rows if row["kind"] == EventKind.UNDONE}
    changes = _changes(visit, rows, undone)
    return [
        Happened(
            event_id=row["event_id"],
            kind=row["kind"],
            at_ms=row["at_ms"],
            who=row["who"] or "",
            gate=row["gate"] or "",
            reason=row["reason"] or "",
            note=row["note"] or "",
            corrected=changes.get(row["event_id"], ()),
            override_by=row["by_name"] or "",
            override_how=row["override_how"] or "",
            undone=row["event_id"] in undone,
            undoes=kinds.get(row["undoes"], ""),
        )
        for row in rows
    ]


def _changes(visit: Row, rows: Sequence[Row], undone: set[bytes]) -> dict[bytes, tuple[Corrected, ...]]:
    """Return what each correction changed: from what was put, each upon those before it; one taken back changes none.

    A correction of the same moment counts by its id, as where store/derived.py shows what they amount to.
    """
    stands = _as_put(visit)
    found: dict[bytes, tuple[Corrected, ...]] = {}
    for row in rows:
        new = _read(row["corrected"]) if row["kind"] == EventKind.CORRECTED else {}
        found[row["event_id"]] = tuple(
            Corrected(column, _shown(column, stands.get(column)), _shown(column, value))
            for column, value in new.items()
            if column not in _IDS
        )
        if row["event_id"] not in undone:
            stands.update(new)
    return found


def _as_put(visit: Row) -> dict[str, Fact]:
    now = {name: visit[name] for name in visit.keys() if name not in _IDS}  # noqa: SIM118 (a Row)
    return {**now, **_read(visit["original"])}


def _read(text: str | None) -> dict[str, Fact]:
    """Return the columns in a JSON object, without what this version cannot read."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    values = found.items() if isinstance(found, dict) else ()
    return {str(name): value for name, value in values if value is None or isinstance(value, str | int)}
