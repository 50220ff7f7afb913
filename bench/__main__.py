"""`python -m bench [--runs N] [FIGURE…]`: prints the table, with a word where a target is missed."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import cold_start, durable_save, hq_landing, key_to_paint, look_ups, memory, push_rate
from bench.figures import RUNS, Figure, table

_FIGURES: dict[str, Callable[[Path, int], list[Figure]]] = {
    "cold_start": cold_start.measure,
    "durable_save": durable_save.measure,
    "key_to_paint": key_to_paint.measure,
    "look_ups": look_ups.measure,
    "push_rate": push_rate.measure,
    "hq_landing": hq_landing.measure,
    "memory": memory.measure,
}
_NEED_MANY = ("key_to_paint", "look_ups")
"""What needs a million visits: some minutes to make them for the first time, 0.7 GB under the temporary folder."""
_DISK = Path(__file__).resolve().parent.parent / "build"
"""On the disk of the checkout: a temporary folder may lie in memory, where nothing is durable."""


def main() -> None:
    """Measure what was asked for, else everything."""
    asked = argparse.ArgumentParser(prog="python -m bench", description="Ratios beside plain baselines.")
    asked.add_argument("--runs", type=int, default=RUNS, help="runs a side; the median counts")
    asked.add_argument("--quick", action="store_true", help="leave out what needs a file with a million visits")
    asked.add_argument("figures", nargs="*", choices=[*_FIGURES, []], help="which ones; all if none is named")
    given = asked.parse_args()
    figures: list[Figure] = []
    _DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="bench-", dir=_DISK) as folder:
        for name in given.figures or _FIGURES:
            if given.quick and name in _NEED_MANY:
                print(f"left out by --quick: {name}, which needs a file with a million visits", file=sys.stderr)
                continue
            print(f"measuring {name}", file=sys.stderr)
            figures += _FIGURES[name](Path(folder), given.runs)
    print(table(figures))


if __name__ == "__main__":
    main()
