"""From a key to its painting while 100,000 changes are pushed or pulled on the same file, and with no sync.

Ours: the real application on a real encrypted file, at the gate: names, phones and plates looked for, now and then a
badge checked out, which saves. Beside it runs `butler sync` in a process of its own, as at night, or the sync of the
screens themselves. Plain: the same keys in the same run of the same program, before the sync and after it.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench.figures import RUNS, Figure, p99
from bench.many_visits import pinyin_of
from bench.unsent import copy_base, copy_written, unsent
from butler_tui.store.local import Store
from tests.serving import Hq, served, sync

if TYPE_CHECKING:
    from bench.painted import Keyboard
    from butler_tui.tui.app import ButlerApp

P99_LIMIT, LONGEST_LIMIT_MS = 3.0, 1000.0
"""A tight loop of writes starved the screen for up to 4 s (PROTOCOL, a sync)."""
CHANGES = 100_000
_ROOT = Path(__file__).resolve().parent.parent
_PERSON, _PIN = "1007", "204816"
_QUIET_S = 20.0
_WARM_S = 4.0
_SAVE_EVERY = 4
"""After so many words typed, one visitor is checked out."""
_WORDS = 6
_NEVER_S = 1e6
_COMMAND, _SCREENS = "command", "screens"
_CALLED = {_COMMAND: "by `butler sync`", _SCREENS: "by the screens"}
Times = dict[str, list[float]]
"""ms of each key, by whether it was typed or saved, with no sync (`quiet`) or beside one."""


def measure(folder: Path, runs: int = RUNS, *, changes: int = CHANGES, quiet_s: float = _QUIET_S) -> list[Figure]:
    """Return the figures; a run takes minutes, so there is one, whatever `runs` says."""
    del runs
    files = unsent(changes)
    figures: list[Figure] = []
    with ExitStack() as open_places:
        hqs = [open_places.enter_context(served(folder / f"beside-hq-{number}")) for number in range(2)]
        readers = [copy_base(files, folder / f"beside-reader-{number}") for number in range(2)]
        for reader in readers:
            _enrol(hqs[0], reader)
        for hq, how in zip(hqs, (_COMMAND, _SCREENS), strict=True):
            writer = copy_written(files, folder / f"beside-writer-{how}")
            hq.enrol(writer)
            figures += _figures(writer, how, "pushed", changes, quiet_s)
        for reader, how in zip(readers, (_COMMAND, _SCREENS), strict=True):
            figures += _figures(reader, how, "pulled", changes, quiet_s)
    return figures


def _enrol(hq: Hq, store: Store) -> None:
    hq.enrol(store)
    for _ in range(2):  # with the second it has what HQ hands out
        sync(store)


def _figures(store: Store, how: str, what: str, changes: int, quiet_s: float) -> list[Figure]:
    home = store.home.database.parent
    store.close()
    command = [sys.executable, "-m", "bench.beside_sync", str(home), how, str(quiet_s)]
    environment = {**os.environ, "BUTLER_LANG": "zh_CN"}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    times: Times = json.loads(done.stdout)
    (seconds,) = times.pop("seconds")
    print(
        f"{changes:,} {what} {_CALLED[how]} in {seconds:.0f} s; keys: "
        + ", ".join(f"{name} {len(values)}" for name, values in times.items()),
        file=sys.stderr,
    )
    words = f"while {changes:,} changes are {what} {_CALLED[how]}"
    typed, saved = times["typed beside"], times.get("saved beside")
    figures = [
        Figure(f"key to paint {words}: p50", "ms", median(typed), median(times["typed quiet"]), P99_LIMIT),
        Figure("the same: p99", "ms", p99(typed), p99(times["typed quiet"]), P99_LIMIT),
        Figure("the same: longest", "ms", max(typed), None, LONGEST_LIMIT_MS),
    ]
    if saved:  # a very short sync is over before anybody leaves
        figures += [
            Figure("the same, of keys that save: p50", "ms", median(saved), median(times["saved quiet"]), P99_LIMIT),
            Figure("the same, of keys that save: longest", "ms", max(saved), None, LONGEST_LIMIT_MS),
        ]
    return figures


def _words(store: Store) -> list[str]:
    rows = store.connection.execute(
        "SELECT name, phone, plate FROM visit WHERE phone > '' AND plate > '' AND name > '' ORDER BY visit_id LIMIT ?",
        (_WORDS,),
    ).fetchall()
    return [word for row in rows for word in (pinyin_of(row["name"])[0], row["phone"], row["plate"][1:])]


def _badges(store: Store) -> list[str]:
    rows = store.connection.execute("SELECT badge FROM visit WHERE badge_out = 1 AND badge > '' ORDER BY badge")
    return [row["badge"] for row in rows]


class _Typing:
    """Types one word after the other, and notes what each key took."""

    def __init__(self, keyboard: Keyboard, words: list[str], badges: list[str]) -> None:
        self._keyboard = keyboard
        self._words = cycle(words)
        self._badges: Iterator[str] = iter(badges)
        self._typed = 0
        self.times: Times = defaultdict(list)

    async def go_on(self, when: str, holds: Callable[[], bool]) -> None:
        """Type while something holds; what ends after it did is not counted."""
        while holds():
            word, saves = next(self._words), False
            if self._typed % _SAVE_EVERY == _SAVE_EVERY - 1 and (badge := next(self._badges, None)):
                word, saves = badge, True
            self._typed += 1
            for character in word:
                await self._press(f"typed {when}", character, holds)
            if saves:
                await self._press(f"saved {when}", "enter", holds)
            await self._keyboard.press("ctrl+n")

    async def _press(self, kind: str, key: str, holds: Callable[[], bool]) -> None:
        took = await self._keyboard.press(key)
        if holds():
            self.times[kind].append(took)


async def _run(folder: Path, how: str, quiet_s: float) -> Times:
    from bench.painted import opened
    from butler_tui.paths import find_home
    from butler_tui.settings import Settings
    from butler_tui.store.local import open_store
    from butler_tui.tui import background
    from butler_tui.tui.app import ButlerApp, make_context

    # No sync but the one that is measured.
    background.FIRST_S = background.AFTER_SAVE_S = background.EVERY_S = _NEVER_S
    store = open_store(find_home({"BUTLER_HOME": str(folder)}))
    app = ButlerApp(make_context(store, lambda: time.time_ns() // 1_000_000), Settings())
    try:
        words, badges = _words(store), _badges(store)
        async with opened(app) as keyboard:
            for key in (*_PERSON, "enter", *_PIN, "enter"):
                await keyboard.press(key)
            await keyboard.until(lambda: not app.locked and app.focused is not None)
            typing = _Typing(keyboard, words, badges)
            await typing.go_on("at first", _for(_WARM_S))
            await typing.go_on("quiet", _for(quiet_s / 2))
            begun = time.monotonic()
            await typing.go_on("beside", _syncing(app, folder, how))
            seconds = time.monotonic() - begun
            await typing.go_on("quiet", _for(quiet_s / 2))
        return {**typing.times, "seconds": [seconds]}
    finally:
        store.close()


def _for(seconds: float) -> Callable[[], bool]:
    until = time.monotonic() + seconds
    return lambda: time.monotonic() < until


def _syncing(app: ButlerApp, folder: Path, how: str) -> Callable[[], bool]:
    """Begin a sync, and return what tells whether it still runs; RuntimeError where it has failed."""
    if how == _SCREENS:
        from butler_tui.tui.messages import SyncAsked

        app.post_message(SyncAsked())
        behind, begun = app._background._running, False

        def syncs() -> bool:
            nonlocal begun
            begun = begun or behind.is_set()
            return behind.is_set() or not begun

        return syncs
    environment = {**os.environ, "BUTLER_HOME": str(folder)}
    command = subprocess.Popen([sys.executable, "-m", "butler_tui", "sync"], env=environment, stdout=subprocess.DEVNULL)

    def runs() -> bool:
        if (code := command.poll()) not in (None, 0):
            raise RuntimeError(f"butler sync ended with {code}")
        return command.returncode is None

    return runs


def main() -> None:
    """Measure in this process, and print the times as JSON."""
    folder, how, quiet_s = sys.argv[1:]
    print(json.dumps(asyncio.run(_run(Path(folder), how, float(quiet_s)))))


if __name__ == "__main__":
    main()
