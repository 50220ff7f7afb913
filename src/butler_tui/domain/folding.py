"""Full-width letters, digits and marks, as a Chinese input method types them, made ASCII: in this one place.

Hanzi, rare ones too, pass untouched: no Unicode normal form is applied, as it would replace some of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
"""The hyphens, dashes and the minus sign that stand between the parts of a number or of a room code."""
DOTS = ".\u00b7\u2022\u2027\u2219\u22c5\u30fb"
"""The full stop and the middle dots: on plates (京A·12345) and in names (阿卜杜拉·买买提)."""

_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def fold(text: str) -> str:
    """Return `text` with full-width ASCII variants and the ideographic space as ASCII, the rest as it was."""
    return text.translate(_FOLDED)


def compact(text: str, dropping: str = HYPHENS) -> str:
    """Return `text` folded, in upper case, without white space and without the characters of `dropping`."""
    kept = (character for character in fold(text) if not character.isspace() and character not in dropping)
    return "".join(kept).upper()


def replaced_in(text: str, pattern: re.Pattern[str], instead: Callable[[str], str | None]) -> str:
    """Return `text` with what `pattern` finds in its folded form replaced; where `instead` says None it stays.

    What stays may overlap what is found next, so the search goes on one character after its beginning.
    """
    folded, done, at, parts = fold(text), 0, 0, []
    while found := pattern.search(folded, at):
        new = instead(found[0])
        at = found.start() + 1 if new is None else found.end()
        if new is not None:
            parts += [text[done : found.start()], new]
            done = at
    return "".join((*parts, text[done:]))
