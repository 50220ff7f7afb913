"""What keeps HQ from its rows is said to whoever runs it: once, in words, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from butler_tui.errors import TryLater
from butler_tui.hq import admin
from butler_tui.hq.engines import EstateRow, Unavailable, Writing
from butler_tui.hq.engines.outage import DiskFull
from butler_tui.hq.engines.sqlite import SqliteEngine
from butler_tui.hq.keys import Folder
from butler_tui.hq.outages import Outages
from tests.hq.authors import NOW, fresh

pytestmark = pytest.mark.usefixtures("english")


@dataclass
class Said:
    """What was said, by a clock that stands still."""

    lines: list[str] = field(default_factory=list)
    now_s: float = 0.0

    def outages(self) -> Outages:
        """Return what says it."""
        return Outages(Path("/hq"), self.lines.append, lambda: self.now_s)


def full() -> DiskFull:
    error = DiskFull("OperationalError")
    error.__cause__ = OSError()
    return error


def test_a_full_disk_is_said_once_and_again_after_ten_minutes() -> None:
    said = Said()
    outages = said.outages()
    for _request in range(3):
        assert outages.met(full()) == ({"code": "no_room"}, 503, {"retry-after": "60"})
    assert len(said.lines) == 1
    assert said.lines[0].startswith("The disk of HQ's records is full: nothing more is taken. Make room in /hq.")
    said.now_s += 600
    outages.met(full())
    assert len(said.lines) == 2


def test_that_it_is_over_is_said_once_where_something_was_said() -> None:
    said = Said()
    outages = said.outages()
    outages.over()
    assert said.lines == []
    outages.met(full())
    outages.over()
    outages.over()
    assert said.lines[1:] == ["HQ takes records again."]


def test_an_error_of_its_own_is_said_once_with_the_place_of_the_log() -> None:
    said = Said()
    outages = said.outages()
    for _request in range(2):
        outages.failed(Path("/hq/hq.log"))
    assert len(said.lines) == 1
    assert "an error of its own" in said.lines[0]
    assert "/hq/hq.log" in said.lines[0]
    outages.over()
    assert len(said.lines) == 1


def test_that_many_wait_at_once_is_answered_and_not_said() -> None:
    said = Said()
    assert said.outages().met(Unavailable("too many wait")) == ({"code": "busy"}, 503, {"retry-after": "2"})
    assert said.lines == []


def add_estates(folder: Folder, most: int) -> None:
    """Add estates to an HQ whose file may grow by a little."""
    with admin.opened(folder) as (engine, _keys):
        assert isinstance(engine, SqliteEngine)
        engine._writer.execute("PRAGMA max_page_count = 1")  # as few as there are
        for _estate in range(most):
            row = EstateRow(fresh(), "园" * 500, "Asia/Shanghai", 0)
            engine.write(partial(add_estate, row)).result()


def add_estate(row: EstateRow, rows: Writing) -> None:
    rows.add_estate(row, fresh(), NOW)


def test_a_full_file_is_told_apart_and_a_command_says_so(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "hq")
    admin.init(folder, [], NOW)
    with pytest.raises(TryLater, match="The disk of HQ's records is full"):
        add_estates(folder, 2000)
    with admin.opened(folder) as (engine, _keys):
        engine.write(partial(add_estate, EstateRow(fresh(), "园", "Asia/Shanghai", 0))).result()
