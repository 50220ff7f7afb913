"""Does the state machine of tests/model notice what it is there for? Rules of the real code are broken, one at a time.

Each mutant is a copy of `src` with one text replaced; estates live in it until a promise breaks. `make mutants` prints
a table and fails where one is not caught. Named mutants only: `python -m tools.mutants NAME ...`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.model.broken_rules import MUTANTS, Mutant

_ROOT = Path(__file__).resolve().parent.parent
_PATIENCE_S = 240
_RUNNER = """
import sys, time
from tests.model import machine, stories
until = time.monotonic() + float(sys.argv[1])
try:
    for story in stories.STORIES.values():
        machine.live_through(stories.steps_of(story))
    seed = 1
    while time.monotonic() < until:
        machine.lived(seed, 20, shrink=False)
        seed += 1
except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0][:100])
    sys.exit(1)
"""


def main(names: list[str]) -> int:
    """Try the mutants of these names, or all; return how many were not caught."""
    survived = 0
    for mutant in MUTANTS:
        if names and mutant.name not in names:
            continue
        began = time.monotonic()
        outcome = _tried(mutant)
        survived += outcome is None
        print(f"{mutant.name:45} {time.monotonic() - began:6.1f} s  {outcome or 'NOT CAUGHT'}", flush=True)
    return survived


def _tried(mutant: Mutant) -> str | None:
    with tempfile.TemporaryDirectory(prefix="butler-mutant-") as folder:
        source = Path(folder) / "src"
        shutil.copytree(_ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(_ROOT / "data", Path(folder) / "data")
        file = source / "butler_tui" / mutant.file
        text = file.read_text("utf-8")
        if text.count(mutant.old) != 1:
            sys.exit(f"{mutant.name}: what it replaces stands {text.count(mutant.old)} times in {mutant.file}")
        file.write_text(text.replace(mutant.old, mutant.new), "utf-8")
        environment = {**os.environ, "PYTHONPATH": f"{source}{os.pathsep}{_ROOT}", "BUTLER_LANG": "en"}
        try:
            ended = subprocess.run(  # noqa: S603 (this interpreter, our own code)
                [sys.executable, "-c", _RUNNER, str(_PATIENCE_S)],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=4 * _PATIENCE_S,
            )
        except subprocess.TimeoutExpired:
            return "never ends"
    if ended.returncode == 0:
        return None
    if ended.returncode != 1 or not ended.stdout:
        sys.exit(f"{mutant.name}: {ended.stderr}")
    return ended.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
