"""The table of readings says what pypinyin says, for every character it knows."""

from __future__ import annotations

import subprocess
import sys

from butler_tui.store.readings import readings
from tools.readings import every_reading


def test_every_hanzi_is_read_as_pypinyin_reads_it() -> None:
    wanted = every_reading()

    assert len(wanted) > 40_000
    assert {one: readings(one) for one in wanted if readings(one) != wanted[one]} == {}
    assert set(readings("单")) == {"dan", "shan", "chan"}
    assert [readings(one) for one in ("a", "7", "。", "한", "\U0010ffff", "\0")] == [()] * 6


def test_the_program_does_without_pypinyin() -> None:
    code = "import sys; from butler_tui.store.search_keys import warm_up; warm_up(); print('pypinyin' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
