"""`butler schedule`: what it prints is read by the schedulers' own rules, and run."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from butler_tui.desk import nightly_job
from butler_tui.desk.nightly_job import Job, cron_lines, job_of, systemd_units, windows_lines
from butler_tui.domain.nightly import starts_at
from butler_tui.errors import EXIT_TRY_LATER, EXIT_USAGE, RuleBroken
from butler_tui.paths import find_home
from butler_tui.store import estates
from butler_tui.store.local import Store, create_store, open_store
from tests.conftest import Clock, Estate
from tests.serving import Hq, butler, real_ms

REST = "Still waiting: 0. To be decided: 0. Held back at HQ: 0.\n"

ODD = "值班室 #1 50% 'east' $HOME \"a\\b"
"""A folder's name with all that one scheduler or another reads as something else."""
JOB = Job(("/opt/管家 50%/butler", "sync"), {"BUTLER_HOME": f"/srv/{ODD}"}, (2, 7, 9))


@pytest.fixture
def home_of_odd_name(tmp_path: Path) -> dict[str, str]:
    return {"BUTLER_HOME": str(tmp_path / ODD.replace("/", ""))}


def units(text: str) -> dict[str, str]:
    """Return the files in what is printed, by name."""
    parts = re.split(r"^# (butler-sync\.\w+)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def as_cron_reads(line: str) -> str:
    """Return the command that cron hands to the shell: the sixth field, its `%` unescaped."""
    command = line.split(" ", 1)[1] if line.startswith("@") else line.split(" ", 5)[5]
    assert not re.search(r"(?<!\\)%", command)
    return command.replace("\\%", "%")


def run_cron(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as cron does, in its poor environment; sleeping takes no time."""
    folder.mkdir(exist_ok=True)
    nap = folder / "sleep"
    nap.write_text('#!/bin/sh\necho slept "$1"\n')
    nap.chmod(0o755)
    own = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    return subprocess.run(
        ["/bin/sh", "-c", command],
        env={"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin", "BUTLER_LANG": "en", **own},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_printed_cron_line_brings_everything_to_hq(
    hq: Hq, tmp_path: Path, home_of_odd_name: dict[str, str], now: Clock
) -> None:
    from butler_tui.desk.set_up import set_up_estate

    store = create_store(find_home(home_of_odd_name), now())
    set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("东门岗",), now())
    hq.enrol(store)
    store.close()

    printed = butler("schedule", "--cron", env=home_of_odd_name)
    nightly, at_start = printed.stdout.splitlines()
    ran = run_cron(as_cron_reads(nightly), tmp_path / "cron")

    assert (ran.returncode, ran.stderr) == (0, f"Sent: 2. Fetched: 2. {REST}")
    again = run_cron(as_cron_reads(at_start), tmp_path / "cron")
    assert (again.returncode, again.stderr) == (0, f"Sent: 0. Fetched: 0. {REST}")
    assert printed.stderr.startswith("Add both lines by crontab -e.")
    store = open_store(find_home(home_of_odd_name))
    (minute, hour, second) = (int(nightly.split()[at]) for at in (0, 1, 6))
    assert job_of(store, home_of_odd_name).at == (hour, minute, second)
    store.close()


def test_a_job_beside_another_sync_says_to_try_later(enrolled: Estate, tmp_path: Path) -> None:
    from filelock import FileLock

    home = enrolled.store.home
    line = butler("schedule", "--cron", env={"BUTLER_HOME": str(home.database.parent)}).stdout.splitlines()[0]
    with FileLock(home.sync_lock):
        ran = run_cron(as_cron_reads(line), tmp_path / "cron")

    assert ran.returncode == EXIT_TRY_LATER
    assert ran.stderr == "Another sync of this terminal is running. Nothing is lost.\n"


def test_what_hq_holds_back_stands_in_the_same_line(enrolled: Estate, now: Clock) -> None:
    from butler_tui.store.journal import record
    from butler_tui.store.written import Written

    record(
        enrolled.store,
        [Written("visit_event", bytes(15) + b"\1", {"visit_id": bytes(16), "kind": "out", "at_ms": now(),
                                                    "gate_id": enrolled.gate_ids[0], "staff_id": bytes(16)})],
        staff_id=None,
        now_ms=real_ms(),
    )  # fmt: skip

    ran = butler("sync", env={"BUTLER_HOME": str(enrolled.store.home.database.parent)})

    assert ran.returncode == 0
    told = r"Sent: \d+\. Fetched: \d+\. Still waiting: 0\. To be decided: 0\. Held back at HQ: 1\.\n"
    assert re.fullmatch(told, ran.stderr)


def test_the_units_are_read_by_systemd_as_they_are_meant(tmp_path: Path, home_of_odd_name: dict[str, str]) -> None:
    """A program in a folder of that name is found, and the arguments it gets are those of the job."""
    program = tmp_path / ODD / "butler"
    program.parent.mkdir()
    program.symlink_to("/bin/true")
    folder = tmp_path / "units"
    folder.mkdir()
    for command in ((str(program), "sync"), ("/bin/true", "-m", "管家 50%", "sync")):
        for name, text in units(systemd_units(Job(command, home_of_odd_name, (3, 59, 59)))).items():
            (folder / name).write_text(text)
        checked = subprocess.run(
            ["systemd-analyze", "--user", "--man=no", "verify", *map(str, folder.iterdir())],
            env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (0, ""), command


def test_the_service_has_the_places_in_force_and_the_timer_makes_up_for_a_night() -> None:
    read = {name: configparser.ConfigParser(interpolation=None, strict=False) for name in units(systemd_units(JOB))}
    for name, text in units(systemd_units(JOB)).items():
        read[name].optionxform = str  # type: ignore[assignment,method-assign]
        read[name].read_string(text)

    service, timer = read["butler-sync.service"]["Service"], read["butler-sync.timer"]["Timer"]
    escaped = ODD.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    assert service["Environment"] == f'"BUTLER_HOME=/srv/{escaped}"'
    assert service["ExecStart"] == '"/opt/管家 50%%/butler" "sync"'
    assert (timer["OnCalendar"], timer["Persistent"]) == ("*-*-* 02:07:09", "true")
    told = subprocess.run(
        ["systemd-analyze", "calendar", timer["OnCalendar"]], capture_output=True, text=True, check=False
    )
    assert (told.returncode, "02:07:09" in told.stdout) == (0, True)


def test_cron_gives_back_every_character() -> None:
    for line in cron_lines(JOB).splitlines():
        words = shlex.split(as_cron_reads(line))
        assert words[3:] == [f"BUTLER_HOME=/srv/{ODD}", "/opt/管家 50%/butler", "sync"]
        assert words[:1] + words[2:3] == ["sleep", "&&"]


def test_windows_gets_every_character_and_makes_up_for_a_night() -> None:
    text = windows_lines(Job((r"C:\管家 ‘东’\butler.exe", "sync"), {"BUTLER_HOME": r"D:\50% 'a'"}, (2, 7, 9)))

    assert "-StartWhenAvailable -MultipleInstances IgnoreNew" in text
    assert "-Daily -At '02:07:09'" in text
    quoted = re.search(r"-Argument '((?:[^']|'')*)'\n", text)
    assert quoted is not None
    argument = re.sub(r"(['‘’])\1", r"\1", quoted[1])
    assert argument == (
        "-NoProfile -NonInteractive -WindowStyle Hidden -Command "
        "\"$env:BUTLER_HOME = ('D:\\50'+[char]37+' ''a'''); "
        "& 'C:\\管家 ‘‘东’’\\butler.exe' 'sync'; exit $LASTEXITCODE\""
    )


def test_the_places_are_whole_and_those_of_the_platform_go_along(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    by_home = job_of(store, {"BUTLER_HOME": "a", "BUTLER_DB": "b c/x.db", "XDG_DATA_HOME": "/d"})
    by_platform = job_of(store, {"XDG_DATA_HOME": "/d", "BUTLER_LANG": "en", "BUTLER_PIN": "1"})

    assert by_home.environment == {"BUTLER_HOME": f"{tmp_path}/a", "BUTLER_DB": f"{tmp_path}/b c/x.db"}
    assert by_platform.environment == {"XDG_DATA_HOME": "/d", "BUTLER_LANG": "en"}


def test_the_time_is_the_terminals_own(enrolled: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal_id = estates.terminal(enrolled.store.connection).terminal_id
    assert terminal_id is not None
    own = job_of(enrolled.store, {}).at

    monkeypatch.setattr(nightly_job, "_MACHINE_ID", Path("/nowhere"))

    assert job_of(enrolled.store, {}).at == own == starts_at(terminal_id)


def test_the_installed_program_is_called_by_its_own_path(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "butler"
    program.symlink_to("/bin/true")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["./butler", "schedule"])
    assert job_of(store, {}).command == (str(program), "sync")

    monkeypatch.setattr(sys, "argv", [f"{tmp_path}/__main__.py"])
    assert job_of(store, {}).command == (sys.executable, "-m", "butler_tui", "sync")


def test_a_line_break_in_a_path_is_refused(store: Store) -> None:
    with pytest.raises(RuleBroken):
        job_of(store, {"BUTLER_HOME": "/srv/a\nb"})


def test_only_one_scheduler_at_once_and_one_that_suits_without_a_word(estate: Estate) -> None:
    env = {"BUTLER_HOME": str(estate.store.home.database.parent)}

    assert butler("schedule", "--cron", "--systemd", env=env).returncode == EXIT_USAGE
    unsaid = butler("schedule", env=env)
    expected = "# butler-sync.service\n" if Path("/run/systemd/system").is_dir() else r"\d+ [23] \* \* \* sleep"
    assert re.match(expected, unsaid.stdout), unsaid
    assert "not enrolled at HQ yet" in unsaid.stderr
