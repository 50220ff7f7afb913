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
        {"badge_pattern": ""},
        {"badge_pattern": "([A-Z0-9]+)+!"},
        {"badge_pattern": "[A-Z]*"},
        {"badge_pattern": r"\d{3,2}"},
        {"badge_pattern": r"\d{9}"},
        {"badge_pattern": r"\d{0,3}"},
        {"badge_pattern": r"\d{1,8}" * 3 + "A"},
        {"badge_pattern": "A" * 17},
        {"badge_pattern": "a017"},
        {"badge_pattern": "A017\n"},
        {"reason.courier": None},
        {"reason.courier": []},
        {"reason.courier": {"asked": ["check_drone"]}},
        {"reason.courier": {"asked": 3}},
        {"reason.courier": {"asked": ""}},
        {"reason.courier": {"asked": {}}},
        {"reason.courier": {"keys": None}},
        {"reason.courier": {"keys": []}},
        {"reason.courier": {"keys": "20"}},
        {"reason.courier": {"keys": [""]}},
        {"reason.courier": {"keys": ["20", "20"]}},
        {"reason.courier": {"keys": ["12345"]}},
        {"reason.courier": {"keys": ["2a"]}},
        {"reason.courier": {"keys": ["２"]}},
        {"reason.courier": {"keys": ["2\n"]}},
        {"reason.courier": {"keys": ["1"]}},
        {"reason.courier": {"keys": ["20", "119"]}},
        {"reason.visiting": {"keys": ["2"]}},
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


def test_two_reasons_may_change_places() -> None:
    policies = policies_from({"reason.visiting": {"keys": ["2"]}, "reason.courier": {"keys": ["1"]}})

    assert [policies.reason_for_key(key) for key in "12"] == [Reason.COURIER, Reason.VISITING]


def test_of_two_reasons_that_want_one_key_the_first_has_it_and_the_other_keeps_its_own() -> None:
    policies = policies_from({"reason.courier": {"keys": ["50"]}, "reason.other": {"keys": ["50"], "asked": []}})

    assert policies.reason_for_key("50") is Reason.COURIER
    assert policies.reason_for_key("0") is Reason.OTHER
    assert policies.rule(Reason.OTHER).asked == frozenset()


def test_an_estate_may_have_its_own_emergency_number() -> None:
    assert policies_from({"reason.emergency": {"keys": ["999"]}}).reason_for_key("999") is Reason.EMERGENCY


@pytest.mark.parametrize("pattern", [r"[A-Z]{2}-\d{4}", r"V\d{2,8}[A-Z]", "A-1", r"[A-Z]\d{1,3}-\d{1,3}", r"\d{8}"])
def test_a_simple_badge_pattern_is_taken(pattern: str) -> None:
    assert policies_from({"badge_pattern": pattern}).badge_pattern == pattern


_KEYS = st.lists(st.sampled_from([*"0123456789", "20", "119", "120"]), max_size=3)


@given(st.dictionaries(st.sampled_from([f"reason.{reason}" for reason in Reason]), st.builds(dict, keys=_KEYS)))
def test_whatever_keys_an_estate_wants_each_reason_can_be_picked_by_each_of_its_own(own: dict[str, object]) -> None:
    policies = policies_from(own)

    for rule in policies.reasons:
        assert rule.keys
        assert {policies.reason_for_key(key) for key in rule.keys} == {rule.reason}


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
