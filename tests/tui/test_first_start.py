"""The first start: one screen a step, refused in one sentence, nothing typed lost, and straight on after a cut."""

from __future__ import annotations

import re

import pytest
from textual.widgets import Static

from butler_tui.desk.set_up_file import Stage, stage_of
from butler_tui.desk.shifts import sign_in
from butler_tui.errors import FileTrouble
from butler_tui.paths import Home
from butler_tui.settings import Settings
from butler_tui.store import estates
from butler_tui.tui.first_start import Outcome
from butler_tui.tui.screens.first_start.choice import ChoiceScreen
from butler_tui.tui.screens.first_start.writing import WritingScreen
from butler_tui.tui.themes import DARK, LIGHT
from tests.conftest import Clock
from tests.tui.first_starts import (
    PATTERN,
    UP_TO_HOUSES,
    Open,
    cut_off,
    outcome,
    step,
    store_of,
    typed,
)


async def test_an_empty_computer_is_set_up_step_by_step_and_the_supervisor_can_sign_in(
    first_start: Open, home: Home, now: Clock
) -> None:
    async with first_start() as booth:
        assert isinstance(booth.app.screen, ChoiceScreen)
        await booth.type(UP_TO_HOUSES)
        assert step(booth) == "houses"
        await booth.type(PATTERN)
        assert "共 1440 户：1-1-101 ... 20-2-1802" in booth.text()
        await booth.type("\n")
        shown = booth.text()
        assert all(word in shown for word in ("云栖玫瑰园", "东门岗、西门岗", "9001 许文静", "1440"))
        assert not home.database.exists()
        await booth.type("\n")
        await booth.until(lambda: step(booth) == "hq")
        await booth.settle()
        await booth.type("\n")
        assert outcome(booth) is Outcome.READY

    assert stage_of(home) is Stage.READY
    store = store_of(home)
    assert sign_in(store, "9001", "902715", now()).name == "许文静"
    assert [gate.name for gate in estates.gates(store.connection)] == ["东门岗", "西门岗"]
    assert store.connection.execute("SELECT count(*) FROM house").fetchone()[0] == 1440
    store.close()


async def test_a_whole_set_up_typed_ahead_in_one_burst_lands_where_it_belongs(first_start: Open, home: Home) -> None:
    async with first_start() as booth:
        await booth.type(UP_TO_HOUSES + "V1-V3\n")
        assert isinstance(booth.app.screen, WritingScreen)
        assert "共 3 户：V1 ... V3" in booth.text()


async def test_going_back_and_forward_loses_nothing(first_start: Open) -> None:
    async with first_start() as booth:
        await booth.type(UP_TO_HOUSES + PATTERN)
        for name in ("pin", "supervisor", "gates", "estate"):
            await booth.keys("escape")
            assert step(booth) == name
        assert typed(booth, "estate") == "云栖玫瑰园"
        await booth.keys("escape")
        assert isinstance(booth.app.screen, ChoiceScreen)
        await booth.type("1\n\n\n\n\n\n\n")
        assert step(booth) == "houses"
        assert typed(booth, "houses") == PATTERN
        await booth.type("\n")
        assert isinstance(booth.app.screen, WritingScreen)
        await booth.keys("escape")
        assert step(booth) == "houses"


async def test_the_arrows_move_between_the_fields_of_a_step(first_start: Open) -> None:
    async with first_start() as booth:
        await booth.type("1")
        await booth.keys("down")
        assert booth.focused == "time_zone"
        await booth.keys("up", "up")
        assert booth.focused == "estate"


@pytest.mark.parametrize(
    ("before", "said", "sentence", "where"),
    [
        ("1", "\n\n", "名称未填写", "estate"),
        ("1云栖玫瑰园", "\nX\n", "没有名为", "estate"),
        ("1云栖玫瑰园\n\n", "\n", "至少需要一个门岗", "gates"),
        ("1云栖玫瑰园\n\n", "东门岗，东门岗\n", "门岗 东门岗 重复", "gates"),
        ("1云栖玫瑰园\n\n东门岗\n", "\n\n", "工号为 1 至 20 个字符", "supervisor"),
        ("1云栖玫瑰园\n\n东门岗\n9001\n许文静\n", "123456\n123456\n", "连续数字", "pin"),
        ("1云栖玫瑰园\n\n东门岗\n9001\n许文静\n", "902715\n902716\n", "两次输入的密码不一致", "pin"),
        (UP_TO_HOUSES, "1-20 栋\n", "没有写楼层", "houses"),
        ("2", "http://hq/e/1\nABC\n", "https://hq.example", "join"),
    ],
)
async def test_what_is_wrong_is_said_in_one_sentence_and_the_step_stays(
    first_start: Open, home: Home, before: str, said: str, sentence: str, where: str
) -> None:
    async with first_start() as booth:
        await booth.type(before + said)
        assert step(booth) == where
        assert sentence in re.sub(r"\s+", " ", booth.sentence)
        assert booth.app.focused is not None
        assert not home.database.exists()


