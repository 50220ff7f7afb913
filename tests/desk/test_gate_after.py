"""Turning away, leaving, undoing, and who may: on a real file, each refusal a sentence."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.gate import admit, check_out, turn_away, undo
from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import EventKind, Registration
from butler_tui.errors import NotAllowed, RuleBroken

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def test_who_is_turned_away_is_recorded_just_as_one_admitted(estate: Estate, session: Session, now: Clock) -> None:
    check = GateCheck().with_finding(Check.ASK_HOST, Outcome.FAILED, "业主未约")
    stranger = estate.registration(check=check, badge="")

    done = turn_away(
        estate.store, session, stranger, estate.policies, now(), reason=TurnAwayReason.NOT_EXPECTED, note="推销"
    )

    row = estate.the_visit()
    event = estate.store.connection.execute("SELECT kind, reason, note, at_ms FROM visit_event").fetchone()
    assert done.kind is EventKind.TURNED_AWAY
    assert (row["state"], row["name"], row["ask_host"], row["expected_out_ms"]) == (
        "turned_away",
        "李文博",
        "failed",
        None,
    )
    assert json.loads(row["check_notes"]) == {"ask_host": "业主未约"}
    assert tuple(event) == ("turned_away", "not_expected", "推销", now())


def test_a_stranger_who_says_nothing_can_be_turned_away(estate: Estate, session: Session, now: Clock) -> None:
    turn_away(estate.store, session, Registration(), estate.policies, now(), reason=TurnAwayReason.IDENTITY_UNCLEAR)

    row = estate.the_visit()
    assert (row["state"], row["name"], row["reason"]) == ("turned_away", None, "other")


def test_the_number_of_who_is_turned_away_before_saying_why_is_not_kept(
    estate: Estate, session: Session, now: Clock
) -> None:
    silent = Registration(document_number="330000199001011239")
    turn_away(estate.store, session, silent, estate.policies, now(), reason=TurnAwayReason.REFUSES_CHECK)

    assert estate.the_visit()["document_masked"] is None
    assert estate.store.connection.execute("SELECT count(*) FROM document_secret").fetchone()[0] == 0


def test_a_visitor_leaves_once(estate: Estate, session: Session, now: Clock) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(minutes=30))
    left_ms = now()

    with pytest.raises(RuleBroken, match="already left"):
        check_out(estate.store, session, done.visit_id, now.advance(minutes=1))

    row = estate.the_visit()
    assert (row["state"], row["out_ms"]) == ("left", left_ms)
    assert estate.events() == ["admitted", "out"]


def test_who_was_turned_away_cannot_leave(estate: Estate, session: Session, now: Clock) -> None:
    done = turn_away(estate.store, session, Registration(), estate.policies, now(), reason=TurnAwayReason.LOITERING)

    with pytest.raises(RuleBroken, match="already left"):
        check_out(estate.store, session, done.visit_id, now())


@pytest.mark.parametrize("seconds", [0, 1, 60])
def test_an_admission_can_be_undone_within_a_minute_and_both_stay_on_record(
    estate: Estate, session: Session, now: Clock, seconds: int
) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())

    undo(estate.store, session, done, estate.policies, now.advance(seconds=seconds))

    assert estate.the_visit()["state"] == "undone"
    assert estate.events() == ["admitted", "undone"]


def test_leaving_can_be_undone_and_the_visitor_is_inside_again(estate: Estate, session: Session, now: Clock) -> None:
    admitted = admit(estate.store, session, estate.registration(), estate.policies, now())
    out = check_out(estate.store, session, admitted.visit_id, now.advance(minutes=30))

    undo(estate.store, session, out, estate.policies, now.advance(seconds=5))

    row = estate.the_visit()
    assert (row["state"], row["out_ms"]) == ("inside", None)


def test_a_clock_that_is_set_back_by_seconds_does_not_stand_in_the_way_of_undoing(
    estate: Estate, session: Session, now: Clock
) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    undo(estate.store, session, done, estate.policies, now.advance(seconds=-5))
    assert estate.the_visit()["state"] == "undone"


@pytest.mark.parametrize("seconds", [60.001, 61, 3600, -60.001])
def test_nothing_can_be_undone_after_a_minute_or_long_before_it_happened(
    estate: Estate, session: Session, now: Clock, seconds: float
) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())

    with pytest.raises(RuleBroken, match="Only the last 60 seconds"):
        undo(estate.store, session, done, estate.policies, now.advance(seconds=seconds))

    assert estate.the_visit()["state"] == "inside"


def test_how_long_an_act_can_be_undone_is_the_estates_own(estate: Estate, session: Session, now: Clock) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())

    with pytest.raises(RuleBroken, match="Only the last 5 seconds"):
        undo(estate.store, session, done, Policies(undo_s=5), now.advance(seconds=6))


def test_what_somebody_has_acted_on_since_is_not_undone(estate: Estate, session: Session, now: Clock) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(seconds=5))

    with pytest.raises(RuleBroken, match="Something has happened to this visit since"):
        undo(estate.store, session, done, estate.policies, now.advance(seconds=5))


def test_the_same_act_is_undone_once(estate: Estate, session: Session, now: Clock) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    undo(estate.store, session, done, estate.policies, now())

    with pytest.raises(RuleBroken, match="Something has happened to this visit since"):
        undo(estate.store, session, done, estate.policies, now())


@pytest.mark.parametrize("role", [Role.GUARD, Role.SHIFT_LEAD, Role.SUPERVISOR])
def test_everyone_at_the_gate_may_register(estate: Estate, now: Clock, role: Role) -> None:
    admit(estate.store, estate.sessions[role], estate.registration(), estate.policies, now())

    assert estate.visits_saved() == 1


def test_a_butler_may_not_act_at_the_gate_and_is_told_whom_to_ask(estate: Estate, session: Session, now: Clock) -> None:
    butler = estate.sessions[Role.BUTLER]
    done = admit(estate.store, session, estate.registration(badge=""), estate.policies, now())

    with pytest.raises(NotAllowed, match=r"Butler may not register visitors\. Ask: Guard, Shift lead or Supervisor\."):
        admit(estate.store, butler, estate.registration(), estate.policies, now())
    with pytest.raises(NotAllowed, match="Butler may not turn visitors away"):
        turn_away(estate.store, butler, Registration(), estate.policies, now(), reason=TurnAwayReason.OTHER)
    with pytest.raises(NotAllowed, match="Butler may not check visitors out"):
        check_out(estate.store, butler, done.visit_id, now())
    with pytest.raises(NotAllowed, match="Butler may not undo"):
        undo(estate.store, butler, done, estate.policies, now())

    assert estate.events() == ["admitted"]
