"""When a terminal is well, and when somebody should look after it; the figures are ours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.hlc import MOST_AHEAD_MS

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_MIB = 1024 * 1024


class Mark(StrEnum):
    """How something stands: `bad` loses records or keeps people from working, `warning` may do so later."""

    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: its code (never changes), what it is called, its mark, a sentence, and what to do."""

    check: str
    name: str
    mark: Mark
    words: str
    remedy: str = ""


DISK_LOW = 2048 * _MIB
DISK_OUT = 200 * _MIB
LOG_LARGE = 20 * _MIB
SYNC_LATE_MS = DAY_MS
SYNC_LOST_MS = 7 * DAY_MS
BACKUP_OLD_MS = 7 * DAY_MS
KEPT_LONG_MS = 35 * DAY_MS
LEAST_COLUMNS, LEAST_LINES = 80, 24


def disk_mark(free: int) -> Mark:
    """Judge the bytes free on the disk that holds the records."""
    return Mark.BAD if free < DISK_OUT else Mark.WARNING if free < DISK_LOW else Mark.GOOD


def sync_mark(last_ms: int | None, since_ms: int, now_ms: int) -> Mark:
    """Judge when HQ last had everything; a terminal that never synced is judged by `since_ms`, when it could have."""
    late = now_ms - (last_ms if last_ms is not None else since_ms)
    return Mark.BAD if late > SYNC_LOST_MS else Mark.WARNING if late > SYNC_LATE_MS else Mark.GOOD


def backup_mark(last_ms: int | None, now_ms: int) -> Mark:
    """Judge when the last backup was made."""
    return Mark.WARNING if last_ms is None or now_ms - last_ms > BACKUP_OLD_MS else Mark.GOOD


def clock_mark(offset_ms: int | None, last_record_ms: int, now_ms: int) -> Mark:
    """Judge this computer's clock by HQ's (`offset_ms`: HQ's minus ours) and by the last record written here."""
    behind = last_record_ms - now_ms > MOST_AHEAD_MS
    return Mark.WARNING if behind or abs(offset_ms or 0) > MOST_AHEAD_MS else Mark.GOOD


def screen_mark(columns: int, lines: int) -> Mark:
    """Judge the size of a terminal window in characters."""
    return Mark.GOOD if columns >= LEAST_COLUMNS and lines >= LEAST_LINES else Mark.WARNING
