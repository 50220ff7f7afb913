"""A shell completes the commands by Tab, and asking it to never opens the screens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def asked(words: str, at: int, home: Path) -> str:
    """Return what a bash is answered that stands at word `at` of `words`."""
    asking = {"_BUTLER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(at), "BUTLER_HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-m", "butler_tui"],
        env={**os.environ, **asking},
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize(
    ("words", "at", "expected"),
    [("butler sy", 1, ["sync"]), ("butler visits ", 2, ["list", "show", "add", "out"]), ("butler nothing", 1, [])],
)
def test_the_words_that_may_follow_are_told(words: str, at: int, expected: list[str], tmp_path: Path) -> None:
    assert asked(words, at, tmp_path).split() == expected
