"""Reading one visit wholly, and what has happened to it: who did what, when, why, and what a correction changed."""

from __future__ import annotations

import json
from dataclasses import dataclass

from butler_tui.domain.changes import WireValue, to_wire
from butler_tui.domain.corrections import COMPANION_NAMES, NAMES_BETWEEN, amount, names_of, read_corrected
from butler_tui.domain.fields import TABLES
from butler_tui.domain.visits import EventKind
from butler_tui.store.database import Connection, Row
from butler_tui.store.derived import events_of

_VISIT = TABLES["visit"]
_KINDS = {str(kind): kind for kind in EventKind}


@dataclass(frozen=True, slots=True)
class Changed:
    """One column that a correction changed, as on the wire: before it, and after it."""

    column: str
    before: WireValue
    after: WireValue


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as it is told; `kind` is an EventKind where this version knows it. Times are UTC ms."""

    event_id: bytes
    kind: str
    at_ms: int
    staff: str
    gate: str
    reason: str
    note: str
    undone: bool
    undoes: bytes | None
    changed: tuple[Changed, ...]
    override_by: str
    override_how: str


def whole(connection: Connection, visit_id: bytes) -> Row | None:
    """Return all columns of a visit, None where there is none."""
    row: Row | None = connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return row


def companion_names(connection: Connection, visit_id: bytes) -> tuple[str, ...]:
    """Return who came along, as corrected where it was."""
    corrected = amount(events_of(connection, visit_id))
    if COMPANION_NAMES in corrected:
        return names_of(str(corrected[COMPANION_NAMES] or ""))
    rows = connection.execute(
        "SELECT name FROM companion WHERE visit_id = ? AND name <> '' ORDER BY companion_id", (visit_id,)
    )
    return tuple(row[0] for row in rows)


def badge_without(connection: Connection, visit_id: bytes, event_id: bytes) -> str:
    """Return the badge that a visit would have were one event of it undone."""
    row = whole(connection, visit_id)
    if row is None:
        return ""
    put = _put(row).get("badge")
    left = [event for event in events_of(connection, visit_id) if event.event_id != event_id]
    return str(amount(left).get("badge", put) or "")


def history(connection: Connection, visit_id: bytes) -> list[Happening]:
    """Return what happened to a visit, the oldest first."""
    visit = whole(connection, visit_id)
    rows = connection.execute(
        "SELECT e.*, s.name AS staff, g.name AS gate, o.name AS over FROM visit_event e"
        " LEFT JOIN staff s ON s.staff_id = e.staff_id LEFT JOIN gate g ON g.gate_id = e.gate_id"
        " LEFT JOIN staff o ON o.staff_id = e.override_by WHERE e.visit_id = ? ORDER BY e.at_ms, e.event_id",
        (visit_id,),
    ).fetchall()
    undone = {row["undoes"] for row in rows if row["kind"] == EventKind.UNDONE}
    stands = _put(visit) if visit is not None else {}
    if visit is not None:
        names = connection.execute(
            "SELECT name FROM companion WHERE visit_id = ? AND name <> '' ORDER BY companion_id", (visit_id,)
        )
        stands[COMPANION_NAMES] = NAMES_BETWEEN.join(name[0] for name in names) or None
    told: list[Happening] = []
    for row in rows:
        corrected = read_corrected(row["corrected"]) if row["kind"] == EventKind.CORRECTED else {}
        changed = tuple(Changed(name, stands.get(name), value) for name, value in corrected.items())
        if row["event_id"] not in undone:
            stands.update(corrected)
        told.append(_happening(row, changed, row["event_id"] in undone))
    return told


def _happening(row: Row, changed: tuple[Changed, ...], undone: bool) -> Happening:
    return Happening(
        event_id=row["event_id"],
        kind=_KINDS.get(row["kind"], row["kind"]),
        at_ms=row["at_ms"],
        staff=row["staff"] or "",
        gate=row["gate"] or "",
        reason=row["reason"] or "",
        note=row["note"] or "",
        undone=undone,
        undoes=row["undoes"],
        changed=changed,
        override_by=row["over"] or "",
        override_how=row["override_how"] or "",
    )


def _put(visit: Row) -> dict[str, WireValue]:
    """Return the columns of a visit as they were put."""
    original = json.loads(visit["original"]) if visit["original"] else {}
    return {field.name: to_wire(field.kind, visit[field.name]) for field in _VISIT.fields} | original
