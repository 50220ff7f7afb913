"""Who signs in here: taken on, changed and given PINs by a supervisor alone, and never locked out altogether."""

from __future__ import annotations

import pytest

from butler_tui.desk.own_pin import choose_pin, has_own_pin, require_own_pin
from butler_tui.desk.set_up_staff import change, make_pin, people, reset_pin, take_on
from butler_tui.desk.shifts import WrongPin, set_pin, sign_in
from butler_tui.domain.pins import weakness
from butler_tui.domain.rights import Role
from butler_tui.errors import ButlerError, NotAllowed, RuleBroken
from butler_tui.ids import id_text
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

PIN = "902715"


def test_a_new_person_signs_in_with_the_pin_they_were_given(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    take_on(estate.store, boss, " 1008 ", " 孙浩 ", Role.GUARD, PIN, now())

    person = sign_in(estate.store, "1008", PIN, now())
    assert (person.name, person.role) == ("孙浩", Role.GUARD)
    (author,) = estate.store.connection.execute("SELECT staff_id FROM journal ORDER BY journal_id DESC LIMIT 1")
    assert id_text(author[0]) == id_text(boss.staff.staff_id)


@pytest.mark.parametrize("role", [Role.GUARD, Role.SHIFT_LEAD, Role.BUTLER])
def test_nobody_but_a_supervisor_keeps_staff(estate: Estate, now: Clock, role: Role) -> None:
    session = estate.sessions[role]
    for act in (
        lambda: take_on(estate.store, session, "1008", "孙浩", Role.GUARD, PIN, now()),
        lambda: people(estate.store, session),
        lambda: change(estate.store, session, "1007", now(), active=False),
        lambda: reset_pin(estate.store, session, "1007", PIN, now()),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert estate.store.connection.execute("SELECT count(*) FROM staff_pin").fetchone()[0] == 0


@pytest.mark.parametrize(
    ("number", "name", "role", "pin", "sentence"),
    [
        ("1007", "孙浩", Role.GUARD, PIN, "already taken"),
        ("", "孙浩", Role.GUARD, PIN, "1 to 20 characters"),
        ("1" * 21, "孙浩", Role.GUARD, PIN, "1 to 20 characters"),
        ("1008", " ", Role.GUARD, PIN, "name is missing"),
        ("1008", "孙浩", Role.HQ, PIN, "Nobody here can be employed"),
        ("1008", "孙浩", Role.GUARD, "123456", "Digits in a row"),
        ("1008", "孙浩", Role.GUARD, "111111", "one digit only"),
        ("1008", "孙浩", Role.GUARD, "001008", "must not be the staff number"),
        ("1008", "孙浩", Role.GUARD, "9027", "six digits"),
    ],
)
def test_what_is_wrong_with_a_new_person_is_said_and_nothing_is_written(
    estate: Estate, now: Clock, number: str, name: str, role: Role, pin: str, sentence: str
) -> None:
    before = estate.store.connection.execute("SELECT count(*) FROM journal").fetchone()[0]
    with pytest.raises(RuleBroken, match=sentence):
        take_on(estate.store, estate.sessions[Role.SUPERVISOR], number, name, role, pin, now())
    assert estate.store.connection.execute("SELECT count(*) FROM journal").fetchone()[0] == before
    assert estate.store.connection.execute("SELECT count(*) FROM staff_pin").fetchone()[0] == 0


def test_the_number_of_somebody_who_left_is_not_given_again(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    change(estate.store, boss, "1007", now(), active=False)
    with pytest.raises(RuleBroken, match="already taken"):
        take_on(estate.store, boss, "1007", "孙浩", Role.GUARD, PIN, now())


def test_everybody_is_listed_with_who_left_and_who_has_no_pin_here(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    set_pin(estate.store, boss.staff.staff_id, PIN)
    change(estate.store, boss, "1007", now(), active=False)

    listed = [(one.number, one.active, one.has_pin) for one in people(estate.store, boss)]
    assert listed == [("1001", True, False), ("1007", False, False), ("2003", True, False), ("9001", True, True)]


def test_somebody_who_left_signs_in_no_more_until_they_are_back(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    reset_pin(estate.store, boss, "1007", PIN, now())
    change(estate.store, boss, "1007", now(), active=False)
    with pytest.raises(WrongPin):
        sign_in(estate.store, "1007", PIN, now())
    with pytest.raises(RuleBroken, match="no longer signs in"):
        reset_pin(estate.store, boss, "1007", "831704", now())

    change(estate.store, boss, "1007", now(), active=True, role=Role.SHIFT_LEAD)
    assert sign_in(estate.store, "1007", PIN, now()).role is Role.SHIFT_LEAD


def test_the_last_supervisor_stays_one_and_the_last_but_one_may_go(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    for details in ({"active": False}, {"role": Role.GUARD}):
        with pytest.raises(RuleBroken, match="last supervisor"):
            change(estate.store, boss, "9001", now(), **details)

    change(estate.store, boss, "1001", now(), role=Role.SUPERVISOR)
    change(estate.store, boss, "9001", now(), active=False)
    assert [one.number for one in people(estate.store, boss) if one.active] == ["1001", "1007", "2003"]


def test_a_new_pin_ends_the_wait_after_wrong_tries(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    reset_pin(estate.store, boss, "1007", PIN, now())
    for _try in range(6):
        with pytest.raises(ButlerError):
            sign_in(estate.store, "1007", "000000", now())

    reset_pin(estate.store, boss, "1007", "831704", now())
    assert sign_in(estate.store, "1007", "831704", now()).number == "1007"


def test_a_new_pin_is_written_down_with_who_gave_it_to_whom(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    reset_pin(estate.store, boss, "1007", PIN, now())

    (row,) = estate.store.connection.execute("SELECT act, at_ms, staff_id, subject_table, subject_id FROM audit")
    guard = estate.sessions[Role.GUARD].staff.staff_id
    assert tuple(row) == ("pin_reset", now(), boss.staff.staff_id, "staff", guard)


def test_a_number_that_nobody_has_is_named(estate: Estate, now: Clock) -> None:
    boss = estate.sessions[Role.SUPERVISOR]
    with pytest.raises(RuleBroken, match="staff number 4711"):
        reset_pin(estate.store, boss, "4711", PIN, now())
    with pytest.raises(RuleBroken, match="staff number 4711"):
        change(estate.store, boss, "4711", now(), active=False)


def test_a_pin_made_at_random_is_a_good_one_and_not_always_the_same() -> None:
    pins = {make_pin("1007") for _time in range(50)}
    assert len(pins) > 40
    assert all(weakness(pin, "1007") is None for pin in pins)


def test_a_given_pin_is_to_be_changed_and_ones_own_is_not(estate: Estate, now: Clock) -> None:
    store, boss = estate.store, estate.sessions[Role.SUPERVISOR]
    reset_pin(store, boss, "1007", PIN, now())
    guard = sign_in(store, "1007", PIN, now())
    assert not has_own_pin(store, guard)
    with pytest.raises(RuleBroken, match="given to start with"):
        require_own_pin(store, guard)
    for weak in (PIN, "123456", "1007"):
        with pytest.raises(RuleBroken):
            choose_pin(store, guard, weak, now())

    choose_pin(store, guard, "831704", now())
    assert has_own_pin(store, sign_in(store, "1007", "831704", now()))
    with pytest.raises(WrongPin):
        sign_in(store, "1007", PIN, now())

    reset_pin(store, boss, "9001", PIN, now())
    assert has_own_pin(store, sign_in(store, "9001", PIN, now()))
