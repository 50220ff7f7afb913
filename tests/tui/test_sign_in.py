"""Signing in, locking, and what each person finds again."""

from __future__ import annotations

from functools import partial

from butler_tui.desk.set_up_staff import reset_pin
from butler_tui.domain.rights import Role
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from butler_tui.tui.app import ButlerApp
from butler_tui.tui.dialogs.search import SearchDialog
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.screens.new_pin import NewPinScreen
from butler_tui.tui.screens.sign_in import SignInScreen
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth


async def test_number_and_pin_lead_to_the_gate_with_the_cursor_in_the_first_field(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        assert isinstance(booth.app.screen, GateScreen)
        assert booth.focused == "arrival"
        assert "王强" in booth.text()


async def test_a_wrong_pin_says_so_and_empties_the_field(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.type("1007\n000000\n")
        await booth.until(lambda: booth.sentence == "工号或密码不正确，请重新输入。")
        assert isinstance(booth.app.screen, SignInScreen)
        assert "000000" not in booth.text()


async def test_the_pin_is_never_shown(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.type("1007\n2048")
        assert "2048" not in booth.text()


async def test_sign_in_shows_nothing_of_the_estates_data(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博")
        await booth.keys("f10")
        shown = booth.text()
        assert isinstance(booth.app.screen, SignInScreen)
        assert not any(word in shown for word in ("李文博", "王强", "陈宅"))


async def test_what_is_typed_survives_a_lock(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n")
        for key in ("f10", "ctrl+l"):
            await booth.keys(key)
            await booth.sign_in()
            assert booth.field("name") == "李文博"
            assert booth.focused == "phone"


async def test_another_guard_does_not_see_what_the_first_had_typed(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+l")
        await booth.sign_in(Role.SHIFT_LEAD)
        assert booth.field("name") == ""
        assert "周建国" in booth.text()
        await booth.keys("ctrl+l")
        await booth.sign_in()
        assert booth.field("name") == "李文博"


async def test_a_lock_covers_a_dialog_and_another_guard_never_sees_it(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("ctrl+r")
        await booth.app.action_lock()
        await booth.settle()
        await booth.sign_in(Role.SHIFT_LEAD)
        assert isinstance(booth.app.screen, GateScreen)
        assert "李文博" not in booth.text()


async def test_the_screens_lock_after_the_policys_minutes_without_a_key(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await _idle(booth.app, minutes=4.9)
        assert not booth.app.locked
        await _idle(booth.app, minutes=5.1)
        assert booth.app.locked


async def _idle(app: ButlerApp, minutes: float) -> None:
    app._last_input -= minutes * 60
    await app._lock_when_idle()
    app._last_input += minutes * 60


async def test_function_keys_do_nothing_while_the_screen_is_locked(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        for key in ("f2", "f9", "f7", "ctrl+s"):
            await booth.keys(key)
            assert isinstance(booth.app.screen, SignInScreen)


async def test_the_help_at_sign_in_names_only_what_works_there(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.keys("f1")
        assert "Ctrl+Q" in booth.text()
        assert not [key for key in ("Ctrl+K", "Ctrl+G") if key in booth.text()]
        await booth.keys("f1")
        await booth.sign_in()
        await booth.keys("f1")
        assert "Ctrl+K" in booth.text()


def _says(booth: Booth, words: str) -> bool:
    return words in booth.sentence


async def test_behind_the_help_of_a_locked_screen_nothing_can_be_reached(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f10", "f1", "ctrl+k", *"lwb", "ctrl+g", "f2")
        assert not isinstance(booth.app.screen, SearchDialog | GateScreen)
        assert booth.app.locked


async def test_who_was_given_a_pin_chooses_their_own_at_the_first_sign_in(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    store, boss = estate.store, estate.sessions[Role.SUPERVISOR]
    async with open_booth() as booth:
        reset_pin(store, boss, "1007", "730415", now())
        await booth.type("1007\n730415\n")
        await booth.until(lambda: isinstance(booth.app.screen, NewPinScreen))
        await booth.settle()
        assert booth.app.locked
        await booth.keys("f2", "ctrl+k", "ctrl+g")
        for typed, said in (
            ("123456\n123456\n", "连续"),
            ("730415\n730415\n", "初始密码"),
            ("402915\n402916\n", "不一致"),
        ):
            await booth.type(typed)
            await booth.until(partial(_says, booth, said))
        await booth.keys("escape")
        assert isinstance(booth.app.screen, SignInScreen)
        await booth.type("1007\n730415\n")
        await booth.until(lambda: isinstance(booth.app.screen, NewPinScreen))
        await booth.settle()
        await booth.type("402915\n402915\n")
        await booth.until(lambda: isinstance(booth.app.screen, GateScreen))
        await booth.keys("f10")
        await booth.type("1007\n402915\n")
        await booth.until(lambda: isinstance(booth.app.screen, GateScreen))


async def test_the_lock_key_typed_twice_leaves_one_sign_in(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f10", "f10", "ctrl+l")
        await booth.sign_in()
        assert isinstance(booth.app.screen, GateScreen)


async def test_ctrl_q_at_the_gate_locks_first_and_ends_the_program_only_at_sign_in(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博")
        await booth.keys("ctrl+c", "ctrl+q")
        assert booth.app.locked
        assert booth.app.return_code is None
        await booth.keys("ctrl+q")
        assert booth.app.return_code == 0


async def test_another_role_holds_from_the_next_sign_in(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    guard, lead = estate.sessions[Role.GUARD], estate.sessions[Role.SHIFT_LEAD]
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        await booth.keys("f10")
        values = {"role": str(Role.BUTLER)}
        written = [Written("staff", guard.staff.staff_id, values)]
        record(estate.store, written, staff_id=lead.staff.staff_id, now_ms=now())
        await booth.sign_in()
        assert booth.field("name") == "李文博"
        await booth.keys("f8")
        assert booth.gate._session.staff.role is Role.BUTLER
        await booth.type("王")
        assert "管家不登记来访" in booth.sentence
