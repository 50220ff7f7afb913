"""Ctrl+K from anywhere: found at every key, opened by Enter, back by Esc with nothing lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui import words
from butler_tui.desk.gate import Done, admit, check_out
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.tui.dialogs.home import HomeDialog
from butler_tui.tui.dialogs.search import SearchDialog
from butler_tui.tui.dialogs.visit import VisitDialog
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.widgets.record_list import RecordList
from tests.conftest import Clock, Estate
from tests.hostile import DANGEROUS, spread
from tests.tui.conftest import Booth, OpenBooth
from tests.tui.test_hostile import let_in

SIZES = pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 36)])


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak each language in turn, for what is said at run time."""
    before = words._catalogue
    words.speak(request.param)
    yield request.param
    words._catalogue = before


@pytest.fixture
def inside(estate: Estate, session: Session, now: Clock) -> Done:
    return admit(estate.store, session, estate.registration(plate="浙A8K32F"), estate.policies, now())


def marked(booth: Booth) -> str:
    """Return the row that is marked."""
    return next((row for row in booth.text().splitlines() if row.startswith(">")), "")


@SIZES
async def test_what_is_typed_is_found_at_every_key_and_told_beside_it(
    open_booth: OpenBooth, inside: Done, language: str, width: int, height: int
) -> None:
    async with open_booth(width, height) as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        assert isinstance(booth.app.screen, SearchDialog)
        for key in "lwb":
            await booth.keys(key)
            assert "李文博" in marked(booth)
        shown = booth.text()
        assert "139****1234" in shown
        assert "13900001234" not in shown
        assert "3-2-1801" in marked(booth)
        assert ("在访" if language == "zh_CN" else "inside") in marked(booth)
        await booth.keys("x")
        assert marked(booth) == ""
        assert ("没有符合" if language == "zh_CN" else "fits") in booth.sentence


