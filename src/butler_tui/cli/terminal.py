"""`butler enrol`, `sync`, `status`: what a terminal has to do with HQ."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.cells import set_cell_size

from butler_tui import __version__
from butler_tui.cli.output import now_ms, open_terminal, print_json, say, this_home
from butler_tui.cli.progress import Progress
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError
from butler_tui.labels import changes, duration, label, moment, records
from butler_tui.store import estates, sync_state
from butler_tui.store.local import Store
from butler_tui.store.sync_state import SyncStatus
from butler_tui.text import safe
from butler_tui.tui.sync_words import clock_words, hq_words
from butler_tui.words import _

if TYPE_CHECKING:
    from butler_tui.sync.syncing import SyncReport
    from butler_tui.sync.talk import Tally


def register(app: typer.Typer) -> None:
    """Add the commands of a terminal."""
    _register_enrol(app)
    _register_sync(app)
    _register_status(app)


def _register_enrol(app: typer.Typer) -> None:
    @app.command(help=_("Bind this terminal to HQ, with the line that HQ printed."))
    def enrol(
        url: str = typer.Argument(help=_("HQ's address with the estate and the fingerprint: https://…/e/ESTATE#…")),
        code: str = typer.Argument(help=_("The code that HQ made for this terminal; it holds for 15 minutes.")),
        ca: Path | None = typer.Option(None, "--ca", help=_("Trust the authority in this PEM file instead.")),
    ) -> None:
        from butler_tui.sync.first_enrol import enrol_here

        answer = enrol_here(this_home(), url, code, ca_file=ca, now_ms=now_ms)
        estate, kind = safe(answer.estate_name), _kind_words(answer.kind)
        say(_("This terminal is enrolled at HQ for {estate} as {kind}.", estate=estate, kind=kind))
        _first_sync()


def _kind_words(kind: str) -> str:
    """Return what a kind of terminal is called; one that a newer HQ knows by its own name."""
    known = next((one for one in TerminalKind if str(one) == kind), None)
    return label(known) if known is not None else safe(kind)


def _first_sync() -> None:
    """Fetch what there is; where that is cut short, the next sync goes on: enrolled it is."""
    from butler_tui.sync.talk import Tally

    with open_terminal() as store:
        try:
            _sync_in_words(store, Tally(), push_only=False)
        except ButlerError as error:
            say(error.sentence())
            say(_("The next sync goes on where this one stopped: butler sync"))


def _register_sync(app: typer.Typer) -> None:
    @app.command(help=_("Bring what waits here to HQ and fetch what others wrote, once."))
    def sync(
        as_json: bool = typer.Option(False, "--json", help=_("Print the figures as JSON.")),
        push_only: bool = typer.Option(False, "--push-only", help=_("Send only, fetch nothing.")),
        to_file: Path | None = typer.Option(None, "--to-file", help=_("Write what waits into a file for HQ.")),
        from_file: Path | None = typer.Option(None, "--from-file", help=_("Take HQ's answer from a file.")),
    ) -> None:
        if to_file or from_file:
            _by_file(to_file, from_file)
            return
        from butler_tui.sync.syncing import report as reported
        from butler_tui.sync.talk import Tally

        tally = Tally()
        with open_terminal() as store:
            if not as_json:
                _sync_in_words(store, tally, push_only=push_only)
                return
            try:
                report = _synced(store, tally, push_only=push_only)
            except ButlerError:
                print_json(asdict(reported(store, tally, _hq_word(sync_state.status(store.connection)))))
                raise
            print_json(asdict(report))


def _synced(store: Store, tally: Tally, *, push_only: bool) -> SyncReport:
    """Sync once, with a bar for a person who waits."""
    from butler_tui.sync.syncing import sync_once

    bar = Progress()
    tally.progress = bar
    try:
        return sync_once(store, now_ms=now_ms, push_only=push_only, tally=tally)
    except KeyboardInterrupt:
        bar.done()
        typer.echo(_("Stopped. What has come stays; the next sync goes on from there: butler sync"), err=True)
        raise
    finally:
        bar.done()


def _sync_in_words(store: Store, tally: Tally, *, push_only: bool) -> None:
    from butler_tui.desk.set_up_file import is_ready_to_hand_out

    say(_told(_synced(store, tally, push_only=push_only)))
    apart = abs(sync_state.position(store.connection).clock_offset_ms)
    if apart > MOST_AHEAD_MS:
        say(_("The clocks of this computer and of HQ are {time} apart: have the wrong one set right.",
              time=duration(apart)))  # fmt: skip
    if tally.gone:
        say(_("HQ was restored to before {count} changes that this terminal had already let go of. What is left of "
              "their records is sent again. Tell HQ about it.", count=tally.gone))  # fmt: skip
    if tally.whole and is_ready_to_hand_out(store):
        say(_("All records are here: this computer is ready to hand out."))


def _by_file(to_file: Path | None, from_file: Path | None) -> None:
    """Do what a sync does by a stick: take the answer first, where both are said."""
    from butler_tui.sync import by_file

    with open_terminal() as store:
        if from_file is not None:
            tally = by_file.read_file(store, from_file, now_ms)
            say(_("Taken from {file}: {pulled} of HQ, {pushed} confirmed.",
                  file=from_file, pulled=tally.pulled, pushed=tally.pushed))  # fmt: skip
        if to_file is not None:
            count = by_file.write_file(store, to_file, now_ms)
            say(_("Written for HQ into {file}: {count}. They wait until HQ's answer comes back.",
                  file=to_file, count=count))  # fmt: skip


def _told(report: SyncReport) -> str:
    """Return what a sync did in one line: at night it stands in a log or a mail."""
    return _(
        "Sent: {pushed}. Fetched: {pulled}. Still waiting: {waiting}. To be decided: {conflicts}. "
        "Held back at HQ: {held}.",
        pushed=report.pushed,
        pulled=report.pulled,
        waiting=report.waiting,
        conflicts=report.conflicts,
        held=report.quarantined,
    )


def _register_status(app: typer.Typer) -> None:
    @app.command(help=_("Tell how this terminal stands."))
    def status(as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON."))) -> None:
        with open_terminal() as store:
            estate = estates.estate(store.connection)
            gate = estates.gate_of_terminal(store.connection)
            told = sync_state.status(store.connection)
            summary = sync_state.summary(store.connection)
            facts = {
                "estate": estate.name if estate else None,
                "gate": gate.name if gate else None,
                "waiting": told.waiting,
                "conflicts": summary.conflicts,
                "quarantined": summary.quarantined,
                "last_sync": told.last_sync_ms,
                "disk_free": shutil.disk_usage(store.home.database.parent).free,
                "clock_offset": told.clock_offset_ms,
                "hq": _hq_word(told),
                "version": __version__,
            }
            words = _in_words(store, facts)
        if as_json:
            print_json(facts)
            return
        for name, value in words:
            typer.echo(set_cell_size(name, 14) + safe(value))


def _in_words(store: Store, facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the facts of `butler status` as a person reads them."""
    zone = estates.zone(store.connection)
    last, now = facts["last_sync"], now_ms()
    word, _meaning = hq_words(sync_state.summary(store.connection), now, zone)
    return [
        (_("Estate"), facts["estate"] or "-"),
        (_("Post"), facts["gate"] or "-"),
        (_("Headquarters"), word),
        (_("Waiting"), changes(facts["waiting"])),
        (_("To be decided"), records(facts["conflicts"])),
        (_("Held by HQ"), records(facts["quarantined"])),
        (_("Last upload"), moment(last, now, zone) if last is not None else _("not yet")),
        (_("Clock"), clock_words(facts["clock_offset"])[0]),
        (_("Disk"), _("{free:.1f} GB free", free=facts["disk_free"] / 1e9)),
        (_("Version"), facts["version"]),
    ]


def _hq_word(told: SyncStatus) -> str:
    """Return ok, unreachable, refused or not_enrolled."""
    if not told.enrolled:
        return "not_enrolled"
    return str(told.last_result or "unreachable")
