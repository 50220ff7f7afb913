"""`butler backup`, `restore`, `salvage`, `doctor`: care of the terminal's file."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui import __version__
from butler_tui.cli.acting import acting
from butler_tui.cli.asking import PASSPHRASE_VARIABLE, ask_hidden, new_passphrase_typed
from butler_tui.cli.findings import print_finding
from butler_tui.cli.output import now_ms, open_terminal, print_json, say, this_home
from butler_tui.cli.progress import steps
from butler_tui.errors import EXIT_FAILED, WrongUsage
from butler_tui.labels import day_and_clock, table_label
from butler_tui.settings import read_settings
from butler_tui.store import estates
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.desk.doctor_words import Computer
    from butler_tui.domain.health import Finding
    from butler_tui.store.salvaging import Salvaged


def register(app: typer.Typer) -> None:
    """Add the commands that look after the file."""
    _register_backup(app)
    _register_restore(app)
    _register_salvage(app)
    _register_doctor(app)


def _register_backup(app: typer.Typer) -> None:
    @app.command(help=_("Write an encrypted backup of this terminal to FILE."))
    def backup(
        file: Path | None = typer.Argument(None, help=_("Where the backup is to be, on another disk or a stick.")),
        new_passphrase: bool = typer.Option(
            False, "--set-passphrase", help=_("Choose the recovery passphrase that opens the backups from now on.")
        ),
        number: str | None = typer.Option(None, "--as", help=_("Your staff number, where a person asks for it.")),
    ) -> None:
        if file is None and not new_passphrase:
            raise WrongUsage(N_("Name the file that the backup is to be, or add --set-passphrase."))
        from butler_tui.desk import backups

        with open_terminal() as store:
            by = acting(store, number) if number else None
            if new_passphrase:
                backups.set_passphrase(store, new_passphrase_typed, by)
                say(_("Backups from now on open with this passphrase. Keep it away from this computer: "
                      "nobody can make it anew."))  # fmt: skip
            if file is not None:
                with steps() as told:
                    head = backups.back_up(store, file, now_ms(), by=by, told=told)
                kinds = {str(one.kind) for one in head.recipients}
                say(_("The backup is in {file}, and was read again to the end.", file=file.absolute()))
                say(_OPENS[frozenset(kinds)]())


_OPENS: dict[frozenset[str], Callable[[], str]] = {
    frozenset({"passphrase"}): lambda: _("It opens with the recovery passphrase."),
    frozenset({"hq"}): lambda: _("Only HQ can unlock it: no recovery passphrase is set."),
    frozenset({"passphrase", "hq"}): lambda: _("It opens with the recovery passphrase; HQ can unlock it too."),
}


def _register_restore(app: typer.Typer) -> None:
    @app.command(help=_("Make this terminal anew from a backup."))
    def restore(
        file: Path = typer.Argument(help=_("The backup.")),
        replace: bool = typer.Option(
            False, "--replace", help=_("Put it in the place of the records that are here; those are kept aside.")
        ),
        hq_key: Path | None = typer.Option(
            None, "--hq-key", help=_("A file with the words that HQ printed to unlock this backup.")
        ),
    ) -> None:
        from butler_tui.desk import backups

        home = this_home()
        if hq_key is not None:
            opener = backups.by_unlock_words(hq_key)
        else:
            opener = backups.by_passphrase(lambda: ask_hidden(_("Recovery passphrase"), PASSPHRASE_VARIABLE))
        with steps() as told:
            head, done = backups.restore(home, file, opener, replace=replace, now_ms=now_ms(), told=told)
        made = _moment(head.made_ms)
        say(_("This terminal is again as it was at {time}.", time=made))
        for kept in done.kept:
            say(_("What was here before is kept in {file}.", file=kept))
        if head.terminal_id is not None:
            say(_("{count} changes are offered to HQ again, which takes each of them once: run butler sync. "
                  "What HQ was sent after the backup stays at HQ.", count=done.due))  # fmt: skip


def _register_salvage(app: typer.Typer) -> None:
    @app.command(help=_("Save what can be read of a damaged file; the damaged one is kept."))
    def salvage(as_json: bool = typer.Option(False, "--json", help=_("Print the figures as JSON."))) -> None:
        from butler_tui.desk import backups

        with steps() as told:
            done = backups.salvage(this_home(), now_ms(), told)
        if as_json:
            print_json({**asdict(done), "kept": [str(file) for file in done.kept]})
            return
        for line in _salvaged(done):
            say(line)


def _salvaged(done: Salvaged) -> Iterator[str]:
    """Yield in words what was saved and what was not, and what is to be done next."""
    yield _("Saved: {tables}.", tables=_by_table(done.saved))
    if done.rebuilt:
        yield _("Written anew from the list of changes: {tables}.", tables=_by_table(done.rebuilt))
    if done.lost:
        yield _("Could not be read: {tables}, or more that nothing tells of.", tables=_by_table(done.lost))
    elif done.pages:
        yield _("Nothing is known to be missing; {count} pages could not be read.", count=done.pages)
    if done.unknown:
        yield _("{count} rows were read, and nobody can tell where they belong.", count=done.unknown)
    for kept in done.kept:
        yield _("What was here before is kept in {file}.", file=kept)
    if done.reissued:
        yield _("{count} changes that were gone are made anew from their records.", count=done.reissued)
    if done.unsent is None:
        yield _("Nobody can tell whether changes are gone that HQ does not have. Tell HQ about it.")
    elif done.unsent:
        yield _("{count} changes that HQ may not have are gone. Tell HQ about it.", count=done.unsent)
    yield from _of_headquarters(done)


def _of_headquarters(done: Salvaged) -> Iterator[str]:
    """Yield in words how what was saved finds its way to HQ, and what HQ has its way back."""
    if done.enrolled:
        if done.due:
            yield _("{count} changes are offered to HQ again, which takes each of them once.", count=done.due)
        yield _("Run butler sync: what HQ has of this estate is fetched again.")
    else:
        yield _("The enrolment is not among what was saved. If this terminal had one, ask HQ for a new line, "
                "run butler enrol with it, and then butler sync.")  # fmt: skip


_OWN_TABLES = {"journal": N_("changes"), "draft": N_("half-typed forms"), "staff_pin": N_("PINs")}


def _by_table(counts: Mapping[str, int]) -> str:
    """Return how many of what, as a person calls it."""
    named = ((_(_OWN_TABLES[name]) if name in _OWN_TABLES else table_label(name), n) for name, n in counts.items())
    return ", ".join(f"{name} {count}" for name, count in named)


def _moment(at_ms: int) -> str:
    """Return a time in the estate's zone, as it is once the file is restored."""
    with open_terminal() as store:
        return day_and_clock(at_ms, estates.zone(store.connection))


