"""What commands print of names that stand raw in the file: nothing that drives a terminal, no formula in an export."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest

from butler_tui.paths import Home, find_home
from butler_tui.store.local import open_store
from tests.forged import BADGE, PHONE, ROOM, SUPERVISOR, SUPERVISORS_PIN, forge, hostile_texts, make_polite
from tests.hostile import CATEGORIES, DANGEROUS, spread
from tests.serving import butler, real_ms

NAME = "".join(name for name in spread(30) if len(name) < 40) + "𠮷田𡈽"
_FORMULA = re.compile(r"\s*[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"\s*[+\-＋－]?\d*\s*")
"""A sign with digits, or a lone dash, which stands for nothing: neither is a formula."""
COMMANDS = (
    ("status",),
    ("status", "--json"),
    ("search", ROOM),
    ("search", BADGE, "--json"),
    ("search", PHONE),
    ("visits", "list"),
    ("visits", "list", "--json"),
    ("visits", "show", BADGE),
    ("visits", "show", BADGE, "--json"),
    ("visits", "out", BADGE),
    ("staff", "list"),
    ("staff", "list", "--json"),
    ("doctor",),
    ("doctor", "--json"),
    ("sync",),
    ("retention",),
)


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return an estate in whose every text stands a name of every kind."""
    home = find_home({"BUTLER_HOME": str(tmp_path_factory.mktemp("forged") / "booth")})
    make_polite(home, real_ms())
    forge(home, NAME, real_ms())
    assert hostile_texts(home)
    return home


def run(home: Home, *arguments: str, lang: str = "en", number: str = SUPERVISOR) -> tuple[int, str]:
    """Run a command as the supervisor, and return its status and all that it printed."""
    env = {
        "BUTLER_HOME": str(home.database.parent),
        "BUTLER_PIN": SUPERVISORS_PIN,
        "BUTLER_LANG": lang,
        "PYTHONUTF8": "1",
    }
    asks = () if arguments[0] in {"status", "doctor", "sync", "retention"} else ("--as", number)
    ended = butler(*arguments, *asks, env=env)
    if ended.returncode == 2 and asks:
        ended = butler(*arguments, env=env)
    return ended.returncode, ended.stdout + ended.stderr


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_command_prints_is_safe(forged: Home, arguments: tuple[str, ...], lang: str) -> None:
    _status, printed = run(forged, *arguments, lang=lang)
    assert printed
    assert "Traceback" not in printed
    assert DANGEROUS & set(printed) == set()
    if arguments[-1] == "--json" and printed.startswith(("{", "[")):
        json.loads(printed)


@pytest.mark.parametrize("start", [name for name in CATEGORIES["formula"] if len(name) < 40], ids=ascii)
def test_no_cell_of_an_export_is_a_formula(tmp_path: Path, forged: Home, start: str) -> None:
    forge(forged, start, real_ms())
    file = tmp_path / "visits.csv"
    status, printed = run(forged, "export", "visits", "-o", str(file), "--unmasked", "--reason", "audit")
    assert status == 0, printed
    text = file.read_text("utf-8-sig")
    rows = list(csv.reader(text.splitlines()))
    assert len(rows) > 4
    assert DANGEROUS & set(text) - {"\r"} == set()
    assert [cell for row in rows for cell in row if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell)] == []


def test_the_file_is_as_raw_as_before(forged: Home) -> None:
    store = open_store(forged)
    assert store.connection.execute("SELECT count(*) FROM visit").fetchone()[0] > 3
    store.close()
