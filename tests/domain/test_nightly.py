"""The nightly job's time: spread over two hours, the same each night."""

from __future__ import annotations

from collections import Counter

from butler_tui.domain.nightly import SPREAD_S, offset_s, starts_at
from butler_tui.ids import new_id


def test_a_thousand_terminals_spread_evenly_between_two_and_four() -> None:
    begins = [offset_s(new_id(1_794_527_880_000 + number)) for number in range(1000)]

    assert all(0 <= one < SPREAD_S for one in begins)
    by_ten_minutes = Counter(one // 600 for one in begins)
    assert len(by_ten_minutes) == 12
    assert max(by_ten_minutes.values()) < 130  # 83 expected; 130 is more than five deviations away
    assert max(Counter(begins).values()) <= 5


def test_the_time_of_a_terminal_never_changes() -> None:
    """Written down once: a new version of this program must not move a thousand terminals."""
    assert starts_at(bytes(range(16))) == (3, 43, 58)
    assert starts_at(bytes(16)) == (2, 26, 52)
