"""From an empty computer to the gate: the installed program in a real terminal, set up by somebody who reads it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.demo.folder import demo_folder
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.desk.set_up_file import Stage, stage_of
from butler_tui.paths import find_home
from butler_tui.store.local import open_store
from tests.journeys.terminal import Terminal

pytestmark = pytest.mark.journey


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return an empty BUTLER_HOME."""
    return tmp_path / "home"


@pytest.fixture
def screen(place: Path) -> Iterator[Terminal]:
    """Return the program, started there for the first time."""
    terminal = Terminal(place)
    yield terminal
    terminal.close()


def fill_in(screen: Terminal, houses: str) -> None:
    """Take the first way and answer every step, up to the last look."""
    screen.wait_for("设置新项目", "查看演示")
    screen.type("1")
    for title, answers in (
        ("第 1 步", ("云栖玫瑰园", "")),
        ("第 2 步", ("东门岗，西门岗",)),
        ("第 3 步", ("9001", "许文静")),
        ("第 4 步", ("902715", "902715")),
        ("第 5 步", (houses,)),
    ):
        screen.wait_for(title)
        for said in answers:
            screen.type(said)
            screen.press("enter")
    screen.wait_for("请核对", "东门岗、西门岗", "9001 许文静")


def houses_written(place: Path) -> int:
    store = open_store(find_home({"BUTLER_HOME": str(place)}))
    try:
        return int(store.connection.execute("SELECT count(*) FROM house").fetchone()[0])
    finally:
        store.close()


def test_an_empty_computer_is_set_up_and_the_supervisor_signs_in(place: Path, screen: Terminal) -> None:
    fill_in(screen, "1-20 栋 x 2 单元 x 18 层 x 2 户")
    screen.wait_for("共 1440 户：1-1-101 ... 20-2-1802")
    screen.press("enter")
    screen.wait_for("butler hq estate add")
    screen.press("enter")
    screen.wait_for("云栖玫瑰园  东门岗")
    screen.sign_in("9001", "902715")
    screen.wait_for("许文静  主管")

    assert houses_written(place) == 1440
    assert b"902715" not in screen.raw
    screen.close()
    again = Terminal(place)
    again.sign_in("9001", "902715")
    again.close()


def test_a_set_up_that_is_killed_while_it_writes_goes_on_at_the_next_start(place: Path, screen: Terminal) -> None:
    fill_in(screen, "1-100 栋 x 2 单元 x 25 层 x 4 户")
    screen.press("enter")
    _wait_for_the_first_houses(place)
    screen.kill()
    home = find_home({"BUTLER_HOME": str(place)})
    assert stage_of(home) is Stage.UNFINISHED
    assert 0 < houses_written(place) < 20_000

    again = Terminal(place)
    again.wait_for("继续设置", "云栖玫瑰园")
    again.press("enter")
    again.wait_for("butler hq estate add")
    again.press("enter")
    again.sign_in("9001", "902715")
    again.close()
    assert houses_written(place) == 20_000


def _wait_for_the_first_houses(place: Path) -> None:
    deadline = time.monotonic() + 20
    home = find_home({"BUTLER_HOME": str(place)})
    while stage_of(home) is not Stage.UNFINISHED:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_every_step_is_whole_at_80x24_in_english_too(place: Path) -> None:
    screen = Terminal(place, environment={"BUTLER_LANG": "en"})
    try:
        screen.wait_for("Welcome", "3  Look at the demo", "Pick by its digit.")
        screen.type("1")
        for words, answers in (
            (("step 1 of 5", "anywhere in China."), ("Rose Garden", "")),
            (("step 2 of 5", "stands at"), ("East gate, West gate",)),
            (("step 3 of 5", "everybody else."), ("9001", "Xu Wenjing")),
            (("step 4 of 5", "know them."), ("902715", "902715")),
            (("step 5 of 5", "later."), ("1-2 buildings x 3 floors x 2 homes",)),
        ):
            screen.wait_for(*words, "Enter Next", "Esc Back")
            for said in answers:
                screen.type(said)
                screen.press("enter")
        screen.wait_for("12 homes: 1-101 ... 2-302", "Enter writes this, Esc goes back.")
        screen.press("enter")
        screen.wait_for("later.", "HQ's address")
        screen.press("enter")
        screen.wait_for("Rose Garden  East gate", "Staff no.")
    finally:
        screen.close()


def test_the_demo_tells_its_people_and_opens(place: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    folder = demo_folder(data / "butler-demo")
    folder.begin()
    wanted = Wanted(households=12, visits=10)
    make_demo(folder.home, wanted, time.time_ns() // 1_000_000, lambda _done, _all: None).close()
    folder.finish()
    screen = Terminal(place, environment={"XDG_DATA_HOME": str(data)})
    try:
        screen.wait_for("查看演示")
        screen.type("3")
        screen.wait_for("1007", "请记下一个工号和密码")
        screen.press("enter")
        screen.wait_for("F1 帮助")
        screen.sign_in("1007", "204816")
        assert not (place / "butler.db").exists()
    finally:
        screen.close()
