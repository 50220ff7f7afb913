"""Setting up an estate: once, whole, with texts made safe, and each home as one group."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.set_up import NewHouse, NewResident, NewVehicle, add_house, add_staff, set_up_estate
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.errors import RuleBroken
from butler_tui.store import estates, households
from butler_tui.store import staff as staff_store
from butler_tui.store.local import Store
from tests.policies import set_policy

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def journal_rows(store: Store) -> int:
    return int(store.connection.execute("SELECT count(*) FROM journal").fetchone()[0])


def test_an_estate_is_set_up_with_its_gates_and_this_machine_at_the_first(store: Store, now: Clock) -> None:
    gate_ids = set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("西门岗", "东门岗"), now())

    estate, here = estates.estate(store.connection), estates.gate_of_terminal(store.connection)
    assert estate is not None
    assert here is not None
    assert (estate.name, estate.time_zone) == ("云栖玫瑰园", "Asia/Shanghai")
    assert (here.gate_id, here.name) == (gate_ids[0], "西门岗")
    assert [gate.name for gate in estates.gates(store.connection)] == ["东门岗", "西门岗"]


def test_an_estate_that_hq_made_keeps_its_id(store: Store, now: Clock) -> None:
    set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("东门岗",), now(), estate_id=b"\7" * 16)

    estate = estates.estate(store.connection)
    assert estate is not None
    assert estate.estate_id == b"\7" * 16


def test_a_computer_has_one_estate(estate: Estate, now: Clock) -> None:
    with pytest.raises(RuleBroken, match="already has an estate"):
        set_up_estate(estate.store, "另一个", "Asia/Shanghai", ("东门岗",), now())


@pytest.mark.parametrize("zone", ["Asia/Nowhere", "", "../etc/passwd", "Asia", "/etc/passwd", "A\x00B"])
def test_an_unknown_time_zone_is_refused_and_nothing_is_written(store: Store, now: Clock, zone: str) -> None:
    with pytest.raises(RuleBroken, match="There is no time zone called"):
        set_up_estate(store, "云栖玫瑰园", zone, ("东门岗",), now())

    assert journal_rows(store) == 0


def test_an_estate_without_a_gate_is_refused(store: Store, now: Clock) -> None:
    with pytest.raises(RuleBroken, match="at least one gate"):
        set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", (), now())


def test_a_staff_number_belongs_to_one_person(estate: Estate, now: Clock) -> None:
    for number in ("1007", " 1007 ", "", "  "):
        with pytest.raises(RuleBroken, match="is empty or already taken"):
            add_staff(estate.store, number, "孙浩", Role.GUARD, now())


def test_a_new_person_can_be_found_by_number(estate: Estate, now: Clock) -> None:
    staff_id = add_staff(estate.store, " 3001 ", "孙浩", Role.BUTLER, now())

    person = staff_store.by_number(estate.store.connection, "3001")
    assert person == staff_store.Staff(staff_id, "3001", "孙浩", Role.BUTLER)


def test_a_home_with_all_who_live_there_is_one_group(store: Store, now: Clock) -> None:
    family = [
        NewResident("王伟", Sex.MALE, "owner", "13800000003", may_confirm=True),
        NewResident("王芳", None, "family"),
    ]
    add_house(store, NewHouse("5-1-101", "5", "1", household_name="王宅", residents=family), now())

    groups = store.connection.execute("SELECT group_concat(tbl) FROM journal GROUP BY group_id").fetchall()
    assert [row[0] for row in groups] == ["house,household,resident,resident"]


def test_people_are_shown_in_the_order_in_which_they_were_given(store: Store, now: Clock) -> None:
    family = [NewResident(f"王{number}", None, "family", may_confirm=True) for number in range(6)]
    add_house(store, NewHouse("5-1-101", "5", household_name="王宅", residents=family), now())

    home = households.at_room(store.connection, "5-1-101")
    assert home is not None
    assert [one.name for one in home.confirmers] == [person.name for person in family]


def test_residents_of_a_home_without_a_household_are_not_written(store: Store, now: Clock) -> None:
    add_house(store, NewHouse("5-1-101", "5", residents=[NewResident("王伟", None, "owner")]), now())

    assert [row[0] for row in store.connection.execute("SELECT tbl FROM journal")] == ["house"]


def test_a_household_s_vehicles_are_kept_under_their_plates_as_the_gate_writes_them(store: Store, now: Clock) -> None:
    vehicles = [NewVehicle("浙a·6d218", "白色 SUV"), NewVehicle("杭州电动 12")]
    add_house(store, NewHouse("5-1-101", "5", household_name="王宅", vehicles=vehicles), now())

    kept = store.connection.execute("SELECT plate, note FROM vehicle JOIN household USING (household_id) ORDER BY note")
    assert [tuple(row) for row in kept] == [("杭州电动 12", None), ("浙A6D218", "白色 SUV")]


def test_texts_are_made_safe(store: Store, now: Clock) -> None:
    hostile = "王\x1b[2J\u202e"
    resident = NewResident(hostile, None, "owner", hostile, hostile, may_confirm=True)
    home = NewHouse("5-1-101", hostile, hostile, hostile, hostile, hostile, [resident], [NewVehicle(hostile, hostile)])
    add_house(store, home, now())
    add_staff(store, "1", hostile, Role.GUARD, now())
    set_up_estate(store, hostile, "Asia/Shanghai", (hostile,), now())

    for table in ("house", "household", "resident", "vehicle", "staff", "estate", "gate"):
        for row in store.connection.execute(f"SELECT * FROM {table}"):
            texts = [value for value in tuple(row) if isinstance(value, str)]
            assert not [text for text in texts if "\x1b" in text or "\u202e" in text], table


def test_a_policy_is_one_record_a_key_however_often_it_is_set(estate: Estate, now: Clock) -> None:
    for minutes in (3, 7):
        set_policy(estate.store, "idle_lock_min", minutes, now.advance(minutes=1))
    set_policy(estate.store, "reason.courier", {"leave_after_min": 45}, now())

    policies = estates.policies(estate.store.connection)
    assert policies.idle_lock_min == 7
    assert policies.rule(Reason.COURIER).leave_after_min == 45
    assert estate.store.connection.execute("SELECT count(*) FROM policy").fetchone()[0] == 2


def test_a_policy_that_is_not_json_leaves_the_default(estate: Estate) -> None:
    from butler_tui.store.journal import record
    from butler_tui.store.written import Written

    record(
        estate.store,
        [Written("policy", b"\1" * 16, {"key": "undo_s", "value": "{"})],
        staff_id=None,
        now_ms=1,
    )

    assert estates.policies(estate.store.connection).undo_s == 60


def test_an_empty_home_can_be_looked_up_at_once(estate: Estate, now: Clock) -> None:
    add_house(estate.store, NewHouse("V18", "V18"), now())

    assert households.rooms_starting(estate.store.connection, "V1") == ["V17", "V18"]
