"""Signing in: right or wrong, nobody learns which part was wrong, and wrong tries are not forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from butler_tui.desk import shifts
from butler_tui.desk.shifts import FREE_TRIES, WrongPin, set_pin, sign_in
from butler_tui.domain.rights import Role
from butler_tui.errors import FileTrouble, RuleBroken
from butler_tui.paths import Home
from butler_tui.store.journal import record
from butler_tui.store.local import Store, open_store
from butler_tui.store.staff import PinState
from butler_tui.store.written import Written
from tests.conftest import PIN_COST

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

WRONG = "Staff number or PIN is not right"


@pytest.fixture
def guarded(estate: Estate) -> Store:
    """Return the file with 王强's PIN set to 204816."""
    set_pin(estate.store, estate.sessions[Role.GUARD].staff.staff_id, "204816")
    return estate.store


def fail(store: Store, now: Clock, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPin, match=WRONG):
            sign_in(store, "1007", "000000", now())


def test_number_and_pin_sign_in_their_owner(guarded: Store, now: Clock) -> None:
    person = sign_in(guarded, "1007", "204816", now())

    assert (person.name, person.role) == ("王强", Role.GUARD)


@pytest.mark.parametrize(
    ("number", "pin"),
    [
        ("1007", "204817"),
        ("1007", ""),
        ("1007", "204816 "),
        ("1008", "204816"),
        ("", "204816"),
        ("2003", "204816"),  # 林晓燕 has no PIN here
        ("1007", "\ud800"),
    ],
)
def test_whatever_is_wrong_the_sentence_is_the_same(guarded: Store, now: Clock, number: str, pin: str) -> None:
    with pytest.raises(WrongPin) as caught:
        sign_in(guarded, number, pin, now())

    assert caught.value.sentence() == "Staff number or PIN is not right. Please try again."


def test_an_unknown_number_costs_as_much_work_as_a_wrong_pin(
    guarded: Store, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []

    def verify(store: Store, state: PinState, pin: str) -> bool:
        verified.append(state.verifier.split("$")[3])
        return False

    monkeypatch.setattr(shifts, "_verify", verify)
    for number in ("1007", "9999"):
        with pytest.raises(WrongPin):
            sign_in(guarded, number, "000000", now())

    assert verified[0] == verified[1], "both are asked for the same memory, time and lanes"


def test_at_full_cost_a_pin_takes_64_mib_and_three_passes(
    estate: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shifts, "COST", PIN_COST)
    guard = estate.sessions[Role.GUARD].staff.staff_id
    set_pin(estate.store, guard, "204816")

    verifier = estate.store.connection.execute("SELECT verifier FROM staff_pin").fetchone()[0]
    assert verifier.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert sign_in(estate.store, "1007", "204816", now()).staff_id == guard


def test_the_stand_in_verifier_can_be_worked_through(guarded: Store) -> None:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(shifts._of_nobody(), b"204816")


def test_somebody_who_has_left_cannot_sign_in(guarded: Store, now: Clock) -> None:
    person = sign_in(guarded, "1007", "204816", now())
    record(guarded, [Written("staff", person.staff_id, {"active": 0})], staff_id=None, now_ms=now())

    with pytest.raises(WrongPin, match=WRONG):
        sign_in(guarded, "1007", "204816", now())


def test_five_wrong_tries_in_a_row_close_the_door_for_half_a_minute(guarded: Store, now: Clock) -> None:
    fail(guarded, now, FREE_TRIES)

    with pytest.raises(WrongPin, match=r"Too many wrong tries. Please wait 30 s\."):
        sign_in(guarded, "1007", "204816", now())
    with pytest.raises(WrongPin, match=r"Please wait 1 s\."):
        sign_in(guarded, "1007", "204816", now.advance(seconds=29.5))

    assert sign_in(guarded, "1007", "204816", now.advance(seconds=0.5)).name == "王强"


def test_four_wrong_tries_do_not_and_a_right_one_wipes_them_out(guarded: Store, now: Clock) -> None:
    for _ in range(2):
        fail(guarded, now, FREE_TRIES - 1)
        sign_in(guarded, "1007", "204816", now())


def test_the_wait_doubles_up_to_a_quarter_of_an_hour(guarded: Store, now: Clock) -> None:
    fail(guarded, now, FREE_TRIES)
    waits = []
    for _ in range(7):
        state = guarded.connection.execute("SELECT not_before_ms FROM staff_pin").fetchone()
        waits.append((state[0] - now()) // 1000)
        now.ms = state[0]
        fail(guarded, now, 1)

    assert waits == [30, 60, 120, 240, 480, 900, 900]


def test_a_number_that_nobody_has_is_delayed_like_one_that_somebody_has(guarded: Store, now: Clock) -> None:
    def told(number: str) -> list[str]:
        sentences = []
        for _ in range(FREE_TRIES + 2):
            with pytest.raises(WrongPin) as caught:
                sign_in(guarded, number, "000000", now())
            sentences.append(caught.value.sentence())
        return sentences

    known, unknown, without_pin = told("1007"), told("9999"), told("2003")

    assert known[-1] == "Too many wrong tries. Please wait 30 s."
    assert known == unknown == without_pin


def test_a_number_that_nobody_has_is_not_kept_readable(guarded: Store, now: Clock) -> None:
    with pytest.raises(WrongPin):
        sign_in(guarded, "5550199", "000000", now())

    rows = [tuple(row) for row in guarded.connection.execute("SELECT * FROM staff_pin")]
    assert len(rows) == 2
    assert "5550199" not in str(rows)
    assert b"5550199" not in b"".join(row[0] for row in rows)


def test_who_gets_the_number_afterwards_signs_in_at_once(guarded: Store, estate: Estate, now: Clock) -> None:
    for _ in range(FREE_TRIES):
        with pytest.raises(WrongPin):
            sign_in(guarded, "2003", "310246", now())
    set_pin(guarded, estate.sessions[Role.BUTLER].staff.staff_id, "310246")

    assert sign_in(guarded, "2003", "310246", now()).name == "林晓燕"


def test_a_clock_that_was_put_right_shuts_nobody_out_for_longer_than_the_longest_wait(
    guarded: Store, now: Clock
) -> None:
    wrong_by_hours = 24 * 365 * 3
    now.advance(hours=wrong_by_hours)
    fail(guarded, now, FREE_TRIES)
    now.advance(hours=-wrong_by_hours)

    with pytest.raises(WrongPin, match=r"Please wait 900 s\."):
        sign_in(guarded, "1007", "204816", now())
    with pytest.raises(WrongPin, match=r"Please wait 300 s\."):
        sign_in(guarded, "1007", "204816", now.advance(minutes=10))

    assert sign_in(guarded, "1007", "204816", now.advance(minutes=5)).name == "王强"


def test_starting_the_program_again_does_not_forget_wrong_tries(guarded: Store, home: Home, now: Clock) -> None:
    fail(guarded, now, FREE_TRIES)
    guarded.close()
    again = open_store(home)

    with pytest.raises(WrongPin, match="Too many wrong tries"):
        sign_in(again, "1007", "204816", now.advance(seconds=10))
    again.close()


def test_one_persons_wrong_tries_do_not_shut_out_another(guarded: Store, estate: Estate, now: Clock) -> None:
    set_pin(guarded, estate.sessions[Role.SHIFT_LEAD].staff.staff_id, "310246")
    fail(guarded, now, FREE_TRIES)

    assert sign_in(guarded, "1001", "310246", now()).name == "周建国"


def test_a_new_pin_replaces_the_old_one_and_forgives(guarded: Store, estate: Estate, now: Clock) -> None:
    fail(guarded, now, FREE_TRIES)
    set_pin(guarded, estate.sessions[Role.GUARD].staff.staff_id, "135790")

    assert sign_in(guarded, "1007", "135790", now()).name == "王强"
    with pytest.raises(WrongPin, match=WRONG):
        sign_in(guarded, "1007", "204816", now())


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "12345a", "１２３４５６", "123456\n", " 123456"])
def test_a_pin_is_six_digits(estate: Estate, pin: str) -> None:
    with pytest.raises(RuleBroken, match="A PIN has six digits"):
        set_pin(estate.store, estate.sessions[Role.GUARD].staff.staff_id, pin)


