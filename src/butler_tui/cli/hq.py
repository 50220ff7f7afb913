"""`butler hq …`: headquarters' side, by hand and as a server."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import typer

from butler_tui.cli import hq_files
from butler_tui.cli.hq_backups import register_backup, register_restore
from butler_tui.cli.hq_options import blobs_option, dsn_option, folder_option, hq_folder
from butler_tui.cli.hq_reports import register_kind, register_lost, register_reports
from butler_tui.cli.hq_status import register_status
from butler_tui.cli.output import now_ms, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.domain.rights import TerminalKind
from butler_tui.text import safe
from butler_tui.words import _


def register(app: typer.Typer) -> None:
    """Add the commands of HQ."""
    hq = Commands(help=_("Headquarters: where all terminals' records arrive."), no_args_is_help=True)
    estate = Commands(help=_("The estates that HQ keeps."), no_args_is_help=True)
    terminal = Commands(help=_("The terminals that may send to HQ."), no_args_is_help=True)
    _register_init(hq)
    _register_serve(hq)
    _register_estate_add(estate)
    _register_terminal_code(terminal)
    _register_terminal_revoke(terminal)
    register_status(hq)
    _register_unlock_backup(hq)
    _register_retention(hq)
    hq_files.register(hq, hq_folder, folder_option, dsn_option)
    register_backup(hq)
    register_restore(hq)
    register_reports(hq)
    register_lost(hq)
    register_kind(terminal)
    hq.add_typer(estate, name="estate")
    hq.add_typer(terminal, name="terminal")
    app.add_typer(hq, name="hq")


def _json_option() -> bool:
    return typer.Option(False, "--json", help=_("Print it as JSON."))  # type: ignore[no-any-return]


def _name_option() -> list[str]:
    return typer.Option([], "--name", help=_("A further host name or address of this machine."))  # type: ignore[no-any-return]


def _register_init(hq: typer.Typer) -> None:
    @hq.command(help=_("Make an HQ: its database, its keys, its authority."))
    def init(
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        name: list[str] = _name_option(),
    ) -> None:
        from butler_tui.hq import admin

        place = hq_folder(folder, dsn)
        fingerprint = admin.init(place, name, now_ms())
        say(_("HQ is ready in {folder}. Copy {key} to a safe place.", folder=place.path, key=place.keys))
        typer.echo(fingerprint)


def _register_serve(hq: typer.Typer) -> None:
    @hq.command(help=_("Serve HQ until it is stopped; prints its address once it answers."))
    def serve(
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        host: str = typer.Option("127.0.0.1", "--host", help=_("The address to listen on; 0.0.0.0 for all.")),
        port: int = typer.Option(8443, "--port", min=0, max=65535, help=_("The port; 0 picks a free one.")),
        name: list[str] = _name_option(),
        blobs: Path | None = blobs_option(),
    ) -> None:
        place = hq_folder(folder, dsn)
        from butler_tui.hq import server

        server.serve(place, host, port, name, typer.echo, blobs, say)


def _register_estate_add(estate: typer.Typer) -> None:
    @estate.command(help=_("Add an estate and print its id."))
    def add(
        name: str = typer.Argument(help=_("The estate's name.")),
        estate_id: str | None = typer.Option(None, "--id", help=_("The id of an estate that a terminal has already.")),
        time_zone: str = typer.Option("Asia/Shanghai", "--time-zone", help=_("The estate's time zone.")),
        same_name: bool = typer.Option(False, "--same-name", help=_("Another estate of a name that there is.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.hq import admin

        place, at_ms = hq_folder(folder, dsn), now_ms()
        added = admin.add_estate(place, name, time_zone, estate_id, at_ms, same_name=same_name)
        if as_json:
            print_json({"estate_id": added, "name": name, "time_zone": time_zone})
        else:
            typer.echo(added)

    @estate.callback()
    def keep_group() -> None:
        """Keep `add` a sub-command although it is alone."""


def _register_terminal_code(terminal: typer.Typer) -> None:
    @terminal.command(help=_("Make a one-time code, and print the line to type at the terminal."))
    def code(
        estate: str = typer.Argument(help=_("The estate's id or name.")),
        kind: TerminalKind = typer.Option(TerminalKind.GATE, "--kind", help=_("What the terminal is.")),
        url: str | None = typer.Option(None, "--url", help=_("HQ's address, where it is not the one served last.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.hq import admin
        from butler_tui.hq.enrolment import LIFETIME_MS
        from butler_tui.labels import label

        made = admin.new_code(hq_folder(folder, dsn), estate, kind, now_ms(), url)
        if as_json:
            facts = {
                "line": made.line,
                "url": made.url,
                "code": made.code,
                "kind": made.kind,
                "expires": made.expires_ms,
            }
            print_json(facts)
        else:
            typer.echo(made.line)
            minutes = LIFETIME_MS // 60_000
            say(_("Type this line at the {kind} within {minutes} minutes; it works once.",
                  kind=label(kind), minutes=minutes))  # fmt: skip
            if _is_loopback(made.url):
                say(_("The address is this computer's own, and no other reaches it: give HQ's by --url, or serve HQ "
                      "with --host."))  # fmt: skip


def _is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in {"127.0.0.1", "::1", "localhost"}


def _register_terminal_revoke(terminal: typer.Typer) -> None:
    @terminal.command(
        help=_("Revoke a terminal: what it brings once more is kept apart, and then its keys are destroyed there.")
    )
    def revoke(
        estate: str = typer.Argument(help=_("The estate's id or name.")),
        terminal: str = typer.Argument(help=_("The terminal's id, 8 characters of it or more, or its name.")),
        stolen: bool = typer.Option(False, "--stolen", help=_("Take nothing more from it, not even once.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
    ) -> None:
        from butler_tui.hq import terminals

        done = terminals.revoke(hq_folder(folder, dsn), estate, terminal, now_ms(), stolen=stolen)
        said = (
            _("{name} is revoked: nothing more is taken from it, and at its next sync it destroys its keys.",
              name=safe(done.name))
            if stolen
            else _("{name} is revoked: at its next sync it brings what waits there, which is kept apart, and destroys "
                   "its keys.", name=safe(done.name))
        )  # fmt: skip
        say(said)


def _register_unlock_backup(hq: typer.Typer) -> None:
    @hq.command("unlock-backup", help=_("Print the words that open one terminal's backup, for butler restore."))
    def unlock_backup(
        file: Path = typer.Argument(help=_("The backup.")),
        folder: Path | None = folder_option(),
    ) -> None:
        from butler_tui.hq.unlocking import unlock_backup as unlocked

        typer.echo(unlocked(hq_folder(folder), file))
        say(_("Put this line into a file. At the terminal: butler restore BACKUP --hq-key FILE"))


def _register_retention(hq: typer.Typer) -> None:
    @hq.command(help=_("Erase what estates have kept long enough, by their own policies; HQ does it once a day."))
    def retention(
        estate: str | None = typer.Option(None, "--estate", help=_("The estate's id or name; else every one.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        blobs: Path | None = blobs_option(),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.hq import admin

        done = admin.sweep(hq_folder(folder, dsn), estate, now_ms(), blobs)
        if as_json:
            print_json({"estates": [{"name": name, **asdict(erased)} for name, erased in done]})
            return
        for name, erased in done:
            counts = (erased.visits, erased.numbers, erased.pictures, erased.held)
            say(
                _(
                    "{name}: {visits} visits, {numbers} document numbers, {pictures} pictures and {held} changes held "
                    "back are erased.",
                    name=safe(name),
                    **dict(zip(("visits", "numbers", "pictures", "held"), counts, strict=True)),
                )
            )
