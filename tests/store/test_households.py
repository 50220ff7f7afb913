"""Looking up homes: by the beginning of a room code, and what the gate may know of who lives there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.set_up import NewHouse, NewResident, add_house
from butler_tui.domain.people import Sex
from butler_tui.ids import new_id
from butler_tui.store.households import at_room, rooms_starting
from butler_tui.store.journal import record
from butler_tui.store.written import Written

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("3-2-18", ["3-2-1801", "3-2-1802"]),
        ("3-2-1801", ["3-2-1801"]),
        ("3", ["3-10-101", "3-2-1801", "3-2-1802", "30-1-101"]),
        ("V", ["V17"]),
        ("9", []),
        ("%", []),
        ("", ["3-10-101", "3-2-1801", "3-2-1802", "30-1-101", "V17"]),
    ],
)
def test_room_codes_are_found_by_their_beginning_in_order(
    estate: Estate, now: Clock, typed: str, expected: list[str]
) -> None:
    for code in ("30-1-101", "3-2-1802", "3-10-101"):
        add_house(estate.store, NewHouse(code, code.split("-")[0]), now())

    assert rooms_starting(estate.store.connection, typed) == expected


def test_no_more_room_codes_are_returned_than_asked_for(estate: Estate, now: Clock) -> None:
    for number in range(20):
        add_house(estate.store, NewHouse(f"9-1-{number + 100}", "9"), now())

    assert len(rooms_starting(estate.store.connection, "9", most=7)) == 7


def test_the_gate_sees_name_note_and_who_may_confirm_and_nothing_else(estate: Estate) -> None:
    home = at_room(estate.store.connection, "3-2-1801")

    assert home is not None
    assert (home.name, home.gate_note) == ("陈宅", "门铃轻按，老人午睡")
    assert [(one.name, one.sex, one.called) for one in home.confirmers] == [
        ("陈国栋", Sex.MALE, ""),
        ("林婉清", Sex.FEMALE, "陈太太"),
    ]
    assert not hasattr(home.confirmers[0], "phone")


def test_an_empty_home_has_nobody_to_confirm(estate: Estate) -> None:
    home = at_room(estate.store.connection, "V17")

    assert home is not None
    assert (home.household_id, home.name, home.gate_note, home.confirmers) == (None, "", "", ())


def test_a_room_that_is_not_there_is_none(estate: Estate) -> None:
    assert at_room(estate.store.connection, "3-2-1899") is None


def test_of_two_households_at_a_home_the_one_that_moved_in_last_is_shown(estate: Estate, now: Clock) -> None:
    home = at_room(estate.store.connection, "3-2-1801")
    assert home is not None
    moved_in = Written("household", new_id(now.advance(hours=24)), {"house_id": home.house_id, "name": "李宅"})
    record(estate.store, [moved_in], staff_id=None, now_ms=now())

    now_there = at_room(estate.store.connection, "3-2-1801")

    assert now_there is not None
    assert (now_there.name, now_there.confirmers) == ("李宅", ())


def test_at_most_six_can_be_picked_as_confirming(estate: Estate, now: Clock) -> None:
    family = [NewResident(f"王{number}", None, "family", may_confirm=True) for number in range(9)]
    add_house(estate.store, NewHouse("5-1-101", "5", household_name="王宅", residents=family), now())
    home = at_room(estate.store.connection, "5-1-101")

    assert home is not None
    assert len(home.confirmers) == 6
