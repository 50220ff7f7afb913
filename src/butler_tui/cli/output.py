"""Data goes to stdout, words to stderr; and what every command needs before it starts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from butler_tui.errors import EXIT_FAILED, ButlerError
from butler_tui.paths import Home, find_home
from butler_tui.store.database import plain_driver_errors
from butler_tui.store.local import Store, open_store
from butler_tui.text import safe
from butler_tui.words import _


def now_ms() -> int:
    """Return the time by this computer's clock (UTC ms)."""
    return time.time_ns() // 1_000_000


def this_home() -> Home:
    """Return this machine's places."""
    return find_home(os.environ)


@contextmanager
def open_terminal() -> Iterator[Store]:
    """Open this terminal's file for a command; raises SetUpWrong or FileTrouble where it does not open or read."""
    with closing_in_the_end(open_store(this_home())) as store:
        yield store


@contextmanager
def closing_in_the_end(store: Store) -> Iterator[Store]:
    """Let a command use `store` and close it; raises FileTrouble for damage that only reading comes upon."""
    try:
        with plain_driver_errors(store.home.database):
            yield store
    finally:
        store.close()


def print_json(value: object) -> None:
    """Print data; a character that could drive the terminal stands there as its escape, which JSON reads back."""
    text = json.dumps(value, ensure_ascii=False)
    typer.echo(text if text.isascii() and text.isprintable() else "".join(map(_escaped, text)))


def _escaped(character: str) -> str:
    return character if safe(character) == character else json.dumps(character)[1:-1]


def say(words: str) -> None:
    """Say something to the person at the keyboard."""
    typer.echo(words, err=True)


def say_error(error: ButlerError) -> int:
    """Say what is wrong and return the exit code."""
    say(error.sentence())
    return error.exit_code


def say_unforeseen(log: object) -> int:
    """Say that something nobody foresaw happened, and where it is written down; return the exit code."""
    say(_("Something went wrong that should not have. What was saved is safe. Details are in {log}.", log=log))
    return EXIT_FAILED
