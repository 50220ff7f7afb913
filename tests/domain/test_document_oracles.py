"""Our reading of personal numbers against python-stdnum and id-validator: the same, but for what is listed here.

Both are oracles in tests only. A row of `DIFFERENCES` says in words where one of them judges otherwise and why ours
stands; its example proves that the difference exists, and any made-up number that is judged otherwise must be explained
by a row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from id_validator import data as known_to_id_validator  # type: ignore[import-untyped]
from id_validator import helper, validator
from stdnum.cn import ric
from stdnum.exceptions import ValidationError

from butler_tui.domain.documents import DocumentType, check_digit, guess_type, read_number

# The oracles know no other day than that of the computer: id-validator takes any date of birth until this year's end.
THIS_YEAR = datetime.now(UTC).year
TODAY = date(THIS_YEAR, 1, 1)

Answer = bool | Literal["fails"]
"""Whether a number is valid; "fails" where the library raises an error of its own instead of answering."""


def ours(number: str) -> Answer:
    return read_number(guess_type(number) or DocumentType.RESIDENT_ID, number, TODAY).valid


def by_stdnum(number: str) -> Answer:
    try:
        return ric.is_valid(number)
    except KeyError:
        return "fails"


def by_id_validator(number: str) -> Answer:
    try:
        return bool(validator.is_valid(number))
    except ValueError:
        return "fails"


def number_of(area: str, born: str, serial: str = "001") -> str:
    return f"{area}{born}{serial}" + check_digit(f"{area}{born}{serial}")


def year_of(number: str) -> int:
    return int(number[6:10])


def not_among_stdnums_counties(number: str) -> bool:
    try:
        ric.get_birth_place(number)
    except (KeyError, ValidationError):
        return True
    return False


def not_among_id_validators_counties(number: str) -> bool:
    return not helper.check_address_code(number[:6], number[6:14])


@dataclass(frozen=True)
class Difference:
    """One way in which `judge` judges otherwise: why, an example with both answers, what other numbers it holds for."""

    judge: Callable[[str], Answer]
    why: str
    number: str
    ours: bool
    theirs: Answer
    explains: Callable[[str], bool]


DIFFERENCES = (
    Difference(
        by_stdnum,
        "knows no residence permits of Hong Kong, Macau and Taiwan residents (81, 82, 83)",
        "810000199408230021",
        True,
        False,
        lambda number: number[:2] in ("81", "82", "83"),
    ),
    Difference(
        by_stdnum,
        "knows no permanent residence permits of foreigners (9)",
        "932682198501010017",  # the example of the National Immigration Administration
        True,
        False,
        lambda number: number.startswith("9"),
    ),
    Difference(
        by_stdnum,
        "looks the county up with the years it existed, and has gaps: it rejects an example of GB 11643 itself",
        "440524188001010014",
        True,
        False,
        not_among_stdnums_counties,
    ),
    Difference(
        by_stdnum,
        "rejects the counties right under Hainan, which existed since 1988",
        number_of("469001", "19900101"),
        True,
        False,
        not_among_stdnums_counties,
    ),
    Difference(
        by_stdnum,
        "fails with a KeyError on a county that it has no name for",
        number_of("110199", "19900101"),
        True,
        "fails",
        not_among_stdnums_counties,
    ),
    Difference(
        by_stdnum,
        "fails with a KeyError on such a county instead of rejecting it",
        "811000200001010007",
        False,
        "fails",
        not_among_stdnums_counties,
    ),
    Difference(
        by_stdnum,
        "takes dates of birth in the future",
        number_of("110105", "20991231"),
        False,
        True,
        lambda number: year_of(number) >= THIS_YEAR,
    ),
    Difference(
        by_stdnum,
        "takes people born before 1850",
        number_of("110101", "17990101"),
        False,
        True,
        lambda number: year_of(number) < 1850,
    ),
    Difference(
        by_stdnum,
        "reads no full-width digits, as an input method types them",
        "１１０１０５１９４９１２３１００２Ｘ",
        True,
        False,
        lambda number: not number.isascii(),
    ),
    Difference(
        by_id_validator,
        "knows no permanent residence permits of foreigners (9)",
        "932682198501010017",
        True,
        False,
        lambda number: number.startswith("9"),
    ),
    Difference(
        by_id_validator,
        "looks the county up, in a list that has gaps",
        number_of("110199", "19900101"),
        True,
        False,
        not_among_id_validators_counties,
    ),
    Difference(
        by_id_validator,
        "knows no province 71",
        number_of("710000", "19900101"),
        True,
        False,
        lambda number: number.startswith("71"),
    ),
    Difference(
        by_id_validator,
        "takes any area that begins with 81, 82 or 83, where permits have 810000, 820000 and 830000 only",
        number_of("810001", "19900101"),
        False,
        True,
        lambda number: number[:2] in ("81", "82", "83") and number[2:6] != "0000",
    ),
    Difference(
        by_id_validator,
        "takes dates of birth in what is left of this year",
        number_of("110105", f"{THIS_YEAR}1231"),
        False,
        True,
        lambda number: year_of(number) == THIS_YEAR,
    ),
    Difference(
        by_id_validator,
        "takes people born from 1800 to 1849",
        number_of("110101", "18490101"),
        False,
        True,
        lambda number: year_of(number) < 1850,
    ),
    Difference(
        by_id_validator,
        "takes the old numbers of 15 digits, whose cards have not been valid since 2013",
        "110105491231002",
        False,
        True,
        lambda number: len(number) == 15,
    ),
    Difference(
        by_id_validator,
        "reads no separators",
        "110105-19491231-002X",
        True,
        False,
        lambda number: "-" in number,
    ),
    Difference(
        by_id_validator,
        "fails with a ValueError on a letter among the digits",
        "11010519491231O02X",
        False,
        "fails",
        lambda number: not number[:17].isdigit(),
    ),
)


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: f"{row.judge.__name__}: {row.why}")
def test_each_listed_difference_exists(row: Difference) -> None:
    assert (ours(row.number), row.judge(row.number)) == (row.ours, row.theirs)
    assert row.ours is not row.theirs
    assert row.explains(row.number)


def test_the_county_right_under_its_region_that_older_lists_lacked_is_known_to_all() -> None:
    number = "659001199001010013"
    assert (ours(number), by_stdnum(number), by_id_validator(number)) == (True, True, True)


COUNTIES = sorted(known_to_id_validator.get_address_code())
areas = st.sampled_from(COUNTIES) | st.from_regex("[1-9][0-9]{5}", fullmatch=True)
permits = st.sampled_from(("810000", "820000", "830000"))
births = (
    st.dates(date(1950, 1, 1), date(2025, 12, 31)).map(lambda born: f"{born:%Y%m%d}")
    | st.dates(date(1750, 1, 1), date(2110, 12, 31)).map(lambda born: f"{born.year}{born:%m%d}")
    | st.from_regex("(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]", fullmatch=True)
)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Numbers of 18 characters by the form, right in most parts, with a wrong check digit now and then."""
    right = number_of(draw(areas | permits), draw(births), f"{draw(st.integers(0, 999)):03d}")
    return right if draw(st.booleans()) else right[:17] + draw(st.sampled_from("0123456789X"))


# The same numbers each time: what two foreign libraries think of any number must not fail a build by chance.
@pytest.mark.parametrize("judge", [by_stdnum, by_id_validator])
@settings(derandomize=True, max_examples=300)
@given(number=numbers())
@example(number="11010519491231002X")
@example(number="110105194912310021")
@example(number="811000200001010007")
@example(number=number_of("110105", "19900230"))
def test_any_made_up_number_is_judged_alike_or_the_difference_is_listed(
    judge: Callable[[str], Answer], number: str
) -> None:
    if ours(number) != judge(number):
        alike = [row for row in DIFFERENCES if row.judge is judge and row.ours is ours(number)]
        reasons = [row.why for row in alike if row.explains(number)]
        assert reasons, f"{number}: ours {ours(number)}, {judge.__name__} {judge(number)}"


@given(area=st.sampled_from(COUNTIES), born=births, serial=st.integers(0, 999), check=st.sampled_from("0123456789X"))
def test_the_check_digit_is_the_one_that_both_give(area: str, born: str, serial: int, check: str) -> None:
    body = f"{area}{born}{serial:03d}"
    assert ric.calc_check_digit(body + check) == helper.generator_check_bit(body) == check_digit(body)
