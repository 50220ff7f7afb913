"""Keeping what was here: a file that is replaced gets a second name that says when, and no program is in its way."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from butler_tui.errors import FileTrouble
from butler_tui.paths import Home
from butler_tui.private_file import sync_folder, write_private
from butler_tui.words import N_


def synced(file: Path) -> None:
    """Make the content of a file durable; raises OSError where the disk refuses."""
    descriptor = os.open(file, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def in_use() -> FileTrouble:
    """Return the sentence for a file that another program has open."""
    return FileTrouble(N_("The program is open on this computer. Nothing was changed: close it and try again."))


def kept_aside(home: Home, now_ms: int) -> tuple[Path, ...]:
    """Keep what is there under names that say when, beside itself; return the names."""
    word = _free_word(home, now_ms)
    kept = []
    for ending in ("", "-wal", "-journal"):
        there = home.database.with_name(home.database.name + ending)
        if there.exists():
            aside = home.database.with_name(f"{home.database.name}.{word}{ending}")
            _linked(there, aside)
            kept.append(aside)
    if home.keys.exists():
        aside = home.keys.with_name(f"{home.keys.name}.{word}")
        write_private(aside, home.keys.read_bytes())
        kept.append(aside)
    if kept:
        sync_folder(home.database.parent)
    return tuple(kept)


def _free_word(home: Home, now_ms: int) -> str:
    """Return `replaced-DATE-TIME` by this computer's clock, with a number where that is taken."""
    when = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone().strftime("replaced-%Y%m%d-%H%M%S")
    names = (when, *(f"{when}-{number}" for number in range(2, 1000)))
    return next(name for name in names if not list(home.database.parent.glob(f"{home.database.name}.{name}*")))


def forget_links(home: Home) -> None:
    """Remove the second names of files that are still in their place: a restore was broken off before it counted."""
    for aside in home.database.parent.glob(f"{home.database.name}.replaced-*"):
        if home.database.exists() and aside.samefile(home.database):
            word = aside.name.removeprefix(f"{home.database.name}.")
            home.keys.with_name(f"{home.keys.name}.{word}").unlink(missing_ok=True)
            for one in (f"{aside}-wal", f"{aside}-journal", aside):
                Path(one).unlink(missing_ok=True)


def _linked(there: Path, aside: Path) -> None:
    """Give a file a second name; where the file system has no such thing, copy it."""
    try:
        aside.hardlink_to(there)
    except OSError:
        shutil.copy2(there, aside)
        synced(aside)


@contextmanager
def no_sync(home: Home) -> Iterator[None]:
    """Keep syncs of this terminal away for a block; raises FileTrouble where one is running."""
    lock = FileLock(home.sync_lock, timeout=5)
    try:
        lock.acquire()
    except Timeout as error:
        raise in_use() from error
    try:
        yield
    finally:
        lock.release()
