"""When a visitor is expected to have left: by the estate's own clock, whatever that clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.policies import Policies, Reason

SHANGHAI = ZoneInfo("Asia/Shanghai")
NEW_YORK = ZoneInfo("America/New_York")
BY_THE_CLOCK = Policies().rule(Reason.REPAIR)
ZONES = ("America/New_York", "Europe/Lisbon", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia",
         "America/Scoresbysund", "Asia/Kathmandu", "Antarctica/Troll", "Europe/Dublin")  # fmt: skip


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("reason", "came", "out"),
    [
        (Reason.COURIER, "2026-11-13T07:58", "2026-11-13T08:28"),
        (Reason.COURIER, "2026-11-13T23:45", "2026-11-14T00:15"),
        (Reason.REPAIR, "2026-11-13T07:58", "2026-11-13T18:00"),
        (Reason.REPAIR, "2026-11-13T18:00", "2026-11-14T18:00"),
        (Reason.VISITING, "2026-11-13T23:30", "2026-11-14T23:00"),
        (Reason.VISITING, "2026-12-31T23:30", "2027-01-01T23:00"),
    ],
)
def test_when_a_visitor_is_expected_out_by_the_house_clock(reason: Reason, came: str, out: str) -> None:
    assert Policies().rule(reason).expected_out_ms(at(came), SHANGHAI) == at(out)


def test_the_hour_is_the_estates_own_and_not_the_machines() -> None:
    lisbon = ZoneInfo("Europe/Lisbon")

    assert Policies().rule(Reason.REPAIR).expected_out_ms(at("2026-07-01T09:00", lisbon), lisbon) == at(
        "2026-07-01T18:00", lisbon
    )


@given(st.sampled_from(list(Reason)), st.integers(0, 4_000_000_000_000))
def test_nobody_is_expected_out_before_they_came_nor_later_than_a_day(reason: Reason, came_ms: int) -> None:
    out_ms = Policies().rule(reason).expected_out_ms(came_ms, SHANGHAI)

    assert came_ms < out_ms <= came_ms + 25 * 3600 * 1000


@pytest.mark.parametrize(
    ("came", "leave_at", "minutes"),
    [
        ("2026-11-01T05:30:00+00:00", "01:45", 15),  # 01:30, before the clock is put back
        ("2026-11-01T06:30:00+00:00", "01:45", 15),  # 01:30, after it
        ("2026-11-01T05:50:00+00:00", "01:45", 55),  # 01:50, and 01:45 comes once more
        ("2026-11-01T06:50:00+00:00", "01:45", 24 * 60 - 5),
        ("2026-03-08T06:50:00+00:00", "02:30", 40),  # 01:50; the clock goes from 02:00 to 03:00, so at 03:30
    ],
)
def test_when_a_visitor_is_expected_out_in_the_night_that_the_clock_is_put_back_or_on(
    came: str, leave_at: str, minutes: int
) -> None:
    came_ms = int(datetime.fromisoformat(came).timestamp() * 1000)
    rule = replace(BY_THE_CLOCK, leave_at=leave_at)

    assert rule.expected_out_ms(came_ms, NEW_YORK) - came_ms == minutes * 60_000


@given(
    st.sampled_from(ZONES),
    st.integers(0, 4_000_000_000_000),
    st.integers(0, 24 * 60 - 1),
)
def test_in_no_zone_is_anybody_expected_out_before_they_came(zone: str, came_ms: int, minute: int) -> None:
    rule = replace(BY_THE_CLOCK, leave_at=f"{minute // 60:02}:{minute % 60:02}")

    out_ms = rule.expected_out_ms(came_ms, ZoneInfo(zone))

    assert came_ms < out_ms <= came_ms + 48 * 3600 * 1000
