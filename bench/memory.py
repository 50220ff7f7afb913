"""What an open terminal holds in memory, after sign-in and one search, beside a Textual application with one Input."""

from __future__ import annotations

import os
import select
import sys
import time
from pathlib import Path

from bench.bare_app import PLACEHOLDER
from bench.cold_start import environment_of, make_home, sign_in_sentence, started, wait_for
from bench.figures import RUNS, Figure, side_by_side

LIMIT = 1.5
_PATIENCE_S = 60.0
_SETTLES_S = 2.0
_SIGN_IN = ("1007\r", "204816\r")


def measure(folder: Path, runs: int = RUNS) -> list[Figure]:
    """Return the figure; `folder` is an empty folder."""
    home = make_home(folder / "memory")
    environment = environment_of(home)
    words = sign_in_sentence()
    ours, plain = side_by_side(
        lambda: _megabytes("butler_tui", words, environment, (*_SIGN_IN, "\x0b", "l", "w", "b")),
        lambda: _megabytes("bench.bare_app", PLACEHOLDER[1:], environment, ("l", "w", "b")),
        max(1, runs // 5),
    )
    return [Figure("memory of an open terminal after one search", "MB", ours, plain, LIMIT)]


def _megabytes(module: str, painted: str, environment: dict[str, str], typed: tuple[str, ...]) -> float:
    child, terminal = started([sys.executable, "-m", module], environment)
    try:
        wait_for(terminal, painted.encode(), time.perf_counter() + _PATIENCE_S)
        for keys in typed:
            os.write(terminal, keys.encode())
            _drain(terminal, _SETTLES_S)
        status = Path(f"/proc/{child.pid}/status").read_text("ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024
    finally:
        child.kill()
        child.wait()
        os.close(terminal)


def _drain(terminal: int, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while (left := until - time.perf_counter()) > 0:
        if select.select([terminal], [], [], left)[0]:
            os.read(terminal, 65536)
