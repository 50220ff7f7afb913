"""What guards who tried the gate asked for: nothing jumps, nothing typed is lost, every row says who."""

from __future__ import annotations

import pytest
from textual import events

from butler_tui.desk import gate
from butler_tui.domain.rights import Role
from butler_tui.store import drafts, visits
from butler_tui.store.drafts import GATE
from butler_tui.tui.widgets.check_card import CheckCard
from tests.conftest import Clock, Estate
from tests.tui.conftest import OpenBooth
from tests.tui.test_gate import inside, register


async def test_undoing_an_admission_brings_back_what_was_typed_for_it(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter", "ctrl+z")
        assert booth.sentence.startswith("已撤销")
        assert booth.field("name") == "李文博"
        assert booth.field("confirm") == "22"
        assert booth.gate.query_one(CheckCard).check.in_the_way() == []
        await booth.keys("ctrl+s")
    assert [visitor.name for visitor in inside(estate)] == ["李文博"]


async def test_back_from_the_checks_is_the_field_one_came_from(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n139")
        await booth.keys("ctrl+t", "ctrl+t")
        await booth.type("0000")
        assert booth.field("phone") == "1390000"
        await booth.keys("ctrl+t", "escape")
        assert booth.focused == "phone"


async def test_a_phone_typed_straight_after_the_name_is_a_phone(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n13900001234\n")
        assert (booth.field("sex"), booth.field("phone")) == ("", "13900001234")


async def test_a_note_begun_and_left_by_escape_is_still_there(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+t", "2")
        await booth.type("写到一半")
        await booth.keys("escape", "2")
        assert "写到一半" in booth.text()
        await booth.keys("escape", "ctrl+r")
        await booth.type("5在门口")
        await booth.keys("escape", "ctrl+r")
        assert "在门口" in booth.text()
        assert booth.text().count("无故逗留") == 2


@pytest.mark.parametrize("typed", ["1380000", "浙A123", "2026-11"])
async def test_what_is_no_name_becomes_no_visitor(open_booth: OpenBooth, typed: str) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(f"{typed}\n")
        assert booth.field("name") == ""


async def test_a_badge_that_is_not_out_is_said_to_be_so(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("A020\n")
        assert booth.sentence == "访客证 A020 未在使用，已填入「访客证」。"
        assert booth.field("badge") == "A020"


async def test_a_badge_scanned_while_a_number_is_asked_for_is_no_number(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001234\n3-2-1801\n22\n8\n")
        assert booth.focused == "number"
        await booth.type("A017\n")
        assert (booth.field("number"), booth.field("badge")) == ("", "A017")
        assert booth.focused == "number"


async def test_digits_that_pick_nobody_are_marked(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\nx\n\n\n3-2-1801\nzz")
        shown = booth.text()
        assert "请按数字选择" in shown
        assert "1 男" in shown


async def test_the_chosen_row_is_marked_while_the_filter_has_the_focus(open_booth: OpenBooth, estate: Estate) -> None:
    session = estate.sessions[Role.GUARD]
    for number in range(3):
        one = estate.registration(badge=f"B{number:03d}", name=f"赵{number}", phone="")
        gate.admit(estate.store, session, one, estate.policies, 1_794_527_880_000 + number)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f7", "down", "down")
        (marked,) = [line for line in booth.text().splitlines() if line.startswith(">")]
        assert "B002" in marked
        await booth.keys("enter")
    assert {visitor.badge for visitor in inside(estate)} == {"B000", "B001"}


async def test_a_filter_that_fits_nobody_says_so(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter", "f7")
        await booth.type("ZZ")
        assert "没有符合条件的在访人员" in booth.text()


async def test_going_between_the_desks_never_shows_the_sign_in(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        fronts = []
        booth.app.screen_change_signal.subscribe(booth.app.screen, lambda screen: fronts.append(type(screen).__name__))
        await booth.keys("f9", "f2", "f9")
        assert "SignInScreen" not in fronts


async def test_a_small_window_says_that_it_is_small(open_booth: OpenBooth) -> None:
    async with open_booth(60, 15) as booth:
        await booth.sign_in()
        assert "80x24" in booth.text()


async def test_a_long_paste_is_kept_as_far_as_it_fits(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        booth.app.post_message(events.Paste("说" * 1000))
        await booth.settle()
        assert booth.field("arrival") == "说" * 200


async def test_a_room_said_in_words_becomes_its_code_at_enter(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3栋2单元1801室\n")
        assert booth.field("room") == "3-2-1801"
        assert booth.gate.form.household is not None


async def test_the_key_line_on_the_checks_says_where_ctrl_t_leads(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        assert "Ctrl+T 查验" in booth.text()
        await booth.keys("ctrl+t")
        assert "Ctrl+T 返回" in booth.text()


@pytest.mark.parametrize("scanned", ["110101199001011237", "13911112222", "330106198811110118"])
async def test_digits_scanned_on_the_checks_are_no_findings(
    open_booth: OpenBooth, estate: Estate, scanned: str
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n12\n1\n")
        await booth.keys("ctrl+t")
        assert booth.focused == "CheckCard"
        await booth.type(f"{scanned}\n")
        await booth.keys("ctrl+s")

        assert visits.on_site(estate.store.connection, 5) == []
        assert booth.gate._case.found.check.found == {}
        assert booth.gate._case.found.check.notes == {}


async def test_findings_typed_ahead_are_findings(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001234\n3-2-1801\n12\n3\n\n11111")
        await booth.keys("enter")
        assert len(visits.on_site(estate.store.connection, 5)) == 1


async def test_after_a_check_out_nobody_is_offered(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    guard = estate.sessions[Role.GUARD]
    gate.admit(estate.store, guard, estate.registration(plate="浙A8K32F"), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("浙A8K32F\n")
        assert "离开" in booth.sentence
        assert "浙A8K32F" not in booth.text()
        booth.app.here.drafts.flush()
        assert drafts.of_author(estate.store.connection, guard.staff.staff_id, GATE) is None


async def test_enter_stops_once_at_what_cannot_be_read(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n1390000111\n")
        assert booth.focused == "phone"
        assert "再按 Enter" in booth.sentence
        await booth.keys("enter")
        assert booth.focused == "room"


async def test_a_badge_scanned_twice_is_not_for_the_next_visitor(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    guard = estate.sessions[Role.GUARD]
    gate.admit(estate.store, guard, estate.registration(badge="A001"), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("A001\nA001\n")
        assert booth.gate.form.is_empty
        assert "刚刚收回" in booth.sentence


async def test_an_emergency_is_announced_before_enter(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("120")
        assert "立即放行" in booth.sentence


async def test_emptying_a_form_that_was_put_aside_puts_it_back(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("f8", "f8", "enter")
        assert booth.field("name") == "李文博"
        await booth.keys("ctrl+n")
        assert booth.gate.form.is_empty
        assert drafts.count_parked(estate.store.connection, GATE) == 1
