"""The gate's acts from the shell, and what is given out: data on stdout, words on stderr, the screens' own rules."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role
from tests.conftest import Estate
from tests.serving import butler

PIN = "204816"
CHECKS = [
    part for name in ("identity", "reason", "host", "document", "belongings") for part in ("--check", f"{name}=passed")
]
REPAIR = ("--name", "李文博", "--sex", "male", "--phone", "13900001234", "--room", "3 2 1801", "--reason", "repair",
          "--confirmed-by", "陈太太", "--badge", "a017", "--reason-note", "空调")  # fmt: skip


@pytest.fixture
def shell(estate: Estate, english: None) -> Estate:
    for role in (Role.GUARD, Role.SHIFT_LEAD, Role.SUPERVISOR):
        set_pin(estate.store, estate.sessions[role].staff.staff_id, PIN)
    return estate


def run(estate: Estate, *arguments: str, pin: str = PIN) -> subprocess.CompletedProcess[str]:
    home = estate.store.home.database.parent
    ended = butler(*arguments, env={"BUTLER_HOME": str(home), "BUTLER_PIN": pin})
    assert "Traceback" not in ended.stderr + ended.stdout
    return ended


def add(estate: Estate, *more: str) -> subprocess.CompletedProcess[str]:
    return run(estate, "visits", "add", "--as", "1007", *REPAIR, *more)


def test_a_visitor_comes_and_goes_from_the_shell(shell: Estate) -> None:
    ended = add(shell, *CHECKS, "--plate", "浙AD12345", "--check", "vehicle=passed")
    assert (ended.returncode, "Mr 李 is admitted." in ended.stderr) == (0, True), ended.stderr
    visit_id = ended.stdout.strip()
    row = shell.the_visit()
    assert (row["state"], row["badge"], row["phone"], row["confirmed_how"], row["check_vehicle"]) == (
        "inside", "A017", "13900001234", "intercom", "passed",
    )  # fmt: skip

    (listed,) = json.loads(run(shell, "visits", "list", "--as", "1007", "--inside", "--json").stdout)
    assert (listed["visit"], listed["who"], listed["phone"], listed["badge"]) == (
        visit_id, "Mr 李", "139****1234", "A017",
    )  # fmt: skip
    words = run(shell, "visits", "list", "--as", "1007")
    assert "A017" in words.stdout
    assert "李文博" not in words.stdout

    shown = run(shell, "visits", "show", "A017", "--as", "1007")
    assert "139****1234" in shown.stdout
    assert "Kind of vehicle: small, new energy" in shown.stdout
    assert "admitted" in shown.stdout
    assert "13900001234" not in shown.stdout

    ended = run(shell, "visits", "out", "a017", "--as", "1007")
    assert (ended.returncode, ended.stdout, "Mr 李 has left." in ended.stderr) == (0, "", True)
    assert shell.the_visit()["state"] == "left"
    assert json.loads(run(shell, "visits", "show", visit_id, "--as", "1007", "--json").stdout)["state"] == "left"
    assert run(shell, "visits", "out", visit_id, "--as", "1007").returncode == 1
    assert run(shell, "visits", "list", "--as", "1007", "--inside").stdout == ""


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ((), 1, "Cannot admit yet: Identity is not settled."),
        ((*CHECKS[:-1], "belongings=failed"), 1, "Cannot admit yet: Bags is not settled."),
        ((*CHECKS, "--room", "9-9-999"), 1, "There is no room 9-9-999."),
        ((*CHECKS, "--confirmed-by", "王五"), 1, "not among those who may confirm for this room: Mr 陈, 陈太太."),
        ((*CHECKS[:-1], "belongings=failed", "--confirmed-by", "Mr 陈"), 1, "Bags is not settled."),
        ((*CHECKS, "--check", "belongings=not_applicable"), 1, "cannot be n/a"),
        ((*CHECKS, "--check", "shoes=passed"), 2, "the checks are identity"),
        ((*CHECKS, "--reason", "burglary"), 2, "has to be one of visiting (Visiting), "),
    ],
)
def test_what_stands_in_the_way_is_said_as_on_the_screen(
    shell: Estate, more: tuple[str, ...], code: int, said: str
) -> None:
    ended = add(shell, *more)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr
    assert shell.visits_saved() == 0


def test_a_wrong_pin_saves_nothing(shell: Estate) -> None:
    ended = run(shell, "visits", "add", "--as", "1007", *REPAIR, *CHECKS, pin="111111")
    assert ended.returncode == 1
    assert shell.visits_saved() == 0


def test_a_badge_that_nobody_wears_is_a_sentence(shell: Estate) -> None:
    ended = run(shell, "visits", "out", "Z999", "--as", "1007")
    assert (ended.returncode, "Nobody inside wears badge Z999" in ended.stderr) == (1, True)


def test_an_export_from_the_shell(shell: Estate, tmp_path: Path) -> None:
    add(shell, *CHECKS)
    file = tmp_path / "v.csv"
    ended = run(shell, "export", "visits", "-o", str(file), "--as", "1001", "--since", "２０２０-01-01")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert "139****1234" in file.read_text("utf-8-sig")

    ended = run(shell, "export", "visits", "-o", str(file), "--as", "1001", "--until", "2020-01-01")
    assert (ended.returncode, len(file.read_text("utf-8-sig").splitlines())) == (0, 1)

    secret = tmp_path / "u.xlsx"
    ended = run(shell, "export", "visits", "-o", str(secret), "--as", "9001", "--unmasked")
    assert (ended.returncode, secret.exists(), "--reason" in ended.stderr) == (1, False, True)
    ended = run(shell, "export", "visits", "-o", str(secret), "--as", "9001", "--unmasked", "--reason", "警方")
    assert (ended.returncode, secret.exists()) == (0, True)
    acts = shell.store.connection.execute("SELECT act FROM audit ORDER BY at_ms, audit_id").fetchall()
    assert [row[0] for row in acts] == ["exported", "exported", "exported_unmasked"]


@pytest.mark.parametrize(
    "arguments", [("visits", "-o", "v.pdf"), ("orders", "-o", "v.csv"), ("visits", "-o", "v.csv", "--since", "soon")]
)
def test_wrong_words_of_an_export_are_wrong_usage(shell: Estate, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    ended = run(shell, "export", *arguments, "--as", "1001")
    assert ended.returncode == 2, ended.stderr
    assert not list(Path(os.getcwd()).glob("v.*"))


def test_retention_from_the_shell(shell: Estate) -> None:
    add(shell, *CHECKS)
    told = run(shell, "retention", "--dry-run", "--json")
    report = json.loads(told.stdout)
    assert (told.returncode, report["dry_run"], report["visits"], report["numbers"]) == (0, True, 0, 0)
    ended = run(shell, "retention")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "Nothing was due." in ended.stderr
