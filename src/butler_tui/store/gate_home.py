"""Reading what the gate may see of a home: who lives there politely, who may confirm, plates, note, its visitors."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.store.database import Connection
from butler_tui.store.found import FoundVisit
from butler_tui.store.households import GateHousehold, at_room
from butler_tui.store.search_visits import inside_at_room, visits_of_room

MOST_PLATES = 12


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A household's own vehicle."""

    plate: str
    note: str


@dataclass(frozen=True, slots=True)
class GateHome:
    """A home as the gate may see it, with its visitors inside now and its newest visits."""

    household: GateHousehold
    vehicles: tuple[Vehicle, ...]
    inside: tuple[FoundVisit, ...]
    recent: tuple[FoundVisit, ...]


def gate_home(connection: Connection, house_id: bytes, most: int) -> GateHome | None:
    """Return one home with up to `most` of its visitors inside and of its newest visits, None where there is none."""
    row = connection.execute("SELECT room_code FROM house WHERE house_id = ?", (house_id,)).fetchone()
    household = at_room(connection, row[0]) if row else None
    if household is None:
        return None
    rows = connection.execute(
        "SELECT plate, note FROM vehicle WHERE household_id = ? ORDER BY vehicle_id LIMIT ?",
        (household.household_id, MOST_PLATES),
    )
    vehicles = tuple(Vehicle(one[0], one[1] or "") for one in rows)
    room = household.room_code
    inside = tuple(inside_at_room(connection, room, most))
    recent = tuple(visits_of_room(connection, room, most))
    return GateHome(household, vehicles, inside, recent)
