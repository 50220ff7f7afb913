"""Reading one visit as a person is shown it: what was written, with numbers masked, and what its ids stand for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from butler_tui.domain.documents import mask_phone
from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.store.database import Connection, Row
from butler_tui.store.visit_history import Changed, Happening, companion_names, history, whole

Fact = str | int | None


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
    happened: tuple[Happening, ...]

    def text(self, column: str) -> str:
        """Return a fact as text, empty where there is none."""
        value = self.facts.get(column)
        return "" if value is None else str(value)

    def number(self, column: str) -> int | None:
        """Return a fact that is a number, None where there is none."""
        value = self.facts.get(column)
        return value if isinstance(value, int) else None


_MASKED = {"phone": mask_phone}
_IDS = frozenset({"visit_id", "gate_id", "staff_id", "house_id", "household_id", "confirmed_by"})


def whole_visit(connection: Connection, visit_id: bytes) -> WholeVisit | None:
    """Return one visit with its history, None where there is none."""
    row = whole(connection, visit_id)
    if row is None:
        return None
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
        sex=sex_of_code(row["sex"]),
        companions=companion_names(connection, visit_id),
        host=host[0] if host else "",
        confirmer=_confirmer(confirmer),
        guard=_name_of(connection, "staff", row["staff_id"]),
        gate=_name_of(connection, "gate", row["gate_id"]),
        has_phone=bool(row["phone"]),
        has_number=number is not None,
        happened=tuple(_masked(one) for one in history(connection, visit_id)),
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


def _masked(event: Happening) -> Happening:
    changed = tuple(
        Changed(one.column, _shown(one.column, one.before), _shown(one.column, one.after))
        for one in event.changed
        if one.column not in _IDS
    )
    return replace(event, changed=changed)


def _confirmer(row: Row | None) -> tuple[str, Sex | None, str]:
    if row is None:
        return ("", None, "")
    return (row["name"], sex_of_code(row["sex"]), row["called"] or "")


def _name_of(connection: Connection, table: str, record_id: bytes | None) -> str:
    row = connection.execute(f"SELECT name FROM {table} WHERE {table}_id = ?", (record_id,)).fetchone()
    return row[0] if row else ""


def _shown(column: str, value: Fact) -> Fact:
    mask = _MASKED.get(column)
    return mask(value) if mask and isinstance(value, str) else value
