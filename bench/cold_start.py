"""From the start of the process to a sign-in screen one can type into, in a real pseudo-terminal.

Ours: `python -m butler_tui` in a demo's folder until the sign-in sentence is painted, which is when the number field
has the focus. Plain: a Textual app with one Input until its placeholder is painted. Both with warm .pyc files.
"""

from __future__ import annotations

import fcntl
import os
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.bare_app import PLACEHOLDER
from bench.figures import RUNS, Figure, side_by_side
from butler_tui import words
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.paths import find_home

LIMIT = 1.25
_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 60.0
_HOUSEHOLDS, _VISITS = 240, 500


def measure(folder: Path, runs: int = RUNS) -> list[Figure]:
    """Return the figure; `folder` is an empty folder on the disk that is measured."""
    home = make_home(folder / "cold-start")
    environment = environment_of(home)
    sentence = sign_in_sentence()
    ours, plain = side_by_side(
        lambda: seconds_to("butler_tui", sentence, environment),
        # The first character stands under the cursor, in a colour of its own.
        lambda: seconds_to("bench.bare_app", PLACEHOLDER[1:], environment),
        runs,
    )
    return [Figure("cold start to a usable sign-in", "ms", ours * 1000, plain * 1000, LIMIT)]


def make_home(home: Path) -> Path:
    """Make a demo of always the same size in `home`, whatever size the demo that is shown to people has."""
    wanted = Wanted(households=_HOUSEHOLDS, visits=_VISITS)
    now_ms = time.time_ns() // 1_000_000
    make_demo(find_home({"BUTLER_HOME": str(home)}), wanted, now_ms, lambda _done, _total: None).close()
    return home


def environment_of(home: Path) -> dict[str, str]:
    """Return what a program in a pseudo-terminal is started with, so that it opens `home`."""
    # Without the variable the run that does not count leaves the .pyc files that an installed program has.
    ours_alone = ("BUTLER_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours_alone)}
    return environment | {"TERM": "xterm-256color", "BUTLER_HOME": str(home), "BUTLER_LANG": words.DEFAULT_LANGUAGE}


def sign_in_sentence() -> str:
    """Return what stands on the sign-in screen once one can type."""
    words.speak(words.DEFAULT_LANGUAGE)
    return words._("Scan your staff badge or type your number, then Enter.")


def seconds_to(module: str, painted: str, environment: Mapping[str, str]) -> float:
    """Return how long `python -m module` takes until it has painted `painted`; RuntimeError where it never does."""
    begun = time.perf_counter()
    child, terminal = started([sys.executable, "-m", module], environment)
    try:
        wait_for(terminal, painted.encode(), begun + _PATIENCE_S)
        return time.perf_counter() - begun
    finally:
        child.kill()
        child.wait()
        os.close(terminal)


def started(command: Sequence[str], environment: Mapping[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    """Start a program in a pseudo-terminal of 80x24, and return it with our end of that."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    child = _start(command, theirs, environment)
    os.close(theirs)
    return child, ours


def _start(command: Sequence[str], terminal: int, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        cwd=_ROOT,
        env=dict(environment),
        start_new_session=True,
    )


def wait_for(terminal: int, wanted: bytes, until: float) -> None:
    """Read until `wanted` has come; RuntimeError where it has not by `until`."""
    seen = b""
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, until - time.perf_counter()))
        chunk = os.read(terminal, 65536) if ready else b""
        if not chunk:
            raise RuntimeError(f"never painted: {wanted.decode()!r}; the end was {seen[-400:]!r}")
        seen += chunk
