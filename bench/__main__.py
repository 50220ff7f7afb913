"""`python -m bench [--runs N] [--minutes M] [FIGURE…]`: prints the table, with a word where a target is missed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import (
    beside_sync,
    cold_start,
    durable_save,
    hq_landing,
    key_to_paint,
    look_ups,
    many_terminals,
    memory,
    pull_rate,
    push_rate,
    thousand,
)
from bench.figures import RUNS, Figure, table

Measure = Callable[[Path, int], list[Figure]]
_FIGURES: dict[str, Measure] = {
    "cold_start": cold_start.measure,
    "durable_save": durable_save.measure,
    "key_to_paint": key_to_paint.measure,
    "look_ups": look_ups.measure,
    "push_rate": push_rate.measure,
    "pull_rate": pull_rate.measure,
    "hq_landing": hq_landing.measure,
    "many_terminals": many_terminals.measure,
    "beside_sync": beside_sync.measure,
    "thousand": thousand.measure,
    "memory": memory.measure,
}
_NEED_MANY = ("key_to_paint", "look_ups", "beside_sync")
"""What needs many visits: some minutes to make them for the first time, 0.9 GB under the temporary folder."""
_DISK = Path(__file__).resolve().parent.parent / "build"
"""On the disk of the checkout: a temporary folder may lie in memory, where nothing is durable."""


def main() -> None:
    """Measure what was asked for, else everything."""
    asked = argparse.ArgumentParser(prog="python -m bench", description="Ratios beside plain baselines.")
    asked.add_argument("--runs", type=int, default=RUNS, help="runs a side; the median counts")
    asked.add_argument("--quick", action="store_true", help="leave out what needs a file with many visits")
    asked.add_argument(
        "--minutes", type=float, default=thousand.MINUTES, help="for how long 1,000 terminals sync, on each engine"
    )
    asked.add_argument("figures", nargs="*", choices=[*_FIGURES, []], help="which ones; all if none is named")
    given = asked.parse_args()
    measures: dict[str, Measure] = {**_FIGURES, "thousand": partial(thousand.measure, minutes=given.minutes)}
    figures: list[Figure] = []
    _DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_DISK) as folder:
        for name in given.figures or _FIGURES:
            if given.quick and name in _NEED_MANY:
                print(f"left out by --quick: {name}, which needs a file with many visits", file=sys.stderr)
                continue
            print(f"measuring {name}", file=sys.stderr)
            figures += measures[name](Path(folder), given.runs)
    print(table(figures))


if __name__ == "__main__":
    main()
