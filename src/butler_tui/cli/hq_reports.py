"""`butler hq reports` and `butler hq terminal kind`: what HQ has noticed, and what a terminal is."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from butler_tui.cli.hq_options import dsn_option, folder_option, hq_folder
from butler_tui.cli.output import now_ms, print_json, say
from butler_tui.domain.rights import TerminalKind
from butler_tui.labels import label, moment, table_label
from butler_tui.text import safe
from butler_tui.words import _
from butler_tui.zones import zone_called


def register_reports(hq: typer.Typer) -> None:
    """Add the command that tells what HQ has noticed."""

    @hq.command(help=_("Tell what nobody typed and a supervisor should know: restored, copied, repaired."))
    def reports(
        estate: str = typer.Argument(help=_("The estate's id or name.")),
        most: int = typer.Option(50, "--most", min=1, max=1000, help=_("So many at most, the newest.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
    ) -> None:
        from butler_tui.hq import admin
        from butler_tui.tui.report_words import report_words

        time_zone, told = admin.reports(hq_folder(folder, dsn), estate, most)
        if as_json:
            print_json({"reports": [
                {"at": one.at_ms, "kind": one.kind, "terminal_id": one.terminal_id, "terminal": name,
                 "detail": json.loads(one.detail)}
                for one, name in told
            ]})  # fmt: skip
            return
        zone, now = zone_called(time_zone), now_ms()
        for one, name in told:
            words = report_words(one.kind, json.loads(one.detail), safe(name))
            typer.echo(f"{moment(one.at_ms, now, zone)}  {safe(words)}")
        if not told:
            say(_("Nothing to report."))


def register_lost(hq: typer.Typer) -> None:
    """Add the command that tells of what HQ lost and only other terminals have, and takes it in."""

    @hq.command(help=_("List what a restored HQ lost and other terminals offer, or take it in."))
    def lost(
        estate: str = typer.Argument(help=_("The estate's id or name.")),
        take_in: bool = typer.Option(
            False, "--take-in", help=_("Take it in: those who wrote it do not come any more. Ask a supervisor first.")
        ),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
    ) -> None:
        from butler_tui.hq import admin

        place = hq_folder(folder, dsn)
        if take_in:
            done = admin.take_in(place, estate, now_ms())
            if as_json:
                print_json({"taken": done.taken, "left": done.left})
            else:
                say(_("Taken in: {taken}. Still apart, for want of what they belong to: {left}.",
                      taken=done.taken, left=done.left))  # fmt: skip
            return
        time_zone, apart = admin.lost(place, estate)
        if as_json:
            print_json({"lost": [
                {"at": row.hlc_ms, "table": row.tbl, "record_id": row.record_id, "terminal_id": row.terminal_id,
                 "terminal": name, "staff_id": row.staff_id}
                for row, name in apart
            ]})  # fmt: skip
            return
        zone, now = zone_called(time_zone), now_ms()
        for row, name in apart:
            typer.echo(f"{moment(row.hlc_ms, now, zone)}  {table_label(row.tbl)}  {row.record_id}  {safe(name)}")
        if not apart:
            say(_("Nothing of others is missing."))


def register_kind(terminal: typer.Typer) -> None:
    """Add the command that changes what a terminal is."""

    @terminal.command(help=_("Change what a terminal is: what it may see and send, from its next sync on."))
    def kind(
        estate: str = typer.Argument(help=_("The estate's id or name.")),
        terminal: str = typer.Argument(help=_("The terminal's id, 8 characters of it or more, or its name.")),
        new_kind: TerminalKind = typer.Argument(metavar="KIND", help=_("What the terminal is.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
    ) -> None:
        from butler_tui.hq import terminals

        terminals.change_kind(hq_folder(folder, dsn), estate, terminal, new_kind, now_ms())
        say(_("The terminal is a {kind} from its next sync on.", kind=label(new_kind)))
