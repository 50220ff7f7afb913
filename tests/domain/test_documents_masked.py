"""Document and phone numbers masked: what a mask leaves to be seen, alone and in free text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.documents import (
    mask_number,
    mask_numbers_in,
    mask_phone,
)
from tests.domain.resident_numbers import resident_numbers


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("330102199001011234", "330***********1234"),
        ("E12345678", "E*******8"),
        ("1234", "1**4"),
        ("123", "***"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_a_masked_number_shows_its_ends_only(number: str, masked: str) -> None:
    assert mask_number(number) == masked


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812342211", "138****2211"),
        ("075512345678", "075*****5678"),
        ("+85223456789", "+85*****6789"),
        ("4001234567", "4*****4567"),
        ("23456789", "****6789"),
        ("2345678", "****678"),
        ("12", "*2"),
        ("1", "*"),
        ("", ""),
    ],
)
def test_a_masked_phone_shows_its_first_three_and_last_four_or_less(phone: str, masked: str) -> None:
    assert mask_phone(phone) == masked


# No stars in what is masked, so that every star in the result hides something.
UNMASKED = st.text(st.characters(blacklist_characters="*"))


@given(UNMASKED)
def test_a_masked_number_never_shows_more_than_half(number: str) -> None:
    masked = mask_number(number)
    assert len(masked) == len(number)
    assert masked.count("*") * 2 >= len(number)


@given(UNMASKED)
def test_a_masked_phone_never_shows_more_than_half_or_seven(phone: str) -> None:
    masked = mask_phone(phone)
    assert len(masked) == len(phone)
    shown = len(masked) - masked.count("*")
    assert shown <= (7 if len(phone) >= 11 else len(phone) // 2)


@given(resident_numbers())
def test_a_masked_resident_number_does_not_tell_the_birth_date(number: str) -> None:
    masked = mask_number(number)
    assert masked == number[:3] + "*" * 11 + number[14:]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("证 330106199003071234。", "证 330***********1234。"),
        ("330106 19900307 1234", "330***********1234"),
        ("330106-19900307-123x", "330***********123X"),
        ("３３０１０６１９９００３０７１２３４", "330***********1234"),
        ("1234 330106 19900307 1234 56", "1234 330***********1234 56"),
        ("1 3 3 0 1 0 6 1 9 9 0 0 3 0 7 1 2 3 4", "1 330***********1234"),
        ("101 102 103 104 105 106", "101 102 103 104 105 106"),
        ("3301061990030712345", "3301061990030712345"),
    ],
)
def test_personal_numbers_in_free_text_are_masked_however_they_are_written(text: str, masked: str) -> None:
    assert mask_numbers_in(text) == masked
