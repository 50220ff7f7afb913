"""What outside text must pass before it is stored or shown.

A name can drive a terminal: escapes, C1 controls, bidirectional and zero-width marks reach the screen from a
cell even where markup is off. They become U+FFFD here; everything a person can read stays, rare hanzi too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

REPLACEMENT = "\ufffd"
LONGEST = 2000
"""Characters kept of one value: longer than any note a guard writes, shorter than anything that hurts."""

_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Invisible, yet of a harmless category: joiners, fillers and selectors that change how their neighbours show, and
# what Unicode holds back for more of them.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0") | frozenset(
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9))
)
_PLAIN = re.compile("[ -~\u4e00-\u9fff，。、：；！？（）《》“”]*")
"""What nearly every text is made of, and safe whatever stands beside it: all of it is NFC already."""
_TAGS = range(0xE0000, 0xE1000)
"""A plane of invisible characters; of these, only the selectors of ideographs may stay."""
_SELECTORS = range(0xE0100, 0xE01F0)
_MOST_MARKS = 3
"""Combining marks kept in a row: enough for any script on a door plate, too few to climb into the next line."""


def safe(text: str, longest: int = LONGEST) -> str:
    """Return `text` in NFC, one line, with every character that could drive a terminal replaced by U+FFFD.

    Line breaks and tabs become a space; at most `longest` characters are kept.
    """
    text = text[: longest * 2]
    if (text.isascii() and text.isprintable()) or _PLAIN.fullmatch(text):
        return text[:longest]
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")):
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if marks > _MOST_MARKS:
            continue
        kept.append(_made_safe(character, kind))
    return "".join(kept)[:longest]


def safe_values(values: Mapping[str, str | int | None]) -> dict[str, str | int | None]:
    """Return the values of a record that came from outside, texts made safe and at most twice as long as they were.

    What is not text is as it was.
    """
    return {name: safe(one, max(1, 2 * len(one))) if isinstance(one, str) else one for name, one in values.items()}


def _made_safe(character: str, kind: str) -> str:
    if character in "\t\n\r":
        return " "
    code = ord(character)
    nonsense = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or (code in _TAGS and code not in _SELECTORS)
    if kind in _DANGEROUS or character in _INVISIBLE or nonsense:
        return REPLACEMENT
    return character
