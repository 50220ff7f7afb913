"""F7: who is on site, who has overstayed, which badges are missing; a badge is missed, found and given back here."""

from __future__ import annotations

import re

import pytest
from textual.color import Color

from butler_tui.desk.badges import check_out_without_badge
from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason
from butler_tui.domain.visits import Registration
from butler_tui.store import badges, visits
from butler_tui.store.badges import BadgesOut
from butler_tui.store.journal import migrate
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.screens.gate import GateScreen
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth


@pytest.fixture
def three(estate: Estate, session: Session, now: Clock) -> list[bytes]:
    """Three visitors on site: one over by ten minutes, one soon, one with time; badges B001 to B003."""
    people = (("赵一", Reason.COURIER, 40), ("钱二", Reason.COURIER, 20), ("孙浩", Reason.VISITING, 5))
    begun, ids = now(), []
    for number, (name, reason, ago) in enumerate(people, 1):
        one = estate.registration(name=name, phone="", reason=reason, badge=f"B00{number}")
        ids.append(admit(estate.store, session, one, estate.policies, begun - ago * 60_000).visit_id)
    return ids


async def at_list(booth: Booth, *keys: str) -> None:
    await booth.sign_in()
    await booth.keys("f7", *keys)


def row(booth: Booth, badge: str) -> str:
    (found,) = [line for line in booth.text().splitlines() if badge in line]
    return found


def is_drawn_in(booth: Booth, word: str, wanted: str | None) -> bool:
    """Tell whether a word stands on the screen in this colour; Textual rounds on the way."""
    red, green, blue = Color.parse(wanted or "").rgb
    found = [
        segment.style.color.get_truecolor()
        for strip in booth.app.screen._compositor.render_strips()
        for segment in strip
        if word in segment.text and segment.style is not None and segment.style.color is not None
    ]
    near = [max(abs(one.red - red), abs(one.green - green), abs(one.blue - blue)) <= 2 for one in found]
    return bool(near) and all(near)


async def test_who_is_over_or_nearly_so_is_marked_in_words_and_colour(
    open_booth: OpenBooth, three: list[bytes]
) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        assert "超时 10分钟" in row(booth, "B001")
        assert "剩 10分钟" in row(booth, "B002")
        theme = booth.app.current_theme
        assert is_drawn_in(booth, "超时 10分钟", theme.error)
        assert is_drawn_in(booth, "剩 10分钟", theme.warning)
        assert not is_drawn_in(booth, "剩 10分钟", theme.error)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_in_english_too_nothing_of_a_row_is_cut_off(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, size: tuple[int, int]
) -> None:
    long_ago = now() - 30 * 3_600_000
    admit(estate.store, session, Registration(reason=Reason.EMERGENCY, reason_note="119"), estate.policies, long_ago)
    async with open_booth(*size) as booth:
        await booth.sign_in()
        assert "In 1 person, 0 cars  Over 1 " in f"{booth.text()} ".replace("\n", " \n")
        (told,) = [line for line in booth.text().splitlines() if " 119 " in line]
        assert "Emergency " in told
        assert re.search(r" over \d+ h( \d\d)?$", told)
    number = "330102199003070016"
    reason = Reason.DOMESTIC_HELP
    one = estate.registration(name="王一", sex=None, badge="B009", reason=reason, document_number=number)
    admit(estate.store, session, one, estate.policies, now())
    async with open_booth(*size) as booth:
        await at_list(booth)
        assert "visitor 王 " in row(booth, "B009")
        assert "Domestic help " in row(booth, "B009")
        assert row(booth, "B009").endswith(" left")


@pytest.mark.parametrize(("hours", "told"), [(9.98, "超时 9小时58分"), (12.4, "超时 12小时"), (60, "超时 2 天")])
async def test_beside_the_form_the_time_over_stands_whole_next_to_a_long_room_and_name(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, hours: float, told: str
) -> None:
    reason = Reason.COURIER
    one = estate.registration(name="欧阳建国", phone="", reason=reason, badge="B007")
    admitted = admit(estate.store, session, one, estate.policies, now() - round((hours + 0.5) * 3_600_000))
    with migrate(estate.store.connection) as connection:
        connection.execute("UPDATE visit SET room_code = '20-2-1802' WHERE visit_id = ?", (admitted.visit_id,))
    async with open_booth(120, 36) as booth:
        await booth.sign_in()
        assert row(booth, "B007").endswith(told)
        assert "欧阳先生 20-2-1802 " in row(booth, "B007")


