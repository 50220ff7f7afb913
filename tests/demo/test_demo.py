"""The demo estate: as large as asked, repeatable by seed, with numbers that are nobody's."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING

import pytest

from butler_tui.demo.clock import DAYS
from butler_tui.demo.houses import SHOWN_HOME, plan_houses
from butler_tui.demo.making import Wanted, visits_of
from butler_tui.demo.people import People
from butler_tui.domain.documents import DocumentType, read_number
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, plate_doubt, read_plate
from tests.demo.planned import FRIDAY_EVENING, Month, local, planned

if TYPE_CHECKING:
    pass


def test_the_demo_is_240_households_and_30_days() -> None:
    assert (Wanted().households, Wanted().visits, DAYS) == (240, 2250, 30)
    assert (visits_of(240), visits_of(12), visits_of(10_000)) == (2250, 112, 93_750)


def test_the_same_seed_and_time_give_the_same_houses_and_calls(month: Month) -> None:
    again = planned.__wrapped__(7, 2250, FRIDAY_EVENING)

    assert month(seed=7, at_ms=FRIDAY_EVENING) == again
    assert plan_houses(People(Random(7)), 240) == plan_houses(People(Random(7)), 240)


def test_another_seed_gives_another_estate(month: Month) -> None:
    assert month(seed=7) != month(seed=8)


@pytest.mark.parametrize("visits", [0, 1, 8, 10, 20, 59, 80, 2250, 6000, 13_000])
def test_as_many_visits_as_asked_are_planned_in_order(visits: int) -> None:
    calls = planned(3, visits, FRIDAY_EVENING)

    assert len(calls) == visits
    assert [call.in_ms for call in calls] == sorted(call.in_ms for call in calls)


@pytest.mark.parametrize("households", [1, 2, 12, 240, 2000])
def test_as_many_homes_are_lived_in_as_asked_and_no_room_comes_twice(households: int) -> None:
    houses = plan_houses(People(Random(1)), households)

    assert sum(bool(house.household_name) for house in houses) == households
    assert len({house.room_code for house in houses}) == len(houses)


def test_about_seventy_in_a_hundred_households_have_one_or_two_vehicles_and_no_plate_comes_twice() -> None:
    lived_in = [house for house in plan_houses(People(Random(1)), 240) if house.household_name]
    with_vehicles = [house for house in lived_in if house.vehicles]
    plates = [vehicle.plate for house in lived_in for vehicle in house.vehicles]

    assert 0.6 < len(with_vehicles) / len(lived_in) < 0.8
    assert {len(house.vehicles) for house in with_vehicles} == {1, 2}
    assert len(set(plates)) == len(plates)
    assert [plate for plate in plates if plate_doubt(plate)] == []


def test_every_household_has_somebody_who_may_confirm_and_can_be_called() -> None:
    for house in plan_houses(People(Random(3)), 240):
        if house.household_name:
            assert any(person.may_confirm and read_phone(person.phone) for person in house.residents), house.room_code


def test_the_home_of_the_manual_is_there_with_its_note() -> None:
    shown = next(house for house in plan_houses(People(Random(99)), 240) if house.room_code == SHOWN_HOME)

    assert (shown.household_name, shown.gate_note) == ("陈宅", "门铃轻按，老人午睡")


def test_numbers_are_well_formed_and_nobodys(month: Month) -> None:
    numbers = 0
    for call in month():
        registration = call.registration
        assert registration.phone == "" or re.fullmatch(r"1390000\d{4}", registration.phone)
        if registration.document_number:
            numbers += 1
            assert registration.document_number.startswith("330000")
            assert read_number(DocumentType.RESIDENT_ID, registration.document_number, local(call.in_ms).date()).valid
        if registration.plate:
            plate = read_plate(registration.plate)
            assert plate is not None
            assert plate.kind in (PlateKind.ORDINARY, PlateKind.NEW_ENERGY)
    assert numbers > 50
