"""All commands of `butler`. A group of commands is a module with `register(app)`; list it in `_GROUPS`."""

from __future__ import annotations

from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from butler_tui import __version__
from butler_tui.cli import (
    care,
    conflicts,
    demo,
    export,
    hq,
    init,
    override_code,
    policy,
    privacy,
    retention,
    schedule,
    search,
    staff,
    terminal,
    visits,
)
from butler_tui.cli.output import say
from butler_tui.cli.typer_words import Commands, wrong_usage
from butler_tui.errors import EXIT_DONE, EXIT_USAGE
from butler_tui.words import _

_GROUPS = (
    init,
    staff,
    policy,
    terminal,
    schedule,
    conflicts,
    visits,
    override_code,
    search,
    export,
    retention,
    privacy,
    care,
    hq,
    demo,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


def make_app() -> typer.Typer:
    """Return the commands, their help in the language that is spoken now."""
    app = Commands(
        name="butler",
        help=_("The gate and the butler's desk. Without a command it opens the screens."),
        no_args_is_help=True,
        add_completion=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    @app.callback()
    def common(
        version: bool = typer.Option(
            False, "--version", callback=_version, is_eager=True, help=_("Print the version.")
        ),
    ) -> None:
        """Take what stands before the command."""

    for group in _GROUPS:
        group.register(app)
    return app


def run(arguments: Sequence[str]) -> None:
    """Run the command in `arguments`; leaves by SystemExit with its exit code, or raises what the command raised."""
    try:
        code = make_app()(list(arguments), prog_name="butler", standalone_mode=False)
    except TyperException as error:
        told = wrong_usage(error)
        if told:
            say(told)
        raise SystemExit(EXIT_USAGE) from error
    raise SystemExit(code or EXIT_DONE)