def test_the_same_pin_of_two_people_looks_different_and_never_travels(guarded: Store, estate: Estate) -> None:
    set_pin(guarded, estate.sessions[Role.SHIFT_LEAD].staff.staff_id, "204816")

    verifiers = [row[0] for row in guarded.connection.execute("SELECT verifier FROM staff_pin")]

    assert len(set(verifiers)) == 2
    assert all(verifier.startswith("$argon2id$") for verifier in verifiers)
    journal = "".join(r[0] for r in guarded.connection.execute("SELECT fields || coalesce(personal, '') FROM journal"))
    assert not [verifier for verifier in verifiers if verifier in journal]


def test_a_verifier_is_of_no_use_without_the_key_file(guarded: Store) -> None:
    from argon2 import PasswordHasher
    from argon2.exceptions import VerifyMismatchError

    (verifier,) = guarded.connection.execute("SELECT verifier FROM staff_pin").fetchone()

    with pytest.raises(VerifyMismatchError):
        PasswordHasher().verify(verifier, "204816")


def test_the_fifth_wrong_pin_says_how_long_to_wait(estate: Estate, now: Clock, english: None) -> None:
    set_pin(estate.store, estate.sessions[Role.GUARD].staff.staff_id, "204816")
    said = []
    for _try in range(5):
        with pytest.raises(WrongPin) as refused:
            sign_in(estate.store, "1007", "000000", now())
        said.append(str(refused.value))

    assert said[3] == "Staff number or PIN is not right. Please try again."
    assert said[4] == "Staff number or PIN is not right. Please wait 30 s."


def test_wrong_pins_at_the_same_time_count_each(guarded: Store, now: Clock) -> None:
    together = Barrier(12)

    def one(number: int) -> str:
        store = guarded.again()
        try:
            together.wait()
            sign_in(store, "1007", f"{100_000 + number}", now())
        except WrongPin as refused:
            return refused.sentence()
        finally:
            store.close()
        return "let in"

    with ThreadPoolExecutor(12) as pool:
        said = list(pool.map(one, range(12)))

    assert guarded.connection.execute("SELECT wrong_tries FROM staff_pin").fetchone()[0] == FREE_TRIES
    assert sum(sentence.startswith("Too many wrong tries") for sentence in said) == 12 - FREE_TRIES


def test_the_right_pin_is_not_refused_for_its_own_try(guarded: Store, now: Clock) -> None:
    for _ in range(3):
        fail(guarded, now, FREE_TRIES - 1)
        assert sign_in(guarded, "1007", "204816", now()).name == "王强"
        assert tuple(guarded.connection.execute("SELECT wrong_tries, not_before_ms FROM staff_pin").fetchone()) == (
            0,
            0,
        )


def test_where_nothing_can_be_written_only_the_right_pin_opens(guarded: Store, now: Clock) -> None:
    guarded.connection.execute("PRAGMA query_only = ON")

    assert sign_in(guarded, "1007", "204816", now()).name == "王强"
    with pytest.raises(FileTrouble):
        sign_in(guarded, "1007", "000000", now())
