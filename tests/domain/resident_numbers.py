"""Resident numbers made up by the standard, each with its check digit by another method than the weights."""

from __future__ import annotations

from datetime import date

from hypothesis import strategies as st

from butler_tui.domain.documents import (
    PROVINCES,
)

TODAY = date(2026, 3, 1)


def check_digit_by_recursion(first17: str) -> str:
    """ISO 7064's own recursive method: another way to the same digit than the weights of GB 11643."""
    product = 0
    for digit in first17:
        product = (product + int(digit)) * 2 % 11
    value = (12 - product) % 11
    return "X" if value == 10 else str(value)


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    area = draw(st.sampled_from(sorted(PROVINCES))) + draw(st.from_regex(r"[0-9]{4}", fullmatch=True))
    born = draw(st.dates(date(1900, 1, 1), TODAY))
    first17 = f"{area}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + check_digit_by_recursion(first17)
