"""`butler hq status`: whether all is well, in one screenful, and how every estate and terminal stands."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.findings import print_finding
from butler_tui.cli.hq_options import dsn_option, folder_option, hq_folder
from butler_tui.cli.output import now_ms, print_json
from butler_tui.domain.rights import TerminalKind
from butler_tui.text import safe
from butler_tui.words import _
from butler_tui.zones import zone_called

if TYPE_CHECKING:
    from butler_tui.hq.admin import EstateStatus
    from butler_tui.hq.engines import TerminalRow


def register_status(hq: typer.Typer) -> None:
    """Add the command that tells how HQ stands."""

    @hq.command(help=_("Tell whether all is well, and how the estates and their terminals stand."))
    def status(
        short: bool = typer.Option(False, "--short", help=_("Only whether all is well, in one screenful.")),
        folder: Path | None = folder_option(),
        dsn: str | None = dsn_option(),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
    ) -> None:
        from butler_tui.hq import admin, standing

        place = hq_folder(folder, dsn)
        estates = admin.status(place)
        found = standing.findings(place, estates, now_ms())
        if as_json:
            listed = {} if short else {"estates": [_facts(estate) for estate in estates]}
            print_json({"checks": [asdict(one) for one in found], **listed})
            return
        for one in found:
            print_finding(one)
        for estate in () if short else estates:
            typer.echo()
            _print_estate(estate)


def _print_estate(estate: EstateStatus) -> None:
    """Print one estate and its terminals as a person reads them; the id of each stands on a line of its own."""
    from butler_tui.labels import label, moment
    from butler_tui.tui.sync_words import clock_words

    zone, now = zone_called(estate.time_zone), now_ms()
    held, name = estate.quarantined, safe(estate.name)
    typer.echo(
        _("{name}  {id}  position {pos}, held back {held}", name=name, id=estate.estate_id, pos=estate.pos, held=held)
    )
    for one in estate.terminals:
        seen = moment(one.seen_ms, now, zone) if one.seen_ms is not None else _("not yet")
        words = (
            safe(one.name),
            label(TerminalKind(one.kind)),
            _state_words(one),
            _("last seen {time}", time=seen),
            _("{count} waiting", count="-" if one.waiting is None else one.waiting),
            _("clock {state}", state=clock_words(one.clock_ahead_ms)[0]),
            safe(one.version or "-"),
        )
        typer.echo(f"  {one.terminal_id}\n    " + "  ".join(words))


def _state_words(one: TerminalRow) -> str:
    if one.revoked_ms is None:
        return _("in use")
    return _("revoked, its last push is awaited") if one.may_push_once else _("revoked")


def _facts(estate: EstateStatus) -> dict[str, list[dict[str, object]]]:
    terminals = [
        {
            "terminal_id": one.terminal_id,
            "name": one.name,
            "kind": one.kind,
            "last_seen": one.seen_ms,
            "waiting": one.waiting,
            "clock_ahead": one.clock_ahead_ms,
            "version": one.version,
            "revoked": one.revoked_ms is not None,
        }
        for one in estate.terminals
    ]
    facts: dict[str, object] = {
        "estate_id": estate.estate_id,
        "name": estate.name,
        "time_zone": estate.time_zone,
        "pos": estate.pos,
        "changes": estate.pos,
        "quarantined": estate.quarantined,
        "backed_up_pos": estate.saved_pos,
        "not_backed_up_since": estate.unsaved_ms,
        "offered": estate.offered,
        "terminals": terminals,
    }
    return facts  # type: ignore[return-value]
