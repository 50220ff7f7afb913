"""The one sentence and the cursor at the gate: what the sentence is about is where the cursor stands."""

from __future__ import annotations

import pytest

from butler_tui.desk import gate
from butler_tui.desk.set_up import NewHouse, add_house
from butler_tui.domain.rights import Role
from tests.conftest import Clock, Estate
from tests.tui.conftest import OpenBooth


async def test_what_is_odd_is_said_with_its_field_as_long_as_the_cursor_stands_there(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n9")
        assert (booth.focused, booth.sentence) == ("sex", "性别：9 不是可选项，请输入 1 至 2。")
        await booth.keys("down")
        assert (booth.focused, booth.sentence) == ("phone", "暂不能放行：请填写「到访」。")
        await booth.type("1390000\n")
        assert (booth.focused, booth.sentence) == ("phone", "电话：请核对号码。再按 Enter 继续。")
        await booth.keys("enter")
        assert (booth.focused, booth.sentence) == ("room", "暂不能放行：请填写「到访」。")
        await booth.type("9-9\n")
        assert (booth.focused, booth.sentence) == ("room", "到访：没有此房号。再按 Enter 继续。")


@pytest.mark.parametrize(("key", "field"), [("ctrl+o", "room"), ("ctrl+s", "room"), ("ctrl+r", "name")])
async def test_a_key_that_says_what_is_missing_goes_there(open_booth: OpenBooth, key: str, field: str) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        if field != "name":
            await booth.type("李文博\n")
        booth.gate.form.focus_field("company")
        await booth.keys(key)
        assert booth.focused == field


async def test_a_room_that_fits_several_homes_is_asked_for_before_the_next_field(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    add_house(estate.store, NewHouse("3-2-1802", "3"), now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001235\n3-2")
        assert booth.sentence == "暂不能放行：请确认「3-2」是哪一户。"
        await booth.keys("enter")
        assert (booth.focused, booth.sentence) == ("room", "到访：有多户相符，请用方向键选择。再按 Enter 继续。")
        await booth.keys("down", "enter")
        assert (booth.focused, booth.field("room")) == ("confirm", "3-2-1802")


async def test_a_badge_that_is_out_is_told_in_its_field(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    gate.admit(estate.store, estate.sessions[Role.GUARD], estate.registration(badge="A017"), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("王海\n1\n13900001239\n3-2-1801\n12\n3空调\n\n111111")
        booth.gate.form.put("badge", "A017")
        await booth.keys("ctrl+s")
        assert (booth.focused, "A017" in booth.sentence) == ("badge", True)


async def test_a_home_without_a_household_is_one_with_nobody_registered(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001235\nV17")
        assert "未登记住户" in booth.text()
        await booth.keys("enter")
        assert booth.focused == "confirm"