async def test_tab_goes_through_the_lists(open_booth: OpenBooth, three: list[bytes]) -> None:
    async with open_booth() as booth:
        await at_list(booth, "tab")
        assert "[已超时 1]" in booth.text()
        assert "B001" in booth.text()
        assert "B003" not in booth.text()
        await booth.keys("tab")
        assert "没有遗失的访客证" in booth.text()
        await booth.keys("tab")
        assert "B003" in booth.text()


@pytest.mark.parametrize("typed", ["sh", "sunhao", "B003"])
async def test_initials_and_pinyin_narrow_the_list(open_booth: OpenBooth, three: list[bytes], typed: str) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        await booth.type(typed)
        assert [badge for badge in ("B001", "B002", "B003") if badge in booth.text()] == ["B003"]


async def test_a_badge_that_is_not_given_back_is_missed_found_by_its_scan_and_all_can_be_undone(
    open_booth: OpenBooth, estate: Estate, three: list[bytes]
) -> None:
    connection = estate.store.connection
    async with open_booth() as booth:
        await at_list(booth)
        await booth.type("B003")
        await booth.keys("ctrl+b")
        assert booth.sentence == "孙先生已离开，访客证 B003 记为遗失。Ctrl+Z 撤销。"
        assert badges.badges_out(connection) == BadgesOut(out=3, missing=1)
        await booth.keys("ctrl+z")
        assert badges.badges_out(connection) == BadgesOut(out=3, missing=0)
        await booth.type("B003")
        await booth.keys("ctrl+b")
        await booth.type("B003\n")
        assert booth.sentence == "孙先生的访客证 B003 已收回。Ctrl+Z 撤销。"
        assert badges.badges_out(connection) == BadgesOut(out=2, missing=0)
        assert isinstance(booth.app.screen, OnSiteDialog)


@pytest.mark.parametrize("typed", ["", "B00"])
async def test_after_undo_the_mark_stands_on_the_visitor_it_was_about(
    open_booth: OpenBooth, estate: Estate, three: list[bytes], typed: str
) -> None:
    async with open_booth() as booth:
        await at_list(booth, *typed, "down", "ctrl+b")
        await booth.keys("ctrl+z")
        assert booth.sentence == "已撤销：钱先生仍在访，访客证 B002。"
        assert any(line.startswith(">B002") for line in booth.text().splitlines())
        await booth.keys("enter")
        assert {one.badge for one in visits.on_site(estate.store.connection, 5)} == {"B001", "B003"}


async def test_in_the_list_of_missing_badges_enter_takes_the_marked_one_back(
    open_booth: OpenBooth, estate: Estate, session: Session, three: list[bytes], now: Clock
) -> None:
    for visit_id in three[:2]:
        check_out_without_badge(estate.store, session, visit_id, now())
    async with open_booth() as booth:
        await at_list(booth, "tab", "tab")
        assert "Enter 已收回" in booth.text()
        assert "证未交回" not in booth.text()
        await booth.keys("down", "enter")
        assert [one.badge for one in badges.badges_missing(estate.store.connection, 5)] == ["B001"]


async def test_who_came_without_a_badge_cannot_leave_one_missing(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    admit(estate.store, session, estate.registration(badge=""), estate.policies, now())
    async with open_booth() as booth:
        await at_list(booth, "ctrl+b")
        assert booth.sentence == "该访客未领访客证。"
        assert visits.counts(estate.store.connection, now()).people == 1


async def test_enter_checks_out_as_ever_and_the_gate_says_so(
    open_booth: OpenBooth, estate: Estate, three: list[bytes]
) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        await booth.type("sunh\n")
        assert isinstance(booth.app.screen, GateScreen)
        assert "孙先生" in booth.sentence
        assert len(visits.on_site(estate.store.connection, 9)) == 2
