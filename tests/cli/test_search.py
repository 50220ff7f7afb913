"""`butler search`: the same search from the shell, by a person, with numbers masked."""

from __future__ import annotations

import json
import subprocess

import pytest

from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.policies import Reason
from tests.conftest import Clock, Estate
from tests.hostile import DANGEROUS, spread
from tests.serving import butler
from tests.tui.test_hostile import let_in

NUMBER = "330102199003070016"
Run = subprocess.CompletedProcess[str]


@pytest.fixture
def booth(estate: Estate, session: Session, now: Clock) -> Estate:
    """Return a set-up computer with a visitor inside, and a guard who has a PIN."""
    set_pin(estate.store, session.staff.staff_id, "204816")
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=NUMBER, plate="浙A8K32F")
    admit(estate.store, session, agent, estate.policies, now())
    return estate


def search(estate: Estate, *arguments: str, pin: str = "204816", language: str = "en") -> Run:
    places = {"BUTLER_HOME": str(estate.store.home.database.parent), "BUTLER_PIN": pin, "BUTLER_LANG": language}
    ended = butler("search", *arguments, env=places)
    assert "Traceback" not in ended.stdout + ended.stderr
    return ended


@pytest.mark.parametrize("typed", [["lwb"], ["li", "wen", "bo"], ["8k32f"], ["1234"], ["A017"], [NUMBER]])
def test_a_visitor_is_found_in_a_row_with_numbers_masked(booth: Estate, typed: list[str]) -> None:
    ended = search(booth, *typed, "--as", "1007")

    assert (ended.returncode, ended.stderr) == (0, "")
    (row,) = ended.stdout.splitlines()
    for told in ("inside", "李文博", "3-2-1801", "浙A8K32F", "139****1234"):
        assert told in row
    assert "13900001234" not in row


def test_json_says_the_same_in_codes(booth: Estate, now: Clock) -> None:
    told = json.loads(search(booth, "lwb", "--as", "1007", "--json").stdout)

    (hit,) = told["hits"]
    assert told["more"] is False
    assert {name: hit[name] for name in ("kind", "state", "name", "phone", "document", "registered_ms")} == {
        "kind": "inside",
        "state": "inside",
        "name": "李文博",
        "phone": "139****1234",
        "document": "330***********0016",
        "registered_ms": now(),
    }


def test_a_home_says_no_more_than_the_gate_may_see(booth: Estate) -> None:
    ended = search(booth, "cgd", "--as", "1007", "--json")

    (hit,) = json.loads(ended.stdout)["hits"]
    assert (hit["kind"], hit["room_code"], hit["household"], hit["may_confirm"]) == (
        "resident",
        "3-2-1801",
        "陈宅",
        True,
    )
    assert "陈国栋" not in ended.stdout
    assert "1380000" not in ended.stdout


def test_nothing_found_is_said_in_either_language_and_is_no_failure(booth: Estate) -> None:
    english = search(booth, "zzz", "--as", "1007")
    chinese = search(booth, "zzz", "--as", "1007", language="zh_CN")

    assert (english.returncode, english.stdout, chinese.stdout) == (0, "", "")
    assert "Nothing fits" in english.stderr
    assert "没有符合" in chinese.stderr


@pytest.mark.parametrize("typed", ["", " "])
def test_nothing_typed_is_wrong_usage(booth: Estate, typed: str) -> None:
    ended = search(booth, typed, "--as", "1007")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Say what to search for" in ended.stderr


def test_without_a_pin_and_a_terminal_it_is_said_what_is_needed(booth: Estate) -> None:
    ended = search(booth, "lwb", "--as", "1007", pin="")
    assert ended.returncode == 2
    assert "Give BUTLER_PIN, or run it in a terminal" in ended.stderr


def test_only_who_has_a_pin_here_may_search(booth: Estate) -> None:
    wrong = search(booth, "lwb", "--as", "1007", pin="000000")
    nobody = search(booth, "lwb")

    assert wrong.returncode != 0
    assert nobody.returncode == 2
    assert "李文博" not in wrong.stdout + nobody.stdout
    assert "--as" in nobody.stderr


def test_names_from_elsewhere_cannot_drive_a_terminal(booth: Estate, now: Clock) -> None:
    for name in spread(28):
        if len(name) < 200 and not any("\ud800" <= one <= "\udfff" for one in name):
            let_in(booth, f"李{name}", now)

    told = search(booth, "李", "--as", "1007").stdout
    assert len(told.splitlines()) > 10
    assert not (DANGEROUS - {"\n"}) & set(told)
