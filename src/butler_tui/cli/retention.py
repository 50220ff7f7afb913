"""`butler retention`: erases what has been kept long enough, which the open screens do by themselves once a day."""

from __future__ import annotations

from dataclasses import asdict

import typer

from butler_tui.cli.output import open_terminal, print_json, say
from butler_tui.store import estates
from butler_tui.words import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Erase what has been kept long enough; runs by itself once a day while the screens are open."))
    def retention(
        dry_run: bool = typer.Option(False, "--dry-run", help=_("Only say what would be erased.")),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
    ) -> None:
        from butler_tui.desk.retention import sweep
        from butler_tui.labels import day_and_clock

        with open_terminal() as store:
            zone = estates.zone(store.connection)
            swept = sweep(store, estates.policies(store.connection), dry_run=dry_run)
        if as_json:
            print_json({**asdict(swept), "dry_run": dry_run})
            return
        if swept.judged_ms is None:
            say(_("Not known yet what time it is; nothing is erased."))
            return
        say(_("Judged by {when}.", when=day_and_clock(swept.judged_ms, zone)))
        if not swept.anything:
            say(_("Nothing was due."))
        for words, value in (
            (_("Document numbers erased"), swept.numbers),
            (_("Visits erased"), swept.visits),
            (_("Drafts erased"), swept.drafts),
            (_("Months whose keys are gone"), " ".join(swept.months)),
        ):
            if value:
                typer.echo(f"{words}: {value}")
        if not swept.log_emptied:
            say(_("Another program holds the file's log; what was erased goes from it at the next time."))