async def test_a_pin_is_never_shown_and_typed_anew_after_a_slip(first_start: Open) -> None:
    async with first_start() as booth:
        await booth.type("1云栖玫瑰园\n\n东门岗\n9001\n许文静\n902715\n")
        assert "902715" not in booth.text()
        await booth.type("902716\n")
        assert (typed(booth, "pin"), typed(booth, "again"), booth.focused) == ("", "", "pin")
        await booth.type("902715\n902715\n")
        assert step(booth) == "houses"


async def test_a_digit_that_picks_nothing_and_enter_alone_say_what_to_do(first_start: Open) -> None:
    async with first_start() as booth:
        for keys in ("9", "\n", "x"):
            await booth.type(keys)
            assert isinstance(booth.app.screen, ChoiceScreen)
            assert booth.sentence == "请按数字选择。"


async def test_a_click_picks_too(first_start: Open) -> None:
    async with first_start() as booth:
        line = next(at for at, text in enumerate(booth.text().splitlines()) if "设置新项目" in text)
        await booth.pilot.click(offset=(12, line))
        await booth.settle()
        assert step(booth) == "estate"


class Ruled(Static):
    """Something with a rule around it, as every dialog has."""

    DEFAULT_CSS = "Ruled { border: $line $rule; width: 9; height: 3; }"


@pytest.mark.parametrize(("borders", "corner"), [("ascii", "+-------+"), ("lines", "┌───────┐")])
async def test_rules_are_drawn_as_the_settings_say(first_start: Open, borders: str, corner: str) -> None:
    async with first_start(settings=Settings(borders=borders)) as booth:
        await booth.app.screen.mount(Ruled())
        await booth.settle()
        assert corner in booth.text()


@pytest.mark.parametrize(
    ("wanted", "theme"), [("dark", DARK.name), ("light", LIGHT.name), ("no such theme", DARK.name)]
)
async def test_the_theme_of_the_settings_is_the_one_shown(first_start: Open, wanted: str, theme: str) -> None:
    async with first_start(settings=Settings(theme=wanted)) as booth:
        assert booth.app.theme == theme
        background = {"dark": DARK.background, "light": LIGHT.background}.get(wanted, DARK.background)
        assert booth.app.screen.styles.background.hex == background


async def test_the_demo_is_an_outcome_and_leaves_no_file(first_start: Open, home: Home) -> None:
    async with first_start() as booth:
        await booth.type("3")
        assert outcome(booth) is Outcome.DEMO
    assert not home.database.exists()


async def test_ctrl_q_leaves_and_ctrl_c_does_nothing(first_start: Open, home: Home) -> None:
    async with first_start() as booth:
        await booth.type("1云栖")
        await booth.keys("ctrl+c")
        assert outcome(booth) is None
        await booth.keys("ctrl+q")
        assert outcome(booth) is Outcome.LEFT
    assert not home.database.exists()


async def test_a_set_up_that_was_cut_off_goes_on_and_then_leads_to_sign_in(
    first_start: Open, home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut_off(home, now, monkeypatch)
    async with first_start() as booth:
        assert "云栖玫瑰园" in booth.text()
        assert "上次设置中断" in booth.text()
        await booth.keys("escape")
        assert isinstance(booth.app.screen, WritingScreen)
        await booth.type("\n")
        await booth.until(lambda: step(booth) == "hq")
        await booth.keys("escape")
        assert step(booth) == "hq"
        await booth.type("\n")
        assert outcome(booth) is Outcome.READY
    store = store_of(home)
    assert store.connection.execute("SELECT count(*), count(DISTINCT room_code) FROM house").fetchone()[:] == (
        1440,
        1440,
    )
    store.close()


async def test_a_full_disk_is_said_and_enter_tries_again(
    first_start: Open, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with first_start() as booth:
        await booth.type(UP_TO_HOUSES + "V1-V3\n")
        with monkeypatch.context() as patched:
            patched.setattr(
                "butler_tui.tui.screens.first_start.writing.set_up",
                lambda *_arguments: (_ for _ in ()).throw(
                    FileTrouble("The disk is full, so {file} cannot be written.", file="x")
                ),
            )
            await booth.type("\n")
            await booth.until(lambda: "disk is full" in booth.sentence)
        await booth.type("\n")
        await booth.until(lambda: step(booth) == "hq")
    assert stage_of(home) is Stage.READY
