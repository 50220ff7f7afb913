"""The demo's month: who comes when, how often, and what goes wrong, as life has it."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from math import inf
from typing import TYPE_CHECKING

import pytest

from butler_tui.demo import names
from butler_tui.demo.calls import Call
from butler_tui.demo.clock import DAY_MS, DAYS
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow
from tests.demo.planned import FRIDAY_EVENING, ZONE, Month, by_hour, local, planned

if TYPE_CHECKING:
    pass


@pytest.mark.parametrize("hour", [0, 3, 8, 12, 19, 23])
def test_at_any_hour_somebody_is_on_site_and_two_have_overstayed(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 30, tzinfo=ZONE).timestamp() * 1000)
    inside = [call for call in month(at_ms=at_ms) if call.out_ms is None and not call.refused and not call.undone_ms]
    late = [c for c in inside if Policies().rule(c.reason).expected_out_ms(c.in_ms, ZONE) <= at_ms]

    assert len(inside) == 11
    assert len(late) == 2
    assert len({call.registration.name for call in inside}) == 11


@pytest.mark.parametrize("hour", [0, 7, 20])
def test_nobody_comes_or_leaves_after_now_or_before_the_month(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 1, tzinfo=ZONE).timestamp() * 1000)
    for call in month(at_ms=at_ms):
        assert at_ms - DAYS * DAY_MS < call.in_ms < at_ms
        assert call.out_ms is None or call.in_ms < call.out_ms < at_ms


def test_every_day_of_the_month_has_60_to_90_visits_and_today_its_part(month: Month) -> None:
    noon = int(datetime(2026, 11, 13, 12, 0, tzinfo=ZONE).timestamp() * 1000)
    days = Counter(local(call.in_ms).date() for call in month(at_ms=noon))
    today = days.pop(date(2026, 11, 13))

    assert len(days) == DAYS - 1
    assert 55 <= min(days.values()) <= max(days.values()) <= 100
    assert 20 <= today <= 60


def test_deliveries_come_at_meals_couriers_in_two_waves_and_friends_in_the_evening(month: Month) -> None:
    calls = month(at_ms=FRIDAY_EVENING)
    deliveries, couriers, friends = (
        by_hour(calls, reason) for reason in (Reason.DELIVERY, Reason.COURIER, Reason.VISITING)
    )

    assert deliveries[12] > 2 * deliveries[15] > 20 * deliveries[3]
    assert deliveries[19] > 1.8 * deliveries[15]
    assert min(couriers[10], couriers[16]) > 2 * couriers[13]
    assert sum(friends[hour] for hour in range(17, 22)) > 1.5 * sum(friends[hour] for hour in range(9, 14))
    assert sum(local(call.in_ms).hour < 6 for call in calls) < len(calls) / 50


def test_reasons_keep_their_shares(month: Month) -> None:
    counts = Counter(call.reason for call in month(at_ms=FRIDAY_EVENING))
    for reason, share in names.SHARE.items():
        expected = share / sum(names.SHARE.values()) * counts.total()
        assert 0.6 * expected - 5 < counts[reason] < 1.4 * expected + 5, reason
    assert 1 <= counts[Reason.EMERGENCY] <= 4


def test_eight_known_couriers_come_nearly_every_day(month: Month) -> None:
    days: dict[tuple[str, str, str, str], set[date]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        who = call.registration
        if call.reason is Reason.COURIER:
            days.setdefault((who.name, who.phone, who.company, who.plate), set()).add(local(call.in_ms).date())
    daily = [who for who, when in days.items() if len(when) > DAYS * 2 / 3]

    assert len(daily) == 8
    assert {plate != "" for *_who, plate in daily} == {True, False}


def test_domestic_help_is_the_same_person_at_the_same_home_two_or_three_mornings_a_week(month: Month) -> None:
    visits: dict[str, list[Call]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        if call.reason is Reason.DOMESTIC_HELP:
            visits.setdefault(call.registration.phone, []).append(call)
    regular = [calls for calls in visits.values() if len(calls) >= 6]

    assert len(regular) >= 12
    for calls in regular:
        assert len({call.registration.room_code for call in calls}) == 1
        assert len({local(call.in_ms).weekday() for call in calls}) <= 3
        assert all(7 <= local(call.in_ms).hour < 11 for call in calls)


@pytest.mark.parametrize("hour", [4, 20])
def test_nobody_repairs_decorates_or_cleans_at_night(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 0, tzinfo=ZONE).timestamp() * 1000)
    for reason in (Reason.REPAIR, Reason.DECORATION, Reason.DOMESTIC_HELP):
        hours = by_hour(month(at_ms=at_ms), reason)
        assert hours.total() > 20
        assert not [came for came in hours if not 6 <= came < 20], reason


def test_at_weekends_friends_come_and_trades_and_authorities_stay_away(month: Month) -> None:
    days: dict[Reason, list[int]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        days.setdefault(call.reason, []).append(local(call.in_ms).weekday())
    a_day = {reason: (sum(day >= 5 for day in on) / 8, sum(day < 5 for day in on) / 22) for reason, on in days.items()}

    assert a_day[Reason.VISITING][0] > 1.4 * a_day[Reason.VISITING][1]
    assert a_day[Reason.OFFICIAL][0] == 0 < a_day[Reason.OFFICIAL][1]
    for reason in (Reason.REPAIR, Reason.DECORATION, Reason.MAINTENANCE):
        assert a_day[reason][0] < 0.8 * a_day[reason][1], reason


def test_friends_who_come_again_to_the_same_home_are_known_there(month: Month) -> None:
    seen: dict[str, str] = {}
    again = 0
    for call in month(at_ms=FRIDAY_EVENING):
        who = call.registration
        if call.reason is Reason.VISITING and call.undone_ms is None and call.refused is None:
            known = who.phone in seen
            assert (who.confirmed_how is ConfirmedHow.KNOWN) is known
            assert not known or seen[who.phone] == who.room_code
            seen[who.phone], again = who.room_code, again + known
    assert again > 100


def test_nobody_comes_while_they_are_inside(month: Month) -> None:
    until: dict[str, float] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        phone = call.registration.phone
        if phone and call.undone_ms is None and call.refused is None:
            assert until.get(phone, 0) < call.in_ms, call
            until[phone] = inf if call.out_ms is None else call.out_ms


def test_some_are_turned_away_for_what_goes_with_their_reason(month: Month) -> None:
    refused = [call for call in month(at_ms=FRIDAY_EVENING) if call.refused]

    assert 20 <= len(refused) <= 100
    assert len({call.refused for call in refused}) >= 5
    for call in refused:
        assert (call.refused, call.note) in names.REFUSALS[call.reason]
        assert call.out_ms is None


def test_a_few_stay_longer_than_their_reason_allows(month: Month) -> None:
    over = [call for call in month(at_ms=FRIDAY_EVENING) if call.out_ms is not None]
    late = [c for c in over if c.out_ms and c.out_ms > Policies().rule(c.reason).expected_out_ms(c.in_ms, ZONE)]

    assert 0.005 < len(late) / len(over) < 0.1
    assert {Reason.COURIER, Reason.DELIVERY} <= {call.reason for call in late}


def test_a_wrong_home_is_taken_back_and_written_down_rightly_within_a_minute(month: Month) -> None:
    calls = month(at_ms=FRIDAY_EVENING)
    slips = [call for call in calls if call.undone_ms is not None]

    assert len(slips) == 5
    for slip in slips:
        again = [c for c in calls if c.registration.phone == slip.registration.phone and c.in_ms > slip.in_ms]
        assert 0 < again[0].in_ms - slip.in_ms < 60_000
        assert slip.in_ms < (slip.undone_ms or 0) < again[0].in_ms


def test_a_large_demo_reaches_further_back_rather_than_crowding_a_day() -> None:
    days = Counter(local(call.in_ms).date() for call in planned(3, 13_000, FRIDAY_EVENING))

    assert len(days) > DAYS
    assert max(days.values()) < 600
