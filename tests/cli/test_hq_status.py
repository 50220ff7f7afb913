"""`butler hq status`: whether all is well, told in one screenful, and what it would say where something is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from butler_tui.domain.health import DAY_MS
from butler_tui.hq import standing
from butler_tui.hq.admin import EstateStatus
from butler_tui.hq.engines import TerminalRow
from butler_tui.hq.keys import Folder
from tests.conftest import Estate
from tests.serving import Hq, butler, sync

NOW = 1_794_527_880_000
GATE = TerminalRow("e", "t", "东门岗", "gate", b"", b"", NOW - 9 * DAY_MS, None, NOW, 0, 0, "1")
WELL = EstateStatus("e", "云栖玫瑰园", "Asia/Shanghai", 9, 0, (GATE,), 9, None, 0)


def said(tmp_path: Path, *estates: EstateStatus) -> dict[str, tuple[str, str]]:
    """Return mark and words of every check."""
    found = standing.findings(Folder(tmp_path), estates, NOW)
    return {one.check: (str(one.mark), one.words) for one in found}


@pytest.mark.usefixtures("english")
def test_what_is_well_is_good(tmp_path: Path) -> None:
    marks = {check: mark for check, (mark, __) in said(tmp_path, WELL).items()}
    assert marks.pop("service") == "warning"
    marks.pop("disk")
    assert set(marks.values()) == {"good"}


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize(
    ("check", "mark", "words", "estate"),
    [
        ("terminals", "warning", "not heard of for over a day: 东门岗 (云栖玫瑰园, 2 d",
         replace(WELL, terminals=(GATE._replace(seen_ms=NOW - 2 * DAY_MS),))),
        ("terminals", "bad", "东门岗", replace(WELL, terminals=(GATE._replace(seen_ms=None),))),
        ("terminals", "good", "No terminal is in use",
         replace(WELL, terminals=(GATE._replace(seen_ms=1, revoked_ms=NOW),))),
        ("terminals", "warning", "and 2 more", replace(WELL, terminals=(GATE._replace(seen_ms=NOW - 2 * DAY_MS),) * 5)),
        ("clocks", "warning", "东门岗", replace(WELL, terminals=(GATE._replace(clock_ahead_ms=-DAY_MS),))),
        ("held", "warning", "3 changes: 云栖玫瑰园 3", replace(WELL, quarantined=3)),
        ("offered", "warning", "2 records", replace(WELL, offered=2)),
        ("waiting", "good", "7 changes", replace(WELL, terminals=(GATE._replace(waiting=7),))),
        ("backup", "warning", "4 changes are in no verified backup",
         replace(WELL, saved_pos=5, unsaved_ms=NOW - 8 * DAY_MS)),
        ("backup", "good", "4 changes", replace(WELL, saved_pos=5, unsaved_ms=NOW - DAY_MS)),
    ],
)  # fmt: skip
def test_what_is_not_well_is_said(tmp_path: Path, check: str, mark: str, words: str, estate: EstateStatus) -> None:
    found = said(tmp_path, estate)[check]
    assert (found[0], words in found[1]) == (mark, True), found[1]


def test_one_screenful_says_whether_all_is_well(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    place = ("hq", "status", "--short", "--dir", str(hq.folder.path))
    told = json.loads(butler(*place, "--json").stdout)
    words = {one["check"]: one["words"] for one in told["checks"]}
    assert set(told) == {"checks"}
    assert words["service"] == f"It answers at {hq.url}."
    assert words["terminals"] == "Terminals in use: 1; all heard of within a day."
    assert "in no verified backup" in words["backup"]
    hq.stop()
    hq.folder.log.write_text("2026-11-13 ValueError\n")
    shown = butler(*place).stdout
    assert len(shown.splitlines()) <= 24
    assert "It does not answer at" in shown
    assert "Errors of HQ's own" in shown
