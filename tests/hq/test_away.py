"""Who is away for too long is told by what clocks have shown, and no clock of HQ's that was wrong ends a terminal."""

from __future__ import annotations

import pytest

from butler_tui.domain.retention import AWAY_MS, DAY_MS
from butler_tui.hq import ending
from butler_tui.sync.protocol import HelloAsk
from tests.hq.authors import NOW, Author

YEAR_MS = 365 * DAY_MS


def asks(author: Author, clock: int) -> HelloAsk:
    return HelloAsk(author.epoch, 0, 0, None, author.hq_gen, 0, None, 0, 3, clock, "1", 0)


def is_away(author: Author, hq_ms: int, clock: int) -> bool:
    """Tell whether HQ, by whose clock it is `hq_ms`, ends a terminal that asks when its own shows `clock` (UTC ms)."""
    key = (author.terminal.estate_id, author.terminal.terminal_id)
    terminal = author.engine.read(lambda rows: rows.terminal(*key))
    assert terminal is not None
    return author.engine.write(lambda rows: ending.is_away(rows, terminal, asks(author, clock), hq_ms)).result()


def heard(author: Author, hq_ms: int, clock: int) -> None:
    """Let a terminal that was enrolled long before be heard of last when HQ's clock and its own showed this."""
    row = author.terminal._replace(enrolled_ms=NOW - 7 * YEAR_MS, seen_ms=hq_ms, clock_ahead_ms=clock - hq_ms)
    author.engine.write(lambda rows: rows.put_terminal(row)).result()
    author.engine.write(lambda rows: rows.note_hello(row)).result()


@pytest.mark.parametrize("days", [0, 1, 100])
def test_an_hq_clock_that_was_behind_and_is_set_right_ends_nobody(author: Author, days: int) -> None:
    heard(author, NOW - 6 * YEAR_MS, NOW)
    later = NOW + days * DAY_MS
    assert not is_away(author, later, later)


def test_who_was_heard_of_so_long_ago_is_away_whatever_hq_s_clock_was_then(author: Author) -> None:
    heard(author, NOW - 6 * YEAR_MS, NOW)
    later = NOW + AWAY_MS + DAY_MS
    assert is_away(author, later, later)


def test_a_clock_of_its_own_that_was_years_ahead_puts_nothing_off(author: Author) -> None:
    heard(author, NOW, NOW + 6 * YEAR_MS)
    later = NOW + AWAY_MS + DAY_MS
    assert is_away(author, later, later)
