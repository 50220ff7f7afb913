"""By which clock retention is judged: never by one alone that jumped ahead or fell back."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.policies import Policies, policies_from
from butler_tui.domain.retention import DAY_MS, Lived, kept_for, lived, month_ended_ms, months_until

NOW = 1_794_527_880_000
HOUR = 3_600_000
SHANGHAI = ZoneInfo("Asia/Shanghai")


AHEAD = NOW + 3650 * DAY_MS
LONG_AGO = 946_684_800_000  # 2000-01-01: the battery of the clock is dead
DAYS_30 = 30 * DAY_MS


def hours(since: int, days: int) -> range:
    return range(since, since + days * DAY_MS, HOUR)


def is_over(known: Lived, at_ms: int, kept_ms: int = DAYS_30) -> bool:
    return any(since <= at_ms < until for since, until in known.over(kept_ms))


def test_time_goes_on_with_what_is_written() -> None:
    known = lived(hours(NOW, 40), None)
    assert known.over(DAYS_30) == [(0, NOW + 10 * DAY_MS - HOUR)]
    assert known.judged_ms == NOW + 40 * DAY_MS - HOUR


def test_a_clock_ten_years_ahead_counts_for_a_few_days_only() -> None:
    known = lived([*hours(NOW, 1), *hours(AHEAD, 20)], None)
    assert not is_over(known, NOW)
    assert is_over(lived([*hours(NOW, 1), *hours(AHEAD, 28)], None), NOW)


def test_a_clock_that_was_mended_again_is_counted_from_what_was_lived_through() -> None:
    known = lived([*hours(NOW, 5), *hours(AHEAD, 1), *hours(NOW + 6 * DAY_MS, 28)], None)
    assert [is_over(known, at) for at in (NOW, AHEAD, NOW + 6 * DAY_MS)] == [True, False, False]
    known = lived([*hours(NOW, 5), *hours(AHEAD, 1), *hours(NOW + 6 * DAY_MS, 33)], None)
    assert [is_over(known, at) for at in (NOW, AHEAD, NOW + 6 * DAY_MS)] == [True, True, True]


@pytest.mark.parametrize("told", [None, NOW + 2 * DAY_MS])
def test_what_is_written_while_the_clock_has_fallen_back_is_not_old(told: int | None) -> None:
    known = lived([*hours(NOW, 1), LONG_AGO, LONG_AGO + HOUR], told)
    assert not is_over(known, LONG_AGO + HOUR)
    known = lived([*hours(NOW, 1), LONG_AGO, LONG_AGO + HOUR, *hours(NOW + 2 * DAY_MS, 20)], told)
    assert not is_over(known, LONG_AGO + HOUR)
    known = lived([*hours(NOW, 1), LONG_AGO, LONG_AGO + HOUR, *hours(NOW + 2 * DAY_MS, 31)], told)
    assert is_over(known, LONG_AGO + HOUR)


def test_a_terminal_that_began_with_a_dead_battery_does_not_believe_that_26_years_have_passed() -> None:
    known = lived([*hours(LONG_AGO, 1), *hours(NOW, 5)], NOW + 5 * DAY_MS)
    assert not is_over(known, LONG_AGO)


def test_an_hour_that_the_clock_showed_twice_counts_as_the_later_one() -> None:
    a_year_ago = NOW - 365 * DAY_MS
    known = lived([*hours(a_year_ago, 365), a_year_ago + 5 * HOUR, NOW, NOW + HOUR], None)
    assert not is_over(known, a_year_ago + 5 * HOUR)
    assert is_over(known, a_year_ago + 4 * HOUR)


def test_a_clock_that_is_set_right_by_seconds_has_not_leapt() -> None:
    assert not lived([NOW, NOW + HOUR, NOW + HOUR - 5000, NOW + 2 * HOUR], None).leapt


def test_what_hq_says_counts_at_once() -> None:
    assert is_over(lived([NOW], NOW + 100 * DAY_MS), NOW)
    assert not is_over(lived([NOW], NOW + 29 * DAY_MS), NOW)
    assert lived([NOW], NOW + DAY_MS).judged_ms == NOW + DAY_MS


def test_nothing_tells_nothing() -> None:
    assert (lived([], None).judged_ms, lived([], None).over(DAYS_30)) == (None, [])
    assert (lived([], NOW).judged_ms, lived([], NOW).over(DAYS_30)) == (NOW, [])


@given(st.lists(st.integers(0, 10**14), min_size=1, max_size=20), st.integers(DAY_MS, 10**13))
def test_what_was_written_last_is_never_old_by_the_clock_alone(written: list[int], kept_ms: int) -> None:
    assert not is_over(lived(written, None), written[-1], kept_ms)


@given(st.lists(st.integers(0, 10**14), max_size=20), st.one_of(st.none(), st.integers(0, 10**14)))
def test_what_is_over_is_told_in_rising_order_without_touching(written: list[int], told: int | None) -> None:
    flat = [at for span in lived(written, told).over(DAYS_30) for at in span]
    assert flat == sorted(set(flat))


def test_what_is_kept_follows_policy() -> None:
    kept = kept_for(Policies())
    assert [at // DAY_MS for at in (kept.number_ms, kept.visit_ms, kept.draft_ms)] == [30, 180, 7]
    own = policies_from({"retention_visit_days": 10, "retention_number_days": 60, "retention_draft_days": 0})
    kept = kept_for(own)
    assert [at // DAY_MS for at in (kept.number_ms, kept.visit_ms, kept.draft_ms)] == [60, 60, 7]


@pytest.mark.parametrize("value", [0, -1, True, "30", None, 10**9])
def test_a_value_that_is_no_number_of_days_leaves_the_default(value: object) -> None:
    assert policies_from({"retention_number_days": value}).retention_number_days == 30


def test_a_month_is_over_at_its_last_midnight() -> None:
    assert month_ended_ms("2026-11", SHANGHAI) == 1_796_054_400_000
    assert month_ended_ms("2026-12", SHANGHAI) == 1_798_732_800_000
    assert months_until(NOW, SHANGHAI, "2026-09") == ["2026-09", "2026-10", "2026-11"]
