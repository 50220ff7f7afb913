"""`butler staff` in a supervisor's name: data on stdout, words on stderr, and the waits of the screens."""

from __future__ import annotations

import json
import subprocess

import pytest

from butler_tui.desk.shifts import set_pin, sign_in
from butler_tui.domain.rights import Role
from butler_tui.paths import Home
from butler_tui.store.local import open_store
from tests.conftest import Clock, Estate
from tests.serving import butler, real_ms

PIN = "902715"
NEW_PIN = "831704"


@pytest.fixture
def people(estate: Estate) -> Estate:
    """Return the estate, with PINs for the supervisor and the guard."""
    for role, pin in ((Role.SUPERVISOR, PIN), (Role.GUARD, "204816")):
        set_pin(estate.store, estate.sessions[role].staff.staff_id, pin)
    return estate


def run(home: Home, *arguments: str, pin: str = PIN, new_pin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"BUTLER_HOME": str(home.database.parent), "BUTLER_PIN": pin, "BUTLER_NEW_PIN": new_pin}
    ended = butler("staff", *arguments, env=environment)
    assert "Traceback" not in ended.stderr + ended.stdout
    return ended


def signs_in(home: Home, number: str, pin: str) -> str:
    store = open_store(home)
    try:
        return sign_in(store, number, pin, real_ms()).name
    finally:
        store.close()


def test_a_person_is_taken_on_with_a_pin_from_the_environment(people: Estate, home: Home) -> None:
    ended = run(home, "add", "1008", "孙浩", "--role", "shift_lead", "--as", "9001", new_pin=NEW_PIN)

    assert (ended.returncode, ended.stdout) == (0, "")
    assert "孙浩 signs in as 1008" in ended.stderr
    assert signs_in(home, "1008", NEW_PIN) == "孙浩"


def test_a_pin_that_is_made_is_data_and_works(people: Estate, home: Home) -> None:
    made = run(home, "add", "１００８", "孙浩", "--as", "9001", "--make-pin").stdout.strip()  # by an input method
    assert signs_in(home, "1008", made) == "孙浩"

    again = run(home, "reset-pin", "１００８", "--as", "9001", "--make-pin").stdout.strip()
    assert again != made
    assert signs_in(home, "1008", again) == "孙浩"


def test_nobody_acts_by_a_pin_that_another_gave_them(people: Estate, home: Home) -> None:
    run(home, "add", "9002", "沈静", "--role", "supervisor", "--as", "9001", new_pin=NEW_PIN)
    ended = run(home, "list", "--as", "9002", pin=NEW_PIN)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "choose your own" in ended.stderr


def test_everybody_is_listed_for_people_and_for_programs(people: Estate, home: Home) -> None:
    run(home, "change", "2003", "--inactive", "--as", "9001")

    listed = json.loads(run(home, "list", "--json", "--as", "9001").stdout)
    assert listed[0] == {
        "number": "1001",
        "name": "周建国",
        "role": "shift_lead",
        "active": True,
        "has_pin": False,
    }
    assert [one["number"] for one in listed if not one["active"]] == ["2003"]
    lines = run(home, "list", "--as", "9001").stdout.splitlines()
    assert lines[1] == "1007  王强    Guard"
    assert lines[2] == "2003  林晓燕  Butler      signs in no more"


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("add", "1007", "孙浩", "--as", "9001"), 1, "already taken"),
        (("add", "1008", "孙浩", "--role", "cook", "--as", "9001"), 2, "no role cook"),
        (("add", "1008", "孙浩", "--role", "hq", "--as", "9001"), 2, "no role hq"),
        (("add", "1008", "孙浩"), 2, "'--as' is missing"),
        (("change", "1007", "--as", "9001"), 2, "Say what to change"),
        (("change", "9001", "--inactive", "--as", "9001"), 1, "last supervisor"),
        (("reset-pin", "4711", "--as", "9001"), 1, "staff number 4711"),
    ],
)
def test_what_is_wrong_is_said(
    people: Estate, home: Home, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    ended = run(home, *arguments, new_pin=NEW_PIN)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert sentence in ended.stderr


def test_a_weak_pin_is_refused_and_the_old_one_stays(people: Estate, home: Home) -> None:
    ended = run(home, "reset-pin", "1007", "--as", "9001", new_pin="121212")
    assert ended.returncode == 1
    assert "repeats itself" in ended.stderr
    assert signs_in(home, "1007", "204816") == "王强"


def test_a_script_without_a_new_pin_is_told_the_variable(people: Estate, home: Home) -> None:
    ended = run(home, "reset-pin", "1007", "--as", "9001")
    assert ended.returncode == 2
    assert "BUTLER_NEW_PIN" in ended.stderr


def test_a_guard_may_not_even_look(people: Estate, home: Home) -> None:
    for arguments in (("list",), ("add", "1008", "孙浩"), ("reset-pin", "9001"), ("change", "1007", "--inactive")):
        ended = run(home, *arguments, "--as", "1007", pin="204816", new_pin=NEW_PIN)
        assert (ended.returncode, ended.stdout) == (1, "")
        assert "Guard may not manage staff" in ended.stderr


def test_wrong_pins_lead_to_the_same_wait_as_at_the_screens(people: Estate, home: Home, now: Clock) -> None:
    for _try in range(4):
        assert "try again" in run(home, "list", "--as", "9001", pin="000000").stderr
    assert "wait 30 s" in run(home, "list", "--as", "9001", pin="000000").stderr

    ended = run(home, "list", "--as", "9001")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "Too many wrong tries" in ended.stderr


def test_a_pin_is_not_among_what_a_help_or_a_list_prints(people: Estate, home: Home) -> None:
    for arguments in (("list", "--json", "--as", "9001"), ("add", "--help")):
        ended = run(home, *arguments)
        assert PIN not in ended.stdout + ended.stderr
