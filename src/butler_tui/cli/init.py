"""`butler init`: sets up an estate on this computer, by questions at a terminal or all by options in a script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.acting import PIN_VARIABLE
from butler_tui.cli.asking import agreed, ask, ask_hidden, somebody_is_there
from butler_tui.cli.output import now_ms, say, this_home
from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.desk.set_up_whole import NewEstate, Progress, ReadEstate
    from butler_tui.store.local import Store

TIME_ZONE = "Asia/Shanghai"


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command(help=_("Set up an estate on this computer: gates, the first supervisor, houses. Prints its id."))
    def init(
        estate: str = typer.Option("", "--estate", help=_("The estate's name.")),
        gate: list[str] = typer.Option([], "--gate", help=_("A gate; the first one is where this computer stands.")),
        time_zone: str = typer.Option(TIME_ZONE, "--time-zone", help=_("The estate's time zone.")),
        number: str = typer.Option("", "--supervisor-number", help=_("The first supervisor's staff number.")),
        name: str = typer.Option("", "--supervisor-name", help=_("The first supervisor's name.")),
        houses: list[str] = typer.Option([], "--houses", help=_("Houses as a pattern: {example}", example=_example())),
        yes: bool = typer.Option(False, "--yes", help=_("Do not ask before writing.")),
    ) -> None:
        from butler_tui.desk.set_up_file import Stage, stage_of
        from butler_tui.desk.set_up_whole import NewEstate

        found = stage_of(this_home())
        if found is Stage.READY:
            raise RuleBroken(N_("This computer already has an estate."))
        if found is Stage.UNFINISHED:
            _go_on()
            return
        given = NewEstate(estate, time_zone, gate, number, name, "\n".join(houses))
        _set_up(_completed(given, _estate_of_hq()), agreed_already=yes)


def _example() -> str:
    from butler_tui.desk.set_up_houses import example

    return f"'{example()}'"


def _estate_of_hq() -> tuple[str, str] | None:
    """Return name and zone of the estate that enrolment has brought, or None."""
    from butler_tui.store import estates
    from butler_tui.store.local import is_set_up, open_store
    from butler_tui.store.set_up_plan import mark

    home = this_home()
    if mark(home).exists() or not is_set_up(home):
        return None
    store = open_store(home)
    try:
        estate = estates.estate(store.connection)
        return (estate.name, estate.time_zone) if estate else None
    finally:
        store.close()


def _completed(given: NewEstate, known: tuple[str, str] | None) -> NewEstate:
    """Return what is to be set up, asking for what no option has said."""
    from butler_tui.desk.set_up_whole import NewEstate, read_gates

    name, zone = known or (given.name or ask(_("The estate's name"), "--estate"), given.time_zone)
    gates = list(given.gates)
    if not gates:
        question = _("The gates, this computer's first, with commas between them")
        gates = re.split("[,，、;；]", ask(question, "--gate"))
        read_gates(gates)
    number = given.number or ask(_("The first supervisor's staff number"), "--supervisor-number")
    supervisor = given.supervisor or ask(_("The first supervisor's name"), "--supervisor-name")
    return NewEstate(name, zone, gates, number, supervisor, given.houses or _houses())


def _houses() -> str:
    """Ask for the houses until they can be read; a script that names none sets up none."""
    from butler_tui.desk.set_up_houses import read_houses, told

    while somebody_is_there():
        text = ask(_("The houses, such as {example}; Enter alone for none yet", example=_example()), "--houses")
        if not text:
            return ""
        try:
            say(told(read_houses(text)))
        except RuleBroken as wrong:
            say(wrong.sentence())
        else:
            return text
    return ""


def _set_up(new: NewEstate, *, agreed_already: bool) -> None:
    from butler_tui.desk.set_up_file import set_up_file
    from butler_tui.desk.set_up_staff import check_pin
    from butler_tui.desk.set_up_whole import read_estate, set_up

    read = read_estate(new)
    pin = new_pin(_("The first supervisor's PIN"), PIN_VARIABLE)
    check_pin(pin, read.number)
    for line in _summary(read):
        say(line)
    if not agreed_already and not agreed(_("Set up this computer so?"), "--yes"):
        raise ButlerError(N_("Stopped. Nothing was changed."))
    with set_up_file(this_home(), now_ms()) as store:
        with _progress() as progress:
            set_up(store, new, pin, now_ms(), progress)
        _print_id(store)


def _go_on() -> None:
    from butler_tui.desk.set_up_file import set_up_file
    from butler_tui.desk.set_up_whole import go_on

    say(_("The set-up of this computer was cut off; the rest is written now."))
    with set_up_file(this_home(), now_ms()) as store:
        with _progress() as progress:
            go_on(store, now_ms(), progress)
        _print_id(store)


def new_pin(question: str, variable: str) -> str:
    """Return a new PIN from the environment, or typed twice."""
    pin = ask_hidden(question, variable)
    if somebody_is_there() and ask_hidden(_("The same PIN again"), variable) != pin:
        raise RuleBroken(N_("The two PINs are not the same. Nothing was changed."))
    return pin


def _summary(read: ReadEstate) -> Iterator[str]:
    from butler_tui.desk.set_up_houses import told

    yield _("Estate: {name} ({zone})", name=read.name, zone=read.time_zone)
    yield _("Gates: {names}", names=_listed(read.gates))
    yield _("Supervisor: {number} {name}", number=read.number, name=read.supervisor)
    yield told(read.plan) if read.plan else _("Houses: none yet")


def _listed(names: Sequence[str]) -> str:
    return _(", ").join(names)


def _print_id(store: Store) -> None:
    from butler_tui.ids import id_text
    from butler_tui.store import estates

    estate = estates.estate(store.connection)
    if estate is not None:
        say(_("Set up. Open the screens with butler. The estate's id, for HQ:"))
        typer.echo(id_text(estate.estate_id))


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show on stderr how many houses are written; nothing where nobody is looking."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task(_("Writing the houses"), total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)
