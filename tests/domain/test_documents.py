"""Document numbers: what passes, and what is doubted and why."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from butler_tui.domain.documents import (
    PROVINCES,
    DocumentType,
    Doubt,
    Reading,
    check_digit,
    guess_type,
    normalise_number,
    read_number,
)
from tests.domain.resident_numbers import TODAY, check_digit_by_recursion, resident_numbers


def reading_of(kind: DocumentType, text: str) -> Reading:
    return read_number(kind, text, TODAY)


def resident(text: str) -> Reading:
    return reading_of(DocumentType.RESIDENT_ID, text)


VALID = [
    (DocumentType.RESIDENT_ID, "11010519491231002X"),  # the examples of GB 11643
    (DocumentType.RESIDENT_ID, "440524188001010014"),
    (DocumentType.RESIDENT_ID, "659001199001010013"),  # an area right under its region
    (DocumentType.RESIDENT_ID, "110101200002290018"),  # the 29th of February of a leap century
    (DocumentType.RESIDENT_ID, "110101185001010018"),  # the earliest birth date believed
    (DocumentType.RESIDENCE_PERMIT, "810000199408230021"),
    (DocumentType.RESIDENCE_PERMIT, "82000019900919001X"),
    (DocumentType.RESIDENCE_PERMIT, "830000199201300022"),
    (DocumentType.HK_MACAU_PERMIT, "H12345678"),
    (DocumentType.HK_MACAU_PERMIT, "M1234567801"),
    (DocumentType.TAIWAN_PERMIT, "12345678"),
    (DocumentType.TAIWAN_PERMIT, "0123456701"),
    (DocumentType.TAIWAN_PERMIT, "0123456701B"),
    (DocumentType.TAIWAN_PERMIT, "0123456701(B)"),
    (DocumentType.PASSPORT, "A1234"),  # the shortest and the longest let pass
    (DocumentType.PASSPORT, "AB1234567890"),
    (DocumentType.PASSPORT, "E12345678"),
    (DocumentType.PASSPORT, "EA1234567"),
    (DocumentType.PASSPORT, "G12345678"),
    (DocumentType.PASSPORT, "DE1234567"),
    (DocumentType.PASSPORT, "SE1234567"),
    (DocumentType.PASSPORT, "PE1234567"),
    (DocumentType.PASSPORT, "D1234567"),
    (DocumentType.PASSPORT, "S12345678"),
    (DocumentType.PASSPORT, "P1234567"),
    (DocumentType.PASSPORT, "C01X00T47"),  # German
    (DocumentType.PASSPORT, "488839667"),  # of digits only, as in the United States
    (DocumentType.FOREIGNER_PERMIT, "CAN110081080310"),
    (DocumentType.FOREIGNER_PERMIT, "911124198108030024"),
    (DocumentType.FOREIGNER_PERMIT, "932682198501010017"),  # the example of the National Immigration Administration
    (DocumentType.DRIVING_LICENCE, "11010519491231002X"),
    (DocumentType.DRIVING_LICENCE, "830000199201300022"),
    (DocumentType.DRIVING_LICENCE, "110012345678"),
    (DocumentType.DRIVING_LICENCE, "932682198501010017"),  # each holder's licence bears the number of their document
    (DocumentType.DRIVING_LICENCE, "CAN110081080310"),
    (DocumentType.DRIVING_LICENCE, "H12345678"),
    (DocumentType.DRIVING_LICENCE, "12345678"),
    (DocumentType.OTHER, "军字第1234567号"),  # officers of the forces and the police: as seen
    (DocumentType.OTHER, "警号012345"),
]

DOUBTFUL = [
    (DocumentType.RESIDENT_ID, "", [Doubt.WRONG_LENGTH]),
    (DocumentType.RESIDENT_ID, "110105491231002", [Doubt.OLD_NUMBER]),  # the 15 digits of before 1999
    (
        DocumentType.RESIDENT_ID,
        "161010491331002",
        [Doubt.OLD_NUMBER, Doubt.UNKNOWN_AREA, Doubt.IMPOSSIBLE_BIRTH_DATE],
    ),
    (DocumentType.RESIDENT_ID, "11010549123100X", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.RESIDENT_ID, "1101051949123100", [Doubt.WRONG_LENGTH]),
    (DocumentType.RESIDENT_ID, "张三", [Doubt.WRONG_LENGTH, Doubt.WRONG_CHARACTERS]),
    (DocumentType.RESIDENT_ID, "11010519491231O02X", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.RESIDENT_ID, "X1010519491231002X", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.RESIDENT_ID, "١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.RESIDENT_ID, "110105194912310021", [Doubt.WRONG_CHECK_DIGIT]),
    (DocumentType.RESIDENT_ID, "161010199001010016", [Doubt.UNKNOWN_AREA]),
    (DocumentType.RESIDENT_ID, "830000199201300022", [Doubt.UNKNOWN_AREA]),
    (DocumentType.RESIDENT_ID, "110101190002290011", [Doubt.IMPOSSIBLE_BIRTH_DATE]),  # 1900 was no leap year
    (DocumentType.RESIDENT_ID, "110101199013010012", [Doubt.IMPOSSIBLE_BIRTH_DATE]),
    (DocumentType.RESIDENT_ID, "110101000001010014", [Doubt.IMPOSSIBLE_BIRTH_DATE]),
    (DocumentType.RESIDENT_ID, "110101184912310017", [Doubt.IMPOSSIBLE_BIRTH_DATE]),
    (DocumentType.RESIDENT_ID, "110101202603020012", [Doubt.BIRTH_DATE_IN_FUTURE]),
    (
        DocumentType.RESIDENT_ID,
        "999999999999999999",
        [Doubt.UNKNOWN_AREA, Doubt.IMPOSSIBLE_BIRTH_DATE, Doubt.WRONG_CHECK_DIGIT],
    ),
    (DocumentType.RESIDENCE_PERMIT, "11010519491231002X", [Doubt.UNKNOWN_AREA]),
    (DocumentType.RESIDENCE_PERMIT, "810001199408230028", [Doubt.UNKNOWN_AREA]),  # no areas below the three
    (DocumentType.HK_MACAU_PERMIT, "K12345678", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.HK_MACAU_PERMIT, "H123456789", [Doubt.WRONG_LENGTH]),
    (DocumentType.TAIWAN_PERMIT, "123456789", [Doubt.WRONG_LENGTH]),
    (DocumentType.TAIWAN_PERMIT, "A2345678", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.TAIWAN_PERMIT, "0123456701(B", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.PASSPORT, "E123", [Doubt.WRONG_LENGTH]),
    (DocumentType.PASSPORT, "AB12345678901", [Doubt.WRONG_LENGTH]),
    (DocumentType.PASSPORT, "E1234567号", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.FOREIGNER_PERMIT, "CA1110081080310", [Doubt.WRONG_CHARACTERS]),
    (DocumentType.FOREIGNER_PERMIT, "911124198108030025", [Doubt.WRONG_CHECK_DIGIT]),
    (DocumentType.FOREIGNER_PERMIT, "911124198113030029", [Doubt.IMPOSSIBLE_BIRTH_DATE]),
    (DocumentType.FOREIGNER_PERMIT, "910124198108030023", [Doubt.UNKNOWN_AREA]),
    (DocumentType.DRIVING_LICENCE, "1234567", [Doubt.WRONG_LENGTH]),
    (DocumentType.DRIVING_LICENCE, "110105491231002", [Doubt.OLD_NUMBER]),
    (DocumentType.DRIVING_LICENCE, "932682198501010018", [Doubt.WRONG_CHECK_DIGIT]),
    (DocumentType.OTHER, " － ", [Doubt.WRONG_LENGTH]),
]


@pytest.mark.parametrize(("kind", "number"), VALID)
def test_a_well_formed_number_of_each_type_has_no_doubts(kind: DocumentType, number: str) -> None:
    assert reading_of(kind, number) == Reading(number, kind, ())
    assert reading_of(kind, number).valid


def test_every_type_of_document_has_an_example_above() -> None:
    assert {kind for kind, _ in VALID} == set(DocumentType)


@pytest.mark.parametrize(("kind", "number", "doubts"), DOUBTFUL)
def test_a_doubtful_number_says_why_in_order(kind: DocumentType, number: str, doubts: list[Doubt]) -> None:
    reading = reading_of(kind, number)
    assert list(reading.doubts) == doubts
    assert not reading.valid


def test_every_doubt_has_an_example_above() -> None:
    assert {doubt for _, _, doubts in DOUBTFUL for doubt in doubts} == set(Doubt)


def test_the_34_provinces_of_the_standard_are_known_and_no_others() -> None:
    assert len(PROVINCES) == 34
    assert {"11", "65", "71", "81", "82"} <= PROVINCES
    assert PROVINCES.isdisjoint({"10", "16", "24", "38", "47", "55", "66", "83", "91"})


def test_someone_born_today_is_not_born_in_the_future() -> None:
    number = "110101202603010017"
    assert read_number(DocumentType.RESIDENT_ID, number, date(2026, 3, 1)).valid
    assert read_number(DocumentType.RESIDENT_ID, number, date(2026, 2, 28)).doubts == (Doubt.BIRTH_DATE_IN_FUTURE,)


def test_a_number_is_read_as_an_input_method_or_a_printed_card_gives_it() -> None:
    assert resident("１１０１０５　１９４９１２３１－００２ｘ") == resident("11010519491231002X")
    assert normalise_number(" 110105-19491231 002x\n") == "11010519491231002X"
    assert normalise_number("110105.19491231・002x") == "11010519491231002X"


def test_the_check_digit_is_that_of_the_standards_examples() -> None:
    assert check_digit("11010519491231002") == "X"
    assert check_digit("44052418800101001") == "4"


@pytest.mark.parametrize("digits", ["", "1101051949123100", "110105194912310021", "1101051949123100X", "１" * 17])
def test_a_check_digit_is_made_of_17_digits_only(digits: str) -> None:
    with pytest.raises(ValueError, match="17 digits"):
        check_digit(digits)


@given(st.from_regex(r"[0-9]{17}", fullmatch=True))
def test_the_weights_give_the_digit_that_the_recursive_method_gives(first17: str) -> None:
    assert check_digit(first17) == check_digit_by_recursion(first17)


@given(resident_numbers())
def test_any_made_up_number_by_the_standard_is_valid(number: str) -> None:
    assert resident(number).doubts == ()


@given(resident_numbers(), st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_single_altered_character_is_caught(number: str, place: int, character: str) -> None:
    assume(number[place] != character)
    assert not resident(number[:place] + character + number[place + 1 :]).valid


@given(resident_numbers(), st.integers(0, 16))
def test_any_two_neighbours_that_changed_places_are_caught(number: str, place: int) -> None:
    assume(number[place] != number[place + 1])
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert not resident(swapped).valid


@given(st.sampled_from(DocumentType), st.text() | st.from_regex(r"[0-9]{17}[0-9X]", fullmatch=True))
def test_no_text_makes_reading_a_number_fail(kind: DocumentType, text: str) -> None:
    reading = reading_of(kind, text)
    assert reading.number == normalise_number(text)
    assert list(reading.doubts) == [doubt for doubt in Doubt if doubt in reading.doubts]


@given(st.text())
def test_a_normalised_number_stays_as_it_is(text: str) -> None:
    once = normalise_number(text)
    assert normalise_number(once) == once


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002x", DocumentType.RESIDENT_ID),
        ("110105194912310021", DocumentType.RESIDENT_ID),  # doubtful, and yet nothing else
        ("810000199408230021", DocumentType.RESIDENCE_PERMIT),
        ("911124198108030024", DocumentType.FOREIGNER_PERMIT),
        ("CAN110081080310", DocumentType.FOREIGNER_PERMIT),
        ("H12345678", DocumentType.HK_MACAU_PERMIT),
        ("M1234567801", DocumentType.HK_MACAU_PERMIT),
        ("EA1234567", DocumentType.PASSPORT),
        ("12345678", None),
        ("110012345678", None),
        ("C01X00T47", None),
        ("", None),
    ],
)
def test_a_type_is_guessed_only_from_a_form_that_leaves_no_other(number: str, kind: DocumentType | None) -> None:
    assert guess_type(number) == kind
