"""What follows from a visit's events, in whatever order they are met; and what a registration still lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.gate_check import ALL_CHECKS, Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import (
    EventKind,
    Missing,
    Registration,
    Standing,
    VisitEvent,
    VisitState,
    in_the_way,
    missing,
    standing,
    under,
)

ADMITTED = VisitEvent(b"a", EventKind.ADMITTED, 1000)
TURNED_AWAY = VisitEvent(b"t", EventKind.TURNED_AWAY, 1000)
OUT = VisitEvent(b"o", EventKind.OUT, 2000)
OUT_AGAIN = VisitEvent(b"p", EventKind.OUT, 1500)
CORRECTED = VisitEvent(b"c", EventKind.CORRECTED, 1200)


def undone(event: VisitEvent, event_id: bytes = b"u") -> VisitEvent:
    return VisitEvent(event_id, EventKind.UNDONE, 3000, undoes=event.event_id)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], Standing(VisitState.REGISTERED)),
        ([CORRECTED], Standing(VisitState.REGISTERED)),
        ([ADMITTED], Standing(VisitState.INSIDE, badge_out=True)),
        ([ADMITTED, CORRECTED], Standing(VisitState.INSIDE, badge_out=True)),
        ([ADMITTED, OUT], Standing(VisitState.LEFT, 2000)),
        ([ADMITTED, OUT, OUT_AGAIN], Standing(VisitState.LEFT, 1500)),
        ([OUT], Standing(VisitState.LEFT, 2000)),
        ([TURNED_AWAY], Standing(VisitState.TURNED_AWAY)),
        ([ADMITTED, undone(ADMITTED)], Standing(VisitState.UNDONE)),
        ([TURNED_AWAY, undone(TURNED_AWAY)], Standing(VisitState.UNDONE)),
        ([ADMITTED, OUT, undone(OUT)], Standing(VisitState.INSIDE, badge_out=True)),
        ([ADMITTED, OUT, OUT_AGAIN, undone(OUT_AGAIN)], Standing(VisitState.LEFT, 2000)),
        ([ADMITTED, undone(OUT)], Standing(VisitState.INSIDE, badge_out=True)),
    ],
)
def test_where_a_visit_stands(events: list[VisitEvent], expected: Standing) -> None:
    assert standing(events) == expected


def test_two_guards_who_undo_the_same_act_undo_it_once() -> None:
    assert standing([ADMITTED, undone(ADMITTED), undone(ADMITTED, b"v")]) == Standing(VisitState.UNDONE)


_EVENTS = st.lists(
    st.builds(
        VisitEvent,
        event_id=st.sampled_from([bytes([number]) for number in range(8)]),
        kind=st.sampled_from(EventKind),
        at_ms=st.integers(0, 10_000),
        undoes=st.sampled_from([None, *(bytes([number]) for number in range(8))]),
    ),
    max_size=8,
    unique_by=lambda event: event.event_id,
)


@given(_EVENTS, st.randoms(use_true_random=False))
def test_the_order_in_which_events_arrive_does_not_matter(events: list[VisitEvent], random: st.DataObject) -> None:
    shuffled = list(events)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert standing(shuffled) == standing(events)


@given(_EVENTS)
def test_hearing_of_an_event_twice_changes_nothing(events: list[VisitEvent]) -> None:
    assert standing(events + events) == standing(events)


@given(_EVENTS)
def test_only_who_has_left_has_a_time_of_leaving(events: list[VisitEvent]) -> None:
    found = standing(events)

    assert (found.out_ms is not None) == (found.state is VisitState.LEFT)


COMPLETE = Registration(
    name="李文博",
    house_id=b"h" * 16,
    reason=Reason.REPAIR,
    check=GateCheck(found=dict.fromkeys(Check, Outcome.PASSED)),
)


def test_a_complete_registration_lacks_nothing() -> None:
    assert in_the_way(COMPLETE) == []


@pytest.mark.parametrize(
    ("registration", "lacks"),
    [
        (Registration(), [Missing.NAME, Missing.HOUSE, Missing.REASON]),
        (replace(COMPLETE, name=""), [Missing.NAME]),
        (replace(COMPLETE, house_id=None), [Missing.HOUSE]),
        (replace(COMPLETE, reason=None), [Missing.REASON]),
        (replace(COMPLETE, house_id=None, reason=Reason.OFFICIAL), []),
        (replace(COMPLETE, house_id=None, reason=Reason.MAINTENANCE), []),
        (replace(COMPLETE, house_id=None, reason=None), [Missing.HOUSE, Missing.REASON]),
        (Registration(reason=Reason.EMERGENCY), []),
    ],
)
def test_what_has_yet_to_be_written(registration: Registration, lacks: list[Missing]) -> None:
    assert missing(registration) == lacks


def test_what_is_missing_comes_before_the_checks_in_the_order_of_the_form() -> None:
    assert in_the_way(Registration()) == [
        Missing.NAME,
        Missing.HOUSE,
        Missing.REASON,
        *(check for check in Check if check is not Check.CHECK_VEHICLE),
    ]


def test_policy_decides_what_is_asked_and_the_plate_whether_there_is_a_vehicle() -> None:
    lax = replace(COMPLETE, reason=Reason.COURIER, plate="京A12345", check=GateCheck(asked=frozenset()))

    check = under(Policies(), lax, first_visit=True).check

    assert check.asked == Policies().rule(Reason.COURIER).asked
    assert check.has_vehicle


def test_while_the_reason_is_not_known_all_six_are_asked() -> None:
    assert (
        under(Policies(), Registration(check=GateCheck(asked=frozenset())), first_visit=True).check.asked == ALL_CHECKS
    )


def test_what_the_guard_found_is_kept_when_the_reason_changes() -> None:
    found = {Check.ASK_HOST: Outcome.DOUBTFUL}
    courier = Registration(reason=Reason.COURIER, check=GateCheck(found=found, suspicious=True))

    check = under(Policies(), courier, first_visit=True).check

    assert (dict(check.found), check.suspicious) == (found, True)
