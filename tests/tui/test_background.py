"""HQ in the background: soon after a save, at times without one, later and later while it is out of reach."""

from __future__ import annotations

import random
import time

import pytest

from butler_tui.hq import terminals
from butler_tui.store import estates
from butler_tui.tui import background
from butler_tui.tui.background import AFTER_SAVE_S, EVERY_S, LONGEST_S, BackgroundSync
from tests.conftest import Estate
from tests.serving import Hq, real_ms
from tests.sync.booths import Booth as TerminalUnderTest
from tests.sync.faults import Asked, front
from tests.tui.conftest import Booth, OpenBooth
from tests.tui.test_gate import register


def engine(booth: Booth) -> BackgroundSync:
    assert isinstance(booth.app._background, BackgroundSync)
    return booth.app._background


def due_s(booth: Booth) -> float:
    timer = engine(booth)._timer
    assert timer is not None
    return timer._interval


def enrol(estate: Estate) -> None:
    estates.save_enrolment(
        estate.store.connection,
        terminal_id=b"\1" * 16,
        hq_url="https://127.0.0.1:9/e/none",
        authority=None,
        box_key=b"\2" * 32,
        kind="gate",
        now_ms=1,
    )


async def test_a_save_is_sent_five_seconds_later(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await register(booth)
        await booth.keys("enter")
        assert due_s(booth) == AFTER_SAVE_S == 5.0


async def test_a_terminal_that_is_not_enrolled_keeps_looking_whether_it_is(
    open_booth: OpenBooth, estate: Estate
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        engine(booth)._run()
        assert due_s(booth) == EVERY_S == 60.0


async def test_a_sync_that_fails_says_so_comes_again_and_ends_nothing(
    open_booth: OpenBooth, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(estate)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        await booth.until(lambda: "总部未连通" in booth.sentence)
        assert EVERY_S / 2 <= due_s(booth) <= 2 * EVERY_S  # where signing in takes long, this was the second try
        assert booth.app.return_code is None


async def test_an_error_nobody_foresaw_is_kept_in_the_log_without_values_and_tried_again(
    open_booth: OpenBooth, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butler_tui.sync import syncing

    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("李文博 13900001234")

    enrol(estate)
    monkeypatch.setattr(syncing, "sync_once", broken)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        await booth.until(lambda: "同步中断" in booth.sentence)
        assert not engine(booth)._running.is_set()
    log = estate.store.home.log.read_text()
    assert "RuntimeError" in log
    assert "李文博" not in log
    assert "13900001234" not in log


def test_the_wait_grows_with_failures_and_ends_at_a_quarter_of_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", lambda _low, high: high)
    waits = [background._backed_off(failures) for failures in range(1, 12)]
    assert waits[:4] == [60, 120, 240, 480]
    assert max(waits) == LONGEST_S == 900


async def test_a_busy_hq_is_left_alone_as_long_as_it_asks(
    open_booth: OpenBooth, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butler_tui.sync import syncing
    from butler_tui.sync.failures import busy

    def refused(*_arguments: object, **_named: object) -> None:
        raise busy(600)

    enrol(estate)
    monkeypatch.setattr(syncing, "sync_once", refused)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        await booth.until(lambda: due_s(booth) == 600)
        assert "总部正忙" in booth.sentence


async def test_screens_that_are_open_lock_for_good_when_hq_has_revoked_the_terminal(
    open_booth: OpenBooth, estate: Estate, hq: Hq
) -> None:
    terminal_id = hq.enrol(estate.store)
    async with open_booth() as booth:
        await register(booth)
        terminals.revoke(hq.folder, TerminalUnderTest(hq, estate).estate_id, terminal_id, real_ms())
        await booth.keys("f9")
        await booth.until(lambda: booth.app.locked and "本机已被总部停用" in booth.sentence)
        assert not estate.store.home.keys.exists()
        await booth.type("1007\n204816\n")
        await booth.until(lambda: "本机已被总部停用" in booth.sentence)
        assert booth.app.locked


async def test_a_busy_hq_is_left_alone_by_the_real_sync_and_gets_everything_afterwards(
    open_booth: OpenBooth, estate: Estate, hq: Hq
) -> None:
    terminal = TerminalUnderTest(hq, estate)
    hq.enrol(estate.store)
    waiting = terminal.waiting()

    def busy(request: Asked) -> None:
        request.say("503 Service Unavailable", b"<html>", "Retry-After: 420")

    with front(busy)(hq) as url:
        terminal.sends_to(url)
        async with open_booth() as booth:
            await booth.sign_in()
            await booth.keys("f9")
            await booth.until(lambda: due_s(booth) == 420 and "总部正忙，请在7分钟后再试" in booth.sentence)
            engine(booth).soon()
            assert due_s(booth) == 420
            assert terminal.waiting() == waiting
            terminal.sends_to(hq.url)
            await booth.keys("f9")
            await booth.until(lambda: terminal.waiting() == 0 and due_s(booth) == EVERY_S)
    terminal.is_whole()


async def test_while_hq_is_out_of_reach_a_save_brings_the_next_try_within_a_minute(
    open_booth: OpenBooth, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(estate)
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        await booth.until(lambda: "总部未连通" in booth.sentence)
        engine(booth)._after(LONGEST_S)
        assert "下次尝试" in booth.shown("#lines")
        engine(booth).soon()
        assert EVERY_S / 2 <= due_s(booth) <= EVERY_S
        engine(booth)._after(10)
        engine(booth).soon()
        assert due_s(booth) == 10
        engine(booth)._asked_until_s = time.monotonic() + 600
        engine(booth)._after(600)
        engine(booth).soon()
        assert due_s(booth) == 600
