"""What HQ could not apply, told as the record it is about: who, where and when, as far as this terminal has it."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.store.database import Connection, Row

_VISIT = "SELECT name, sex, room_code AS place, registered_ms AS at_ms FROM visit WHERE visit_id = ?"
_ABOUT = {
    "visit": _VISIT,
    "visit_event": _VISIT,
    "companion": _VISIT,
    "document_secret": _VISIT,
    "house": "SELECT room_code AS place FROM house WHERE house_id = ?",
    "household": "SELECT name, (SELECT room_code FROM house WHERE house_id = household.house_id) AS place"
    " FROM household WHERE household_id = ?",
    "resident": "SELECT name, sex FROM resident WHERE resident_id = ?",
    "vehicle": "SELECT plate AS place FROM vehicle WHERE vehicle_id = ?",
    "staff": "SELECT name, number AS place FROM staff WHERE staff_id = ?",
    "gate": "SELECT name FROM gate WHERE gate_id = ?",
    "policy": "SELECT key AS place FROM policy WHERE policy_id = ?",
}
"""Where it stands what a record is about; what belongs to a visit is about that visit."""
_OF_A_VISIT = frozenset({"visit_event", "companion", "document_secret"})


@dataclass(frozen=True, slots=True)
class Held:
    """One change that HQ holds apart; `table` is None where its journal row is gone, and what is not known is empty.

    `at_ms` (UTC ms) is when the visit it is about was registered, None where it is about something else.
    """

    table: str | None
    reason: str
    name: str = ""
    sex: Sex | None = None
    place: str = ""
    at_ms: int | None = None


def held(connection: Connection, most: int) -> list[Held]:
    """Return up to `most` changes that HQ could not apply, the newest first."""
    rows = connection.execute(
        "SELECT q.reason, j.tbl, j.record_id, j.parent_id FROM quarantine q LEFT JOIN journal j USING (cid)"
        " ORDER BY q.at_ms DESC, q.cid LIMIT ?",
        (most,),
    ).fetchall()
    return [_held(connection, row) for row in rows]


def _held(connection: Connection, row: Row) -> Held:
    table = row["tbl"]
    statement = _ABOUT.get(table or "")
    about = row["parent_id"] if table in _OF_A_VISIT else row["record_id"]
    found = connection.execute(statement, (about,)).fetchone() if statement else None
    known = dict(zip(found.keys(), found, strict=True)) if found is not None else {}
    return Held(
        table,
        row["reason"],
        known.get("name") or "",
        sex_of_code(known.get("sex")),
        known.get("place") or "",
        known.get("at_ms"),
    )
