"""libfaketime before a real program: its clock shows another time and runs on from there, for this program alone."""

from __future__ import annotations

import calendar
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_IN_PACKAGE = "vendor/libfaketime/src/libfaketime.so.1"
_OF_SYSTEM = "**/faketime/libfaketime.so.1"
_DAY_S = 24 * 60 * 60

TIMES: dict[str, Callable[[int], int]] = {
    "1970": lambda _now_s: 600,
    "2038": lambda _now_s: calendar.timegm((2038, 1, 19, 3, 14, 0)),  # seven seconds before 32 bits are full
    "11 days ago": lambda now_s: now_s - 11 * _DAY_S,
    "in 10 years": lambda now_s: now_s + 3653 * _DAY_S,
}
"""What a wrong clock shows (UTC s), by name, given what is true."""


def faked(name: str) -> dict[str, str]:
    """Return the environment in which a program is started at one of TIMES."""
    library = _library()
    assert library is not None
    now_s = int(time.time())
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{TIMES[name](now_s) - now_s:+d}",
        # What is waited for is measured by another clock, which stays true; without the second of these, Python's
        # threads would wake one another without end where this clock is ahead.
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
        # Files keep the dates that they have: else what Python has compiled may seem older than its source.
        "NO_FAKE_STAT": "1",
    }


def is_shown(name: str, at_ms: int) -> bool:
    """Tell whether such a clock has shown `at_ms` (UTC ms) in the last ten minutes."""
    return 0 <= at_ms - TIMES[name](int(time.time()) - 600) * 1000 <= 1_200_000


@cache
def reason_against() -> str | None:
    """Return in words why no clock can be faked here, None where it can: a program was asked and told a faked time."""
    if _library() is None:
        return (
            "libfaketime is not there, so no clock was wrong: install the extra `dev`, "
            "or on other computers than x86-64 Linux the system's own (Debian and Ubuntu: apt install faketime)"
        )
    asked = [sys.executable, "-c", "import time; print(time.gmtime().tm_year)"]
    done = subprocess.run(asked, env=faked("2038"), capture_output=True, text=True, check=False)
    if done.stdout.strip() != "2038":
        return f"libfaketime fakes no clock here, so none was wrong: {done.stderr.strip() or done.stdout.strip()}"
    return None


def _library() -> Path | None:
    """Return where the library is: in the package of that name, which is not imported, else the system's own."""
    found = find_spec("libfaketime")
    if found is not None and found.origin is not None and (packed := Path(found.origin).parent / _IN_PACKAGE).exists():
        return packed
    return next((file for place in ("/usr/lib", "/usr/local/lib") for file in Path(place).glob(_OF_SYSTEM)), None)
