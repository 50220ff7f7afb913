"""Six-digit PINs, and which of them anybody would try first."""

from __future__ import annotations

import re
from enum import StrEnum

PIN_DIGITS = 6


class Weakness(StrEnum):
    """Why a PIN will not do."""

    NOT_SIX_DIGITS = "not_six_digits"
    SAME_DIGITS = "same_digits"
    IN_A_ROW = "in_a_row"
    REPEATED = "repeated"
    STAFF_NUMBER = "staff_number"


_ROWS = ("01234567890", "09876543210")
_REPEATED = re.compile(r"(..)\1\1|(...)\2|((.)\4){3}|(.)\5\5(.)\6\6")


def weakness(pin: str, number: str = "") -> Weakness | None:
    """Return what is wrong with `pin` for the person with this staff `number`, or None where nothing is.

    Refused are the ones tried first (ours): 111111, 123456, 987654, 121212, 123123, 112233, and the number itself.
    """
    if not re.fullmatch(r"[0-9]{6}", pin):
        return Weakness.NOT_SIX_DIGITS
    if len(set(pin)) == 1:
        return Weakness.SAME_DIGITS
    if any(pin in row for row in _ROWS):
        return Weakness.IN_A_ROW
    if _REPEATED.fullmatch(pin):
        return Weakness.REPEATED
    digits = re.sub(r"[^0-9]", "", number)
    if digits and digits.zfill(PIN_DIGITS) == pin:
        return Weakness.STAFF_NUMBER
    return None
