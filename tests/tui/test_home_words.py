"""What the home screen calls a warning is what the doctor calls one: one place says when."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from butler_tui.domain.health import BACKUP_OLD_MS, DISK_LOW, DISK_OUT, backup_mark, disk_mark
from butler_tui.store.home import Machine
from butler_tui.tui.home_words import machine_lines

NOW = 1_794_527_880_000
MEANT = {"good": "", "warning": "warning", "bad": "bad"}


def meaning_of(line: str, free: int = 1 << 40, backup_ms: int | None = NOW) -> str:
    hq: Any = SimpleNamespace(waiting=0, quarantined=0, conflicts=0, last_sync_ms=None, enrolled=False)
    here: Any = SimpleNamespace(now_ms=lambda: NOW, zone=ZoneInfo("Asia/Shanghai"))
    lines = machine_lines(Machine(hq, None, free, backup_ms), here)
    return next(one.meaning for one in lines if one.id == line)


@pytest.mark.parametrize("free", [0, DISK_OUT - 1, DISK_OUT, 1_500_000_000, DISK_LOW - 1, DISK_LOW])
def test_home_and_doctor_agree_about_the_disk(free: int) -> None:
    assert meaning_of("disk", free=free) == MEANT[disk_mark(free)]


@pytest.mark.parametrize("backup_ms", [None, NOW, NOW - BACKUP_OLD_MS, NOW - BACKUP_OLD_MS - 1])
def test_home_and_doctor_agree_about_the_backup(backup_ms: int | None) -> None:
    assert meaning_of("backup", backup_ms=backup_ms) == MEANT[backup_mark(backup_ms, NOW)]
