"""The mouse does what the keys do: desks, footer, rows, cells, choices, fields; nothing is lost by a click."""

from __future__ import annotations

import pytest
from textual.widget import Widget

from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.labels import label
from butler_tui.store import visits
from butler_tui.tui.dialogs.correct import CorrectDialog
from butler_tui.tui.dialogs.help import HelpDialog
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.dialogs.turn_away import TurnAwayDialog
from butler_tui.tui.dialogs.unmask import UnmaskDialog
from butler_tui.tui.dialogs.visit import VisitDialog
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.screens.home import HomeScreen
from butler_tui.tui.screens.sync import SyncScreen
from butler_tui.tui.widgets.check_card import CheckCard
from butler_tui.tui.widgets.scan_input import ScanInput
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth


async def click(booth: Booth, word: str, *, times: int = 1, within: str = "") -> None:
    """Click where a word stands on the screen, in the widget `within` where it stands more than once."""
    top = booth.app.screen.query_one(within, Widget).region.y if within else 0
    for y, line in enumerate(booth.text().splitlines()):
        if y >= top and word in line:
            from rich.cells import cell_len

            at = (cell_len(line[: line.index(word)]) + 1, y)
            await booth.pilot.click(offset=at, times=times)
            await booth.settle()
            return
    raise AssertionError(f"{word} is not on the screen:\n{booth.text()}")


@pytest.fixture
def two(estate: Estate, session: Session, now: Clock) -> None:
    for number, name in enumerate(("赵一", "钱二"), 1):
        one = estate.registration(name=name, phone="", badge=f"B00{number}")
        admit(estate.store, session, one, estate.policies, now() + number)


async def test_sign_in_fields_take_a_click(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.pilot.click("#pin")
        assert booth.focused == "pin"
        await booth.pilot.click("#number")
        assert booth.focused == "number"


async def test_the_desks_on_top_are_clicked(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        for word, kind in (("同步", SyncScreen), ("首页", HomeScreen), ("访客", GateScreen)):
            await click(booth, word)
            await booth.until(lambda kind=kind: isinstance(booth.app.screen, kind))  # type: ignore[misc]


async def test_a_key_of_the_footer_is_clicked_and_the_field_keeps_the_focus(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await click(booth, "下一项", within="KeyLine")
        assert booth.focused == "phone"
        await click(booth, "帮助", within="KeyLine")
        assert isinstance(booth.app.screen, HelpDialog)
        await click(booth, "返回", within="KeyLine")
        assert booth.focused == "phone"
        await click(booth, "查验", within="KeyLine")
        assert booth.focused == "CheckCard"


async def test_a_cell_is_chosen_by_a_click_and_settled_by_a_click_in_the_footer(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await click(booth, "问被访人")
        card = booth.gate.query_one(CheckCard)
        await click(booth, "通过", within="KeyLine")
        assert card.check.found == {Check.ASK_HOST: Outcome.PASSED}


async def test_the_decision_takes_a_double_click_and_says_what_is_in_the_way(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.pilot.click(CheckCard, offset=(4, 6), times=2)
        await booth.settle()
        assert booth.gate.query_one(CheckCard).cursor == 6
        assert booth.sentence.startswith("暂不能放行")
        assert booth.focused != "CheckCard"  # it stands where something is missing


async def test_a_field_of_the_form_takes_a_click(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.pilot.click("#belongings")
        await booth.type("工具箱")
        assert booth.field("belongings") == "工具箱"


async def test_a_row_is_chosen_by_one_click_and_opened_by_two(open_booth: OpenBooth, estate: Estate, two: None) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f7")
        await click(booth, "B002")
        (marked,) = [line for line in booth.text().splitlines() if line.startswith(">")]
        assert "B002" in marked
        assert booth.focused == "matching"
        assert isinstance(booth.app.screen, OnSiteDialog)
        await click(booth, "B001", times=2)
        await booth.until(lambda: isinstance(booth.app.screen, GateScreen))
        assert [one.badge for one in visits.on_site(estate.store.connection, 9)] == ["B002"]


async def test_the_lists_of_f7_are_clicked(open_booth: OpenBooth, two: None) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f7")
        await click(booth, "访客证遗失")
        await booth.until(lambda: "[访客证遗失 0]" in booth.text())


async def test_a_choice_of_a_dialog_is_clicked(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+r")
        assert isinstance(booth.app.screen, TurnAwayDialog)
        await click(booth, "无故逗留")
        assert booth.focused == "note"
        await click(booth, "不予放行", within="KeyLine")
        assert isinstance(booth.app.screen, GateScreen)
        row = estate.store.connection.execute("SELECT reason FROM visit_event").fetchone()
        assert row[0] == "loitering"


async def test_a_reason_to_open_a_masked_value_is_clicked(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.app.push_screen(VisitDialog(booth.app.here, session, done.visit_id))
        await booth.settle()
        await booth.keys("p")
        assert isinstance(booth.app.screen, UnmaskDialog)
        await click(booth, label(UnmaskReason.HOUSEHOLD_ASKS))
        assert booth.focused == "note"
        await booth.keys("enter")
        assert isinstance(booth.app.screen, VisitDialog)
        row = estate.store.connection.execute("SELECT reason FROM audit WHERE act = 'unmasked'").fetchone()
        assert row[0] == "household_asks"


async def test_a_reason_to_correct_is_clicked(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.app.push_screen(CorrectDialog(booth.app.here, session, done.visit_id))
        await booth.settle()
        await click(booth, label(CorrectionReason.TOLD_OTHERWISE))
        assert booth.app.screen.query_one("#why", ScanInput).text == "2"
        assert booth.focused == "note"


async def test_a_line_of_home_is_opened_by_a_double_click(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+g")
        await click(booth, "已超时")
        assert booth.focused == "home-overstayed"
        await click(booth, "待上传", times=2)
        await booth.until(lambda: isinstance(booth.app.screen, SyncScreen))
