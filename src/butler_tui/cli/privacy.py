"""`butler privacy erase`: forgets a person who asks for it, here and wherever the records have gone."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.errors import WrongUsage
from butler_tui.ids import id_text, parse_id
from butler_tui.store import estates
from butler_tui.text import safe
from butler_tui.words import N_, _

_MOST_NAMED = 4
"""Homes and names in one sentence, at most."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    privacy = Commands(help=_("What people may ask for about their own data."), no_args_is_help=True)

    @privacy.command(help=_("Erase a visitor, a household that moved out or a resident, everywhere and for good."))
    def erase(
        record: str = typer.Argument(
            help=_("The id of one of the visits, as `butler search --json` shows it; or a room.")
        ),
        home: bool = typer.Option(False, "--household", help=_("Who lives at the room ROOM moved out.")),
        resident: str = typer.Option("", "--resident", help=_("Of that household only the one with this name.")),
        only: bool = typer.Option(False, "--only", help=_("Only this visit, not every one of the same person.")),
        yes: bool = typer.Option(False, "--yes", help=_("Do it; else it only says what would be erased.")),
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
        number: str = as_option(),
    ) -> None:
        from butler_tui.desk import privacy as desk

        with open_terminal() as store:
            session = acting(store, number)
            if home or resident:
                chosen = desk.at_home(store, session, record, resident)
            else:
                chosen = desk.same_visitor(store, session, _id(record), only=only)
            whom = desk.whom(store, chosen)
            count = desk.erase(store, session, chosen, now_ms(), dry_run=not yes)
            waits = estates.kind_of_terminal(store.connection) is not None
        if as_json:
            ids = [id_text(one.record_id) for one in chosen]
            people = [{"room": room, "name": name} for room, name in whom]
            print_json({"table": chosen[0].table, "ids": ids, "whom": people, "records": count, "erased": yes})
        else:
            say(_("{who}: {what}", who=_named(whom), what=_told(count, len(chosen), yes=yes, waits=waits)))

    @privacy.callback()
    def keep_group() -> None:
        """Keep `erase` a sub-command although it is alone."""

    app.add_typer(privacy, name="privacy")


def _named(whom: Sequence[tuple[str, str]]) -> str:
    """Return whom it is about, the first few by room and masked name."""
    named = [safe(" ".join(filter(None, one))) for one in whom[:_MOST_NAMED]]
    more = len(whom) - len(named)
    return ", ".join([*named, *([_("{count} more", count=more)] if more else [])])


def _told(count: int, chosen: int, *, yes: bool, waits: bool) -> str:
    """Return what was erased, or would be."""
    if not yes:
        return _("{count} records would be erased, of {visits} visits or homes. Add --yes to erase them for good.",
                 count=count, visits=chosen)  # fmt: skip
    if waits:
        return _("Erased here: {count} records. The other terminals and HQ follow with their next sync.", count=count)
    return _("Erased here: {count} records.", count=count)


def _id(text: str) -> bytes:
    try:
        return parse_id(text)
    except ValueError as error:
        raise WrongUsage(
            N_("{text} is not the id of a visit; for a room add --household or --resident."), text=safe(text)
        ) from error
