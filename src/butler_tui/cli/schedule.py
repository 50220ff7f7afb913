"""`butler schedule`: prints the nightly job for this computer's scheduler."""

from __future__ import annotations

import os
import sys

import typer

from butler_tui.cli.output import open_terminal, say
from butler_tui.errors import WrongUsage
from butler_tui.store import estates
from butler_tui.words import N_, _

_WHERE = {
    "systemd": N_(
        "Save the two parts as butler-sync.service and butler-sync.timer in ~/.config/systemd/user, then run: "
        "systemctl --user enable --now butler-sync.timer. So that it also runs while nobody is signed in: "
        "loginctl enable-linger."
    ),
    "cron": N_(
        "Add both lines by crontab -e. cron does not make up for a night when the computer was off: "
        "the second line runs when it starts."
    ),
    "windows": N_(
        "Run these lines in PowerShell. The task runs while this user is signed in, and makes up for a night when "
        "the computer was off."
    ),
}


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Print the nightly job: a sync at this terminal's own time, between 02:00 and 04:00."))
    def schedule(
        systemd: bool = typer.Option(False, "--systemd", help=_("For systemd: a service and a timer.")),
        cron: bool = typer.Option(False, "--cron", help=_("For cron: two lines of a crontab.")),
        windows: bool = typer.Option(False, "--windows", help=_("For the task scheduler of Windows.")),
    ) -> None:
        from butler_tui.desk.nightly_job import LINES, Scheduler, job_of, this_system

        asked = [one for one, wanted in zip(Scheduler, (systemd, cron, windows), strict=True) if wanted]
        if len(asked) > 1:
            raise WrongUsage(N_("Choose one of --systemd, --cron and --windows."))
        scheduler = asked[0] if asked else this_system()
        with open_terminal() as store:
            job = job_of(store, os.environ)
            enrolled = estates.terminal(store.connection).terminal_id is not None
        typer.echo(LINES[scheduler](job), nl=False)
        say(_(_WHERE[str(scheduler)]))
        if (scheduler is Scheduler.WINDOWS) != (sys.platform == "win32"):
            say(_("The lines hold the paths of this computer: they are of no use on another."))
        if not enrolled:
            say(_("This terminal is not enrolled at HQ yet: print the job again after that, its time will be another."))
