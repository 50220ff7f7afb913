"""Killed at any moment, on either side: nothing is lost and nothing is there twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.desk.set_up import NewHouse, add_house
from butler_tui.ids import id_text
from butler_tui.store import estates, sync_state
from tests.conftest import Estate
from tests.serving import Hq, real_ms, served, sync

_ROUNDS = 20
_HOUSES = 150


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return a served HQ."""
    with served(tmp_path_factory.mktemp("killed") / "hq") as served_hq:
        yield served_hq


def _write(estate: Estate, round_no: int) -> None:
    for number in range(_HOUSES):
        add_house(estate.store, NewHouse(f"{round_no}-{number}", str(round_no)), real_ms())


def _start_sync(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "butler_tui", "sync"],
        env={**os.environ, "BUTLER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _is_whole(hq: Hq, estate: Estate) -> None:
    own = estates.estate(estate.store.connection)
    assert own is not None
    estate_id = id_text(own.estate_id)
    written = [id_text(row[0]) for row in estate.store.connection.execute("SELECT cid FROM journal ORDER BY seq")]
    log = hq.query("SELECT cid, pos, verdict FROM change_log WHERE estate_id = ? ORDER BY pos", estate_id)
    assert [row[0] for row in log] == written
    assert [row[1] for row in log] == list(range(1, len(written) + 1))
    assert {row[2] for row in log} == {"applied"}
    assert hq.query("SELECT count(*) FROM duplicate WHERE estate_id = ?", estate_id) == [(0,)]
    assert sync_state.waiting(estate.store.connection) == 0


def test_twenty_syncs_killed_half_way(hq: Hq, estate: Estate) -> None:
    chance = random.Random(2)
    hq.enrol(estate.store)
    home = estate.store.home.database.parent
    cut_short = 0
    for round_no in range(_ROUNDS):
        _write(estate, round_no)
        process = _start_sync(home)
        time.sleep(chance.uniform(0.15, 0.5))
        cut_short += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    sync(estate.store)
    assert cut_short >= _ROUNDS // 2
    _is_whole(hq, estate)


def test_hq_killed_twenty_times_while_it_takes_a_push(hq: Hq, estate: Estate) -> None:
    chance = random.Random(3)
    hq.enrol(estate.store)
    home = estate.store.home.database.parent
    left_waiting = 0
    for round_no in range(_ROUNDS):
        _write(estate, round_no)
        process = _start_sync(home)
        time.sleep(chance.uniform(0.28, 0.42))
        hq.stop(signal.SIGKILL)
        process.wait(timeout=30)
        left_waiting += sync_state.waiting(estate.store.connection) > 0
        hq.start()
    sync(estate.store)
    assert left_waiting > 0
    _is_whole(hq, estate)
