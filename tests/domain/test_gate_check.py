"""三问三查: what is asked, what admits, and what a guard may set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.gate_check import ALL_CHECKS, Check, GateCheck, Outcome

SET_BY_GUARD = [Outcome.PASSED, Outcome.DOUBTFUL, Outcome.FAILED]
PASSED = dict.fromkeys(Check, Outcome.PASSED)

checks = st.sampled_from(list(Check))
gate_checks = st.builds(
    GateCheck,
    asked=st.frozensets(checks),
    has_vehicle=st.booleans(),
    suspicious=st.booleans(),
    found=st.dictionaries(checks, st.sampled_from([*SET_BY_GUARD, Outcome.NOT_APPLICABLE])),
)


def test_at_first_all_six_are_open_but_the_vehicle_of_someone_on_foot() -> None:
    assert GateCheck().outcomes() == {
        **dict.fromkeys(Check, Outcome.OPEN),
        Check.CHECK_VEHICLE: Outcome.NOT_APPLICABLE,
    }
    assert GateCheck(has_vehicle=True).outcome(Check.CHECK_VEHICLE) is Outcome.OPEN


def test_the_six_are_asked_in_the_order_of_the_house() -> None:
    check = GateCheck(has_vehicle=True)
    order = []
    while (now_open := check.first_open()) is not None:
        order.append(now_open)
        check = check.with_finding(now_open, Outcome.PASSED)

    assert order == [
        Check.ASK_IDENTITY,
        Check.ASK_REASON,
        Check.ASK_HOST,
        Check.CHECK_DOCUMENT,
        Check.CHECK_VEHICLE,
        Check.CHECK_BELONGINGS,
    ]
    assert check.in_the_way() == []


@pytest.mark.parametrize("check", list(Check))
@pytest.mark.parametrize("outcome", [Outcome.DOUBTFUL, Outcome.FAILED])
def test_one_doubtful_or_failed_check_stands_in_the_way(check: Check, outcome: Outcome) -> None:
    assert GateCheck(has_vehicle=True, found={**PASSED, check: outcome}).in_the_way() == [check]


def test_what_is_not_asked_does_not_stand_in_the_way() -> None:
    check = GateCheck(asked=frozenset({Check.ASK_REASON}))

    assert check.in_the_way() == [Check.ASK_REASON]
    assert check.outcome(Check.CHECK_DOCUMENT) is Outcome.NOT_ASKED


def test_a_doubt_found_without_asking_still_stands_in_the_way() -> None:
    check = GateCheck(asked=frozenset()).with_finding(Check.CHECK_BELONGINGS, Outcome.DOUBTFUL, "大包")

    assert check.in_the_way() == [Check.CHECK_BELONGINGS]


def test_a_suspicious_person_gets_all_six_whatever_the_reason() -> None:
    check = GateCheck(asked=frozenset(), suspicious=True, has_vehicle=True)

    assert check.in_the_way() == list(Check)


def test_not_applicable_is_open_to_the_vehicle_on_foot_and_to_what_is_not_asked() -> None:
    on_foot = GateCheck()
    in_a_car = GateCheck(has_vehicle=True)
    courier = GateCheck(asked=ALL_CHECKS - {Check.CHECK_DOCUMENT})

    assert [check for check in Check if on_foot.may_skip(check)] == [Check.CHECK_VEHICLE]
    assert [check for check in Check if in_a_car.may_skip(check)] == []
    assert [check for check in Check if courier.may_skip(check)] == [Check.CHECK_DOCUMENT, Check.CHECK_VEHICLE]


@pytest.mark.parametrize("outcome", [Outcome.OPEN, Outcome.NOT_ASKED, Outcome.NOT_APPLICABLE])
def test_a_guard_cannot_set_what_only_the_rules_set(outcome: Outcome) -> None:
    with pytest.raises(ValueError, match=str(outcome)):
        GateCheck().with_finding(Check.ASK_IDENTITY, outcome)


def test_not_applicable_falls_away_when_a_vehicle_turns_up() -> None:
    on_foot = GateCheck().with_finding(Check.CHECK_VEHICLE, Outcome.NOT_APPLICABLE)
    with_car = GateCheck(has_vehicle=True, found=on_foot.found)

    assert on_foot.outcome(Check.CHECK_VEHICLE) is Outcome.NOT_APPLICABLE
    assert with_car.outcome(Check.CHECK_VEHICLE) is Outcome.OPEN


def test_a_finding_keeps_its_note_until_it_is_found_anew_or_reopened() -> None:
    doubtful = GateCheck().with_finding(Check.ASK_HOST, Outcome.DOUBTFUL, "无人应答")
    settled = doubtful.with_finding(Check.ASK_HOST, Outcome.PASSED)
    reopened = doubtful.reopened(Check.ASK_HOST)

    assert dict(doubtful.notes) == {Check.ASK_HOST: "无人应答"}
    assert dict(settled.notes) == {}
    assert (reopened.outcome(Check.ASK_HOST), dict(reopened.notes)) == (Outcome.OPEN, {})


@given(gate_checks, checks)
def test_reopening_changes_that_check_and_no_other(gate_check: GateCheck, check: Check) -> None:
    before, after = gate_check.outcomes(), gate_check.reopened(check).outcomes()

    assert {other: before[other] for other in Check if other is not check} == {
        other: after[other] for other in Check if other is not check
    }
    assert after[check] in (Outcome.OPEN, Outcome.NOT_ASKED, Outcome.NOT_APPLICABLE)


@given(gate_checks)
def test_nobody_passes_while_one_that_is_asked_is_open_doubtful_or_failed(gate_check: GateCheck) -> None:
    asked = set(Check) if gate_check.suspicious else gate_check.asked
    on_foot = set() if gate_check.has_vehicle else {Check.CHECK_VEHICLE}
    settled = {check for check in Check if gate_check.found.get(check) is Outcome.PASSED}

    if not gate_check.in_the_way():
        assert asked - on_foot <= settled
        assert not {Outcome.DOUBTFUL, Outcome.FAILED} & set(gate_check.found.values())


@given(gate_checks)
def test_being_suspicious_never_makes_it_easier(gate_check: GateCheck) -> None:
    from dataclasses import replace

    lenient = replace(gate_check, suspicious=False).in_the_way()

    assert set(lenient) <= set(replace(gate_check, suspicious=True).in_the_way())
