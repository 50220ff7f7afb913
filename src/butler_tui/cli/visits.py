"""`butler visits list/show/add/out`: the gate's acts from the shell, for scripts and for screen readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from butler_tui.cli.acting import acting, as_option, asked_option
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.words import _

if TYPE_CHECKING:
    from butler_tui.cli.visit_facts import Given


def register(app: typer.Typer) -> None:
    """Add the commands for visits."""
    visits = Commands(help=_("Visitors: who is here, let in, check out."), no_args_is_help=True)
    _register_list(visits)
    _register_show(visits)
    _register_add(visits)
    _register_out(visits)
    app.add_typer(visits, name="visits")


def _json_option() -> bool:
    return typer.Option(False, "--json", help=_("Print it as JSON."))  # type: ignore[no-any-return]


def _register_list(visits: typer.Typer) -> None:
    @visits.command("list", help=_("List visits, the newest first; names and phones are masked."))
    def list_visits(
        inside: bool = typer.Option(False, "--inside", help=_("Only who is on site now.")),
        since: str = typer.Option("", "--since", help=_("From this day on: 2026-11-01.")),
        most: int = typer.Option(200, "--most", min=1, max=100_000, help=_("At most so many.")),
        number: str = asked_option(),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.cli.visit_facts import listed

        with open_terminal() as store:
            acting(store, number)
            found = listed(store, inside=inside, since=since, most=most)
        if as_json:
            print_json([facts for facts, _words in found])
            return
        for _facts, words in found:
            typer.echo(words)
        if not found:
            say(_("Nobody fits."))


def _register_show(visits: typer.Typer) -> None:
    @visits.command(help=_("Tell one visit and what has happened to it; phone and document masked."))
    def show(
        visit: str = typer.Argument(help=_("The visit's id, as `list` tells it, or the badge of who is inside.")),
        number: str = asked_option(),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.cli.visit_facts import told

        with open_terminal() as store:
            acting(store, number)
            facts, lines = told(store, visit)
        if as_json:
            print_json(facts)
            return
        for line in lines:
            typer.echo(line)


def _register_add(visits: typer.Typer) -> None:
    @visits.command(help=_("Register a visitor and let them in; what stands in the way is said, and nothing saved."))
    def add(
        number: str = as_option(),
        name: str = typer.Option("", "--name", help=_("The visitor's name.")),
        reason: str = typer.Option("", "--reason", help=_("visiting, courier, delivery, repair, …")),
        room: str = typer.Option("", "--room", help=_("The room code: 3-2-1801.")),
        check: list[str] = typer.Option([], "--check", help=_("A check and its outcome: document=passed. Repeat it.")),
        check_note: list[str] = typer.Option([], "--check-note", help=_("Words on a check: belongings=TEXT")),
        sex: str = typer.Option("", "--sex", help=_("male or female.")),
        phone: str = typer.Option("", "--phone", help=_("Phone.")),
        company: str = typer.Option("", "--company", help=_("Company.")),
        companions: str = typer.Option("", "--companions", help=_("How many, names, or both: `2 王海 李岚`.")),
        confirmed_by: str = typer.Option("", "--confirmed-by", help=_("Who of the household confirmed, by name.")),
        confirmed_how: str = typer.Option("", "--confirmed-how", help=_("intercom, phone, in_person, …")),
        reason_note: str = typer.Option("", "--reason-note", help=_("What for.")),
        document_type: str = typer.Option("", "--document-type", help=_("resident_id, passport, …")),
        document_number: str = typer.Option("", "--document-number", help=_("Kept only where policy asks for it.")),
        plate: str = typer.Option("", "--plate", help=_("The vehicle's plate.")),
        parking: str = typer.Option("", "--parking", help=_("Zone and space.")),
        valet: bool = typer.Option(False, "--valet", help=_("Parked by us.")),
        belongings: str = typer.Option("", "--belongings", help=_("Belongings and large items.")),
        badge: str = typer.Option("", "--badge", help=_("The badge handed out.")),
        looks: str = typer.Option("", "--looks", help=_("Looks worth telling the next post.")),
        as_json: bool = _json_option(),
    ) -> None:
        from butler_tui.cli.visit_facts import Given

        given = Given(
            name, reason, room, tuple(check), tuple(check_note), sex, phone, company, companions, confirmed_by,
            confirmed_how, reason_note, document_type, document_number, plate, parking, valet, belongings, badge, looks,
        )  # fmt: skip
        _add(number, given, as_json=as_json)


def _add(number: str, given: Given, *, as_json: bool) -> None:
    from butler_tui.cli.visit_facts import registration
    from butler_tui.desk.gate import admit
    from butler_tui.ids import id_text
    from butler_tui.labels import greeting
    from butler_tui.store import estates

    with open_terminal() as store:
        policies = estates.policies(store.connection)
        session = acting(store, number)
        at_ms = now_ms()
        visitor = registration(store, given, policies, at_ms)
        done = admit(store, session, visitor, policies, at_ms)
    facts: dict[str, Any] = {"visit": id_text(done.visit_id), "at": done.at_ms}
    if as_json:
        print_json(facts)
    else:
        typer.echo(facts["visit"])
    say(_("{who} is admitted.", who=greeting(visitor.name, visitor.sex)))


def _register_out(visits: typer.Typer) -> None:
    @visits.command(help=_("Write down that a visitor has left."))
    def out(
        visit: str = typer.Argument(help=_("The badge, or the visit's id.")),
        number: str = as_option(),
    ) -> None:
        from butler_tui.cli.visit_facts import inside_called
        from butler_tui.desk.gate import check_out
        from butler_tui.labels import greeting

        with open_terminal() as store:
            session = acting(store, number)
            visitor = inside_called(store, visit)
            check_out(store, session, visitor.visit_id, now_ms())
        say(_("{who} has left.", who=greeting(visitor.name, visitor.sex)))
