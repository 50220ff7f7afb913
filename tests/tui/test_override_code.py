"""By code over the phone: the guard's dialog at the booth, the lead's at home, at 80x24 in both languages."""

from __future__ import annotations

import os
import re
from dataclasses import replace

import pytest

from butler_tui.domain.override_codes import code_of
from butler_tui.domain.rights import Role
from butler_tui.tui.dialogs.override import OverrideDialog
from butler_tui.tui.dialogs.override_by_code import OverrideByCodeDialog
from butler_tui.tui.dialogs.override_code import OverrideCodeDialog
from butler_tui.tui.screens.gate import GateScreen
from butler_tui.tui.screens.home import HomeScreen
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth
from tests.tui.test_override import doubtful


@pytest.fixture
def handed(estate: Estate) -> Estate:
    """Return a terminal to which HQ has handed the keys of its shift lead and supervisor."""
    who = [estate.sessions[role].staff.staff_id.hex() for role in (Role.SHIFT_LEAD, Role.SUPERVISOR)]
    estate.store.change_keys(replace(estate.store.keys, overrides={one: os.urandom(32) for one in who}))
    return estate


async def _by_code(booth: Booth) -> str:
    """Go to the code way, and return the challenge on the screen."""
    await booth.keys("ctrl+o")
    assert isinstance(booth.app.screen, OverrideDialog)
    await booth.keys("ctrl+o")
    assert isinstance(booth.app.screen, OverrideByCodeDialog)
    found = re.search(r"\b(\d{4}) (\d{4})\b", booth.shown(".challenge"))
    assert found, booth.text()
    return found[1] + found[2]


def _code(estate: Estate, challenge: str) -> str:
    lead = estate.sessions[Role.SHIFT_LEAD].staff.staff_id
    return code_of(estate.store.keys.overrides[lead.hex()], challenge, "1007")


async def test_the_guard_reads_out_types_and_lets_in(handed: Estate, open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        challenge = await _by_code(booth)
        for words in ("查证件", "1007", "李先生", "工号", "验证码"):
            assert words in booth.text(), booth.text()
        assert "接入码" not in booth.text()
        await booth.type(f"1001\n{_code(handed, challenge)}\n业主到场确认\n")
        assert isinstance(booth.app.screen, GateScreen), booth.text()
        assert "特批" in booth.sentence, booth.text()
    event = handed.store.connection.execute("SELECT * FROM visit_event").fetchone()
    lead = handed.sessions[Role.SHIFT_LEAD].staff.staff_id
    assert (event["override_by"], event["override_how"], event["note"]) == (lead, "code", "业主到场确认")


async def test_three_wrong_codes_void_the_challenge_and_a_restart_does_not_help(
    handed: Estate, open_booth: OpenBooth, now: Clock
) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        challenge = await _by_code(booth)
        wrong = f"{(int(_code(handed, challenge)) + 1) % 1_000_000:06d}"
        await booth.type(f"1001\n{wrong}\n业主到场\n")
        assert "2" in booth.sentence, booth.text()
        await booth.type(f"{wrong}\n")
    async with open_booth() as booth:
        await booth.sign_in()
        assert await _by_code(booth) == challenge
        await booth.type(f"1001\n{wrong}\n业主到场\n")
        assert "作废" in booth.sentence, booth.text()
        assert challenge[:4] not in booth.shown(".challenge")
        await booth.type(f"{_code(handed, challenge)}\n")
        assert "30" in booth.sentence, booth.text()
        now.advance(seconds=31)
        await booth.type("\n")
        assert re.search(r"\d{4} \d{4}", booth.shown(".challenge")), booth.text()
        assert "致电" in booth.sentence  # not the wait, which is over
    assert handed.visits_saved() == 0


async def test_a_changed_fact_has_another_challenge_and_esc_leaves_everything(
    handed: Estate, open_booth: OpenBooth
) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        challenge = await _by_code(booth)
        await booth.keys("escape", "escape")
        assert isinstance(booth.app.screen, GateScreen)
        assert await _by_code(booth) == challenge
        await booth.keys("escape", "escape")
        booth.gate.form.focus_field("badge")
        await booth.type("9")
        assert await _by_code(booth) != challenge


async def test_without_keys_it_says_where_they_come_from(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        await booth.keys("ctrl+o", "ctrl+o")
        assert "总部" in booth.sentence, booth.text()


async def test_the_lead_sees_who_asks_and_makes_the_code(handed: Estate, open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        challenge = await _by_code(booth)
        await booth.keys("escape", "escape", "f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        await booth.keys("ctrl+g", "ctrl+o")
        assert isinstance(booth.app.screen, OverrideCodeDialog)
        await booth.type(f"{challenge[:4]} {challenge[4:]}\n1007\n")
        for words in ("王强", "秩序维护员", "东门岗"):
            assert words in booth.sentence, booth.text()
        assert "未通过查验的访客。" in re.sub(r"[\s│]", "", booth.text()), booth.text()  # to its end
        await booth.type("李师傅，照片不清\n")
        code = _code(handed, challenge)
        assert f"{code[:3]} {code[3:]}" in booth.text(), booth.text()
        await booth.type("\n")
        assert f"{code[:3]} {code[3:]}" in booth.text(), booth.text()
        await booth.keys("escape")
        assert isinstance(booth.app.screen, HomeScreen)
    acts = [row[0] for row in handed.store.connection.execute("SELECT act FROM audit")]
    assert acts == ["override_code_made"]


async def test_a_guard_is_not_offered_codes(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("ctrl+g", "ctrl+o")
        assert isinstance(booth.app.screen, HomeScreen)
        assert "Ctrl+O" not in booth.text()


@pytest.mark.usefixtures("english")
async def test_in_english_it_fits_as_well(handed: Estate, open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        challenge = await _by_code(booth)
        for words in ("Your number", "1007", f"{challenge[:4]} {challenge[4:]}", "who wants to come in."):
            assert words in booth.text(), booth.text()
        await booth.keys("escape", "escape", "f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        await booth.keys("ctrl+g", "ctrl+o")
        await booth.type(f"{challenge}\n4711\n李师傅\n")
        assert "written down" in booth.text(), booth.text()
