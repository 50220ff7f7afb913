"""From a key to field and list painted, with 10,000 and with 1,000,000 visits: the gate, the search, F7's filter.

Ours: the real application on a real encrypted file. Plain: a Textual application with one Input, typed the same, in
turns with ours and in the same process, one of its own; both with Textual's usual frame clock.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.figures import RUNS, Figure, p95
from bench.many_visits import FEW, HOUSEHOLDS, MANY, NOW_MS, Samples, home_of, pinyin_of

P50_LIMIT, P95_LIMIT, GROWTH_LIMIT = 2.5, 5.0, 1.2
_ROOT = Path(__file__).resolve().parent.parent
_PERSON, _PIN = "1007", "204816"
_PLAIN = "plain"
Times = dict[str, list[float]]
"""ms of each key, by where it was typed."""

_PLACES = {
    "gate": "the gate's first field",
    "search": "the search (Ctrl+K)",
    "on_site": "the filter of F7",
}


def measure(folder: Path, runs: int = RUNS, *, sizes: Sequence[int] = (FEW, MANY), households: int = HOUSEHOLDS
            ) -> list[Figure]:  # fmt: skip
    """Return the figures, the last of `sizes` beside the plain Input and beside the first."""
    homes = [home_of(size, households) for size in sizes]
    rounds = max(1, runs // 5)
    command = [sys.executable, "-m", "bench.key_to_paint", str(rounds), *(str(one.database.parent) for one in homes)]
    environment = {**os.environ, "BUTLER_LANG": "zh_CN"}
    done = subprocess.run(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, check=True)
    plain, few, many = _read(done.stdout, len(homes))
    figures = []
    for place, called in _PLACES.items():
        words = f"key to paint in {called}, {sizes[-1]:,} visits"
        bare = median(plain[place])
        figures += [
            Figure(f"{words}: p50", "ms", median(many[place]), bare, P50_LIMIT),
            Figure(f"{words}: p95 against a p50", "ms", p95(many[place]), bare, P95_LIMIT),
            Figure(f"{words}: p50 against {sizes[0]:,}", "ms", median(many[place]), median(few[place]), GROWTH_LIMIT),
            Figure(f"{words}: p95 against {sizes[0]:,}", "ms", p95(many[place]), p95(few[place]), GROWTH_LIMIT),
        ]
    return figures


def _read(answer: bytes, homes: int) -> tuple[Times, Times, Times]:
    times: list[Times] = json.loads(answer)
    return times[0], times[1], times[homes]


def typed(samples: Samples) -> dict[str, list[str]]:
    """Return what is typed where: usual things, and those that most visits fit; some 60 keys a place.

    So a whole run takes minutes: each key waits until the screen is at rest.
    """
    people = [*samples["name"][:2], *samples["most_name"][:1]]
    names = [pinyin_of(people[0])[1], *(pinyin_of(name)[0] for name in people[1:]), people[1]]
    plates = [plate[1:] for plate in (*samples["plate"][:1], *samples["most_plate"][:1])]
    phones = [*samples["phone"][:1], samples["phone"][1][-4:], *samples["most_tail"][:1]]
    rooms = [*samples["room"][:1], *samples["most_room"][:1]]
    everything = [*names, *samples["most_initials"][:2], *samples["most_surname"][:1], *plates, *phones]
    inside = [pinyin_of(name)[0] for name in samples["inside_name"][:4]]
    badges, their_plates = samples["inside_badge"][:3], [plate[2:] for plate in samples["inside_plate"][:3]]
    return {
        "gate": everything,
        "search": [*everything, *rooms],
        "on_site": [*inside, *samples["most_initials"][:2], *badges, *their_plates, *rooms[:1]],
    }


async def _plain(words: dict[str, list[str]], times: Times) -> None:
    from bench.bare_app import BareApp
    from bench.painted import opened

    async with opened(BareApp()) as keyboard:
        for place, queries in words.items():
            for query in queries:
                times[place] += [await keyboard.press(character) for character in query]
                await keyboard.press("ctrl+u")


async def _ours(folder: str, words: dict[str, list[str]], times: Times) -> None:
    from bench.painted import opened
    from butler_tui.paths import find_home
    from butler_tui.settings import Settings
    from butler_tui.store.local import open_store
    from butler_tui.tui.app import ButlerApp, make_context

    store = open_store(find_home({"BUTLER_HOME": folder}))
    begun = time.monotonic()
    app = ButlerApp(make_context(store, lambda: NOW_MS + round((time.monotonic() - begun) * 1000)), Settings())
    try:
        async with opened(app) as keyboard:
            for key in (*_PERSON, "enter", *_PIN, "enter"):
                await keyboard.press(key)
            await keyboard.until(lambda: not app.locked and app.focused is not None)
            for place, (opens, clears, closes) in _KEYS.items():
                for key in opens:
                    await keyboard.press(key)
                for query in words[place]:
                    times[place] += [await keyboard.press(character) for character in query]
                    await keyboard.press(clears)
                for key in closes:
                    await keyboard.press(key)
    finally:
        store.close()


_KEYS = {
    "gate": ((), "ctrl+n", ()),
    "search": (("ctrl+k",), "ctrl+u", ("escape",)),
    "on_site": (("f7",), "ctrl+u", ("escape",)),
}
"""Per place: the keys that lead there, the one that empties the field, and those that lead back."""


def main() -> None:
    """Measure in this process, in turns, and print the times as JSON: plain first, then each folder."""
    rounds, folders = int(sys.argv[1]), sys.argv[2:]
    every: list[Times] = [defaultdict(list) for _ in range(1 + len(folders))]
    words = [typed(json.loads((Path(folder) / "samples.json").read_text("utf-8"))) for folder in folders]
    for number in range(rounds + 1):
        kept = every if number else [defaultdict(list) for _ in every]  # the first round warms up
        asyncio.run(_plain(words[-1], kept[0]))
        for folder, queries, times in zip(folders, words, kept[1:], strict=True):
            asyncio.run(_ours(folder, queries, times))
    print(json.dumps(every))


if __name__ == "__main__":
    main()
