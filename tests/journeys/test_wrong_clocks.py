"""Clocks that are wrong by days, by years, or past what 32 bits hold, at a gate or at HQ: nothing is lost or refused.

The real programs under libfaketime, each told another time than the computer has.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from butler_tui.demo.making import Wanted, make_demo
from butler_tui.ids import id_text
from butler_tui.paths import find_home
from butler_tui.store import estates
from butler_tui.store.local import open_store
from tests.journeys.conftest import GUARD, Booth
from tests.journeys.faked import TIMES, faked, is_shown, reason_against
from tests.journeys.figures import at_hq, here
from tests.journeys.terminal import Terminal
from tests.model.agreeing import is_at_rest
from tests.model.hq_whole import log_is_whole, log_of
from tests.serving import butler, real_ms, served, sync
from tests.sync.faults import run_out

pytestmark = pytest.mark.journey

APART = re.compile("are .* apart: have the wrong one set right")

_CHECKS = tuple(f"--check={name}=passed" for name in ("identity", "reason", "host", "document", "belongings"))
_RENAME = """
import os, sys
from butler_tui.cli.output import now_ms, open_terminal
from butler_tui.store import estates
from butler_tui.store.journal import record
from butler_tui.store.written import Written
with open_terminal() as store:
    gate = estates.gate_of_terminal(store.connection)
    record(store, [Written("gate", gate.gate_id, {"name": sys.argv[1]})], staff_id=None, now_ms=now_ms())
