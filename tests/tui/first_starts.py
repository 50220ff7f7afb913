"""The first start opened at 80x24, and what tests ask of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from butler_tui.desk import set_up_whole
from butler_tui.desk.set_up_file import Stage, set_up_file, stage_of
from butler_tui.desk.set_up_whole import NewEstate, set_up
from butler_tui.hq import admin
from butler_tui.paths import Home
from butler_tui.settings import Settings
from butler_tui.store.local import Store, open_store
from butler_tui.tui.first_start import FirstStartApp
from butler_tui.tui.screens.first_start.step import StepScreen
from butler_tui.tui.widgets.scan_input import ScanInput
from tests.conftest import Clock
from tests.serving import Hq, real_ms
from tests.tui.conftest import Booth

UP_TO_HOUSES = "1云栖玫瑰园\n\n东门岗，西门岗\n9001\n许文静\n902715\n902715\n"
PATTERN = "1-20 栋 x 2 单元 x 18 层 x 2 户"

Open = Callable[..., AbstractAsyncContextManager[Booth]]


def opener(home: Home, now: Clock) -> Open:
    """Return what opens the first start at 80x24."""

    @asynccontextmanager
    async def opened(clock: Callable[[], int] = now, settings: Settings = Settings()) -> AsyncIterator[Booth]:
        app = FirstStartApp(home, settings, clock)
        async with app.run_test(size=(80, 24)) as pilot:
            booth = Booth(app, pilot)  # type: ignore[arg-type]
            await booth.settle()
            yield booth

    return opened


def step(booth: Booth) -> str:
    """Return which step is in front."""
    screen = booth.app.screen
    return screen.step.name if isinstance(screen, StepScreen) else type(screen).__name__


def outcome(booth: Booth) -> object:
    return booth.app.return_value


def typed(booth: Booth, name: str) -> str:
    return booth.app.screen.query_one(f"#{name}", ScanInput).value


def store_of(home: Home) -> Store:
    return open_store(home)


async def ended(booth: Booth) -> None:
    await booth.until(lambda: booth.app.return_value is not None)


class PowerCut(BaseException):
    """The machine stops here."""


def cut_off(home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a set-up that was cut off after its first group."""

    def stop(*_arguments: object) -> None:
        raise PowerCut

    new = NewEstate("云栖玫瑰园", "Asia/Shanghai", ("东门岗",), "9001", "许文静", PATTERN)
    with monkeypatch.context() as patched:
        patched.setattr(set_up_whole, "go_on", stop)
        with pytest.raises(PowerCut), set_up_file(home, now()) as store:
            set_up(store, new, "902715", now(), lambda _done, _total: None)
    assert stage_of(home) is Stage.UNFINISHED


def hq_line(hq: Hq, estate_id: str | None = None) -> str:
    """Return the line that HQ prints for a terminal of a fresh estate."""
    added = admin.add_estate(hq.folder, "云栖玫瑰园", "Asia/Shanghai", estate_id, real_ms())
    from butler_tui.domain.rights import TerminalKind

    return admin.new_code(hq.folder, added, TerminalKind.SUPERVISOR, real_ms(), hq.url).line
