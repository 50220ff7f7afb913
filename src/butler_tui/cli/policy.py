"""`butler policy`: the estate's rules, and changing one."""

from __future__ import annotations

from dataclasses import asdict

import typer

from butler_tui.cli.acting import acting, as_option
from butler_tui.cli.output import now_ms, open_terminal, print_json, say
from butler_tui.cli.typer_words import Commands
from butler_tui.text import safe
from butler_tui.words import _


def register(app: typer.Typer) -> None:
    """Add the commands."""
    policy = Commands(help=_("The estate's rules: how long things are kept, what is asked, when screens lock."),
                      no_args_is_help=False)  # fmt: skip
    _register_list(policy)
    _register_set(policy)
    app.add_typer(policy, name="policy")


def _register_list(policy: typer.Typer) -> None:
    @policy.callback(invoke_without_command=True, help=_("List every rule with what holds."))
    def policy_(
        context: typer.Context, as_json: bool = typer.Option(False, "--json", help=_("Print it as JSON."))
    ) -> None:
        if context.invoked_subcommand is not None:
            return
        from butler_tui.desk.policies import listed
        from butler_tui.desk.policy_words import rule_words

        with open_terminal() as store:
            every = listed(store)
        if as_json:
            print_json({"policies": [asdict(one) for one in every]})
            return
        for one in every:
            own = "" if one.value == one.default else _("by default: {value}", value=one.default)
            typer.echo(safe("  ".join(filter(None, (one.name, one.value, own, rule_words(one.name))))))


def _register_set(policy: typer.Typer) -> None:
    @policy.command("set", help=_("Change a rule, everywhere; for supervisors."))
    def set_(
        name: str = typer.Argument(help=_("Its name, as butler policy lists them.")),
        value: str = typer.Argument(help=_("What is to hold; `default` for what it was at first, `-` for none.")),
        number: str = as_option(),
    ) -> None:
        from butler_tui.desk.policies import change
        from butler_tui.store import estates

        with open_terminal() as store:
            session = acting(store, number)
            now = change(store, session, name, value, now_ms())
            waits = estates.kind_of_terminal(store.connection) is not None
        say(_("{name} is {value} now.", name=now.name, value=safe(now.value)))
        if waits:
            say(_("It holds at the other computers after their next sync."))