"""
"""Gives the gate another name: what is written more than once, and of which the last holds."""


@pytest.fixture
def booth(tmp_path: Path) -> Iterator[Booth]:
    """Return a small demo estate, enrolled and with everything at HQ, where clocks can be faked."""
    why = reason_against()
    if why is not None:
        pytest.skip(why)
    home = find_home({"BUTLER_HOME": str(tmp_path / "booth")})
    store = make_demo(home, Wanted(households=4, visits=6), real_ms(), lambda _done, _all: None)
    with served(tmp_path / "hq") as hq:
        hq.enrol(store)
        sync(store)
        store.close()
        booth = Booth(home, hq)
        yield booth
        for terminal in booth.terminals:
            terminal.close()


def admit(screen: Terminal, name: str, room: str) -> None:
    screen.scan(f"{name}\n1\n\n{room}\n\n1\n\n")
    screen.wait_for("探访", "[待查]")
    screen.scan("11111\n")
    screen.wait_for(f"{name[0]}先生已放行")


def admit_by_command(booth: Booth, name: str) -> None:
    """Admit a visitor from the shell."""
    home = booth.first_room()
    facts = {"name": name, "sex": "male", "room": home.room_code, "reason": "visiting"}
    told = [f"--{option}={value}" for option, value in facts.items()]
    confirmed = f"--confirmed-by={home.confirmers[0].name}"
    env = {"BUTLER_HOME": str(booth.folder), "BUTLER_PIN": GUARD[1]}
    done = butler("visits", "add", "--as", GUARD[0], *told, confirmed, *_CHECKS, env=env)
    assert done.returncode == 0, done.stderr


def rename(booth: Booth, name: str, environment: Mapping[str, str]) -> None:
    """Give the gate another name, in a program of its own."""
    env = {**os.environ, "BUTLER_HOME": str(booth.folder), **environment}
    subprocess.run([sys.executable, "-c", _RENAME, name], env=env, check=True)


def told(booth: Booth, environment: Mapping[str, str]) -> str:
    """Return what `butler sync` says, which must bring everything."""
    done = butler("sync", env={"BUTLER_HOME": str(booth.folder), **environment})
    assert (done.returncode, "Still waiting: 0." in done.stderr) == (0, True), done.stderr
    assert "Warning" not in done.stderr
    return done.stderr


def agrees(booth: Booth) -> None:
    """Check that HQ has everything once, no stamp ahead of the true time, and the same records as the booth."""
    store = open_store(booth.home)
    try:
        is_at_rest("booth", store)
        own = estates.estate(store.connection)
        assert own is not None
    finally:
        store.close()
    now_ms = real_ms()  # an HQ that is behind lifts stamps above its own time: cause beats clock
    log_is_whole([{**row, "taken_ms": now_ms} for row in log_of(booth.hq, id_text(own.estate_id))])
    assert booth.hq.query("SELECT count(*) FROM duplicate") == [(0,)]
    assert at_hq(booth) == here(booth)


def stamps(booth: Booth) -> list[tuple[int, int]]:
    """Return the canonical stamps in the order in which HQ took the changes."""
    return booth.hq.query("SELECT hlc_ms, hlc_counter FROM change_log ORDER BY pos")


def gate_name(booth: Booth) -> str:
    store = open_store(booth.home)
    try:
        gate = estates.gate_of_terminal(store.connection)
        assert gate is not None
        names = booth.hq.query("SELECT name FROM v_gate WHERE gate_id = ?", id_text(gate.gate_id))
        assert names == [(gate.name,)]
        return gate.name
    finally:
        store.close()


def gate_is_wrong(booth: Booth, wrong: str, visitor: str) -> None:
    """Work at a gate whose clock is wrong, then at one whose clock was set right."""
    clock = faked(wrong)
    screen = booth.open(environment=clock)
    screen.sign_in(*GUARD)
    admit(screen, visitor, booth.first_room().room_code)
    screen.press("f9")
    screen.wait_for("已上传总部", "误差", "请校准")
    screen.press("ctrl+g")
    screen.wait_for("本机时间不准")
    screen.close()
    rename(booth, "钟错的岗", clock)
    assert APART.search(told(booth, clock))

    visit = booth.visit(visitor)
    assert is_shown(wrong, visit["registered_ms"])
    assert booth.hq.query("SELECT state FROM v_visit WHERE name = ?", visitor) == [("inside",)]
    assert gate_name(booth) == "钟错的岗"
    agrees(booth)

    rename(booth, "钟准的岗", {})
    assert not APART.search(told(booth, {}))
    assert gate_name(booth) == "钟准的岗"
    assert stamps(booth)[-1] == max(stamps(booth))
    agrees(booth)


def hq_is_wrong(booth: Booth, wrong: str, visitor: str) -> None:
    """Bring what a gate writes to an HQ whose clock is wrong, then to one whose clock was set right."""
    before = at_hq(booth)
    booth.hq.stop()
    booth.hq.environment = faked(wrong)
    booth.hq.start()
    rename(booth, "总部钟错", {})
    admit_by_command(booth, visitor)
    assert APART.search(told(booth, {}))
    ((taken_ms,),) = booth.hq.query("SELECT taken_ms FROM change_log ORDER BY pos DESC LIMIT 1")
    assert is_shown(wrong, taken_ms)
    assert gate_name(booth) == "总部钟错"
    assert booth.hq.query("SELECT state FROM v_visit WHERE name = ?", visitor) == [("inside",)]
    assert butler("retention", env={"BUTLER_HOME": str(booth.folder)}).returncode == 0
    agrees(booth)

    booth.hq.stop()
    booth.hq.environment = {}
    booth.hq.start()
    rename(booth, "总部钟准", {})
    assert not APART.search(told(booth, {}))
    assert gate_name(booth) == "总部钟准"
    assert stamps(booth)[-1] == max(stamps(booth))
    agrees(booth)
    there = at_hq(booth)
    assert {kind: records.items() <= there[kind].items() for kind, records in before.items() if kind != "gate"} == {
        kind: True for kind in before if kind != "gate"
    }


def test_a_gate_that_is_ten_years_ahead_and_then_an_hq_in_1970(booth: Booth) -> None:
    gate_is_wrong(booth, "in 10 years", "沈星河")
    hq_is_wrong(booth, "1970", "秦星河")


@pytest.mark.soak
@pytest.mark.parametrize("wrong", TIMES)
def test_a_gate_and_then_an_hq_whose_clock_is_wrong(booth: Booth, wrong: str) -> None:
    gate_is_wrong(booth, wrong, "沈星河")
    hq_is_wrong(booth, wrong, "秦星河")


@pytest.mark.soak
def test_one_booth_and_its_hq_through_every_wrong_clock(booth: Booth) -> None:
    for wrong, surname in zip(TIMES, "褚卫蒋韩", strict=True):
        hq_is_wrong(booth, wrong, f"{surname}天河")
        gate_is_wrong(booth, wrong, f"{surname}星河")


@pytest.mark.soak
def test_a_certificate_that_has_run_out_does_not_pass_by_a_clock_that_is_behind(booth: Booth) -> None:
    with run_out(booth.hq) as url:  # three days ago
        store = booth.store()
        moved = "UPDATE terminal SET hq_url = ? || substr(hq_url, instr(hq_url, '/e/'))"
        store.connection.execute(moved, (url,))
        store.close()
        done = butler("sync", env={"BUTLER_HOME": str(booth.folder), **faked("11 days ago")})
    assert (done.returncode, "HQ's certificate has run out" in done.stderr) == (78, True), done.stderr
