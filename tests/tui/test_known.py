"""A known visitor is one look and a few keys: found by plate, phone, initials or document, confirmed, admitted."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from butler_tui.desk import gate
from butler_tui.desk.session import Session
from butler_tui.desk.set_up import NewHouse, add_house
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.store import visits
from butler_tui.store.households import at_room
from butler_tui.store.visits import OnSite
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

FIRST = "浙A8K32F\n李文博\n1\n13805712211\n3-2-1801\n12\n3空调\n\n"
DAY_MS = 24 * 3600_000


async def register_and_leave(booth: Booth, estate: Estate, now: Clock) -> None:
    """Let 李文博 come with a car and every check by hand, and leave an hour later."""
    await booth.type(FIRST)
    await booth.keys(*"111111", "enter")
    assert "放行" in booth.sentence, booth.text()
    now.ms += 3600_000
    await booth.type("浙A8K32F\n")
    assert "离开" in booth.sentence, booth.text()
    now.ms += 10 * DAY_MS


def inside(estate: Estate) -> list[OnSite]:
    return visits.on_site(estate.store.connection, 10)


@pytest.mark.parametrize("typed", ["浙A8K32F", "a8k32f", "8K32F", "8k3", "13805712211", "2211", "lwb", "liwen", "李文"])
async def test_a_known_visitor_is_found_by_whatever_they_say(
    open_booth: OpenBooth, estate: Estate, now: Clock, typed: str
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type(typed)
        assert "李先生" in booth.sentence, booth.text()

        await booth.keys("enter")
        assert booth.field("name") == "李文博"
        assert "138****2211" in booth.text()
        assert "13805712211" not in booth.text()
        assert "请核对本人与车辆" in booth.sentence

        await booth.keys("enter", "enter")
        (visitor,) = inside(estate)
        assert (visitor.name, visitor.plate, visitor.room_code) == ("李文博", "浙A8K32F", "3-2-1801")
        row = estate.store.connection.execute(
            "SELECT phone, confirmed_how, check_document, check_belongings, reason_note FROM visit WHERE visit_id = ?",
            (visitor.visit_id,),
        ).fetchone()
        assert tuple(row) == ("13805712211", "known", "passed", "passed", "空调")


async def test_a_known_visitor_with_a_vehicle_takes_five_keys_at_most(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("浙A8K32F")
        keys = ("enter", "A", "0", "1", "7", "enter", "enter", "enter")

        await booth.keys(*keys)

        (visitor,) = inside(estate)
        assert (visitor.name, visitor.badge) == ("李文博", "A017")
        assert len([key for key in keys if key == "enter"]) <= 5


async def test_what_was_filled_in_can_be_looked_at_again(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("浙A8K32F\n")
        await booth.keys("up", "3")  # belongings failed this time
        await booth.keys("enter")  # no words
        await booth.keys("enter", "enter")

        assert inside(estate) == []
        assert "查物品" in booth.sentence


async def test_a_suspicious_known_visitor_gets_all_six_by_hand(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("浙A8K32F\n")
        await booth.keys("5", "enter", "enter")

        assert inside(estate) == []


async def test_another_home_is_asked_again(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("浙A8K32F\n")
        booth.gate.form.focus_field("room")
        await booth.keys(*["backspace"] * 10)
        await booth.type("V17")
        await booth.keys("ctrl+s")

        assert inside(estate) == []
        assert "问被访人" in booth.sentence


async def test_somebody_new_of_the_same_name_is_not_filled_in(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("李文博")
        await booth.keys("escape", "enter")

        assert booth.field("name") == "李文博"
        assert booth.field("phone") == ""
        assert booth.focused == "sex"


async def test_taking_the_wrong_one_is_undone_by_one_key(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("lwb\n")
        assert booth.field("phone") == "13805712211"
        await booth.keys("ctrl+z")

        assert booth.field("phone") == ""
        assert booth.field("arrival") == "lwb"


async def test_the_first_edit_of_a_masked_phone_empties_it(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("lwb\n")
        booth.gate.form.focus_field("phone")
        await booth.keys("backspace")
        assert booth.field("phone") == ""
        await booth.type("13900001111")

        assert booth.field("phone") == "13900001111"


async def test_the_same_visitor_again_within_minutes_is_told_of_the_open_entry(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13805712211\n3-2-1801\n12\n3\nA001\n")
        await booth.keys(*"11111", "enter")
        assert len(inside(estate)) == 1, booth.text()
        now.ms += 120_000
        await booth.type("李文博\n")
        assert "已在访" in booth.sentence
        await booth.keys("escape", "enter")
        await booth.type("1\n13805712211\n3-2-1801\n12\n3\nA002\n")
        await booth.keys(*"11111", "enter")
        assert len(inside(estate)) == 1
        assert "A001" in booth.sentence

        await booth.keys("enter")
        assert len(inside(estate)) == 2


async def test_a_home_is_found_by_the_initials_of_its_household(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        booth.gate.form.focus_field("room")
        await booth.type("cz\n")

        assert booth.field("room") == "3-2-1801"


async def test_a_courier_who_comes_to_several_homes_is_asked_which(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    guard, empty = estate.sessions[Role.GUARD], at_room(estate.store.connection, "V17")
    assert empty is not None
    courier = estate.registration(name="赵快", phone="13700001111", reason=Reason.COURIER, badge="")
    other = replace(courier, house_id=empty.house_id, household_id=None, room_code="V17", confirmed_by=None)
    for one in (courier, other):
        done = gate.admit(estate.store, guard, one, estate.policies, now())
        now.ms += 3600_000
        gate.check_out(estate.store, guard, done.visit_id, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("zk\n")

        assert booth.focused == "room"
        assert booth.field("room") == ""
        assert "哪一户" in booth.sentence
        await booth.type("3-2-1801\n12\n\n")
        await booth.keys("1", "enter", "enter")
        (visitor,) = inside(estate)
        assert (visitor.name, visitor.room_code) == ("赵快", "3-2-1801")


@pytest.mark.parametrize(("count", "shown", "more"), [(6, 6, False), (7, 5, True)])
async def test_of_more_visitors_than_there_is_room_for_the_list_says_so(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, count: int, shown: int, more: bool
) -> None:
    for number, given in enumerate("一二三四五六七"[:count]):
        one = estate.registration(name=f"郑{given}", phone=f"1390000{number:04}", badge="", plate="")
        done = gate.admit(estate.store, session, one, estate.policies, now() - DAY_MS + number)
        gate.check_out(estate.store, session, done.visit_id, now() - DAY_MS + 60_000)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("郑")
        assert len([line for line in booth.text().splitlines() if "尾号" in line]) == shown
        assert ("还有更多" in booth.text()) is more
        await booth.keys(*["down"] * 9, "enter")
        assert booth.field("name") == f"郑{'一二三四五六七'[count - shown]}"


async def test_of_more_rooms_than_there_is_room_for_the_list_says_so(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    for door in range(1, 8):
        add_house(estate.store, NewHouse(f"8-1-10{door}", "8", "1", "", "", ""), now())
    async with open_booth() as booth:
        await booth.sign_in()
        booth.gate.form.focus_field("room")
        await booth.type("8-1")
        assert [room for room in range(101, 109) if f" 8-1-{room}" in booth.text()] == [*range(101, 106)]
        assert "还有更多" in booth.text()


async def test_what_does_not_fit_beside_a_check_ends_in_dots(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("浙A8K32F\n李文博\n1\n13805712211\n3-2-1801\n12\n3厨房下水道堵塞了三天\n\n")
        (told,) = [line for line in booth.text().splitlines() if "问事由" in line]
        assert re.search(r"维修 厨房下.+\.\.$", told)
