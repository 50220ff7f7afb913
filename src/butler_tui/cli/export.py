"""`butler export KIND -o FILE`: records given out, masked unless a supervisor says why not, and recorded."""

from __future__ import annotations

from pathlib import Path

import typer

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.dates import day_begins
from butler_tui.cli.output import now_ms, open_terminal, say
from butler_tui.cli.progress import Progress
from butler_tui.store import estates
from butler_tui.words import _


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Write records to a file (csv or xlsx), masked; who did so is recorded."))
    def export(
        kind: str = typer.Argument(help=_("What: visits.")),
        out: Path = typer.Option(..., "-o", "--output", help=_("The file; its ending says which form: .csv, .xlsx.")),
        number: str = as_option(),
        since: str = typer.Option("", "--since", help=_("From this day on: 2026-11-01.")),
        until: str = typer.Option("", "--until", help=_("Up to this day: 2026-11-30.")),
        unmasked: bool = typer.Option(False, "--unmasked", help=_("Whole names and phones; for supervisors only.")),
        reason: str = typer.Option("", "--reason", help=_("Why it has to be unmasked; it is recorded.")),
    ) -> None:
        from butler_tui.desk.export_files import writer_for
        from butler_tui.desk.exports import Wanted
        from butler_tui.desk.exports import export as give_out

        writer_for(out)
        progress = Progress()
        with open_terminal() as store:
            zone = estates.zone(store.connection)
            wanted = Wanted(
                kind,
                day_begins(since, zone) if since else None,
                day_begins(until, zone, days_on=1) if until else None,
                unmasked,
                reason,
            )
            session = acting(store, number)
            try:
                count = give_out(store, session, wanted, out, now_ms(), progress)
            finally:
                progress.done()
        say(_("Written to {file}: {count}.", file=out, count=count))
        if unmasked:
            say(_("It holds personal data in the clear: keep it closed, and delete it when it has served."))
