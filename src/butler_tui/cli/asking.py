"""Asking the person at the keyboard: words and prompts go to stderr, so that stdout stays data.

A command that runs without a terminal never waits for an answer: it says which option or variable to give.
"""

from __future__ import annotations

import os
import sys
from getpass import getpass

import typer

from butler_tui.errors import ButlerError, WrongUsage
from butler_tui.text import safe
from butler_tui.words import N_, _

PASSPHRASE_VARIABLE = "BUTLER_RECOVERY"


def somebody_is_there() -> bool:
    """Tell whether there is a terminal to ask at."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str, instead: str, default: str = "") -> str:
    """Return one line that a person types, made safe, or `default` for an empty one.

    `instead` is the option or variable to give where nobody is there: then it is raised as WrongUsage.
    """
    _must_be_there(instead)
    shown = f"{question} [{default}]: " if default else f"{question}: "
    try:
        typer.echo(shown, nl=False, err=True)
        line = sys.stdin.readline()
    except KeyboardInterrupt as stopped:
        raise _stopped() from stopped
    if not line:
        raise _stopped()
    return safe(line).strip() or default


def ask_hidden(question: str, variable: str) -> str:
    """Return what stands in the environment `variable`, else what a person types unseen."""
    given = os.environ.get(variable)
    if given:
        return given
    _must_be_there(variable)
    try:
        return getpass(f"{question}: ", stream=sys.stderr)
    except (EOFError, KeyboardInterrupt) as stopped:
        raise _stopped() from stopped


def new_passphrase_typed() -> str:
    """Return a passphrase that was typed twice alike; one from the environment is asked for once."""
    first = ask_hidden(_("New recovery passphrase"), PASSPHRASE_VARIABLE)
    if ask_hidden(_("The same again"), PASSPHRASE_VARIABLE) != first:
        raise WrongUsage(N_("The two are not the same. Nothing was changed."))
    return first


def agreed(question: str, instead: str) -> bool:
    """Tell whether a person says yes; anything but y, yes or 是 is no."""
    return ask(f"{question} {_('(y/n)')}", instead).casefold() in ("y", "yes", "是", "好")


def _must_be_there(instead: str) -> None:
    if not somebody_is_there():
        raise WrongUsage(
            N_("This has to be asked, and there is no terminal. Give {instead}, or run it in a terminal."),
            instead=instead,
        )


def _stopped() -> ButlerError:
    return ButlerError(N_("Stopped. Nothing was changed."))
