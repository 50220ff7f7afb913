"""What HQ noticed is told by a command, in words and as JSON; what a terminal is can be changed by one."""

from __future__ import annotations

import json
import re

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import terminals
from butler_tui.hq.reports import ReportKind
from butler_tui.ids import id_text, new_id
from butler_tui.store import reports
from butler_tui.tui.report_words import report_words
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.test_pull import estate_id_of


@pytest.mark.parametrize("kind", ReportKind)
def test_every_kind_has_its_words(english: None, kind: ReportKind) -> None:
    words = report_words(str(kind), {"slices": [["visit", "2026-11"]]}, "booth")
    assert len(words) > 40
    assert str(kind) not in words


def test_reports_are_printed_with_the_time_and_the_terminal(hq: Hq, enrolled: Estate) -> None:
    estate_id = estate_id_of(enrolled.store)
    terminal_id = id_text(enrolled.store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    (name,) = hq.query("SELECT name FROM terminal WHERE terminal_id = ?", terminal_id)[0]
    there = ("hq", "reports", estate_id, "--dir", str(hq.folder.path))
    env = {"BUTLER_HQ_DSN": hq.folder.dsn or ""}
    assert butler(*there, env=env).stderr == "Nothing to report.\n"
    hq.change(
        "INSERT INTO report (estate_id, report_id, at_ms, kind, terminal_id, detail) VALUES (?, ?, ?, ?, ?, ?)",
        estate_id, id_text(new_id(1)), real_ms(), "new_epoch", terminal_id, '{"epoch": "x"}',
    )  # fmt: skip

    assert re.match(rf"\d\d:\d\d  The file of {name} was restored", butler(*there, env=env).stdout)
    (told,) = json.loads(butler(*there, "--json", env=env).stdout)["reports"]
    assert (told["kind"], told["terminal"], told["detail"]) == ("new_epoch", name, {"epoch": "x"})


def test_a_terminal_is_changed_to_another_kind(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    estate_id = estate_id_of(enrolled.store)
    terminal_id = id_text(enrolled.store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])

    place, env = ("--dir", str(hq.folder.path)), {"BUTLER_HQ_DSN": hq.folder.dsn or ""}
    ended = butler("hq", "terminal", "kind", estate_id, terminal_id, "butler", *place, env=env)
    wrong = butler("hq", "terminal", "kind", estate_id, estate_id, "butler", *place, env=env)

    assert (ended.returncode, wrong.returncode) == (0, 1), ended.stderr
    sync(enrolled.store)
    assert enrolled.store.connection.execute("SELECT kind FROM terminal").fetchone()[0] == "butler"


def test_a_supervisors_terminal_is_told_each_report_once_and_shows_it(english: None, hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    estate_id = estate_id_of(enrolled.store)
    terminal_id = id_text(enrolled.store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    hq.change(
        "INSERT INTO report (estate_id, report_id, at_ms, kind, terminal_id, detail) VALUES (?, ?, ?, ?, ?, ?)",
        estate_id, id_text(new_id(real_ms())), real_ms(), "new_epoch", terminal_id, "{}",
    )  # fmt: skip
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reports, "keep", lambda *_told: pytest.fail("told a gate"))
        terminals.change_kind(hq.folder, estate_id, terminal_id, TerminalKind.GATE, real_ms())
        sync(enrolled.store)
        terminals.change_kind(hq.folder, estate_id, terminal_id, TerminalKind.SUPERVISOR, real_ms())
    sync(enrolled.store)
    (told,) = reports.newest(enrolled.store.connection, 9, 0)
    assert report_words(told.kind, told.detail, told.place).startswith("The file of ")
    assert told.place
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(reports, "keep", lambda *_told: pytest.fail("told twice"))
        sync(enrolled.store)
