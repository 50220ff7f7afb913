"""Ctrl+G: the figures of now, what is wrong in colour and words, and each line leading to where it is dealt with."""

from __future__ import annotations

import json

import pytest

from butler_tui.desk.badges import check_out_without_badge
from butler_tui.desk.gate import admit, turn_away
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.store import sync_state
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.screens.home import HomeScreen
from butler_tui.tui.screens.sync import SyncScreen
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth


@pytest.fixture
def busy(estate: Estate, session: Session, now: Clock) -> Estate:
    """A gate on which a little of everything has happened today."""

    def let_in(**changes: object) -> bytes:
        now.advance(minutes=1)
        one = estate.registration(**{"phone": "", **changes})
        return admit(estate.store, session, one, estate.policies, now()).visit_id

    let_in(name="陈大明", badge="A001", plate="浙A8K32F", companions=2)
    let_in(name="赵一", badge="A002", reason=Reason.COURIER)
    lost = let_in(name="孙浩", badge="A003")
    check_out_without_badge(estate.store, session, lost, now())
    turn_away(
        estate.store, session, estate.registration(badge=""), estate.policies, now(), reason=TurnAwayReason.LOITERING
    )
    estate.store.connection.execute(
        "INSERT INTO draft (draft_id, staff_id, desk, body, parked, changed_ms) VALUES (?, ?, 'gate', ?, 1, ?)",
        (b"\1" * 16, session.staff.staff_id, json.dumps({}), now()),
    )
    now.advance(minutes=40)
    return estate


def shown(booth: Booth, line: str) -> str:
    """Return the words of one line, without the spaces that align them."""
    return " ".join(str(booth.app.screen.query_one(f"#home-{line}").render()).split())


async def at_home(booth: Booth) -> None:
    await booth.sign_in()
    await booth.keys("ctrl+g")
    assert isinstance(booth.app.screen, HomeScreen)


async def test_it_says_how_it_all_stands(open_booth: OpenBooth, busy: Estate) -> None:
    async with open_booth() as booth:
        await at_home(booth)
        assert shown(booth, "inside") == ">在访 4 人 1 车"
        assert shown(booth, "overstayed") == "已超时 1 人 快递 赵先生 11分钟"
        assert shown(booth, "longest").startswith("最久在访 07:59 陈先生")
        assert shown(booth, "parked").startswith("待核实 1 人 08:01 起")
        assert shown(booth, "badges") == "未收回访客证 3 张 遗失 1"
        assert shown(booth, "today") == "今日来访 5 人 不予放行 1"
        assert shown(booth, "backup") == "备份 从未备份"
        assert booth.sentence.startswith("已超时：快递")


async def test_yesterday_is_not_counted_as_today(open_booth: OpenBooth, busy: Estate, now: Clock) -> None:
    now.advance(hours=24)
    async with open_booth() as booth:
        await at_home(booth)
        assert shown(booth, "today") == "今日来访 0 人 不予放行 0"


async def test_the_figures_are_those_of_now_each_time_one_comes_back(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    async with open_booth() as booth:
        await at_home(booth)
        before = shown(booth, "inside")
        await booth.keys("f2")
        admit(estate.store, session, estate.registration(), estate.policies, now())
        await booth.keys("ctrl+g")
        assert (before, shown(booth, "inside")) == (">在访 0 人 0 车", ">在访 1 人 0 车")


@pytest.mark.parametrize(
    ("downs", "title"),
    [(0, "[在访记录 2]"), (1, "[已超时 1]"), (3, "[访客证遗失 1]")],
)
async def test_enter_on_a_figure_of_the_gate_opens_its_list(
    open_booth: OpenBooth, busy: Estate, downs: int, title: str
) -> None:
    async with open_booth() as booth:
        await at_home(booth)
        await booth.keys(*["down"] * downs, "enter")
        await booth.until(lambda: isinstance(booth.app.screen, OnSiteDialog) and title in booth.text())
        await booth.keys("escape")
        assert isinstance(booth.app.screen, GateScreen)


async def test_enter_on_what_waits_leads_to_the_sync(open_booth: OpenBooth, busy: Estate) -> None:
    async with open_booth() as booth:
        await at_home(booth)
        await booth.keys("right", "enter")
        await booth.until(lambda: isinstance(booth.app.screen, SyncScreen))


async def test_it_begins_at_the_first_line_and_esc_from_the_sync_comes_back_to_where_one_was(
    open_booth: OpenBooth, busy: Estate
) -> None:
    async with open_booth() as booth:
        await at_home(booth)
        await booth.keys("f1")
        assert "左右方向键" in booth.text()
        await booth.keys("escape", "right", "enter")
        await booth.until(lambda: isinstance(booth.app.screen, SyncScreen))
        await booth.keys("escape")
        assert isinstance(booth.app.screen, HomeScreen)
        assert booth.focused == "home-waiting"
        await booth.keys("f2", "ctrl+g")
        assert booth.focused == "home-inside"
        await booth.keys("f2", "f9")
        await booth.until(lambda: isinstance(booth.app.screen, SyncScreen))
        await booth.keys("escape")
        assert isinstance(booth.app.screen, GateScreen)


async def test_a_clock_that_is_off_is_a_warning(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    sync_state.note_hello(estate.store.connection, hq_gen="g", durable_pos=0, server_ms=now() + 3_600_000, now_ms=now())
    async with open_booth() as booth:
        await at_home(booth)
        assert "1小时00分" in shown(booth, "clock")
        assert "本机时间不准" in booth.sentence


async def test_a_clock_that_fell_back_behind_the_last_record_is_a_warning_without_hq(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    now.advance(hours=-24)
    async with open_booth() as booth:
        await at_home(booth)
        assert "本机时间不准" in booth.sentence


async def test_nothing_of_it_is_shown_before_sign_in(open_booth: OpenBooth, busy: Estate) -> None:
    async with open_booth() as booth:
        await booth.keys("ctrl+g")
        assert booth.app.locked
        await booth.sign_in()
        await booth.keys("ctrl+g", "f10", "ctrl+g")
        assert booth.app.locked


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_no_line_is_cut_off(open_booth: OpenBooth, busy: Estate, size: tuple[int, int]) -> None:
    async with open_booth(*size) as booth:
        await at_home(booth)
        for one in booth.app.screen.query("HomeLine"):
            assert one.render().cell_length <= one.size.width, str(one.render())  # type: ignore[union-attr]
