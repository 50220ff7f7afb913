"""HQ's daily round: what stands in one estate's way keeps no other estate from being tended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from butler_tui.domain.retention import DAY_MS
from butler_tui.hq import tending
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import Engine, Unavailable
from butler_tui.hq.retention import Erased, sweep
from tests.hq.authors import NOW, Author, MakeAuthor
from tests.hq.test_retention import GUARD, MARK, came

LATER = NOW + 900 * DAY_MS


def show_the_time(author: Author) -> None:
    """Let a terminal say at a hello that so much later it is, which bears HQ's clock out."""
    row = author.terminal._replace(seen_ms=LATER, clock_ahead_ms=0)
    author.engine.write(lambda rows: rows.note_hello(row)).result()


def remembers(author: Author) -> bool:
    estate_id = author.terminal.estate_id
    return MARK in str(author.engine.read(lambda rows: rows.states_of(estate_id, "visit")))


@pytest.mark.parametrize("trouble", [Unavailable("stuck"), PermissionError(MARK)])
def test_an_estate_that_cannot_be_tended_keeps_no_other_waiting(
    author_of: MakeAuthor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: Exception
) -> None:
    authors = [author_of() for _ in range(3)]
    for one in authors:
        one.push(one.change("staff", record_id=GUARD, number="9001", name="许", role="supervisor"), *came(one))
        show_the_time(one)
    stuck = authors[1].terminal.estate_id

    def swept(engine: Engine, blobs: Blobs, estate_id: str, now_ms: int, pause_s: float) -> Erased:
        if estate_id == stuck:
            raise trouble
        return sweep(engine, blobs, estate_id, now_ms, pause_s)

    cleared: list[str] = []
    monkeypatch.setattr(tending, "sweep", swept)
    monkeypatch.setattr(type(authors[0].engine), "empty_log", lambda _engine: cleared.append("once"))
    log = tmp_path / "hq.log"
    asyncio.run(tending.tend_once(authors[0].engine, Blobs(tmp_path, bytes(32)), lambda: LATER, log))

    assert [remembers(one) for one in authors] == [False, True, False]
    assert cleared == ["once"]  # all estates share what is cleared
    assert log.exists() is (type(trouble) is PermissionError)
