"""Putting a saved visit right: by whom, until when, what follows, what stays; on a real file."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from butler_tui.desk.corrections import correct
from butler_tui.desk.gate import Done, admit, check_out, turn_away, undo
from butler_tui.desk.session import Session
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.gate_check import GateCheck
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import EventKind, Registration
from butler_tui.errors import ButlerError, NotAllowed, RuleBroken
from butler_tui.store import visit_history
from butler_tui.store.database import Row

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

TYPO = CorrectionReason.TYPING_ERROR


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    return admit(estate.store, session, estate.registration(companion_names=("王海",)), estate.policies, now())


def put_right(
    estate: Estate,
    session: Session,
    visit_id: bytes,
    now_ms: int,
    reason: CorrectionReason = TYPO,
    note: str = "",
    **changed: Any,
) -> Done:
    return correct(estate.store, session, visit_id, changed, reason, note, estate.policies, now_ms)


def row(estate: Estate, visit_id: bytes) -> Row:
    found = visit_history.whole(estate.store.connection, visit_id)
    assert found is not None
    return found


def written(estate: Estate) -> list[dict[str, Any]]:
    rows = estate.store.connection.execute(
        "SELECT corrected FROM visit_event WHERE kind = 'corrected' ORDER BY at_ms, event_id"
    )
    return [json.loads(found[0]) for found in rows]


def test_only_what_differs_is_written_with_its_reason(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    before = row(estate, visit.visit_id)
    done = put_right(
        estate, session, visit.visit_id, now.advance(minutes=5), note="听错了", name="李文搏", phone=before["phone"]
    )

    assert written(estate) == [{"name": "李文搏"}]
    assert row(estate, visit.visit_id)["name"] == "李文搏"
    told = visit_history.history(estate.store.connection, visit.visit_id)
    assert [(one.kind, one.staff, one.reason, one.note) for one in told] == [
        (EventKind.ADMITTED, "王强", "", ""),
        (EventKind.CORRECTED, "王强", "typing_error", "听错了"),
    ]
    assert [(one.column, one.before, one.after) for one in told[1].changed] == [("name", "李文博", "李文搏")]
    assert (done.kind, done.events) == (EventKind.CORRECTED, 2)


def test_nothing_that_differs_is_no_event(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    with pytest.raises(RuleBroken, match="Nothing differs"):
        put_right(estate, session, visit.visit_id, now(), name=" 李文博 ", looks="")
    assert estate.events() == ["admitted"]


def test_a_corrected_reason_changes_when_the_visitor_is_expected_out(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    now.advance(minutes=10)
    changed = {"reason": "delivery", "reason_note": "送花"}
    correct(estate.store, session, visit.visit_id, changed, TYPO, "", estate.policies, now())
    registered = row(estate, visit.visit_id)["registered_ms"]
    assert row(estate, visit.visit_id)["expected_out_ms"] == registered + 3_600_000

    later = now.advance(minutes=1)
    put_right(
        estate, session, visit.visit_id, later, CorrectionReason.LONGER_STAY, expected_out_ms=registered + 9_000_000
    )
    assert row(estate, visit.visit_id)["expected_out_ms"] == registered + 9_000_000
    rule = estate.policies.rule(Reason.REPAIR)
    assert rule.expected_out_ms(registered, ZoneInfo("Asia/Shanghai")) != registered + 9_000_000


def test_a_given_time_stands_beside_a_new_reason(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    correct(
        estate.store, session, visit.visit_id, {"reason": "delivery", "expected_out_ms": now() + 1}, TYPO, "",
        estate.policies, now(),
    )  # fmt: skip
    assert row(estate, visit.visit_id)["expected_out_ms"] == now() + 1


def test_the_badge_of_somebody_else_is_refused_and_an_own_one_is_found_again(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    admit(estate.store, session, estate.registration(name="赵敏", badge="A018"), estate.policies, now())
    with pytest.raises(RuleBroken, match="A018 is still out"):
        put_right(estate, session, visit.visit_id, now(), badge="A018")
    put_right(estate, session, visit.visit_id, now(), badge="A019")
    assert row(estate, visit.visit_id)["badge"] == "A019"


def test_undoing_gives_back_what_was_put_within_the_seconds_only(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    done = put_right(estate, session, visit.visit_id, now(), name="李文搏", badge="A019")
    undo(estate.store, session, done, estate.policies, now.advance(seconds=30))
    assert (row(estate, visit.visit_id)["name"], row(estate, visit.visit_id)["badge"]) == ("李文博", "A017")

    done = put_right(estate, session, visit.visit_id, now(), name="李文搏")
    with pytest.raises(RuleBroken, match="seconds can be undone"):
        undo(estate.store, session, done, estate.policies, now.advance(seconds=61))


def test_a_badge_given_away_meanwhile_does_not_come_back_by_undoing(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    done = put_right(estate, session, visit.visit_id, now(), badge="A019")
    admit(estate.store, session, estate.registration(name="赵敏", badge="A017"), estate.policies, now())
    with pytest.raises(RuleBroken, match="A017 is still out"):
        undo(estate.store, session, done, estate.policies, now())
    assert row(estate, visit.visit_id)["badge"] == "A019"


def test_names_of_companions_are_corrected_and_counted(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    done = put_right(estate, session, visit.visit_id, now(), companion_names="王海 李岚")
    assert visit_history.companion_names(estate.store.connection, visit.visit_id) == ("王海", "李岚")
    assert row(estate, visit.visit_id)["companions"] == 2
    undo(estate.store, session, done, estate.policies, now())
    assert visit_history.companion_names(estate.store.connection, visit.visit_id) == ("王海",)
    assert row(estate, visit.visit_id)["companions"] == 1


def test_a_new_room_brings_its_house_and_who_confirmed_elsewhere_confirmed_nothing(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    put_right(estate, session, visit.visit_id, now(), room_code="V17")
    moved = row(estate, visit.visit_id)
    assert (moved["room_code"], moved["household_id"], moved["confirmed_by"]) == ("V17", None, None)
    assert moved["house_id"] is not None
    with pytest.raises(RuleBroken, match="no room 9-9-999"):
        put_right(estate, session, visit.visit_id, now(), room_code="9-9-999")


def test_a_plate_brings_its_kind(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    put_right(estate, session, visit.visit_id, now(), plate="浙ad12345")
    moved = row(estate, visit.visit_id)
    assert (moved["plate"], moved["vehicle_type"]) == ("浙AD12345", "new_energy_small")


def test_texts_are_safe_and_personal_numbers_in_them_masked(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    put_right(estate, session, visit.visit_id, now(), looks="\x1b]52;c;x\x07 330000199001011239")
    assert row(estate, visit.visit_id)["looks"] == "\ufffd]52;c;x\ufffd 330***********1239"


@pytest.mark.parametrize(
    ("role", "hours", "refused"),
    [
        (Role.GUARD, 23, False),
        (Role.GUARD, 25, True),
        (Role.SHIFT_LEAD, 29 * 24, False),
        (Role.SUPERVISOR, 31 * 24, True),
    ],
)
def test_until_when_somebody_may_correct(
    estate: Estate, session: Session, now: Clock, visit: Done, role: Role, hours: int, refused: bool
) -> None:
    now.advance(hours=hours)
    if refused:
        with pytest.raises(NotAllowed, match="too late"):
            put_right(estate, estate.sessions[role], visit.visit_id, now(), name="甲")
    else:
        put_right(estate, estate.sessions[role], visit.visit_id, now(), name="甲")


def test_a_guard_corrects_what_their_own_gate_registered(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    west = replace(session, gate_id=estate.gate_ids[1])
    with pytest.raises(NotAllowed, match="Another gate registered this visit: a shift lead or supervisor"):
        put_right(estate, west, visit.visit_id, now(), name="甲")
    lead = replace(estate.sessions[Role.SHIFT_LEAD], gate_id=estate.gate_ids[1])
    put_right(estate, lead, visit.visit_id, now(), name="甲")


def test_a_butler_corrects_no_visit(estate: Estate, now: Clock, visit: Done) -> None:
    with pytest.raises(NotAllowed):
        put_right(estate, estate.sessions[Role.BUTLER], visit.visit_id, now(), name="甲")


def test_what_was_found_at_the_check_stays(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    with pytest.raises(RuleBroken, match="stays as it was found"):
        put_right(estate, session, visit.visit_id, now(), check_belongings="failed")


def test_an_emergency_record_is_completed_afterwards(estate: Estate, session: Session, now: Clock) -> None:
    passing = Registration(reason=Reason.EMERGENCY, check=GateCheck())
    done = admit(estate.store, session, passing, estate.policies, now())
    outcomes = {"ask_identity": "passed", "check_belongings": "doubtful", "name": "赵医生", "room_code": "3-2-1801"}

    put_right(
        estate, session, done.visit_id, now.advance(minutes=50), CorrectionReason.COMPLETED_AFTERWARDS, **outcomes
    )

    whole = row(estate, done.visit_id)
    assert {name: whole[name] for name in outcomes} == outcomes
    with pytest.raises(RuleBroken, match="cannot be"):
        put_right(estate, session, done.visit_id, now(), check_vehicle="open")


def test_only_a_lead_makes_another_visit_of_an_emergency(estate: Estate, session: Session, now: Clock) -> None:
    passing = Registration(reason=Reason.EMERGENCY, check=GateCheck(), name="甲")
    done = admit(estate.store, session, passing, estate.policies, now())
    changed = {"reason": "visiting"}
    with pytest.raises(NotAllowed):
        correct(estate.store, session, done.visit_id, changed, TYPO, "", estate.policies, now())
    correct(estate.store, estate.sessions[Role.SHIFT_LEAD], done.visit_id, changed, TYPO, "", estate.policies, now())
    assert row(estate, done.visit_id)["reason"] == "visiting"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"registered_ms": 1}, "cannot be corrected"),
        ({"staff_id": b"0" * 16}, "cannot be corrected"),
        ({"state": "left"}, "cannot be corrected"),
        ({"document_masked": "1"}, "cannot be corrected"),
        ({"reason": "burglary"}, "cannot be burglary"),
        ({"sex": "x"}, "cannot be x"),
        ({"reason": None}, "must not be empty"),
        ({"name": ""}, "must not be empty"),
    ],
)
def test_what_is_not_to_be_corrected_is_refused_in_a_sentence(
    estate: Estate, session: Session, now: Clock, visit: Done, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(ButlerError, match=said):
        correct(estate.store, session, visit.visit_id, changed, TYPO, "", estate.policies, now())
    assert estate.events() == ["admitted"]


def test_other_needs_a_few_words(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    with pytest.raises(RuleBroken, match="why"):
        put_right(estate, session, visit.visit_id, now(), CorrectionReason.OTHER, note=" ", name="甲")


def test_an_undone_visit_has_nothing_to_correct(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    undo(estate.store, session, visit, estate.policies, now())
    with pytest.raises(RuleBroken, match="undone"):
        put_right(estate, session, visit.visit_id, now(), name="甲")


def test_who_left_or_was_turned_away_is_corrected_too(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    check_out(estate.store, session, visit.visit_id, now.advance(minutes=1))
    admit(estate.store, session, estate.registration(name="赵敏"), estate.policies, now())
    put_right(estate, session, visit.visit_id, now(), company="顺达")
    away = turn_away(estate.store, session, Registration(), Policies(), now(), reason=TurnAwayReason.LOITERING)
    put_right(estate, session, away.visit_id, now(), name="钱某")
    assert row(estate, away.visit_id)["expected_out_ms"] is None


def test_what_happened_meanwhile_is_looked_at_first(
    estate: Estate, session: Session, now: Clock, visit: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = iter((1, 2))
    monkeypatch.setattr("butler_tui.store.visits.events", lambda *_: next(found))
    with pytest.raises(RuleBroken, match="meanwhile"):
        put_right(estate, session, visit.visit_id, now(), name="甲")
    assert estate.events() == ["admitted"]
