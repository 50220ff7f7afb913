"""The doctor finds each thing that can be wrong, says what to do, and does not stop at the first."""

from __future__ import annotations

import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from butler_tui.desk import gate
from butler_tui.desk.doctor import COMPUTER, RECORDS, look_over
from butler_tui.desk.doctor_words import Computer
from butler_tui.domain.health import DAY_MS, Finding, Mark
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.store import staff
from butler_tui.store.backups import beside
from butler_tui.store.keys import Keys, write_keys
from butler_tui.store.local import create_store
from tests.cli.test_damaged_file import damage
from tests.conftest import Clock, Estate
from tests.keeping import another_home, back_up, quick_passphrases
from tests.serving import Hq, real_ms, sync

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")

Usage = namedtuple("Usage", "total used free")


def give_pins(estate: Estate) -> None:
    """Let everybody have a verifier; that none fits a PIN is nothing to the doctor."""
    for session in estate.sessions.values():
        staff.keep_verifier(estate.store.connection, session.staff.staff_id, "$argon2id$")


@pytest.fixture
def computer(estate: Estate, now: Clock) -> Computer:
    """Return a booth PC on which everybody has a PIN."""
    give_pins(estate)
    return Computer(estate.store.home, now(), "zh_CN", "utf-8", 120, 36, 256)


def found(computer: Computer) -> dict[str, Finding]:
    """Return what the doctor finds, by check."""
    return {finding.check: finding for finding in look_over(computer)}


def marks(computer: Computer) -> dict[str, str]:
    return {check: str(finding.mark) for check, finding in found(computer).items()}


def change(sql: str) -> Callable[[Estate], None]:
    """Return what changes a terminal's file behind its back."""

    def changed(estate: Estate) -> None:
        estate.store.connection.execute("PRAGMA foreign_keys = OFF")
        estate.store.connection.execute(sql)

    return changed


def test_a_sound_terminal_is_good_but_for_what_it_is_not_connected_to(computer: Computer) -> None:
    told = found(computer)

    assert {check for check, finding in told.items() if finding.mark is not Mark.GOOD} == {
        "enrolment", "recovery", "backup",
    }  # fmt: skip
    assert all(finding.remedy for finding in told.values() if finding.mark is Mark.WARNING)
    assert list(told) == [
        code
        for code in (*(one[0] for one in COMPUTER), "file", *(one[0] for one in RECORDS))
        if code not in ("sync", "waiting", "quarantine")
    ]


