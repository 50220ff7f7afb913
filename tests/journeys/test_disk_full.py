"""The disk fills up in the middle of a registration: what was confirmed stays, what is typed stays on screen, the
words are clear, and it goes on once there is room.

Tried on a real full disk where this computer lets us mount one, and everywhere with files that may not grow, which is
what a quota or a worn-out disk looks like to the program.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from butler_tui.demo.making import Wanted, make_demo
from butler_tui.hq.keys import Folder
from butler_tui.paths import find_home
from butler_tui.store.journal_rows import verify_chain
from tests.journeys.conftest import GUARD, Booth
from tests.journeys.terminal import Terminal
from tests.serving import Hq
from tests.small_disk import MountedDisk, mounted

pytestmark = pytest.mark.journey


class Disk(Protocol):
    """Where the booth's file lies."""

    @property
    def place(self) -> Path:
        """A folder on it."""

    says: str
    """What a guard reads once it is full."""

    def fill(self, screen: Terminal) -> None:
        """Let the program write nothing more."""

    def make_room(self, screen: Terminal) -> None:
        """Let it write again."""


@dataclass
class SmallDisk:
    """A disk of 4 MB of its own, filled to the last byte."""

    mounted: MountedDisk
    says: str = "磁盘已满：请腾出空间后重试"

    @property
    def place(self) -> Path:
        """Where it is mounted."""
        return self.mounted.place

    def fill(self, screen: Terminal) -> None:
        self.mounted.fill()

    def make_room(self, screen: Terminal) -> None:
        self.mounted.make_room()


@dataclass
class FilesThatMayNotGrow:
    """The system's limit on how large a file the program may write; there is nothing to mount for it."""

    place: Path
    says: str = "磁盘无法读写"

    def fill(self, screen: Terminal) -> None:
        journal = next(self.place.rglob("*.db-wal"))
        self._limit(screen, journal.stat().st_size)

    def make_room(self, screen: Terminal) -> None:
        self._limit(screen, resource.RLIM_INFINITY)

    def _limit(self, screen: Terminal, size: int) -> None:
        resource.prlimit(screen.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Return a disk that can be filled, where we may mount one."""
    with mounted(tmp_path / "disk", 4) as disk:
        if isinstance(disk, str):
            pytest.skip(f"no small disk can be mounted here ({disk}); files that may not grow are tried instead")
        yield SmallDisk(disk)


@pytest.fixture
def files_that_may_not_grow(tmp_path: Path) -> FilesThatMayNotGrow:
    """Return a folder on the ordinary disk."""
    return FilesThatMayNotGrow(tmp_path)


@pytest.fixture(params=["small_disk", "files_that_may_not_grow"])
def disk(request: pytest.FixtureRequest) -> Disk:
    """Return each kind of disk in turn."""
    found: Disk = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def booth_there(disk: Disk) -> Iterator[Booth]:
    """Return a small demo estate on that disk, without HQ."""
    home = find_home({"BUTLER_HOME": str(disk.place / "booth")})
    make_demo(home, Wanted(households=4, visits=0), time.time_ns() // 1_000_000, lambda _done, _all: None).close()
    booth = Booth(home, Hq(Folder(disk.place / "no-hq")))
    yield booth
    for terminal in booth.terminals:
        terminal.close()


def fill_in(screen: Terminal, name: str, room: str) -> None:
    screen.scan(f"{name}\n1\n\n{room}\n\n1\n\n")
    screen.wait_for(name, "探访", "[待查]")
    screen.scan("11111")
    screen.wait_for("全部完成")


def on_site(screen: Terminal, *people: str) -> None:
    """Look at who is on site, and come back; keys are taken in order, so whatever was typed before has been done."""
    screen.press("f7")
    screen.wait_for("访客证遗失", *people, f"在访 {len(people)} 人")
    screen.press("escape")
    screen.wait_for("登记来访")


def test_a_disk_that_fills_while_registering(disk: Disk, booth_there: Booth) -> None:
    room = booth_there.first_room().room_code
    screen = booth_there.open()
    screen.sign_in(*GUARD)
    fill_in(screen, "赵星河", room)
    screen.press("enter")
    screen.wait_for("赵先生已放行")

    disk.fill(screen)
    fill_in(screen, "钱星河", room)
    screen.press("enter")
    screen.wait_for(disk.says)
    on_site(screen, "赵先生")
    screen.wait_for("钱星河", "钱先生", room, "探访", "全部完成")
    screen.press("f8")  # nor can it be put aside
    screen.wait_for(disk.says)
    screen.press("f10")
    screen.sign_in(*GUARD)
    screen.wait_for("钱星河", "全部完成")

    disk.make_room(screen)
    screen.press("ctrl+s")
    screen.wait_for("钱先生已放行")
    on_site(screen, "赵先生", "钱先生")
    screen.scan("孙星河\n")
    screen.wait_for("孙访客")
    screen.kill()
    assert saved(booth_there) == ["赵星河", "钱星河"]


@pytest.mark.parametrize("disk", ["small_disk"], indirect=True)
def test_a_power_cut_on_a_full_disk(disk: Disk, booth_there: Booth) -> None:
    room = booth_there.first_room().room_code
    screen = booth_there.open()
    screen.sign_in(*GUARD)
    fill_in(screen, "赵星河", room)
    screen.press("enter")
    screen.wait_for("赵先生已放行")
    fill_in(screen, "钱星河", room)
    screen.press("f8")
    screen.wait_for("钱先生已暂存")
    disk.fill(screen)
    screen.kill()

    screen = booth_there.open()
    screen.sign_in(*GUARD)
    on_site(screen, "赵先生")
    screen.press("f8")
    screen.wait_for("钱星河", "取回")
    screen.press("enter")
    screen.wait_for(disk.says)

    disk.make_room(screen)
    screen.press("f8")
    screen.wait_for("钱星河", "取回")
    screen.press("enter")
    screen.wait_for("钱先生", "全部完成")
    screen.press("ctrl+s")
    screen.wait_for("钱先生已放行")
    screen.kill()
    assert saved(booth_there) == ["赵星河", "钱星河"]


def saved(booth: Booth) -> list[str]:
    """Return who is in the file, whose chain of changes must verify."""
    store = booth.store()
    try:
        verify_chain(store.connection)
        return [row[0] for row in store.connection.execute("SELECT name FROM visit ORDER BY registered_ms")]
    finally:
        store.close()
