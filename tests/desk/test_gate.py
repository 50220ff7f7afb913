"""Letting in: each rule of the gate check holds, each refusal is a sentence, and a refusal saves nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from butler_tui import labels
from butler_tui.desk.gate import admit, check_out
from butler_tui.desk.session import Session
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.domain.visits import Missing, Registration
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import estates, visits
from butler_tui.store.journal_rows import verify_chain
from tests.policies import set_policy

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def unsettled(what: Check | Missing) -> str:
    return re.escape(f"Cannot admit yet: {labels.label(what)} is not settled.")


def with_outcome(registration: Registration, check: Check, outcome: Outcome) -> Registration:
    found = {**registration.check.found, check: outcome}
    if outcome is Outcome.OPEN:
        del found[check]
    return replace(registration, check=replace(registration.check, found=found))


AS_TYPED = {
    "name": "李文博",
    "sex": "male",
    "phone": "13900001234",
    "company": "净源家电维修",
    "document_type": "resident_id",
    "document_masked": None,
    "companions": 2,
    "room_code": "3-2-1801",
    "confirmed_how": "phone",
    "reason": "repair",
    "reason_note": "空调",
    "plate": "京A12345",
    "parking": "临停 12",
    "valet": 1,
    "belongings": "工具箱",
    "badge": "A017",
    "looks": "蓝色工装",
    **dict.fromkeys(map(str, Check), "passed"),
}


def in_full(estate: Estate) -> Registration:
    """Return the walk-in of the tests with every field filled in."""
    return estate.registration(
        companions=2,
        companion_names=("王海",),
        plate="京A12345",
        parking="临停 12",
        valet=True,
        belongings="工具箱",
        looks="蓝色工装",
        document_type=DocumentType.RESIDENT_ID,
    )


def test_a_settled_visitor_is_let_in_and_everything_written_down_is_kept(
    estate: Estate, session: Session, now: Clock
) -> None:
    registration = in_full(estate)

    done = admit(estate.store, session, registration, estate.policies, now())

    row = estate.the_visit()
    expected = {
        **AS_TYPED,
        "visit_id": done.visit_id,
        "registered_ms": now(),
        "gate_id": session.gate_id,
        "staff_id": session.staff.staff_id,
        "house_id": registration.house_id,
        "household_id": registration.household_id,
        "confirmed_by": registration.confirmed_by,
        "confirmed_ms": registration.confirmed_ms,
        "state": "inside",
        "out_ms": None,
    }
    assert {name: row[name] for name in expected} == expected
    assert [r[0] for r in estate.store.connection.execute("SELECT name FROM companion")] == ["王海"]
    assert estate.events() == ["admitted"]


def test_a_visit_is_one_group_signed_by_the_guard(estate: Estate, session: Session, now: Clock) -> None:
    admit(estate.store, session, estate.registration(companion_names=("王海",)), estate.policies, now())

    rows = estate.store.connection.execute(
        "SELECT group_id, count(*), min(staff_id) FROM journal WHERE tbl IN ('visit', 'companion', 'visit_event')"
        " GROUP BY group_id"
    ).fetchall()
    assert [(row[1], row[2]) for row in rows] == [(3, session.staff.staff_id)]
    verify_chain(estate.store.connection)


@pytest.mark.parametrize("check", list(Check))
@pytest.mark.parametrize("outcome", [Outcome.OPEN, Outcome.DOUBTFUL, Outcome.FAILED])
def test_nobody_is_let_in_while_a_check_that_is_asked_is_not_settled(
    estate: Estate, session: Session, now: Clock, check: Check, outcome: Outcome
) -> None:
    registration = with_outcome(estate.registration(plate="京A12345"), check, outcome)

    with pytest.raises(RuleBroken, match=r"Cannot admit yet: .+ is not settled\."):
        admit(estate.store, session, registration, estate.policies, now())

    assert estate.visits_saved() == 0


def test_the_sentence_names_the_first_thing_in_the_way(estate: Estate, session: Session, now: Clock) -> None:
    registration = replace(estate.registration(name=""), check=GateCheck())

    with pytest.raises(RuleBroken, match=unsettled(Missing.NAME)):
        admit(estate.store, session, registration, estate.policies, now())


@pytest.mark.parametrize(
    ("left_out", "what"),
    [({"name": ""}, Missing.NAME), ({"house_id": None}, Missing.HOUSE), ({"reason": None}, Missing.REASON)],
)
def test_nobody_is_let_in_without_name_home_and_reason(
    estate: Estate, session: Session, now: Clock, left_out: dict[str, object], what: Missing
) -> None:
    with pytest.raises(RuleBroken, match=unsettled(what)):
        admit(estate.store, session, estate.registration(**left_out), estate.policies, now())

    assert estate.visits_saved() == 0


@pytest.mark.parametrize("reason", [Reason.COURIER, Reason.DELIVERY])
def test_a_courier_is_not_asked_for_document_and_belongings(
    estate: Estate, session: Session, now: Clock, reason: Reason
) -> None:
    asked = dict.fromkeys((Check.ASK_IDENTITY, Check.ASK_REASON, Check.ASK_HOST), Outcome.PASSED)
    courier = estate.registration(reason=reason, check=GateCheck(found=asked))

    admit(estate.store, session, courier, estate.policies, now())

    row = estate.the_visit()
    assert (row["check_document"], row["check_vehicle"], row["check_belongings"]) == (
        "not_asked",
        "not_applicable",
        "not_asked",
    )


def test_a_courier_with_a_vehicle_has_it_looked_at(estate: Estate, session: Session, now: Clock) -> None:
    asked = dict.fromkeys((Check.ASK_IDENTITY, Check.ASK_REASON, Check.ASK_HOST), Outcome.PASSED)
    courier = estate.registration(reason=Reason.COURIER, plate="京A12345", check=GateCheck(found=asked))

    with pytest.raises(RuleBroken, match=unsettled(Check.CHECK_VEHICLE)):
        admit(estate.store, session, courier, estate.policies, now())


def test_a_caller_cannot_ask_for_less_than_the_estate_does(estate: Estate, session: Session, now: Clock) -> None:
    lax = estate.registration(check=GateCheck(asked=frozenset(), has_vehicle=False))

    with pytest.raises(RuleBroken, match=unsettled(Check.ASK_IDENTITY)):
        admit(estate.store, session, lax, estate.policies, now())


def test_a_suspicious_courier_gets_all_six(estate: Estate, session: Session, now: Clock) -> None:
    asked = dict.fromkeys((Check.ASK_IDENTITY, Check.ASK_REASON, Check.ASK_HOST), Outcome.PASSED)
    courier = estate.registration(reason=Reason.COURIER, check=GateCheck(found=asked, suspicious=True))

    with pytest.raises(RuleBroken, match=unsettled(Check.CHECK_DOCUMENT)):
        admit(estate.store, session, courier, estate.policies, now())


def test_an_estate_may_ask_more_of_a_reason(estate: Estate, session: Session, now: Clock) -> None:
    set_policy(estate.store, "reason.courier", {"asked": [str(check) for check in Check]}, now())
    asked = dict.fromkeys((Check.ASK_IDENTITY, Check.ASK_REASON, Check.ASK_HOST), Outcome.PASSED)
    courier = estate.registration(reason=Reason.COURIER, check=GateCheck(found=asked))

    with pytest.raises(RuleBroken, match=unsettled(Check.CHECK_DOCUMENT)):
        admit(estate.store, session, courier, estates.policies(estate.store.connection), now())


def test_an_emergency_service_goes_straight_through(estate: Estate, session: Session, now: Clock) -> None:
    admit(estate.store, session, Registration(reason=Reason.EMERGENCY), estate.policies, now())

    row = estate.the_visit()
    assert (row["state"], row["name"], row["room_code"]) == ("inside", None, None)
    assert {row[str(check)] for check in Check} == {"not_asked"}


@pytest.mark.parametrize("reason", [Reason.MAINTENANCE, Reason.OFFICIAL])
def test_who_comes_for_the_estate_itself_needs_no_home(
    estate: Estate, session: Session, now: Clock, reason: Reason
) -> None:
    firm = estate.registration(reason=reason, house_id=None, household_id=None, room_code="", confirmed_by=None)

    admit(estate.store, session, firm, estate.policies, now())

    assert estate.the_visit()["state"] == "inside"


@pytest.mark.parametrize(
    ("reason", "expected_clock"),
    [
        (Reason.COURIER, "08:28"),
        (Reason.DELIVERY, "08:58"),
        (Reason.REPAIR, "18:00"),
        (Reason.VISITING, "23:00"),
        (Reason.DOMESTIC_HELP, "20:00"),
        (Reason.MAINTENANCE, "11:58"),
    ],
)
def test_when_they_are_expected_out_follows_from_the_reason(
    estate: Estate, session: Session, now: Clock, reason: Reason, expected_clock: str
) -> None:
    visitor = estate.registration(reason=reason, document_number="11010519491231002X")
    admit(estate.store, session, visitor, estate.policies, now())

    assert labels.clock(estate.the_visit()["expected_out_ms"], ZoneInfo("Asia/Shanghai")) == expected_clock


def test_a_badge_that_is_out_cannot_be_given_again_and_the_sentence_says_to_whom(
    estate: Estate, session: Session, now: Clock
) -> None:
    admit(estate.store, session, estate.registration(sex=Sex.FEMALE, name="张娜"), estate.policies, now())

    with pytest.raises(RuleBroken, match=r"Badge A017 is still out with Ms 张\. Take it back first"):
        admit(estate.store, session, estate.registration(name="孙浩"), estate.policies, now())

    assert estate.visits_saved() == 1


def test_a_badge_that_is_out_is_known_however_it_is_typed(estate: Estate, session: Session, now: Clock) -> None:
    admit(estate.store, session, estate.registration(), estate.policies, now())

    with pytest.raises(RuleBroken, match="is still out"):
        admit(estate.store, session, estate.registration(badge=" A017 "), estate.policies, now())


def test_a_badge_taken_back_can_be_given_again(estate: Estate, session: Session, now: Clock) -> None:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(minutes=5))

    admit(estate.store, session, estate.registration(name="孙浩"), estate.policies, now())

    wearer = visits.by_badge(estate.store.connection, "A017")
    assert wearer is not None
    assert wearer.name == "孙浩"


def test_a_form_that_two_windows_brought_back_is_saved_once(estate: Estate, session: Session, now: Clock) -> None:
    draft_id = new_id(now())
    admit(estate.store, session, estate.registration(), estate.policies, now(), draft_id=draft_id)
    before = tuple(estate.the_visit())
    other = estate.store.again()

    with pytest.raises(RuleBroken, match="This form is saved already"):
        admit(other, session, estate.registration(name="孙浩", badge="A002"), estate.policies, now(), draft_id=draft_id)

    other.close()
    assert (tuple(estate.the_visit()), estate.events()) == (before, ["admitted"])
