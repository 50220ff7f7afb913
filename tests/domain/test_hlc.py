"""The hybrid logical clock: cause beats clock, and no stamp runs far ahead."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.hlc import MOST_AHEAD_MS, Stamp, canonical, tick

stamps = st.builds(Stamp, st.integers(0, 2**45), st.integers(0, 2**20))
times = st.integers(0, 2**45)


def test_a_stamp_follows_the_wall_clock_where_it_can() -> None:
    assert tick(Stamp(1000, 7), 1001) == Stamp(1001, 0)


def test_within_the_same_millisecond_the_counter_rises() -> None:
    assert tick(Stamp(1000, 7), 1000) == Stamp(1000, 8)


def test_a_clock_set_back_does_not_set_back_the_stamps() -> None:
    assert tick(Stamp(1000, 0), 400) == Stamp(1000, 1)


@given(stamps, times)
def test_the_next_stamp_is_always_after_the_last(last: Stamp, now_ms: int) -> None:
    assert tick(last, now_ms) > last


@given(stamps, times)
def test_a_stamp_never_lags_behind_the_clock(last: Stamp, now_ms: int) -> None:
    assert tick(last, now_ms).ms >= now_ms


def test_hq_keeps_a_stamp_that_is_near_its_own_clock() -> None:
    assert canonical(Stamp(5000, 3), Stamp(4000, 0), 4500) == Stamp(5000, 3)
    assert canonical(Stamp(4500 + MOST_AHEAD_MS, 3), Stamp(0, 0), 4500) == Stamp(4500 + MOST_AHEAD_MS, 3)


def test_hq_brings_back_a_stamp_from_the_future() -> None:
    ten_years = 10 * 365 * 24 * 3600 * 1000

    assert canonical(Stamp(4500 + ten_years, 3), Stamp(0, 0), 4500) == Stamp(4500, 0)
    assert canonical(Stamp(4501 + MOST_AHEAD_MS, 0), Stamp(0, 0), 4500) == Stamp(4500, 0)


def test_hq_lifts_a_stamp_above_what_its_author_had_seen() -> None:
    assert canonical(Stamp(100, 0), Stamp(4000, 5), 4500) == Stamp(4000, 6)
    assert canonical(Stamp(4000, 5), Stamp(4000, 5), 4500) == Stamp(4000, 6)


@given(stamps, stamps, times)
def test_a_canonical_stamp_is_after_its_causes(claimed: Stamp, after: Stamp, hq_now_ms: int) -> None:
    assert canonical(claimed, after, hq_now_ms) > after


@given(st.lists(stamps, min_size=1, max_size=20), times)
def test_no_canonical_stamp_is_far_ahead_of_hq(claims: list[Stamp], hq_now_ms: int) -> None:
    last = Stamp(0, 0)
    for claimed in claims:
        last = canonical(claimed, last, hq_now_ms)

    assert last.ms <= hq_now_ms + MOST_AHEAD_MS
