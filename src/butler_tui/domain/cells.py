"""What may stand in a cell of an export: nothing that a spreadsheet would run, nothing that tells more than it may."""

from __future__ import annotations

import re
import unicodedata

from butler_tui.domain.documents import mask_numbers_in, mask_phone
from butler_tui.domain.folding import DOTS, HYPHENS, compact, replaced_in

_STARTS = frozenset("=+-@\t\r\n|%")
_QUOTES = frozenset("'\"`´‘’“”＇＂")
_BARE_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,6})?")
_BETWEEN = f"[\\s{re.escape(HYPHENS + DOTS)}()]{{0,2}}"
_FORMS = (
    f"(?:\\+?86{_BETWEEN})?1{_BETWEEN}[3-9](?:{_BETWEEN}[0-9]){{9}}",
    f"0{_BETWEEN}[1-9](?:{_BETWEEN}[0-9]){{8,10}}",
    f"\\+[1-9](?:{_BETWEEN}[0-9]){{7,14}}",
)
_PHONE_IN_TEXT = re.compile(f"(?<![0-9*])(?:{'|'.join(_FORMS)})(?![0-9*])")
"""A mobile phone, a line with its area code, any number with its country's: in one piece or in parts."""


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
    dropped = HYPHENS + DOTS + "()"
    return replaced_in(mask_numbers_in(text), _PHONE_IN_TEXT, lambda found: mask_phone(compact(found, dropped)))