def test_an_enrolled_terminal_with_a_backup_is_all_good(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    back_up(enrolled.store, tmp_path / "butler.bak")
    give_pins(enrolled)
    sync(enrolled.store)

    told = marks(Computer(enrolled.store.home, real_ms(), "en", "UTF-8", 80, 24, 16))

    assert set(told.values()) == {"good"}
    assert {"sync", "waiting", "quarantine"} <= set(told)


def test_the_doctor_writes_nothing(estate: Estate, computer: Computer) -> None:
    changes = estate.store.connection.execute("PRAGMA data_version").fetchone()[0]
    found(computer)

    assert estate.store.connection.execute("PRAGMA data_version").fetchone()[0] == changes


@pytest.mark.parametrize(
    ("change_it", "check", "mark", "said"),
    [
        (change("DROP TRIGGER guard_visit_update"), "guards", "bad", "guard_visit_update"),
        (change("INSERT INTO permit (door) VALUES ('record')"), "permits", "bad", "left behind"),
        (change("INSERT INTO permit (door) VALUES ('record')"), "references", "bad", "1 rows"),
        (change("UPDATE journal SET fields = '{}' WHERE journal_id % 16 = 5"), "chain", "bad", "at number 5"),
        (change("UPDATE sync_state SET clock_offset_ms = -700000"), "clock", "warning", "11 min off"),
        (change("UPDATE sync_state SET hlc_ms = hlc_ms + 7200000"), "clock", "warning", "before the last record"),
        (change("DELETE FROM staff_pin WHERE rowid = 1"), "pins", "warning", "Without a PIN here: 1"),
        (change("DELETE FROM staff_pin"), "pins", "bad", "Nobody can sign in"),
        (change("UPDATE terminal SET gate_id = NULL"), "estate", "warning", "no gate"),
    ],
)
def test_what_is_wrong_in_the_file_is_found(
    estate: Estate, computer: Computer, change_it: Callable[[Estate], None], check: str, mark: str, said: str
) -> None:
    before = marks(computer)
    change_it(estate)

    finding = found(computer)[check]
    assert before[check] == "good"
    assert (str(finding.mark), said in finding.words) == (mark, True), finding


def test_only_those_who_work_at_a_computer_need_a_pin_there(estate: Estate, computer: Computer) -> None:
    butler = estate.sessions[Role.BUTLER].staff.staff_id
    estate.store.connection.execute("DELETE FROM staff_pin WHERE staff_id = ?", (butler,))
    assert marks(computer)["pins"] == "warning"
    for kind, mark in (("gate", "good"), ("butler", "warning")):
        estate.store.connection.execute("UPDATE terminal SET kind = ?", (kind,))
        assert marks(computer)["pins"] == mark, kind


@pytest.mark.parametrize(
    ("sql", "check", "mark"),
    [
        ("UPDATE sync_state SET last_result = 'refused'", "enrolment", "bad"),
        ("UPDATE sync_state SET last_result = 'unreachable'", "enrolment", "warning"),
        (f"UPDATE sync_state SET last_sync_ms = last_sync_ms - {2 * DAY_MS}", "sync", "warning"),
        (f"UPDATE sync_state SET last_sync_ms = last_sync_ms - {8 * DAY_MS}", "sync", "bad"),
        (f"UPDATE terminal SET backup_ms = backup_ms - {8 * DAY_MS}", "backup", "warning"),
        ("INSERT INTO quarantine VALUES (randomblob(16), 'malformed', 1)", "quarantine", "warning"),
    ],
)
def test_what_is_wrong_with_hq_and_backups_is_found(
    hq: Hq, enrolled: Estate, tmp_path: Path, sql: str, check: str, mark: str
) -> None:
    back_up(enrolled.store, tmp_path / "butler.bak")
    sync(enrolled.store)
    computer = Computer(enrolled.store.home, real_ms(), "en", "UTF-8")
    assert marks(computer)[check] == "good"

    enrolled.store.connection.execute(sql)

    assert marks(computer)[check] == mark


def test_changes_that_wait_for_long_are_found(hq: Hq, enrolled: Estate) -> None:
    fresh = Computer(enrolled.store.home, real_ms(), "en", "UTF-8")
    written_ms = enrolled.store.connection.execute("SELECT min(hlc_ms) FROM journal").fetchone()[0]

    assert marks(replace(fresh, now_ms=written_ms + DAY_MS // 2))["waiting"] == "good"
    assert marks(replace(fresh, now_ms=written_ms + 2 * DAY_MS))["waiting"] == "warning"
    assert marks(replace(fresh, now_ms=written_ms + 8 * DAY_MS))["waiting"] == "bad"


def test_a_badge_that_two_visitors_have_is_found(estate: Estate, computer: Computer, now: Clock) -> None:
    from butler_tui.store.journal import migrate

    for badge in ("A017", "A018"):
        coming = estate.registration(badge=badge)
        gate.admit(estate.store, estate.sessions[Role.GUARD], coming, estate.policies, now())
    assert marks(computer)["badges"] == "good"
    with migrate(estate.store.connection) as connection:
        connection.execute("UPDATE visit SET badge = 'A017'")

    assert "A017" in found(computer)["badges"].words
    assert marks(computer)["badges"] == "warning"


def test_a_damaged_page_is_found_and_the_other_checks_still_run(estate: Estate, computer: Computer) -> None:
    damage(estate.store, "estate")

    told = found(computer)
    assert told["pages"].mark is Mark.BAD
    assert told["estate"].mark is Mark.BAD
    assert "butler salvage" in told["pages"].remedy
    assert told["estate"].words == "Cannot be looked at: the file is damaged."
    assert told["guards"].mark is Mark.GOOD
    assert "badges" in told


def test_a_file_that_does_not_open_ends_the_records_checks(estate: Estate, computer: Computer) -> None:
    keys = estate.store.keys
    estate.store.close()
    write_keys(computer.home.keys, Keys(bytes(32), bytes(16), keys.match, keys.pepper, keys.sign, keys.box))

    told = found(computer)
    assert told["file"].mark is Mark.BAD
    assert "key file does not belong" in told["file"].words
    assert list(told)[-1] == "file"


def test_a_key_file_that_others_may_read_is_found(computer: Computer) -> None:
    computer.home.keys.chmod(0o644)

    told = found(computer)
    assert told["key_file"].mark is Mark.BAD
    assert "chmod 600" in told["key_file"].words


def test_a_computer_that_is_not_set_up_says_so(tmp_path: Path) -> None:
    told = found(Computer(another_home(tmp_path / "none"), 1, "en", "utf-8"))

    assert told["file"].mark is Mark.BAD
    assert "not set up" in told["file"].words
    assert "key_file" not in told


@pytest.mark.parametrize(("free", "mark"), [(10**11, "good"), (10**9, "warning"), (10**8, "bad")])
def test_a_disk_that_fills_is_found(computer: Computer, monkeypatch: pytest.MonkeyPatch, free: int, mark: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Usage(10**12, 0, free))

    assert marks(computer)["disk"] == mark


def test_remains_of_a_broken_off_backup_and_old_copies_are_found(computer: Computer) -> None:
    left = beside(computer.home.database, "for-backup")
    left.write_bytes(b"half")
    assert "butler.db.for-backup" in found(computer)["leftovers"].words
    left.unlink()
    kept = beside(computer.home.database, "replaced-20260101-000000")
    kept.write_bytes(b"old")
    os.utime(kept, (computer.now_ms / 1000, computer.now_ms / 1000 - 20 * 86_400))
    assert marks(computer)["leftovers"] == "good"
    os.utime(kept, (computer.now_ms / 1000, computer.now_ms / 1000 - 40 * 86_400))

    assert marks(computer)["leftovers"] == "warning"


def test_a_fresh_entry_in_the_log_and_a_large_one_are_found(computer: Computer) -> None:
    log = computer.home.log
    log.write_text("2026-11-13 ValueError\n")
    for days, size, mark in ((0, 10, "warning"), (3, 10, "good"), (3, 30 * 1024 * 1024, "warning")):
        os.truncate(log, size)
        os.utime(log, (computer.now_ms / 1000, computer.now_ms / 1000 - days * 86_400 - 60))
        assert marks(computer)["log"] == mark, (days, size)


@pytest.mark.parametrize(
    ("changes", "check"),
    [
        ({"encoding": "ANSI_X3.4-1968"}, "screen"),
        ({"columns": 79}, "screen"),
        ({"lines": 23}, "screen"),
        ({"colours": 8}, "screen"),
        ({"language": "fr"}, "language"),
    ],
)
def test_a_poor_window_or_another_language_is_found(computer: Computer, changes: dict[str, object], check: str) -> None:
    assert marks(computer)[check] == "good"
    assert marks(replace(computer, **changes))[check] == "warning"  # type: ignore[arg-type]


def test_numbers_whose_key_is_gone_are_counted(estate: Estate, computer: Computer, now: Clock) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number="330000199001011239")
    gate.admit(estate.store, estate.sessions[Role.GUARD], agent, estate.policies, now())
    assert "All can be read: 1." in found(computer)["numbers"].words
    assert marks(computer)["numbers"] == "good"

    estate.store.change_keys(replace(estate.store.keys, months={}))

    assert "1 cannot be read" in found(computer)["numbers"].words


def test_the_demo_without_encryption_is_marked(tmp_path: Path, now: Clock) -> None:
    plain = create_store(another_home(tmp_path / "plain"), now(), plain=True)
    plain.close()

    told = marks(Computer(plain.home, now(), "en", "utf-8"))
    assert told["encryption"] == "warning"
    assert "backup" not in told


def test_in_the_folder_of_an_hq_it_names_the_command_for_that(tmp_path: Path, now: Clock) -> None:
    home = another_home(tmp_path / "hqs")
    home.hq.mkdir(parents=True)
    told = found(Computer(home, now(), "en", "utf-8"))["file"]
    assert (told.mark, "butler hq status" in told.remedy) == ("bad", True)
