"""Known visitors where things go wrong: refusals, missed badges, half-typed others, taking back."""

from __future__ import annotations

from butler_tui.desk import gate
from butler_tui.desk.badges import check_out_without_badge
from butler_tui.domain.policies import TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.store.badges import badges_out
from tests.conftest import Clock, Estate
from tests.tui.conftest import OpenBooth
from tests.tui.test_known import DAY_MS, inside, register_and_leave


async def test_a_visitor_or_a_home_that_a_search_found_goes_into_the_form(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("ctrl+y")
        assert booth.field("name") == "李文博", booth.text()
        assert "请核对本人与车辆" in booth.sentence
        await booth.keys("ctrl+n", "ctrl+k", "ctrl+u")
        await booth.type("V17")
        await booth.keys("ctrl+y")
        assert booth.field("room") == "V17", booth.text()


async def test_a_badge_that_was_missed_comes_back_by_a_scan(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    guard = estate.sessions[Role.GUARD]
    done = gate.admit(estate.store, guard, estate.registration(), estate.policies, now())
    check_out_without_badge(estate.store, guard, done.visit_id, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("A017")
        assert "未交回" in booth.sentence
        await booth.keys("enter")
        assert "已收回" in booth.sentence
    assert badges_out(estate.store.connection).out == 0


async def test_a_scan_while_another_visitor_is_half_typed_fills_only_its_own_field(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("王五\n2\n")
        await booth.type("浙A8K32F\n")

        assert booth.field("name") == "王五"
        assert booth.field("plate") == "浙A8K32F"
        assert booth.field("phone") == ""


async def test_a_free_badge_goes_into_its_field_whoever_has_such_a_plate(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    guard = estate.sessions[Role.GUARD]
    done = gate.admit(estate.store, guard, estate.registration(plate="浙A01788", badge=""), estate.policies, now())
    gate.check_out(estate.store, guard, done.visit_id, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("A017\n")

        assert booth.field("badge") == "A017"
        assert booth.field("name") == ""


async def test_whoever_was_turned_away_since_is_asked_everything(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    guard = estate.sessions[Role.GUARD]
    done = gate.admit(estate.store, guard, estate.registration(), estate.policies, now())
    gate.check_out(estate.store, guard, done.visit_id, now())
    now.ms += DAY_MS
    refused = TurnAwayReason.NOT_EXPECTED
    gate.turn_away(estate.store, guard, estate.registration(), estate.policies, now(), reason=refused)
    now.ms += DAY_MS
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("lwb")
        assert "不予放行" in booth.sentence
        await booth.keys("enter")
        assert booth.field("name") == "李文博"
        await booth.keys("enter", "enter", "ctrl+s")

        assert inside(estate) == []
        await booth.keys("ctrl+z")
        assert booth.field("name") == ""


async def test_a_refused_visit_that_a_search_found_admits_nobody_by_two_keys(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    guard, refused = estate.sessions[Role.GUARD], TurnAwayReason.NOT_EXPECTED
    gate.turn_away(estate.store, guard, estate.registration(), estate.policies, now(), reason=refused)
    now.ms += DAY_MS
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("ctrl+y", "enter", "enter", "ctrl+s")

        assert inside(estate) == []
        assert booth.field("name") == "李文博"


async def test_undo_takes_back_the_last_act_and_no_other(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    guard = estate.sessions[Role.GUARD]
    done = gate.admit(estate.store, guard, estate.registration(), estate.policies, now())
    check_out_without_badge(estate.store, guard, done.visit_id, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("王五\n1\n13800001111\n3-2-1801\n12\n3\nA018\n11111")
        await booth.keys("enter")
        assert len(inside(estate)) == 1
        await booth.type("A017\n")
        assert "已收回" in booth.sentence
        await booth.keys("ctrl+z")

        assert len(inside(estate)) == 1
        assert badges_out(estate.store.connection).missing == 1


async def test_a_masked_phone_stays_masked_when_it_is_taken_up_again(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await register_and_leave(booth, estate, now)
        await booth.type("lwb\n")
        await booth.keys("f8", "f8", "enter")

        assert booth.field("phone") == "13805712211"
        assert "13805712211" not in booth.text()


async def test_whoever_was_only_ever_turned_away_is_told_of(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    guard, refused = estate.sessions[Role.GUARD], TurnAwayReason.NOT_EXPECTED
    gate.turn_away(estate.store, guard, estate.registration(), estate.policies, now(), reason=refused)
    now.ms += 3600_000
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博")

        assert "不予放行" in booth.sentence
