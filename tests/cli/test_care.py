"""`butler backup`, `restore` and `doctor` as a person at the shell meets them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pexpect
import pytest

from butler_tui.domain.rights import Role
from butler_tui.paths import Home
from butler_tui.store import recovery, staff
from butler_tui.store.local import open_store
from tests.conftest import Estate
from tests.keeping import PASSPHRASE, another_home, files_of
from tests.serving import Hq, butler

PIN = "135790"


def at(home: Home, **more: str) -> dict[str, str]:
    return {"BUTLER_HOME": str(home.database.parent), **more}


def test_backed_up_and_restored_from_the_shell(estate: Estate, tmp_path: Path) -> None:
    home, file = estate.store.home, tmp_path / "butler.bak"
    ended = butler("backup", "--set-passphrase", str(file), env=at(home, BUTLER_RECOVERY=PASSPHRASE))
    assert (ended.returncode, ended.stdout) == (0, "")
    assert f"The backup is in {file}" in ended.stderr
    assert "opens with the recovery passphrase" in ended.stderr

    new = another_home(tmp_path / "new")
    ended = butler("restore", str(file), env=at(new, BUTLER_RECOVERY=PASSPHRASE))
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert "This terminal is again as it was at" in ended.stderr
    status = butler("status", "--json", env=at(new))
    assert json.loads(status.stdout)["estate"] == "云栖玫瑰园"

    ended = butler("restore", str(file), env=at(new, BUTLER_RECOVERY=PASSPHRASE))
    assert ended.returncode == 1
    assert "--replace" in ended.stderr
    ended = butler("restore", str(file), "--replace", env=at(new, BUTLER_RECOVERY=PASSPHRASE))
    assert ended.returncode == 0
    kept = [name for name in files_of(new) if "replaced" in name]
    assert len(kept) == 2
    assert all(name in ended.stderr for name in kept)


def test_who_looked_after_the_file_is_written_down_for_hq(estate: Estate, tmp_path: Path) -> None:
    home, file = estate.store.home, tmp_path / "butler.bak"
    butler("backup", "--set-passphrase", str(file), env=at(home, BUTLER_RECOVERY=PASSPHRASE))
    new = another_home(tmp_path / "new")
    butler("restore", str(file), env=at(new, BUTLER_RECOVERY=PASSPHRASE))

    acts = [row[0] for row in estate.store.connection.execute("SELECT act FROM audit ORDER BY at_ms")]
    assert acts == ["backed_up"]
    restored = open_store(new)
    assert [row[0] for row in restored.connection.execute("SELECT act FROM audit")] == ["restored"]
    assert recovery.recovery(restored.connection).backup_ms is not None
    restored.close()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["backup"], 2, "Name the file"),
        (["backup", "x.bak"], 78, "--set-passphrase"),
        (["backup", "--set-passphrase"], 2, "BUTLER_RECOVERY"),
        (["restore", "nothing.bak"], 1, "nothing.bak"),
    ],
)
def test_what_is_missing_is_said_with_the_exit_code_of_its_kind(
    estate: Estate, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    ended = butler(*arguments, env=at(estate.store.home))

    assert (ended.returncode, ended.stdout) == (code, ""), ended.stderr
    assert said in ended.stderr
    assert not estate.store.home.log.exists()


def test_a_weak_passphrase_and_a_wrong_one_are_refused(estate: Estate, tmp_path: Path) -> None:
    home, file = estate.store.home, tmp_path / "butler.bak"
    ended = butler("backup", "--set-passphrase", str(file), env=at(home, BUTLER_RECOVERY="too short"))
    assert (ended.returncode, file.exists()) == (1, False)
    assert "at least 12 characters" in ended.stderr
    butler("backup", "--set-passphrase", str(file), env=at(home, BUTLER_RECOVERY=PASSPHRASE))

    ended = butler("restore", str(file), env=at(another_home(tmp_path / "new"), BUTLER_RECOVERY="not the one at all"))

    assert (ended.returncode, ended.stdout) == (1, "")
    assert "does not open this backup" in ended.stderr


def test_once_a_supervisor_signs_in_here_only_one_sets_the_passphrase(estate: Estate, tmp_path: Path) -> None:
    from butler_tui.desk.shifts import set_pin

    for role in (Role.GUARD, Role.SUPERVISOR):
        set_pin(estate.store, estate.sessions[role].staff.staff_id, PIN)
    env = at(estate.store.home, BUTLER_RECOVERY=PASSPHRASE, BUTLER_PIN=PIN)

    nobody = butler("backup", "--set-passphrase", env=env)
    guard = butler("backup", "--set-passphrase", "--as", "1007", env=env)
    assert (nobody.returncode, guard.returncode) == (1, 1)
    assert "--as" in nobody.stderr
    assert "may not" in guard.stderr
    assert recovery.recovery(estate.store.connection).passphrase_key is None
    supervisor = butler("backup", "--set-passphrase", "--as", "9001", env=env)
    assert supervisor.returncode == 0, supervisor.stderr
    night = butler("backup", str(tmp_path / "night.bak"), env=at(estate.store.home))
    assert night.returncode == 0, night.stderr


def test_a_passphrase_is_typed_twice_alike_and_never_shown(estate: Estate) -> None:
    def typed(first: str, second: str) -> tuple[int, str]:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "butler_tui", "backup", "--set-passphrase"],
            env={"BUTLER_LANG": "en", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **at(estate.store.home)},
            encoding="utf-8",
            timeout=30,
        )
        child.expect("New recovery passphrase: ")
        child.sendline(first)
        child.expect("The same again: ")
        child.sendline(second)
        child.expect(pexpect.EOF)
        child.close()
        return int(child.exitstatus or 0), str(child.before)

    code, shown = typed("four good words here", "four good words there")
    assert (code, "are not the same" in shown) == (2, True)
    code, shown = typed("four good words here", "four good words here")
    assert (code, "four good words" in shown) == (0, False)
    assert "Keep it away from this computer" in shown


def test_hq_unlocks_from_the_shell(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    file, words, new = tmp_path / "butler.bak", tmp_path / "words.txt", another_home(tmp_path / "new")
    ended = butler("backup", str(file), env=at(enrolled.store.home))
    assert (ended.returncode, "Only HQ can unlock it" in ended.stderr) == (0, True)
    ended = butler("restore", str(file), env=at(new, BUTLER_RECOVERY=PASSPHRASE))
    assert (ended.returncode, "butler hq unlock-backup" in ended.stderr) == (78, True)

    unlocked = butler("hq", "unlock-backup", str(file), "--dir", str(hq.folder.path))
    assert (unlocked.returncode, "--hq-key" in unlocked.stderr) == (0, True)
    words.write_text(unlocked.stdout)
    ended = butler("restore", str(file), "--hq-key", str(words), env=at(new))
    assert ended.returncode == 0, ended.stderr
    assert "offered to HQ again" in ended.stderr
    assert butler("sync", env=at(new)).returncode == 0
    words.write_text(unlocked.stdout.replace(unlocked.stdout[5], "A" if unlocked.stdout[5] != "A" else "B", 1))
    ended = butler("restore", str(file), "--hq-key", str(words), "--replace", env=at(new))
    assert (ended.returncode, "mistyped" in ended.stderr) == (78, True)


def test_another_hq_unlocks_nothing(estate: Estate, hq: Hq, tmp_path: Path) -> None:
    file = tmp_path / "butler.bak"
    butler("backup", "--set-passphrase", str(file), env=at(estate.store.home, BUTLER_RECOVERY=PASSPHRASE))

    ended = butler("hq", "unlock-backup", str(file), "--dir", str(hq.folder.path))

    assert (ended.returncode, ended.stdout) == (78, "")
    assert "was not sealed for this HQ" in ended.stderr


def test_the_doctor_reports_on_stdout_and_ends_by_what_it_found(estate: Estate) -> None:
    for session in estate.sessions.values():
        staff.keep_verifier(estate.store.connection, session.staff.staff_id, "$argon2id$")
    ended = butler("doctor", "--json", env=at(estate.store.home))
    report = json.loads(ended.stdout)
    assert (ended.returncode, report["bad"]) == (0, 0)
    assert report["good"] + report["warning"] == len(report["checks"]) > 15
    assert set(report["checks"][0]) == {"check", "mark", "words", "remedy"}

    estate.store.connection.execute("DROP TRIGGER guard_visit_insert")
    ended = butler("doctor", env=at(estate.store.home))
    assert ended.returncode == 1
    assert "guard_visit_insert" in ended.stdout
    assert "1 bad" in ended.stderr
    assert "\x1b" not in ended.stdout


def test_the_doctor_knows_its_window(estate: Estate) -> None:
    def shown(columns: int) -> str:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "butler_tui", "doctor"],
            env={"BUTLER_LANG": "en", "TERM": "xterm-256color", "LANG": "C.UTF-8", **at(estate.store.home)},
            encoding="utf-8",
            dimensions=(24, columns),
            timeout=30,
        )
        child.expect(pexpect.EOF)
        child.close()
        return str(child.before)

    assert "UTF-8, 80x24, 256 colours" in shown(80)
    assert "80x24 is the least" in shown(60)
