"""Slips of the hand and of the machine at the gate: what is typed stays true, and nothing ends the screens."""

from __future__ import annotations

import pytest
from textual import events

from butler_tui.desk import gate
from butler_tui.domain.gate_check import Check
from butler_tui.domain.rights import Role
from butler_tui.store import visits
from butler_tui.store.database import DatabaseError
from butler_tui.tui.dialogs.help import HelpDialog
from butler_tui.tui.screens.sign_in import SignInScreen
from butler_tui.tui.widgets.check_card import CheckCard
from butler_tui.tui.widgets.lines import TopLine
from butler_tui.tui.widgets.on_site import OnSitePanel
from tests.conftest import Clock, Estate
from tests.tui.conftest import PINS, OpenBooth
from tests.tui.test_gate import inside, register


def on_record(estate: Estate, column: str) -> list[object]:
    return [row[0] for row in estate.store.connection.execute(f"SELECT {column} FROM visit ORDER BY registered_ms")]


async def test_undo_after_a_cleared_form_and_another_act_undoes_that_act(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        now.advance(seconds=1)
        await booth.type("赵六")
        await booth.keys("ctrl+n")
        await booth.type("A017\n")
        assert inside(estate) == []
        await booth.keys("ctrl+z")
        assert [visitor.badge for visitor in inside(estate)] == ["A017"]
        assert booth.gate.form.is_empty


async def test_an_emergency_leaves_the_half_typed_visitor_alone(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n")
        await booth.keys("ctrl+t", "3", "enter", "escape", "escape")
        await booth.type("120\n")
        assert booth.sentence.startswith("急救消防（120）已放行")
        assert booth.field("name") == "李文博"
        assert booth.gate.form.household is not None
    assert on_record(estate, "name") == [None]
    assert on_record(estate, "reason") == ["emergency"]


async def test_another_room_asks_for_another_confirmation(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await register(booth)
        booth.gate.form.focus_field("room")
        await booth.settle()
        await booth.keys("ctrl+u")
        await booth.type("V17")
        assert booth.field("confirm") == ""
        await booth.keys("ctrl+s")
        assert booth.sentence == "暂不能放行：「问被访人」尚未完成。"


async def test_another_name_asks_for_identity_and_document_again_and_the_same_one_does_not(
    open_booth: OpenBooth,
) -> None:
    async with open_booth() as booth:
        await register(booth)
        booth.gate.form.focus_field("name")
        await booth.settle()
        await booth.type("文")
        assert booth.gate.query_one(CheckCard).check.in_the_way() == [Check.ASK_IDENTITY, Check.CHECK_DOCUMENT]
        await booth.keys("backspace")
        assert booth.gate.query_one(CheckCard).check.in_the_way() == []


async def test_a_cleared_form_comes_back_with_the_time_of_its_confirmation(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        confirmed = now()
        await register(booth)
        now.advance(minutes=3)
        await booth.keys("ctrl+n", "ctrl+z", "ctrl+s")
    assert on_record(estate, "confirmed_ms") == [confirmed]


async def test_a_number_that_policy_keeps_is_needed_to_admit(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n\n8\n\n\n")
        await booth.type("111111")
        await booth.keys("ctrl+s")
        assert booth.sentence == "暂不能放行：请填写「证件号码」。"
        assert booth.focused == "number"


@pytest.mark.parametrize("field", ["room", "reason", "company", "belongings", "looks", "parking"])
async def test_a_document_scanned_into_any_field_is_kept_in_none(
    open_booth: OpenBooth, estate: Estate, field: str
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        booth.gate.form.focus_field(field)
        await booth.settle()
        await booth.type("11010519491231002X\n")
        assert booth.field(field) == ""
        booth.gate.form.focus_field(field)
        await booth.settle()
        await booth.type("１1010519491231002x")
        await booth.keys("ctrl+r")
        await booth.type("1拿着11010519491231002X\n")
    whole = [tuple(row) for row in estate.store.connection.execute("SELECT * FROM visit").fetchall()]
    notes = [tuple(row) for row in estate.store.connection.execute("SELECT note FROM visit_event").fetchall()]
    journal = [tuple(row) for row in estate.store.connection.execute("SELECT fields, personal FROM journal").fetchall()]
    assert "19491231002" not in str((whole, notes, journal))


async def test_a_badge_that_is_out_is_named_beside_its_field(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        booth.gate.form.focus_field("badge")
        await booth.settle()
        await booth.type("A017")
        assert "未收回：李先生" in booth.text()


async def test_undoing_a_check_out_never_puts_one_badge_on_two_people(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        await booth.type("A017\n")
        other = estate.registration(name="赵六", phone="13900005678")
        session = estate.sessions[Role.GUARD]
        gate.admit(estate.store, session, other, estate.policies, booth.app.here.now_ms())
        await booth.keys("ctrl+z")
        assert booth.sentence.startswith("访客证 A017")
    assert [visitor.name for visitor in inside(estate)] == ["赵六"]


async def test_enter_twice_at_sign_in_counts_no_wrong_try(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        number, pin = PINS[Role.GUARD]
        await booth.type(f"{number}\n{pin}\n\n\n")
        await booth.until(lambda: not booth.app.locked)
    assert estate.store.connection.execute("SELECT max(wrong_tries) FROM staff_pin").fetchone()[0] == 0


@pytest.mark.parametrize("dialog", ["f7", "ctrl+r"])
@pytest.mark.parametrize("key", ["f10", "ctrl+l"])
async def test_the_lock_key_works_in_every_dialog(open_booth: OpenBooth, dialog: str, key: str) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys(dialog, key)
        assert isinstance(booth.app.screen, SignInScreen)
        assert "李" not in booth.text()


async def test_help_opens_and_closes_by_f1_at_sign_in_and_over_a_dialog(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.keys("f1")
        assert isinstance(booth.app.screen, HelpDialog)
        await booth.keys("f1")
        assert isinstance(booth.app.screen, SignInScreen)
        await booth.sign_in()
        await booth.keys("f7", "f1")
        assert isinstance(booth.app.screen, HelpDialog)


async def test_a_paste_waits_for_the_keys_before_it(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        for event in (events.Key("a", "a"), events.Paste("XYZ"), events.Key("b", "b")):
            booth.app.post_message(event)
        await booth.settle()
        assert booth.field("arrival") == "aXYZb"


@pytest.mark.parametrize("look_up", ["by_badge", "counts", "earlier_by_phone", "on_site"])
async def test_a_damaged_file_is_a_sentence_and_what_is_typed_stays(
    open_booth: OpenBooth, monkeypatch: pytest.MonkeyPatch, look_up: str
) -> None:
    def damaged(*_arguments: object) -> None:
        raise DatabaseError("database disk image is malformed")

    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n")
        monkeypatch.setattr(visits, look_up, damaged)
        said = []
        await booth.type("13900001234")
        said.append(booth.sentence)
        booth.gate.form.focus_field("arrival")
        await booth.type("A017")
        said.append(booth.sentence)
        booth.gate.query_one(OnSitePanel).call_later(booth.gate.query_one(OnSitePanel).reload)
        await booth.settle()
        said.append(booth.sentence)
        await booth.keys("f7", "escape")
        assert any("已损坏" in sentence and "butler salvage" in sentence[:45] for sentence in said)
        monkeypatch.undo()
        await booth.keys("ctrl+u")
        assert booth.field("name") == "李文博"
        assert booth.app.return_code is None


async def test_the_clocks_of_a_covered_screen_rest(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        timers = [booth.gate.query_one(OnSitePanel)._timer, booth.gate.query_one(TopLine)._timer]
        assert all(timer is not None and timer._active.is_set() for timer in timers)
        await booth.keys("ctrl+l")
        assert not any(timer is not None and timer._active.is_set() for timer in timers)


async def test_a_long_list_is_reached_to_its_end(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    session = estate.sessions[Role.GUARD]
    for number in range(150):
        one = estate.registration(badge=f"B{number:03d}", phone="")
        gate.admit(estate.store, session, one, estate.policies, now.advance(seconds=1))
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f7", *["down"] * 149)
        assert "B149" in booth.text()


async def test_a_policy_that_empties_the_reasons_keys_stops_no_gate(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    from tests.policies import set_policy

    set_policy(estate.store, "reason.courier", {"keys": []}, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n\n3-2-1801\n\n2\n")
        assert "快递" in booth.text()


async def test_somebody_elses_check_out_between_is_not_undone(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        (visitor,) = inside(estate)
        gate.check_out(estate.store, estate.sessions[Role.SHIFT_LEAD], visitor.visit_id, now())
        await booth.keys("ctrl+z")
        assert inside(estate) == []
        assert booth.sentence.startswith("该来访")
