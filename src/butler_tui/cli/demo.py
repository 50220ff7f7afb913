"""`butler demo`: makes a life-like estate to look around in, prints who can sign in, and opens it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.output import closing_in_the_end, now_ms, say
from butler_tui.words import _

if TYPE_CHECKING:
    from rich.progress import Progress

    from butler_tui.demo.folder import Folder
    from butler_tui.demo.making import Wanted
    from butler_tui.store.local import Store

_SHOWN_BY_DEFAULT = 240


def register(app: typer.Typer) -> None:
    """Add the demo."""

    @app.command(help=_("Make a demo estate with life-like data, print the sign-in numbers and PINs, and open it."))
    def demo(
        folder: Path | None = typer.Option(None, "--dir", help=_("Where the demo lies; it is its BUTLER_HOME.")),
        households: int = typer.Option(_SHOWN_BY_DEFAULT, "--households", min=1, help=_("How many households.")),
        visits: int | None = typer.Option(None, "--visits", min=0, help=_("How many visits in all.")),
        seed: int = typer.Option(1, "--seed", help=_("The same seed makes the same estate.")),
        hq: bool = typer.Option(False, "--hq", help=_("With an HQ of its own on this computer while it runs.")),
        no_open: bool = typer.Option(False, "--no-open", help=_("Make it only; do not open the screens.")),
        plain: bool = typer.Option(False, "--plain", help=_("Do not encrypt it, for looking at it with other tools.")),
    ) -> None:
        from butler_tui.demo.folder import demo_folder
        from butler_tui.demo.making import Wanted, visits_of

        place = demo_folder(folder)
        _make(place, Wanted(households, visits_of(households) if visits is None else visits, seed, plain))
        _print_people()
        if hq:
            _with_headquarters(place, opens=not no_open)
        elif not no_open:
            _open_screens(place)
        else:
            say(_("The demo is in {folder}. Open its screens with:", folder=place.path))
            typer.echo(_screens_line(place))


def _make(place: Folder, wanted: Wanted) -> None:
    from butler_tui.demo.folder import Found
    from butler_tui.demo.making import make_demo

    found = place.look()
    if found is Found.DEMO:
        say(_("The demo in {folder} is there already and is opened again as it is.", folder=place.path))
        return
    place.begin()
    with _progress() as progress:
        task = progress.add_task(_("Making the demo estate"), total=None)
        make_demo(
            place.home, wanted, now_ms(), lambda done, total: progress.update(task, completed=done, total=total)
        ).close()
    place.finish()


def _print_people() -> None:
    """Print who can sign in: number, name, role, PIN."""
    from rich.console import Console
    from rich.table import Table

    from butler_tui import labels
    from butler_tui.demo.names import STAFF

    table = Table(_("Number"), _("Name"), _("Role"), _("PIN"), box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for number, name, role, pin in STAFF:
        table.add_row(number, name, labels.label(role), pin)
    Console().print(table)


def _with_headquarters(place: Folder, *, opens: bool) -> None:
    from butler_tui.demo import headquarters
    from butler_tui.store.local import open_store

    folder = place.home.hq
    with closing_in_the_end(open_store(place.home)) as store:
        with _progress() as progress:
            progress.add_task(_("Starting HQ"), total=None)
            headquarters.make_ready(folder, now_ms())
        with headquarters.served(folder, headquarters.enrolled_port(store)) as url:
            _bring_to_hq(store, folder, url)
            if opens:
                _open_screens(place)
        port = headquarters.enrolled_port(store)
    if not opens:
        say(_("HQ is stopped. Start it again, and open the screens, with:"))
        typer.echo(f"butler hq serve --dir {shlex.quote(str(folder))} --port {port}")
        typer.echo(_screens_line(place))


def _bring_to_hq(store: Store, folder: Path, url: str) -> None:
    from butler_tui.demo import headquarters

    with _progress() as progress:
        progress.add_task(_("Sending the records to HQ"), total=None)
        pushed = headquarters.join(store, folder, url, now_ms)
    say(_("HQ answers at {url}; {count} records were sent there.", url=url, count=pushed))


def _open_screens(place: Folder) -> None:
    from butler_tui.settings import read_settings
    from butler_tui.tui.app import run_screens

    run_screens(place.home, read_settings(place.home.settings, os.environ))


def _screens_line(place: Folder) -> str:
    return f"BUTLER_HOME={shlex.quote(str(place.path))} butler"


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on stderr what takes its time, and take it away afterwards; nothing where nobody is looking."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    console = Console(stderr=True)
    columns = (
        SpinnerColumn("line"),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress
