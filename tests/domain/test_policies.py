"""Policies: the table of reasons as DOMAIN has it, an estate's own on top, and nothing from HQ that stops a gate."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.gate_check import ALL_CHECKS, Check
from butler_tui.domain.policies import KeepNumber, Policies, Reason, policies_from

SHANGHAI = ZoneInfo("Asia/Shanghai")
PAPERLESS = ALL_CHECKS - {Check.CHECK_DOCUMENT, Check.CHECK_BELONGINGS}
BY_THE_BOOK = frozenset({Check.ASK_IDENTITY, Check.ASK_REASON, Check.CHECK_DOCUMENT})


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)


@pytest.mark.parametrize(
    ("reason", "asked", "leaves", "keeps"),
    [
        (Reason.VISITING, ALL_CHECKS, "23:00", KeepNumber.NO),
        (Reason.COURIER, PAPERLESS, 30, KeepNumber.NO),
        (Reason.DELIVERY, PAPERLESS, 60, KeepNumber.NO),
        (Reason.REPAIR, ALL_CHECKS, "18:00", KeepNumber.BY_PERMIT),
        (Reason.DECORATION, ALL_CHECKS, "18:00", KeepNumber.BY_PERMIT),
        (Reason.MAINTENANCE, ALL_CHECKS, 240, KeepNumber.NO),
        (Reason.DOMESTIC_HELP, ALL_CHECKS, "20:00", KeepNumber.FIRST_TIME),
        (Reason.ESTATE_AGENT, ALL_CHECKS, 120, KeepNumber.YES),
        (Reason.OFFICIAL, BY_THE_BOOK, 240, KeepNumber.NO),
        (Reason.EMERGENCY, frozenset(), 120, KeepNumber.NO),
        (Reason.OTHER, ALL_CHECKS, 120, KeepNumber.BY_ESTATE),
    ],
)
def test_each_reason_carries_what_the_domain_says(
    reason: Reason, asked: frozenset[Check], leaves: str | int, keeps: KeepNumber
) -> None:
    rule = Policies().rule(reason)

    assert (rule.asked, rule.keep_number) == (asked, keeps)
    assert leaves == (rule.leave_at or rule.leave_after_min)


def test_every_reason_has_its_rule_and_no_key_picks_two() -> None:
    policies = Policies()
    keys = [key for rule in policies.reasons for key in rule.keys]

    assert sorted(rule.reason for rule in policies.reasons) == sorted(Reason)
    assert len(keys) == len(set(keys))
    assert {policies.reason_for_key(key) for key in keys} == set(Reason)
    assert policies.reason_for_key("42") is None


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
    ("reason", "first", "policies", "kept"),
    [
        (Reason.COURIER, True, Policies(), False),
        (Reason.ESTATE_AGENT, False, Policies(), True),
        (Reason.DOMESTIC_HELP, True, Policies(), True),
        (Reason.DOMESTIC_HELP, False, Policies(), False),
        (Reason.REPAIR, True, Policies(), False),
        (Reason.REPAIR, True, Policies(number_kept_by_permit=True), True),
        (Reason.OTHER, True, Policies(), False),
        (Reason.OTHER, True, Policies(number_kept_by_estate=True), True),
    ],
)
def test_whether_a_number_is_kept(reason: Reason, first: bool, policies: Policies, kept: bool) -> None:
    assert policies.keeps_number(reason, first) is kept


def test_an_estate_may_have_any_policy_its_own_way() -> None:
    own = {
        "idle_lock_min": 2,
        "undo_s": 0,
        "number_kept_by_estate": True,
        "number_kept_by_permit": True,
        "badge_pattern": r"V\d{2}",
        "reason.courier": {"keys": ["20"], "asked": ["ask_host"], "keep_number": "yes", "leave_at": "12:30"},
        "reason.repair": {"leave_after_min": 90},
    }

    policies = policies_from(own)

    courier, repair = policies.rule(Reason.COURIER), policies.rule(Reason.REPAIR)
    assert (policies.idle_lock_min, policies.undo_s, policies.badge_pattern) == (2, 0, r"V\d{2}")
    assert policies.number_kept_by_estate
    assert policies.number_kept_by_permit
    assert (courier.keys, courier.asked, courier.keep_number, courier.leave_at) == (
        ("20",),
        frozenset({Check.ASK_HOST}),
        KeepNumber.YES,
        "12:30",
    )
    assert (repair.leave_at, repair.leave_after_min) == (None, 90)
    assert policies.rule(Reason.VISITING) == Policies().rule(Reason.VISITING)


@pytest.mark.parametrize(
    "own",
    [
        {},
        {"weather": 3},
        {"idle_lock_min": 0},
        {"idle_lock_min": -5},
        {"idle_lock_min": True},
        {"idle_lock_min": "5"},
        {"idle_lock_min": 10**30},
        {"undo_s": -1},
        {"undo_s": 1.5},
        {"number_kept_by_estate": 1},
        {"number_kept_by_permit": "yes"},
        {"badge_pattern": "["},
        {"badge_pattern": "a{99999999999}"},
        {"badge_pattern": "(?u)a"},
        {"badge_pattern": None},
        {"reason.courier": None},
        {"reason.courier": []},
        {"reason.courier": {"asked": ["check_drone"]}},
        {"reason.courier": {"asked": 3}},
        {"reason.courier": {"keys": None}},
        {"reason.courier": {"keep_number": "sometimes"}},
        {"reason.courier": {"leave_at": "25:00"}},
        {"reason.courier": {"leave_at": None}},
        {"reason.courier": {"leave_after_min": "soon"}},
        {"reason.courier": {"leave_after_min": float("inf")}},
        {"reason.courier": {"leave_after_min": 0}},
        {"reason.courier": {"leave_after_min": -30}},
        {"reason.courier": {"leave_after_min": 10**18}},
        {"reason.courier": {"leave_after_min": True}},
    ],
)
def test_what_this_version_does_not_understand_leaves_the_default(own: dict[str, object]) -> None:
    assert policies_from(own) == Policies()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
_RULE = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("keys", "asked", "keep_number", "leave_at", "leave_after_min"), _JSON)
)
_FIELDS = ("idle_lock_min", "undo_s", "number_kept_by_estate", "number_kept_by_permit", "badge_pattern")


@given(
    st.fixed_dictionaries(
        {}, optional={**dict.fromkeys(_FIELDS, _JSON), "reason.courier": _RULE | _JSON, "reason.other": _RULE}
    )
)
def test_nothing_that_hq_can_send_stops_a_gate(own: dict[str, object]) -> None:
    policies = policies_from(own)

    came_ms = at("2026-11-13T07:58")
    for reason in Reason:
        assert policies.rule(reason).expected_out_ms(came_ms, SHANGHAI) > came_ms
        policies.keeps_number(reason, first_visit=True)
    re.compile(policies.badge_pattern, re.ASCII)
    assert policies.idle_lock_min >= 1
