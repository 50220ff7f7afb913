"""By which clock retention is judged: never by one that jumped ahead alone."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.policies import Policies, policies_from
from butler_tui.domain.retention import DAY_MS, MOST_LEAP_MS, before, lived_until, month_ended_ms, months_until

NOW = 1_794_527_880_000
HOUR = 3_600_000
SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_time_goes_on_with_what_is_written() -> None:
    assert lived_until(range(NOW, NOW + 40 * DAY_MS, HOUR), None) == NOW + 40 * DAY_MS - HOUR


def test_a_clock_ten_years_ahead_counts_for_a_few_days_only() -> None:
    ahead = NOW + 3650 * DAY_MS
    written = [*range(NOW, NOW + DAY_MS, HOUR), *range(ahead, ahead + 5 * HOUR, HOUR)]
    lived = lived_until(written, None)
    assert lived is not None
    assert lived <= NOW + DAY_MS + MOST_LEAP_MS + 5 * HOUR


def test_what_hq_says_counts_at_once_and_time_goes_on_from_there() -> None:
    told = NOW + 100 * DAY_MS
    assert lived_until([NOW], told) == told
    assert lived_until([NOW, told + HOUR, told + 2 * HOUR], told) == told + 2 * HOUR
    assert lived_until([NOW + 200 * DAY_MS], NOW) == NOW + 200 * DAY_MS


def test_nothing_tells_nothing() -> None:
    assert lived_until([], None) is None
    assert lived_until([], NOW) == NOW


@given(st.lists(st.integers(0, 10**14), max_size=20).map(sorted), st.one_of(st.none(), st.integers(0, 10**14)))
def test_it_is_never_later_than_what_somebody_said(written: list[int], told: int | None) -> None:
    lived = lived_until(written, told)
    said = [*written, *([told] if told is not None else [])]
    assert lived == (None if not said else lived)
    if lived is not None:
        assert lived <= max(said)
        assert told is None or lived >= told


def test_what_is_due_follows_policy() -> None:
    due = before(NOW, Policies())
    assert [(NOW - at) // DAY_MS for at in (due.number_ms, due.visit_ms, due.draft_ms)] == [30, 180, 7]
    own = policies_from({"retention_visit_days": 10, "retention_number_days": 60, "retention_draft_days": 0})
    due = before(NOW, own)
    assert [(NOW - at) // DAY_MS for at in (due.number_ms, due.visit_ms, due.draft_ms)] == [60, 60, 7]


@pytest.mark.parametrize("value", [0, -1, True, "30", None, 10**9])
def test_a_value_that_is_no_number_of_days_leaves_the_default(value: object) -> None:
    assert policies_from({"retention_number_days": value}).retention_number_days == 30


def test_a_month_is_over_at_its_last_midnight() -> None:
    assert month_ended_ms("2026-11", SHANGHAI) == 1_796_054_400_000
    assert month_ended_ms("2026-12", SHANGHAI) == 1_798_732_800_000
    assert months_until(NOW, SHANGHAI, "2026-09") == ["2026-09", "2026-10", "2026-11"]
