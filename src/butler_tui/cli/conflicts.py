"""`butler conflicts`: what several wrote without knowing of each other, and deciding between it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.domain.folding import fold
from butler_tui.errors import RuleBroken, WrongUsage
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.text import safe
from butler_tui.words import N_, _

if TYPE_CHECKING:
    from butler_tui.desk.conflict_words import ConflictWords
    from butler_tui.desk.session import Session
    from butler_tui.store.conflicts import Conflict


def register(app: typer.Typer) -> None:
    """Add the commands."""
    conflicts = Commands(help=_("What several wrote without knowing of each other."), no_args_is_help=False)
    _register_list(conflicts)
    _register_settle(conflicts)
    app.add_typer(conflicts, name="conflicts")


def _register_list(conflicts: typer.Typer) -> None:
    @conflicts.callback(invoke_without_command=True, help=_("List what waits for somebody to decide between it."))
    def conflicts_(
        context: typer.Context,
        as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON.")),
        number: str = typer.Option("", "--as", help=_("Your staff number; without it, what is personal is masked.")),
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        with open_terminal() as store:
            session = acting(store, number) if number else None
            told = {key: (one, _words(store, session, one)) for key, one in _waiting(store).items()}
        if as_json:
            print_json({"conflicts": [_facts(key, one, words) for key, (one, words) in told.items()]})
            return
        for key, (_one, words) in told.items():
            _print(key, words)
        say(_("{count} to decide: butler conflicts settle NUMBER CHOICE --as STAFF", count=len(told)) if told
            else _("Nothing waits for a decision."))  # fmt: skip


def _register_settle(conflicts: typer.Typer) -> None:
    @conflicts.command(help=_("Decide: CHOICE is the digit before a value, as butler conflicts lists them."))
    def settle(
        which: str = typer.Argument(metavar="NUMBER", help=_("The six digits before the conflict.")),
        choice: int | None = typer.Argument(None, metavar="CHOICE", help=_("The digit before the value."), min=1),
        value: str | None = typer.Option(None, "--value", help=_("Another value in their place, where it is a text.")),
        number: str = as_option(),
    ) -> None:
        if (choice is None) == (value is None):
            raise WrongUsage(N_("Name the digit of a value, or another value by --value."))
        from butler_tui.desk.conflicts import options, settle

        with open_terminal() as store:
            session = acting(store, number)
            shown = _waiting(store).get(fold(which).strip())
            if shown is None:
                raise RuleBroken(
                    N_("No conflict has the number {number} any more: run butler conflicts."), number=which
                )
            there = options(shown)
            if choice is not None and choice > len(there):
                raise WrongUsage(N_("There are {count} values: give a digit from 1 to {count}."), count=len(there))
            chosen = there[choice - 1].value if choice is not None else value
            settle(store, session, shown, chosen, now_ms())
        say(_("Decided. It goes to headquarters and to all computers with the next sync."))


def _waiting(store: Store) -> dict[str, Conflict]:
    """Return the conflicts by their numbers: made from what was written, so that none stands for another later."""
    from butler_tui.store import conflicts

    numbered: dict[str, Conflict] = {}
    for one in conflicts.waiting(store.connection):
        writes = "".join(sorted(said.cid for said in one.writes)) + one.field
        for attempt in range(100):
            digest = hashlib.sha256(f"{writes}{attempt}".encode()).digest()
            number = f"{100_000 + int.from_bytes(digest[:8]) % 900_000}"
            if number not in numbered:
                numbered[number] = one
                break
    return numbered


def _words(store: Store, session: Session | None, conflict: Conflict) -> ConflictWords:
    from butler_tui.desk.conflict_words import Viewer, in_words
    from butler_tui.desk.conflicts import sees_clear

    viewer = Viewer(sees_clear(session, conflict.table), now_ms(), estates.zone(store.connection))
    return in_words(store.connection, conflict, viewer)


def _print(key: str, words: ConflictWords) -> None:
    typer.echo(safe(f"{key}  {words.kind}  {words.record}  {words.field}"))
    for digit, (value, said) in enumerate(words.choices, 1):
        typer.echo(safe(f"  {digit}  {value}"))
        for one in said:
            typer.echo(safe(f"     {one}"))
    typer.echo(safe(f"     {words.meanwhile}"))


def _facts(key: str, conflict: Conflict, words: ConflictWords) -> Mapping[str, object]:
    from butler_tui.desk.conflicts import options, standing_of

    values = [
        {
            "choice": digit,
            "value": value,
            "written": [{"at": one.at_ms, "by": one.staff_name, "place": one.place, "here": one.here} for one in said],
        }
        for digit, (value, said) in enumerate(
            zip((value for value, _said in words.choices), (one.said for one in options(conflict)), strict=True), 1
        )
    ]
    return {
        "number": key,
        "table": conflict.table,
        "record": words.record,
        "field": conflict.field,
        "label": words.field,
        "standing": str(standing_of(conflict)),
        "meanwhile": words.meanwhile,
        "values": values,
    }
