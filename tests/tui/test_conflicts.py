"""The list of what several wrote apart, from the sync view and from Home, and deciding by a digit or another text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.desk.conflicts import settle
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role
from butler_tui.store import conflicts
from butler_tui.tui.dialogs.conflict import ConflictDialog
from butler_tui.tui.dialogs.conflicts import ConflictsDialog
from butler_tui.tui.messages import SyncDone
from butler_tui.tui.screens.sync import SyncScreen
from tests.conftest import Estate
from tests.serving import Hq, real_ms
from tests.sync.disagreeing import disagreeing
from tests.sync.test_pull import one
from tests.tui.conftest import PINS, Booth, OpenBooth

SUPERVISOR = ("9001", "902715")


@pytest.fixture
def undecided(hq: Hq, enrolled: Estate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Estate]:
    """Return an estate with three fields that two computers wrote differently; its supervisor signs in."""
    person = enrolled.sessions[Role.SUPERVISOR].staff.staff_id
    set_pin(enrolled.store, person, SUPERVISOR[1])
    monkeypatch.setitem(PINS, Role.SUPERVISOR, SUPERVISOR)
    with disagreeing(hq, enrolled, tmp_path / "second"):
        yield enrolled


async def at_list(booth: Booth, role: Role = Role.SUPERVISOR) -> None:
    await booth.sign_in(role)
    assert "2 项待裁定" in booth.text()
    await booth.keys("f9")
    await booth.until(lambda: isinstance(booth.app.screen, SyncScreen))
    await booth.keys("ctrl+d")
    await booth.until(lambda: isinstance(booth.app.screen, ConflictsDialog))


async def test_a_digit_decides_and_the_list_grows_shorter(open_booth: OpenBooth, undecided: Estate) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        for words in ("陈国栋", "3-2-1801", "可确认来访", "给门岗的说明"):
            assert words in booth.text()
        await booth.keys("down", "down", "enter")
        assert isinstance(booth.app.screen, ConflictDialog)
        shown = booth.text()
        assert "可确认来访" in shown
        assert "较严的一方" in shown
        digit = next(line.split()[1] for line in shown.splitlines() if line.rstrip("│ ").endswith(" 是"))
        await booth.keys("9")
        assert "请输入 1 或 2。" in booth.sentence
        await booth.keys("2" if digit == "1" else "1", digit, "enter")
        assert isinstance(booth.app.screen, ConflictsDialog)
        assert "可确认来访" not in booth.text()
        assert conflicts.count(undecided.store.connection) == 1
        (person,) = undecided.store.connection.execute(
            "SELECT resident_id FROM resident WHERE name = '陈国栋'"
        ).fetchone()
        assert one(undecided.store, "resident", person, "may_confirm") == 1


async def test_another_text_is_taken_where_one_may_stand(open_booth: OpenBooth, undecided: Estate) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        await booth.keys("enter", "enter")
        assert "不能两项都填" in booth.sentence
        await booth.keys("tab")
        await booth.type("午后来访请走侧门\n")
        assert isinstance(booth.app.screen, ConflictsDialog)
        notes = undecided.store.connection.execute(
            "SELECT gate_note FROM household WHERE gate_note NOT NULL"
        ).fetchall()
        assert [row[0] for row in notes] == ["午后来访请走侧门"]


async def test_home_leads_there_and_a_guard_is_told_who_decides(open_booth: OpenBooth, undecided: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        assert "待裁定" not in booth.text()  # what a guard reads there is whether all is at headquarters
        await booth.keys("ctrl+g", "right", "down", "down")
        assert booth.focused == "home-conflicts"
        await booth.keys("enter")
        await booth.until(lambda: isinstance(booth.app.screen, ConflictsDialog))
        await booth.keys("enter", "1", "enter")
        assert isinstance(booth.app.screen, ConflictDialog)
        assert "无权管理住户资料" in booth.sentence
        assert conflicts.count(undecided.store.connection) == 2
        await booth.keys("escape", "escape", "escape")
        assert not isinstance(booth.app.screen, ConflictsDialog)


async def test_what_a_sync_brings_leaves_the_list_that_is_in_front(open_booth: OpenBooth, undecided: Estate) -> None:
    async with open_booth() as booth:
        await at_list(booth)
        (decided, *__) = [one for one in conflicts.waiting(undecided.store.connection) if one.field == "may_confirm"]
        assert "可确认来访" in booth.text()
        settle(undecided.store, undecided.sessions[Role.SUPERVISOR], decided, decided.writes[0].value, real_ms())
        assert "可确认来访" in booth.text()
        booth.app.post_message(SyncDone("", ""))
        await booth.until(lambda: "可确认来访" not in booth.text())
