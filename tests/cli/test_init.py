"""`butler init` as scripts and people see it: asked for what is missing, refused in words, going on after a kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from butler_tui.desk.set_up_file import Stage, stage_of
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.ids import id_text
from butler_tui.paths import Home, find_home
from butler_tui.store import estates, set_up_plan
from butler_tui.store.local import open_store
from tests.serving import Hq, butler, real_ms

ALL = (
    *("init", "--estate", "云栖玫瑰园", "--gate", "东门岗", "--gate", "西门岗"),
    *("--supervisor-number", "9001", "--supervisor-name", "许文静"),
)
HOUSES = ("--houses", "1-20 栋 × 2 单元 × 18 层 × 2 户", "--houses", "V1-V40")


@pytest.fixture
def place(tmp_path: Path) -> Home:
    """Return the places of an empty computer."""
    return find_home({"BUTLER_HOME": str(tmp_path / "home")})


def run(place: Home, *arguments: str, pin: str = "902715") -> subprocess.CompletedProcess[str]:
    """Run a command with nobody at a terminal."""
    ended = butler(*arguments, env={"BUTLER_HOME": str(place.database.parent), "BUTLER_PIN": pin})
    assert "Traceback" not in ended.stderr + ended.stdout
    return ended


def houses(place: Home) -> int:
    store = open_store(place)
    try:
        return int(store.connection.execute("SELECT count(*) FROM house").fetchone()[0])
    finally:
        store.close()


def estate_id(place: Home) -> str:
    store = open_store(place)
    try:
        estate = estates.estate(store.connection)
        return id_text(estate.estate_id) if estate else ""
    finally:
        store.close()


def test_a_script_sets_up_an_estate_and_gets_its_id(place: Home) -> None:
    ended = run(place, *ALL, *HOUSES, "--yes")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == estate_id(place)
    assert "1480 homes: 1-1-101 ... V40" in ended.stderr
    assert houses(place) == 1480
    assert stage_of(place) is Stage.READY
    assert run(place, "staff", "list", "--as", "9001").stdout.split() == ["9001", "许文静", "Supervisor"]


@pytest.mark.parametrize(
    ("arguments", "pin", "code", "sentence"),
    [
        (("init",), "902715", 2, "Give --estate"),
        (("init", "--estate", "云栖玫瑰园"), "902715", 2, "Give --gate"),
        (ALL, "902715", 2, "Give --yes"),
        ((*ALL, "--yes"), "", 2, "Give BUTLER_PIN"),
        ((*ALL, "--yes"), "123456", 1, "Digits in a row"),
        ((*ALL, "--yes", "--houses", "1-20 栋"), "902715", 1, "does not say how many floors"),
        ((*ALL, "--yes", "--time-zone", "Asia/Nowhere"), "902715", 1, "no time zone"),
        ((*ALL, "--yes", "--gate", "东门岗"), "902715", 1, "named twice"),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_leaves_nothing(
    place: Home, arguments: tuple[str, ...], pin: str, code: int, sentence: str
) -> None:
    ended = run(place, *arguments, pin=pin)

    assert (ended.returncode, ended.stdout) == (code, "")
    assert sentence in ended.stderr
    assert not place.database.exists()
    assert not place.keys.exists()


def test_a_computer_that_enrolled_first_keeps_the_estate_of_hq(place: Home, hq: Hq) -> None:
    added = admin.add_estate(hq.folder, "湖畔花园", "Asia/Shanghai", None, real_ms())
    line = admin.new_code(hq.folder, added, TerminalKind.SUPERVISOR, real_ms(), hq.url).line
    assert run(place, *line.split()[1:]).returncode == 0
    assert stage_of(place) is Stage.NO_GATE

    ended = run(place, "init", *ALL[3:], "--yes")

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == added
    assert "湖畔花园" in ended.stderr
    assert run(place, "sync").returncode == 0
    assert hq.query("SELECT count(*) FROM v_gate WHERE estate_id = ?", added) == [(2,)]


def test_the_screens_of_an_empty_computer_are_refused_in_words_where_nobody_is_there(place: Home) -> None:
    ended = run(place)

    assert (ended.returncode, ended.stdout) == (78, "")
    assert "Set it up with butler init" in ended.stderr
    assert not place.database.exists()


def test_a_computer_is_set_up_once(place: Home) -> None:
    first = run(place, *ALL, "--yes")
    again = run(place, *ALL, "--yes")

    assert (again.returncode, again.stdout) == (1, "")
    assert "already has an estate" in again.stderr
    assert estate_id(place) == first.stdout.strip()


@pytest.fixture
def person(place: Home) -> Iterator[pexpect.spawn[str]]:
    """Return `butler init` at a real terminal, where nothing is given."""
    environment = {**os.environ, "BUTLER_HOME": str(place.database.parent), "BUTLER_LANG": "en", "TERM": "xterm"}
    environment.pop("BUTLER_PIN", None)
    arguments = ["-m", "butler_tui", "init"]
    child = pexpect.spawn(sys.executable, arguments, env=environment, encoding="utf-8", timeout=30)
    yield child
    child.close(force=True)


def answer(person: pexpect.spawn[str], *pairs: tuple[str, str]) -> None:
    for question, said in pairs:
        person.expect_exact(question)
        person.sendline(said)


def test_a_person_is_asked_shown_and_asked_once_more(place: Home, person: pexpect.spawn[str]) -> None:
    answer(
        person,
        ("The estate's name: ", "云栖玫瑰园"),
        ("with commas between them: ", "东门岗，西门岗"),
        ("staff number: ", "9001"),
        ("supervisor's name: ", "许文静"),
        ("none yet: ", "1-20 栋"),
        ("none yet: ", "2 栋 x 3 层 x 2 户"),
    )
    person.expect_exact("12 homes: 1-101 ... 2-302")
    person.expect_exact("PIN: ")
    time.sleep(0.2)  # until the terminal shows nothing of what is typed
    person.sendline("902715")
    person.expect_exact("again: ")
    time.sleep(0.2)
    person.sendline("902715")
    person.expect_exact("Gates: 东门岗, 西门岗")
    shown = str(person.before)
    answer(person, ("(y/n): ", "y"))
    person.expect(pexpect.EOF)
    person.close()

    assert person.exitstatus == 0
    assert "902715" not in shown
    assert houses(place) == 12
    assert estate_id(place) in str(person.before)


def test_a_person_who_says_no_has_changed_nothing(place: Home, person: pexpect.spawn[str]) -> None:
    answer(
        person,
        ("The estate's name: ", "云栖玫瑰园"),
        ("with commas between them: ", "东门岗"),
        ("staff number: ", "9001"),
        ("supervisor's name: ", "许文静"),
        ("none yet: ", ""),
        ("PIN: ", "902715"),
        ("again: ", "902715"),
        ("(y/n): ", "n"),
    )
    person.expect(pexpect.EOF)
    person.close()

    assert person.exitstatus == 1
    assert "Nothing was changed" in str(person.before)
    assert not place.database.exists()


def test_ctrl_c_at_a_question_ends_with_a_sentence(place: Home, person: pexpect.spawn[str]) -> None:
    person.expect_exact("The estate's name: ")
    person.sendcontrol("c")
    person.expect(pexpect.EOF)
    person.close()

    assert person.exitstatus == 1
    assert re.search("Stopped. Nothing was changed", str(person.before))
    assert "Traceback" not in str(person.before)


MANY = "1-100 栋 × 2 单元 × 25 层 × 2 户"


def begun(place: Home) -> bool:
    """Tell whether the file is being made: its key and the mark beside it are there."""
    return set_up_plan.mark(place).exists() and place.keys.exists()


def made(place: Home) -> bool:
    """Tell whether the file is made, and what is written goes into it."""
    return place.database.exists() and not set_up_plan.mark(place).exists()


def writing(least: int) -> Callable[[Home], bool]:
    """Return what tells whether so many bytes of records are written beside the file already."""

    def written(place: Home) -> bool:
        beside = place.database.with_name(place.database.name + "-wal")
        return made(place) and beside.exists() and beside.stat().st_size > least

    return written


@pytest.mark.parametrize(
    "midway",
    [begun, made, writing(150_000), writing(1_000_000), writing(2_000_000)],
    ids=["making the file", "the file is made", "the first houses", "more houses", "half of the houses"],
)
def test_a_set_up_that_is_killed_goes_on_when_it_is_run_again(place: Home, midway: Callable[[Home], bool]) -> None:
    arguments = (*ALL, "--yes", "--houses", MANY)
    environment = {**os.environ, "BUTLER_HOME": str(place.database.parent), "BUTLER_PIN": "902715"}
    started = subprocess.Popen(
        [sys.executable, "-m", "butler_tui", *arguments],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not midway(place) and started.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    started.send_signal(signal.SIGKILL)

    assert started.wait(20) == -signal.SIGKILL  # it was not through before
    assert stage_of(place) is not Stage.READY

    ended = run(place, *arguments)

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == estate_id(place)
    assert houses(place) == 10_000
    assert stage_of(place) is Stage.READY
