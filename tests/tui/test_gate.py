"""The gate by keys: registering, checking, admitting, turning away, leaving, undoing."""

from __future__ import annotations

from butler_tui.domain.gate_check import Check
from butler_tui.store import visits
from butler_tui.tui.dialogs.help import HelpDialog
from butler_tui.tui.dialogs.note import NoteDialog
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.dialogs.turn_away import TurnAwayDialog
from butler_tui.tui.screens.sync import SyncScreen
from butler_tui.tui.widgets.check_card import CheckCard
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

WALK_IN = "李文博\n1\n" + "13900001234\n" + "3-2-1801\n" + "22\n" + "3 空调\n" + "A017\n"


def inside(estate: Estate) -> list[visits.OnSite]:
    return visits.on_site(estate.store.connection, 10)


async def register(booth: Booth) -> None:
    await booth.sign_in()
    await booth.type(WALK_IN)
    await booth.type("11111")


async def test_a_walk_in_is_registered_by_keys_alone(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await register(booth)
        assert booth.sentence == "可以放行：在「放行」上按 Enter，或按 Ctrl+S。"
        await booth.keys("enter")
        assert booth.sentence == "李先生已放行，访客证 A017。Ctrl+Z 撤销。"
        assert booth.focused == "arrival"
        assert booth.gate.form.is_empty
    (visitor,) = inside(estate)
    assert (visitor.name, visitor.badge, visitor.room_code, visitor.reason) == ("李文博", "A017", "3-2-1801", "repair")
    row = estate.store.connection.execute("SELECT * FROM visit").fetchone()
    assert (row["phone"], row["reason_note"], row["confirmed_how"], row["sex"]) == (
        "13900001234",
        "空调",
        "phone",
        "male",
    )
    assert [row[str(check)] for check in Check] == [*["passed"] * 4, "not_applicable", "passed"]


async def test_a_new_visitor_on_foot_takes_at_most_14_keys_beside_the_facts(
    open_booth: OpenBooth, estate: Estate
) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
    beside_facts = WALK_IN.count("\n") + len("11111") + 1
    assert inside(estate)
    assert beside_facts <= 14


async def test_the_sentence_names_what_still_stands_in_the_way(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+s")
        assert booth.sentence == "暂不能放行：请填写「到访」。"
        assert booth.focused == "room"
        await booth.type("3-2-1801\n\n1\n\n")
        assert booth.focused == "CheckCard"
        assert booth.sentence == "暂不能放行：「问身份」尚未完成。"


async def test_a_doubtful_check_keeps_the_visitor_out_and_keeps_the_guards_words(
    open_booth: OpenBooth, estate: Estate
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(WALK_IN)
        await booth.keys("1", "1", "1", "2")
        assert isinstance(booth.app.screen, NoteDialog)
        await booth.type("照片不像\n")
        await booth.keys("1", "ctrl+s")
        assert booth.sentence.startswith("暂不能放行：「查证件」存疑。")
        assert inside(estate) == []
        assert "照片不像" in booth.text()
        await booth.keys("1", "enter", "enter")
    assert len(inside(estate)) == 1


async def test_escape_from_the_note_changes_nothing(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(WALK_IN)
        await booth.keys("3", "escape")
        assert booth.gate.query_one(CheckCard).check.found == {}
        assert booth.field("name") == "李文博"


async def test_the_badge_of_somebody_inside_checks_them_out_in_one_key(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        await booth.type("a017")
        assert booth.sentence.startswith("A017 李先生")
        await booth.keys("enter")
        assert booth.sentence == "李先生已离开，请收回访客证 A017。Ctrl+Z 撤销。"
    assert inside(estate) == []


async def test_undo_brings_back_the_last_act_within_a_minute_only(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        await booth.type("A017\n")
        assert inside(estate) == []
        await booth.keys("ctrl+z")
        assert len(inside(estate)) == 1
        await booth.type("A017\n")
        now.advance(seconds=61)
        await booth.keys("ctrl+z")
        assert inside(estate) == []
        assert "60 秒" in booth.sentence


async def test_turning_away_asks_why_and_records_it(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+r")
        assert isinstance(booth.app.screen, TurnAwayDialog)
        await booth.type("1说不清找谁\n")
        assert booth.sentence == "李访客未予放行（身份不明）。Ctrl+Z 撤销。"
        assert booth.gate.form.is_empty
    row = estate.store.connection.execute("SELECT kind, reason, note FROM visit_event").fetchone()
    assert tuple(row) == ("turned_away", "identity_unclear", "说不清找谁")


async def test_nobody_is_turned_away_without_a_word_about_them(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+r")
        assert not isinstance(booth.app.screen, TurnAwayDialog)
        assert booth.sentence.startswith("请先记下来人信息")


async def test_an_emergency_service_is_admitted_at_once(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("120\n")
        assert booth.sentence.startswith("急救消防（120）已放行")
    assert [visitor.reason for visitor in inside(estate)] == ["emergency"]


async def test_a_room_is_completed_and_an_unknown_one_is_said_to_be(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3 2 18\n")
        assert booth.field("room") == "3-2-1801"
        assert "陈宅" in booth.text()
        await booth.keys("ctrl+n")
        await booth.type("李文博\n1\n\n9-9-9\n")
        assert "没有此房号" in booth.text()


async def test_a_cleared_form_comes_back_by_undo(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("ctrl+n")
        assert booth.gate.form.is_empty
        await booth.keys("ctrl+z")
        assert booth.field("name") == "李文博"
        assert booth.gate.query_one(CheckCard).check.in_the_way() == []


async def test_three_scans_in_one_burst_come_out_as_three(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("浙A8K32F\n13900001234\nA017\n")
        assert (booth.field("plate"), booth.field("phone"), booth.field("badge")) == (
            "浙A8K32F",
            "13900001234",
            "A017",
        )
        assert booth.field("name") == ""


async def test_full_width_digits_are_folded(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n１３９００００１２３４")
        assert booth.field("phone") == "13900001234"


async def test_the_number_field_is_there_only_where_policy_keeps_the_number(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n\n8\n")
        assert booth.focused == "number"
        await booth.type("11010519491231002X")
        assert "有效" in booth.text()
        await booth.keys("backspace", "1")
        assert "存疑" in booth.text()


async def test_a_number_scanned_before_the_reason_is_dropped_where_policy_does_not_keep_it(
    open_booth: OpenBooth, estate: Estate
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("11010519491231002X\n" + WALK_IN + "11111\n")
    assert len(inside(estate)) == 1
    assert estate.store.connection.execute("SELECT count(*) FROM document_secret").fetchone()[0] == 0


async def test_the_list_of_those_on_site_narrows_as_one_types_and_checks_out(
    open_booth: OpenBooth, estate: Estate
) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter", "f7")
        assert isinstance(booth.app.screen, OnSiteDialog)
        assert "李先生" in booth.text()
        await booth.type("B9")
        assert "李先生" not in booth.text()
        await booth.keys("backspace", "backspace")
        await booth.type("a0")
        await booth.keys("enter")
        assert "已离开" in booth.sentence
    assert inside(estate) == []


async def test_help_names_every_key_of_the_screen_in_front(open_booth: OpenBooth) -> None:
    async with open_booth(100, 50) as booth:
        await booth.sign_in()
        await booth.keys("f1")
        assert isinstance(booth.app.screen, HelpDialog)
        shown = booth.text()
        assert all(key in shown for key in ("Ctrl+S", "Ctrl+R", "Ctrl+T", "Ctrl+Z", "F7", "F10", "F9"))
        await booth.keys("escape")
        assert booth.focused == "arrival"


async def test_the_sync_view_says_how_it_stands_and_f2_leads_back(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博")
        await booth.keys("f9")
        assert isinstance(booth.app.screen, SyncScreen)
        assert "未接入总部" in booth.text()
        await booth.keys("f2")
        assert booth.field("arrival") == "李文博"


async def test_a_suspicious_person_gets_all_six(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n\n2\n\n")
        assert "不查" in booth.text()
        await booth.keys("5")
        assert "不查" not in booth.text()


async def test_at_120_columns_the_list_stands_beside_the_form(open_booth: OpenBooth) -> None:
    async with open_booth(120, 36) as booth:
        await register(booth)
        await booth.keys("enter")
        rows = booth.text().splitlines()
        with_list = next(row for row in rows if "A017" in row)
        assert with_list.index("A017") > 50


async def test_every_line_fits_at_80_columns(open_booth: OpenBooth) -> None:
    from rich.cells import cell_len

    async with open_booth() as booth:
        await register(booth)
        assert all(cell_len(line) <= 80 for line in booth.text().splitlines())
        assert len(booth.text().splitlines()) <= 24
