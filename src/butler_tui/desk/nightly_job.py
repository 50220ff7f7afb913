"""The nightly job as a computer's own scheduler reads it: systemd units, cron lines, Windows' task scheduler.

Paths may hold anything that a person may call a folder: each scheduler has its own rules for blanks, quotes, `%` and
`$`, and each gets its own quoting here.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import unicodedata
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from butler_tui.domain.nightly import starts_at
from butler_tui.errors import RuleBroken
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.words import N_

_PATHS = ("BUTLER_HOME", "BUTLER_DB")
_PLATFORM_PATHS = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")
_MACHINE_ID = Path("/etc/machine-id")
_BOOT_WAIT_S = 60


class Scheduler(StrEnum):
    """What starts a job at night."""

    SYSTEMD = "systemd"
    CRON = "cron"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Job:
    """What runs at night, with its environment, and when: hour, minute, second by the clock on the wall."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    at: tuple[int, int, int]


def this_system() -> Scheduler:
    """Return the scheduler that suits this computer."""
    if sys.platform == "win32":
        return Scheduler.WINDOWS
    return Scheduler.SYSTEMD if Path("/run/systemd/system").is_dir() else Scheduler.CRON


def job_of(store: Store, environment: Mapping[str, str]) -> Job:
    """Return the nightly job of this terminal, with the places that are in force in `environment`.

    Raises RuleBroken where a path holds a character that no scheduler's file can: a line break, bytes that are no text.
    """
    own = {name: str(Path(environment[name]).absolute()) for name in _PATHS if environment.get(name)}
    if not environment.get("BUTLER_HOME"):
        own |= {name: environment[name] for name in _PLATFORM_PATHS if environment.get(name)}
    if environment.get("BUTLER_LANG"):
        own["BUTLER_LANG"] = environment["BUTLER_LANG"]
    job = Job((*_program(), "sync"), own, starts_at(_identity(store)))
    for text in (*job.command, *own.values()):
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
            raise RuleBroken(N_("{path} has a character that no schedule can hold: give it another name."), path=text)
    return job


def _identity(store: Store) -> bytes:
    """Return what this terminal is told by: its id at HQ, else this computer's and where the file lies."""
    terminal_id = estates.terminal(store.connection).terminal_id
    if terminal_id is not None:
        return terminal_id
    machine = _MACHINE_ID.read_bytes() if _MACHINE_ID.exists() else uuid.getnode().to_bytes(6, "big")
    return machine.strip() + os.fsencode(store.home.database.absolute())


def _program() -> tuple[str, ...]:
    """Return how this program is called, whatever folder and search path the job is given."""
    if getattr(sys, "frozen", False):
        return (sys.executable,)
    found = shutil.which(sys.argv[0]) if Path(sys.argv[0]).stem == "butler" else None
    return (str(Path(found).absolute()),) if found else (sys.executable, "-m", "butler_tui")


def systemd_units(job: Job) -> str:
    """Return the service and the timer, one after the other, each under a line with its file's name."""
    hour, minute, second = job.at
    words = [_unit_word(one).replace("$", "$$") for one in job.command]
    if "$" in job.command[0]:  # systemd expands no variable in the program's own path, nor does it read $$ there
        words.insert(0, "/usr/bin/env")
    environment = "".join(f"Environment={_unit_word(f'{name}={value}')}\n" for name, value in job.environment.items())
    return (
        "# butler-sync.service\n"
        "[Unit]\n"
        "Description=butler: bring what waits to headquarters\n"
        "StartLimitIntervalSec=4h\n"
        "StartLimitBurst=6\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"{environment}"
        f"ExecStart={' '.join(words)}\n"
        "# 75: headquarters is out of reach, or another sync runs. Nothing is lost; tried again later.\n"
        "Restart=on-failure\n"
        "RestartPreventExitStatus=1 2 78\n"
        "RestartSec=15min\n"
        "\n"
        "# butler-sync.timer\n"
        "[Unit]\n"
        "Description=butler: the nightly sync\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar=*-*-* {hour:02}:{minute:02}:{second:02}\n"
        "AccuracySec=1s\n"
        "# After a night without power it runs when the computer is on again.\n"
        "Persistent=true\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def _unit_word(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def cron_lines(job: Job) -> str:
    """Return the line for each night, and one for when the computer starts: cron catches up on nothing by itself."""
    hour, minute, second = job.at
    words = [f"{name}={shlex.quote(value)}" for name, value in job.environment.items()]
    # To cron a % is a line break, unless it is escaped.
    call = " ".join([*words, *map(shlex.quote, job.command)]).replace("%", "\\%")
    wait = _BOOT_WAIT_S + minute
    return f"{minute} {hour} * * * sleep {second} && {call}\n@reboot sleep {wait} && {call}\n"


def windows_lines(job: Job) -> str:
    """Return lines for a PowerShell window that make the task, or replace it."""
    hour, minute, second = job.at
    sets = "".join(f"$env:{name} = {_powershell_text(value)}; " for name, value in job.environment.items())
    call = " ".join(_powershell_text(one) for one in job.command)
    command = f"{sets}& {call}; exit $LASTEXITCODE"
    argument = _single_quoted(f'-NoProfile -NonInteractive -WindowStyle Hidden -Command "{command}"')
    return (
        f"$run = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument {argument}\n"
        f"$when = New-ScheduledTaskTrigger -Daily -At '{hour:02}:{minute:02}:{second:02}'\n"
        "$how = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew"
        " -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries\n"
        "Register-ScheduledTask -TaskName 'butler sync' -Action $run -Trigger $when -Settings $how -Force\n"
    )


def _powershell_text(text: str) -> str:
    """Return an expression for `text` without a double quote, which ends the argument, or a % of the scheduler's."""
    quoted = _single_quoted(text)
    if "%" not in quoted and '"' not in quoted:
        return quoted
    return "(" + quoted.replace("%", "'+[char]37+'").replace('"', "'+[char]34+'") + ")"


def _single_quoted(text: str) -> str:
    """Return a PowerShell text in single quotes; it takes the curly ones for the same."""
    return "'" + "".join(one * 2 if one in "'‘’‚‛" else one for one in text) + "'"


LINES: Mapping[Scheduler, Callable[[Job], str]] = {
    Scheduler.SYSTEMD: systemd_units,
    Scheduler.CRON: cron_lines,
    Scheduler.WINDOWS: windows_lines,
}
"""What each scheduler is to be given."""
