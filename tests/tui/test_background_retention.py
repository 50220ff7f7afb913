"""Once a day, while the screens are open, what has been kept long enough goes: in a thread, without a word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from textual.app import App
from textual.pilot import Pilot

from butler_tui.desk.gate import admit, check_out
from butler_tui.domain.rights import Role
from butler_tui.tui import background_retention
from butler_tui.tui.app import make_context
from butler_tui.tui.background_retention import BackgroundRetention
from tests.conftest import Clock, Estate


def _wait() -> None:
    """Wait until no sweep is under way."""
    for thread in threading.enumerate():
        if thread.name == "retention":
            thread.join(timeout=20)
            assert not thread.is_alive()


async def _until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Let the program go on until something holds, however busy this machine is."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        await pilot.pause(0.02)


async def test_it_sweeps_by_itself(estate: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    session = estate.sessions[Role.GUARD]
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(hours=1))
    at = "UPDATE sync_state SET last_sync_ms = ?1, last_try_ms = ?1, clock_offset_ms = 0"
    estate.store.connection.execute(at, (now.advance(hours=200 * 24),))
    monkeypatch.setattr(background_retention, "FIRST_S", 0.01)
    app: App[None] = App()
    async with app.run_test() as pilot:
        sweeps = BackgroundRetention(app, make_context(estate.store, now))
        sweeps.begin()
        await _until(pilot, lambda: estate.the_visit()["name"] is None)
        _wait()


async def test_trouble_is_written_down_and_nobody_is_disturbed(
    estate: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = 0

    def broken(*_arguments: object) -> None:
        nonlocal tries
        tries += 1
        raise RuntimeError("no")

    monkeypatch.setattr("butler_tui.desk.retention.sweep", broken)
    app: App[None] = App()
    async with app.run_test():
        sweeps = BackgroundRetention(app, make_context(estate.store, now))
        for expected in (1, 2):
            sweeps.now()
            _wait()
            assert tries == expected
            assert estate.store.home.log.read_text("utf-8").count("RuntimeError") == expected
