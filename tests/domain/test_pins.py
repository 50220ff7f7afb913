"""PINs that anybody would try first are refused, and no others."""

from __future__ import annotations

import pytest

from butler_tui.domain.pins import Weakness, weakness


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("", Weakness.NOT_SIX_DIGITS),
        ("12345", Weakness.NOT_SIX_DIGITS),
        ("1234567", Weakness.NOT_SIX_DIGITS),
        ("20481a", Weakness.NOT_SIX_DIGITS),
        ("２０４８１６", Weakness.NOT_SIX_DIGITS),
        ("111111", Weakness.SAME_DIGITS),
        ("000000", Weakness.SAME_DIGITS),
        ("123456", Weakness.IN_A_ROW),
        ("012345", Weakness.IN_A_ROW),
        ("567890", Weakness.IN_A_ROW),
        ("987654", Weakness.IN_A_ROW),
        ("543210", Weakness.IN_A_ROW),
        ("121212", Weakness.REPEATED),
        ("520520", Weakness.REPEATED),
        ("112233", Weakness.REPEATED),
        ("204816", None),
        ("902715", None),
        ("123465", None),
    ],
)
def test_what_is_wrong_with_a_pin(pin: str, why: Weakness | None) -> None:
    assert weakness(pin) is why


@pytest.mark.parametrize("number", ["204816", "G204816", "204-816"])
def test_the_staff_number_is_no_pin(number: str) -> None:
    assert weakness("204816", number) is Weakness.STAFF_NUMBER


def test_a_short_number_with_noughts_before_it_is_no_pin() -> None:
    assert weakness("001007", "1007") is Weakness.STAFF_NUMBER


def test_few_pins_are_refused() -> None:
    refused = sum(weakness(f"{number:06d}") is not None for number in range(1_000_000))
    assert 0 < refused < 3000  # three in a thousand