def _register_doctor(app: typer.Typer) -> None:
    @app.command(help=_("Look this terminal over, and say what to do."))
    def doctor(as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON."))) -> None:
        from butler_tui.desk.doctor import look_over
        from butler_tui.domain.health import Mark

        findings: list[Finding] = []
        computer = _computer()  # before anything is drawn over it
        with steps() as told:
            findings.extend(look_over(computer, told))
        counts = {str(mark): sum(one.mark is mark for one in findings) for mark in Mark}
        if as_json:
            checks = [
                {"check": one.check, "mark": str(one.mark), "words": one.words, "remedy": one.remedy}
                for one in findings
            ]
            print_json({"checks": checks, **counts, "version": __version__})
        else:
            for one in findings:
                print_finding(one)
            say(_("{good} good, {warning} to look after, {bad} bad.", **counts))
        if counts[Mark.BAD]:
            raise typer.Exit(EXIT_FAILED)


def _computer() -> Computer:
    """Return what can be told of this computer before any file is opened."""
    from rich.console import Console

    from butler_tui.desk.doctor_words import Computer

    home = this_home()
    window = shutil.get_terminal_size() if sys.stdout.isatty() else None
    system = Console().color_system
    return Computer(
        home,
        now_ms(),
        read_settings(home.settings, os.environ).lang,
        sys.stdout.encoding or "",
        window.columns if window else None,
        window.lines if window else None,
        _COLOURS.get(system) if window and system else None,
    )


_COLOURS = {"standard": 16, "256": 256, "truecolor": 2**24, "windows": 16}
