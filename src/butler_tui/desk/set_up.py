"""Setting up an estate: itself, gates, staff, houses, households; from the shell and the demo, by nobody signed in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from butler_tui.domain.changes import Value
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import read_plate
from butler_tui.domain.rights import Role
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import estates
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.text import safe
from butler_tui.words import N_
from butler_tui.zones import zone_called


@dataclass(frozen=True, slots=True)
class NewResident:
    """One person of a household to be written down."""

    name: str
    sex: Sex | None
    relation: str
    phone: str = ""
    called: str = ""
    may_confirm: bool = False


@dataclass(frozen=True, slots=True)
class NewVehicle:
    """One vehicle of a household: its plate, and what it looks like (白色 SUV)."""

    plate: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class NewHouse:
    """One home, with who lives there; `household_name` empty means nobody does."""

    room_code: str
    building: str
    unit: str = ""
    cluster: str = ""
    household_name: str = ""
    gate_note: str = ""
    residents: Sequence[NewResident] = field(default=())
    vehicles: Sequence[NewVehicle] = field(default=())


def set_up_estate(
    store: Store, name: str, time_zone: str, gate_names: Sequence[str], now_ms: int, estate_id: bytes | None = None
) -> list[bytes]:
    """Write the estate and its gates, stand this machine at the first gate, and return the gates' ids.

    Raises RuleBroken where the file has an estate already, the zone is unknown, or no gate is named.
    """
    if estates.estate(store.connection) is not None:
        raise RuleBroken(N_("This computer already has an estate."))
    if not gate_names:
        raise RuleBroken(N_("An estate needs at least one gate."))
    zone_called(time_zone)
    written = [Written("estate", estate_id or new_id(now_ms), {"name": safe(name), "time_zone": time_zone})]
    gates = [Written("gate", new_id(now_ms), {"name": safe(gate)}) for gate in gate_names]
    record(store, written + gates, staff_id=None, now_ms=now_ms)
    estates.place_at_gate(store.connection, gates[0].record_id)
    return [gate.record_id for gate in gates]


def add_staff(store: Store, number: str, name: str, role: Role, now_ms: int) -> bytes:
    """Write one person who signs in here and return the id; raises RuleBroken where the number is taken."""
    from butler_tui.store import staff

    number = safe(number).strip()
    if not number or staff.by_number(store.connection, number) is not None:
        raise RuleBroken(N_("The staff number {number} is empty or already taken."), number=number)
    staff_id = new_id(now_ms)
    values: dict[str, Value] = {"number": number, "name": safe(name), "role": str(role), "active": 1}
    record(store, [Written("staff", staff_id, values)], staff_id=None, now_ms=now_ms)
    return staff_id


def add_house(store: Store, house: NewHouse, now_ms: int) -> bytes:
    """Write one home with its household, residents and vehicles as one group, and return the id of the house."""
    house_id = new_id(now_ms)
    written = [
        Written(
            "house",
            house_id,
            {
                "room_code": safe(house.room_code),
                "building": safe(house.building),
                "unit": safe(house.unit) or None,
                "cluster": safe(house.cluster) or None,
            },
        )
    ]
    if house.household_name:
        written += _household(house, house_id, now_ms)
    record(store, written, staff_id=None, now_ms=now_ms)
    return house_id


def _household(house: NewHouse, house_id: bytes, now_ms: int) -> list[Written]:
    household_id = new_id(now_ms)
    values: dict[str, Value] = {
        "house_id": house_id,
        "name": safe(house.household_name),
        "gate_note": safe(house.gate_note) or None,
    }
    in_order = sorted(new_id(now_ms) for _person in house.residents)  # people are shown in the order given
    residents = [
        Written(
            "resident",
            resident_id,
            {
                "household_id": household_id,
                "name": safe(person.name),
                "sex": str(person.sex) if person.sex else None,
                "called": safe(person.called) or None,
                "relation": safe(person.relation),
                "phone": safe(person.phone) or None,
                "may_confirm": int(person.may_confirm),
            },
        )
        for resident_id, person in zip(in_order, house.residents, strict=True)
    ]
    vehicles = [
        Written(
            "vehicle",
            new_id(now_ms),
            {"household_id": household_id, "plate": _plate(vehicle.plate), "note": safe(vehicle.note) or None},
        )
        for vehicle in house.vehicles
    ]
    return [Written("household", household_id, values), *residents, *vehicles]


def _plate(text: str) -> str:
    """Return a plate as the gate writes it too, so that it is found by it; as it was given where it is of no form."""
    plate = read_plate(safe(text))
    return plate.text if plate else safe(text).strip()
