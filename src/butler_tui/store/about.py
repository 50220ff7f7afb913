"""Which person, place and time a record is about, as far as this terminal has it: how a list of changes names it."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.store.database import Connection

_VISIT = "SELECT name, sex, room_code AS place, registered_ms AS at_ms FROM visit WHERE visit_id = ?"
_ROOM_OF_HOUSEHOLD = (
    "(SELECT h.room_code FROM household k JOIN house h USING (house_id) WHERE k.household_id = {}.household_id)"
)
ABOUT = {
    "visit": _VISIT,
    "visit_event": _VISIT,
    "companion": _VISIT,
    "document_secret": _VISIT,
    "estate": "SELECT name FROM estate WHERE estate_id = ?",
    "house": "SELECT room_code AS place FROM house WHERE house_id = ?",
    "household": "SELECT name, (SELECT room_code FROM house WHERE house_id = household.house_id) AS place"
    " FROM household WHERE household_id = ?",
    "resident": f"SELECT name, sex, {_ROOM_OF_HOUSEHOLD.format('resident')} AS place"
    " FROM resident WHERE resident_id = ?",
    "vehicle": "SELECT plate AS place FROM vehicle WHERE vehicle_id = ?",
    "staff": "SELECT name, number AS place FROM staff WHERE staff_id = ?",
    "gate": "SELECT name FROM gate WHERE gate_id = ?",
    "policy": "SELECT key AS place FROM policy WHERE policy_id = ?",
}
"""Where it stands what a record is about; what belongs to a visit is about that visit."""
OF_A_VISIT = frozenset({"visit_event", "companion", "document_secret"})


@dataclass(frozen=True, slots=True)
class About:
    """Who, where and when; what is not known is empty.

    `at_ms` (UTC ms) is when the visit it is about was registered, None where it is about something else.
    """

    name: str = ""
    sex: Sex | None = None
    place: str = ""
    at_ms: int | None = None


def about(connection: Connection, table: str | None, record_id: bytes | None) -> About:
    """Return what a record is about; for what belongs to a visit, `record_id` is the visit's."""
    statement = ABOUT.get(table or "")
    found = connection.execute(statement, (record_id,)).fetchone() if statement else None
    known = dict(zip(found.keys(), found, strict=True)) if found is not None else {}
    return About(known.get("name") or "", sex_of_code(known.get("sex")), known.get("place") or "", known.get("at_ms"))
