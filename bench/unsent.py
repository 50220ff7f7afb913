"""Terminals' files for the figures beside a sync: one with many changes that wait for HQ, one as it was before those.

Both are made through the desk's own doors, which takes minutes, and kept under the temporary folder for the day.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bench.many_visits import keep_folder, recipe
from bench.terminals import CHANGES_OF_TEN_VISITS, let_happen
from butler_tui.demo.making import HOUSEHOLDS, Wanted, make_demo
from butler_tui.paths import Home, find_home
from butler_tui.store import sync_state
from butler_tui.store.database import transaction
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.local import Store, open_store
from tests.serving import real_ms

_BASE, _WRITTEN = "base", "written"
_BASE_VISITS = 800
_MORE, _FEW = 6, 120
"""So often so many more come: of each lot some are on site, with badges to check out."""
_AT_ONCE = 4000
"""Visits that are planned together: of more, the first are so long ago that retention is about to erase them."""
_DAY_MS = 86_400_000


def unsent(changes: int, visits: int = _BASE_VISITS, households: int = HOUSEHOLDS) -> Path:
    """Return the folder with both files: of an earlier run today where there is one, else made now."""
    kept_in = keep_folder()
    folder = kept_in / f"unsent-{changes}-{visits}-{_MORE * _FEW}-{households}-{real_ms() // _DAY_MS}-{recipe()}"
    if not folder.exists():
        for stale in kept_in.glob(f"unsent-{changes}-{visits}-{_MORE * _FEW}-{households}-*"):
            shutil.rmtree(stale)
        begun = time.perf_counter()
        made = Path(tempfile.mkdtemp(prefix="making-", dir=kept_in))
        try:
            _make(made, changes, visits, households)
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made)
            raise
        print(f"wrote {changes:,} changes in {time.perf_counter() - begun:.0f} s: {folder}", file=sys.stderr)
    return folder


def _make(folder: Path, changes: int, visits: int, households: int) -> None:
    now_ms = real_ms()
    wanted = Wanted(households=households, visits=visits)
    store = make_demo(_home(folder / _BASE), wanted, now_ms, lambda _done, _total: None)
    for more in range(_MORE):
        let_happen(store, _FEW, now_ms + more + 1, households=households)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    store.close()
    now_ms += _MORE + 1
    shutil.copytree(folder / _BASE, folder / _WRITTEN)
    store = open_store(_home(folder / _WRITTEN))
    try:
        store.connection.execute("PRAGMA synchronous = OFF")
        while (left := changes - sync_state.waiting(store.connection)) > 0:
            let_happen(store, min(_AT_ONCE, max(1, left * 10 // CHANGES_OF_TEN_VISITS)), now_ms, households=households)
            now_ms += 1
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        store.close()


def _home(folder: Path) -> Home:
    return find_home({"BUTLER_HOME": str(folder)})


def copy_written(folder: Path, place: Path) -> Store:
    """Return a terminal in `place` where all of the changes wait; HQ must not know another copy."""
    return open_store(_home(shutil.copytree(folder / _WRITTEN, place)))


def copy_base(folder: Path, place: Path) -> Store:
    """Return another terminal of the same estate in `place`, as the first one was before they were written."""
    store = open_store(_home(shutil.copytree(folder / _BASE, place)))
    store.change_keys(replace(store.keys, sign=os.urandom(32), box=os.urandom(32)))
    with transaction(store.connection):
        roll_epoch(store.connection, real_ms())
    return store
