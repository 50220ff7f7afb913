"""How far something long has come, on stderr of a terminal, once it has taken a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from butler_tui.words import _

_AFTER_S = 1.0
_EVERY_S = 0.2


class Progress:
    """Shows `12,345 of 1,000,000` in one line that is wiped in the end; says nothing where nobody looks."""

    def __init__(self) -> None:
        self._next_s = time.monotonic() + _AFTER_S
        self._shown = False
        self._seen = sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, at: int, of: int) -> None:
        """Show that `at` of `of` are done."""
        if not self._seen or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + _EVERY_S
        self._shown = True
        typer.echo(f"\r{_bar(at, of)} {_('{at:,} of {of:,}', at=at, of=of)} ", nl=False, err=True)

    def done(self) -> None:
        """Wipe the line."""
        if self._shown:
            typer.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Show which step runs, to a person at a terminal only; what is told is still to be translated."""
    if not sys.stderr.isatty():
        yield lambda _words: None
        return
    from rich.console import Console

    with Console(stderr=True).status("", spinner="line") as shown:
        yield lambda words: shown.update(_(words))


def _bar(at: int, of: int, width: int = 30) -> str:
    full = width * min(at, of) // max(of, 1)
    return f"[{'#' * full}{'.' * (width - full)}]"
