"""What the checks of `butler doctor` are handed, and how they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from butler_tui.domain.health import Mark
from butler_tui.paths import Home


@dataclass(frozen=True, slots=True)
class Computer:
    """What is known before any file is opened; `columns` and `lines` are None where nobody looks at a window.

    `now_ms` is this computer's time (UTC ms); `colours` how many the window can show, by what it says of itself.
    """

    home: Home
    now_ms: int
    language: str
    encoding: str
    columns: int | None = None
    lines: int | None = None
    colours: int | None = None


class Said(NamedTuple):
    """A mark, a sentence that says how it stands, and one that says what to do (empty where nothing is)."""

    mark: Mark
    words: str
    remedy: str = ""


def good(words: str) -> Said:
    """Say that something is as it should be."""
    return Said(Mark.GOOD, words)


def warning(words: str, remedy: str) -> Said:
    """Say that something should be looked after."""
    return Said(Mark.WARNING, words, remedy)


def bad(words: str, remedy: str = "") -> Said:
    """Say that something is wrong; a sentence that tells what to do itself needs no remedy."""
    return Said(Mark.BAD, words, remedy)
