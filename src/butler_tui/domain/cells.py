"""What may stand in a cell of an export: nothing that a spreadsheet would run, nothing that tells more than it may."""

from __future__ import annotations

import re
import unicodedata

from butler_tui.domain.documents import mask_numbers_in, mask_phone

_STARTS = frozenset("=+-@\t\r\n|%")
_QUOTES = frozenset("'\"`´‘’“”＇＂")
_BARE_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_PHONE_IN_TEXT = re.compile(r"(?<![0-9*])(?:\+?86)?1[3-9][0-9]{9}(?![0-9*])|(?<![0-9*])0[1-9][0-9]{8,10}(?![0-9*])")


def defused(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: an apostrophe goes before one that begins so.

    Formulas begin with = + - @ (their full-width forms are folded by some programs), a tab or a line break, also
    behind quotes and spaces; a plain negative number is none.
    """
    folded = unicodedata.normalize("NFKC", text)
    if _BARE_NUMBER.fullmatch(folded):
        return text
    for character in folded:
        if character in _STARTS:
            return "'" + text
        if character not in _QUOTES and not character.isspace():
            return text
    return text


def masked_text(text: str) -> str:
    """Return free text with the personal numbers and phones in it masked."""
    folded = mask_numbers_in(text)
    return _PHONE_IN_TEXT.sub(lambda found: mask_phone(found[0]), folded)