async def test_slash_searches_outside_fields_only(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("/")
        assert isinstance(booth.app.screen, GateScreen)
        assert booth.field("arrival") == "/"
        await booth.keys("backspace", "ctrl+t", "/")
        assert isinstance(booth.app.screen, SearchDialog)
        assert booth.app.screen.chosen is None


async def test_esc_goes_back_to_where_one_was_with_nothing_lost(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("王五")
        booth.gate.form.focus_field("company")
        await booth.type("顺达")
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("escape")
        assert isinstance(booth.app.screen, GateScreen)
        assert (booth.field("arrival"), booth.field("company"), booth.focused) == ("王五", "顺达", "company")
        await booth.keys("ctrl+k")
        assert "lwb" in booth.text().splitlines()[0]
        assert "李文博" in marked(booth)
        await booth.type("v1")
        assert "lwb" not in booth.text().splitlines()[0]
        assert "V17" in marked(booth)


async def test_the_search_finds_nothing_while_the_screens_are_locked(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.keys("ctrl+k")
        assert booth.app.locked
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("f10", "ctrl+k")
        assert booth.app.locked
        assert "李文博" not in booth.text()


async def test_the_next_person_neither_sees_the_search_nor_its_query(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("escape", "f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        await booth.keys("ctrl+k")
        assert "lwb" not in booth.text().splitlines()[0]
        await booth.type("zzz")
        await booth.keys("f10")
        await booth.sign_in()
        assert isinstance(booth.app.screen, GateScreen)


async def test_ctrl_k_in_the_search_begins_another(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("ctrl+k", "v", "1")
        assert len([screen for screen in booth.app.screen_stack if isinstance(screen, SearchDialog)]) == 1
        assert "V17" in marked(booth)


async def test_enter_opens_a_visit_and_esc_returns_to_the_same_row(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, inside: Done
) -> None:
    admit(estate.store, session, estate.registration(name="李文波", phone="", badge=""), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        await booth.keys("down")
        before = marked(booth)
        await booth.keys("enter")
        assert isinstance(booth.app.screen, VisitDialog)
        await booth.keys("ctrl+k")
        assert isinstance(booth.app.screen, VisitDialog)
        await booth.keys("escape")
        assert isinstance(booth.app.screen, SearchDialog)
        assert marked(booth) == before != ""


async def test_what_has_become_of_a_hit_meanwhile_is_shown_on_the_way_back(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, inside: Done
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("3-2-1801\n")
        assert "07:58" not in booth.text()
        await booth.keys("enter")
        check_out(estate.store, session, inside.visit_id, now.advance(minutes=5))
        await booth.keys("escape")
        assert "07:58" in booth.text()  # when it was, no longer the time left
        await booth.keys("escape", "ctrl+u")
        await booth.type("lwb")
        assert "07:58" in marked(booth)


@SIZES
async def test_enter_opens_a_home_with_what_the_gate_may_see(
    open_booth: OpenBooth, inside: Done, language: str, width: int, height: int
) -> None:
    async with open_booth(width, height) as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("321801\n")
        assert isinstance(booth.app.screen, HomeDialog)
        shown = booth.text()
        for told in ("3-2-1801", "陈宅", "陈太太", "门铃轻按", "李文博"):
            assert told in shown
        for hidden in ("陈国栋", "林婉清", "陈若曦", "13800000001", "13800000002"):
            assert hidden not in shown
        await booth.keys("enter")
        assert isinstance(booth.app.screen, VisitDialog)
        await booth.keys("escape", "escape", "escape")
        assert isinstance(booth.app.screen, GateScreen)


async def test_a_hit_is_handed_to_the_gates_form(
    open_booth: OpenBooth, inside: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[tuple[bytes | None, bytes | None]] = []

    def take(_gate: GateScreen, *, visit_id: bytes | None, house_id: bytes | None) -> None:
        taken.append((visit_id, house_id))

    monkeypatch.setattr(GateScreen, "take", take, raising=False)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        assert "Ctrl+Y" in booth.text()
        await booth.keys("ctrl+y")
        assert isinstance(booth.app.screen, GateScreen)
        await booth.keys("ctrl+k", "ctrl+u")
        await booth.type("v17")
        await booth.keys("ctrl+y")
        await booth.until(lambda: len(taken) == 2)
    assert taken[0] == (inside.visit_id, None)
    assert taken[1][0] is None
    assert taken[1][1]


async def test_nothing_can_be_taken_where_there_is_no_form(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9", "ctrl+k")
        await booth.type("lwb")
        assert "Ctrl+Y" not in booth.text()
        await booth.keys("ctrl+y")
        assert isinstance(booth.app.screen, SearchDialog)


async def test_the_mouse_chooses_and_opens_and_the_box_keeps_the_focus(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, inside: Done
) -> None:
    admit(estate.store, session, estate.registration(name="李文波", phone="", badge=""), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("lwb")
        other = booth.text().splitlines()[3]
        await booth.pilot.click(RecordList, offset=(5, 1))
        await booth.settle()
        assert marked(booth)[1:10] == other[1:10] != ""
        assert booth.focused == "sought"
        await booth.pilot.click(RecordList, offset=(5, 1), times=2)
        await booth.settle()
        assert isinstance(booth.app.screen, VisitDialog)


async def test_a_scan_into_the_box_is_found_and_opened_in_one_burst(open_booth: OpenBooth, inside: Done) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k", *"A017", "enter")
        assert isinstance(booth.app.screen, VisitDialog)
        assert "李文博" in booth.text()


async def test_those_who_left_are_told_by_their_last_visit(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, inside: Done
) -> None:
    check_out(estate.store, session, inside.visit_id, now.advance(minutes=40))
    async with open_booth(120, 36) as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("8k32f")
        assert "07:58" in marked(booth)
        assert "浙A8K32F" in marked(booth)


async def test_hostile_names_and_queries_neither_drive_the_screens_nor_end_them(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    names = [name for name in spread(28) if len(name) < 200 and not any("\ud800" <= one <= "\udfff" for one in name)]
    for name in names:
        let_in(estate, f"李{name}", now)
    shown = ""
    async with open_booth(120, 36) as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("李")
        for _page in range(2):
            await booth.keys(*["down"] * 14)
            shown += booth.text()
        await booth.keys("enter")
        shown += booth.text()
        await booth.keys("escape")
        for name in names[:5]:
            await booth.keys("ctrl+u")
            await booth.type("".join(one for one in name if one.isprintable())[:20])
            shown += booth.text()
    assert "李" in shown
    assert not DANGEROUS & set(shown)


async def test_a_search_reads_a_documents_number_whole_only(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number="330102199003070016")
    admit(estate.store, session, agent, estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+k")
        await booth.type("33010219900307001")
        assert marked(booth) == ""
        await booth.type("6")
        assert "李文博" in marked(booth)
        assert "330***********0016" in booth.text()
