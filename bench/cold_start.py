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


def measure(folder: Path, runs: int = RUNS) -> list[Figure]:
    """Return the figure; `folder` is an empty folder on the disk that is measured."""
    home = folder / "cold-start"
    now_ms = time.time_ns() // 1_000_000
    make_demo(find_home({"BUTLER_HOME": str(home)}), Wanted(), now_ms, lambda _done, _total: None).close()
    # Without the variable the run that does not count leaves the .pyc files that an installed program has.
    ours_alone = ("BUTLER_", "PYTHONDONTWRITEBYTECODE")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(ours_alone)}
    environment |= {"TERM": "xterm-256color", "BUTLER_HOME": str(home), "BUTLER_LANG": words.DEFAULT_LANGUAGE}
    words.speak(words.DEFAULT_LANGUAGE)
    sentence = words._("Scan your staff badge or type your number, then Enter.")
    ours, plain = side_by_side(
        lambda: seconds_to("butler_tui", sentence, environment),
        # The first character stands under the cursor, in a colour of its own.
        lambda: seconds_to("bench.bare_app", PLACEHOLDER[1:], environment),
        runs,
    )
    return [Figure("cold start to a usable sign-in", "ms", ours * 1000, plain * 1000, LIMIT)]


def seconds_to(module: str, painted: str, environment: Mapping[str, str]) -> float:
    """Return how long `python -m module` takes until it has painted `painted`; RuntimeError where it never does."""
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    begun = time.perf_counter()
    child = _start([sys.executable, "-m", module], theirs, environment)
    os.close(theirs)
    try:
        _wait_for(ours, painted.encode(), begun + _PATIENCE_S)
        return time.perf_counter() - begun
    finally:
        child.kill()
        child.wait()
        os.close(ours)


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


def _wait_for(terminal: int, wanted: bytes, until: float) -> None:
    seen = b""
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, until - time.perf_counter()))
        chunk = os.read(terminal, 65536) if ready else b""
        if not chunk:
            raise RuntimeError(f"never painted: {wanted.decode()!r}; the end was {seen[-400:]!r}")
        seen += chunk
