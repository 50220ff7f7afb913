"""Inventing the estate: six towers, a row of villas, and who lives in them."""

from __future__ import annotations

from random import Random

from butler_tui.demo import names
from butler_tui.demo.people import RESIDENTS_PHONES, People
from butler_tui.desk.set_up import NewHouse, NewResident, NewVehicle
from butler_tui.domain.people import Sex

TOWERS = 6
UNITS = 2
FLOORS = 18
HOMES_A_FLOOR = 2
SHOWN_HOME = "3-2-1801"
"""The home of the pictures in the manual; every demo has it."""


def plan_houses(people: People, households: int) -> list[NewHouse]:
    """Return `households` homes that are lived in, and one empty one for every twelve, by room code."""
    random = people.random
    villas = [_villa(number) for number in range(1, min(8, households // 12) + 1)]
    wanted = households + households // 12 - len(villas)
    homes = villas + [_home(code) for code in _pick_codes(random, wanted)]
    empty = set(random.sample([home.room_code for home in homes[len(villas) + 1 :]], len(homes) - households))
    return [home if home.room_code in empty else _lived_in(people, home) for home in homes]


def _pick_codes(random: Random, wanted: int) -> list[str]:
    """Return `wanted` room codes in order of the buildings, the manual's own first."""
    if wanted <= 0:
        return []
    towers = max(TOWERS, -(-wanted * 5 // (4 * UNITS * FLOORS * HOMES_A_FLOOR)))
    codes = [
        f"{tower}-{unit}-{floor}{home:02d}"
        for tower in range(1, towers + 1)
        for unit in range(1, UNITS + 1)
        for floor in range(1, FLOORS + 1)
        for home in range(1, HOMES_A_FLOOR + 1)
    ]
    codes.remove(SHOWN_HOME)
    picked = set(random.sample(codes, wanted - 1))
    return [SHOWN_HOME, *(code for code in codes if code in picked)]


def _villa(number: int) -> NewHouse:
    return NewHouse(f"V{number}", f"V{number}", cluster="湖畔别墅")


def _home(code: str) -> NewHouse:
    building, unit, _rest = code.split("-")
    return NewHouse(code, building, unit, "云庭片区" if int(building) <= TOWERS // 2 else "玫庭片区")


def _lived_in(people: People, home: NewHouse) -> NewHouse:
    surname = people.surname()
    note = people.random.choice(names.GATE_NOTES) if people.random.random() < 0.3 else ""
    family = _family(people, surname)
    vehicles = _vehicles(people)
    if home.room_code == SHOWN_HOME:
        surname, note, family = names.SHOWN_SURNAME, names.GATE_NOTES[0], _shown_family()
        vehicles = tuple(NewVehicle(plate, looks) for plate, looks in names.SHOWN_VEHICLES)
    return NewHouse(
        home.room_code,
        home.building,
        home.unit,
        home.cluster,
        household_name=f"{surname}宅",
        gate_note=note,
        residents=family,
        vehicles=vehicles,
    )


def _vehicles(people: People) -> tuple[NewVehicle, ...]:
    random = people.random
    count = random.choices((0, 1, 2), names.VEHICLES_A_HOUSEHOLD)[0]
    return tuple(NewVehicle(people.plate(), random.choice(names.VEHICLE_LOOKS)) for _vehicle in range(count))


def _shown_family() -> tuple[NewResident, ...]:
    return tuple(
        NewResident(name, sex, relation, phone, called, may_confirm=bool(phone))
        for name, sex, relation, phone, called in names.SHOWN_FAMILY
    )


def _family(people: People, surname: str) -> tuple[NewResident, ...]:
    random = people.random
    tenant = random.random() < 0.15
    head = _adult(people, surname, random.choice((Sex.MALE, Sex.MALE, Sex.FEMALE)), "tenant" if tenant else "owner")
    family = [head]
    if random.random() < 0.8:
        other = Sex.FEMALE if head.sex is Sex.MALE else Sex.MALE
        partner = _adult(people, people.surname(), other, "tenant" if tenant else "family")
        wife = f"{surname}太太" if other is Sex.FEMALE and random.random() < 0.5 else ""
        family.append(NewResident(partner.name, other, partner.relation, partner.phone, wife, may_confirm=True))
        for _child in range(random.choice((0, 1, 1, 2))):
            sex = random.choice((Sex.MALE, Sex.FEMALE))
            family.append(NewResident(people.full_name(surname, sex), sex, "family"))
    if random.random() < 0.2:
        elder = people.person(RESIDENTS_PHONES, surname=surname)
        family.append(NewResident(elder.name, elder.sex, "family", elder.phone, may_confirm=random.random() < 0.5))
    return tuple(family)


def _adult(people: People, surname: str, sex: Sex, relation: str) -> NewResident:
    person = people.person(RESIDENTS_PHONES, surname=surname, sex=sex)
    titles = names.CALLED_MALE if sex is Sex.MALE else names.CALLED_FEMALE
    called = surname + people.random.choice(titles) if people.random.random() < 0.2 else ""
    return NewResident(person.name, sex, relation, person.phone, called, may_confirm=True)
