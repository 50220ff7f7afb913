"""The documents a gate looks at: how their numbers are formed, what makes one doubtful, how they are masked.

A number is read, never refused: the doubts are shown to the guard, who looks again. Forms: GB 11643-1999 for
numbers of 18 characters (resident identity cards, and the residence permits of Hong Kong, Macau and Taiwan
residents), GB/T 2260 for province codes; the others by the documents themselves. Cards of officers of the forces and
the police are of no public form: they are taken as seen, as `other`. Masks: DOMAIN.md, section 8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from sys import maxsize

from butler_tui.domain.folding import DOTS, HYPHENS, compact, replaced_in


class DocumentType(StrEnum):
    """The kinds of document a visitor may show."""

    RESIDENT_ID = "resident_id"  # 居民身份证
    RESIDENCE_PERMIT = "residence_permit"  # 港澳台居民居住证
    HK_MACAU_PERMIT = "hk_macau_permit"  # 港澳居民来往内地通行证
    TAIWAN_PERMIT = "taiwan_permit"  # 台湾居民来往大陆通行证
    PASSPORT = "passport"  # 护照
    FOREIGNER_PERMIT = "foreigner_permit"  # 外国人永久居留身份证
    DRIVING_LICENCE = "driving_licence"  # 驾驶证
    OTHER = "other"


class Doubt(StrEnum):
    """Why a number is doubtful; a reading lists them in this order."""

    WRONG_LENGTH = "wrong_length"
    WRONG_CHARACTERS = "wrong_characters"
    OLD_NUMBER = "old_number"
    UNKNOWN_AREA = "unknown_area"
    IMPOSSIBLE_BIRTH_DATE = "impossible_birth_date"
    BIRTH_DATE_IN_FUTURE = "birth_date_in_future"
    WRONG_CHECK_DIGIT = "wrong_check_digit"


@dataclass(frozen=True, slots=True)
class Reading:
    """A number as read: folded and in upper case, of which type, and why it is doubtful if it is."""

    number: str
    type: DocumentType
    doubts: tuple[Doubt, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing speaks against the number; whose it is, only the guard's eyes can tell."""
        return not self.doubts


@dataclass(frozen=True, slots=True)
class Form:
    """One form a number may have: its length in characters, its pattern, and, in personal numbers, its areas.

    Where `areas` are given the number carries an area that begins with one of them at `area_at`, a birth date and a
    check digit; an `old` one has two digits for the year and no check digit, and is doubted for its age alone.
    """

    pattern: str
    shortest: int
    longest: int
    areas: frozenset[str] = frozenset()
    area_at: int = 0
    old: bool = False


PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for code in range(first, last + 1)
)
"""The province codes of GB/T 2260; areas below a province come and go, so they are not checked."""
RESIDENCE_PERMIT_AREAS = frozenset({"810000", "820000", "830000"})
"""Hong Kong, Macau, Taiwan (国办发〔2018〕81号)."""
EARLIEST_BIRTH_YEAR = 1850
"""*Ours*: before it nobody alive was born; the example in GB 11643 itself is of 1880."""

_PERSONAL = "[0-9]{17}[0-9X]"
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"
_BIRTH_DATE = slice(6, 14)
_OLD_BIRTH_DATE = slice(6, 12)

# Given out until 1999; the cards that bear them have not been valid since 2013 (resident identity card law, 2011).
_OLD_PERSONAL = Form("[0-9]{15}", 15, 15, PROVINCES, old=True)
# Eight digits of the person; until 2013 two more counted the renewals.
_HK_MACAU = (Form("[HM][0-9]{8}", 9, 9), Form("[HM][0-9]{10}", 11, 11))
# Ten digits until 2015, on many passes with a letter in brackets after them.
_TAIWAN = (Form("[0-9]{8}", 8, 8), Form(r"[0-9]{10}(?:[A-Z]|\([A-Z]\))?", 10, 13))
_FOREIGNER = (
    Form("[A-Z]{3}[0-9]{12}", 15, 15),
    # Since 2023: 9, province, nationality (ISO 3166 numeric), birth date, sequence, check digit.
    Form("9[0-9]{16}[0-9X]", 18, 18, PROVINCES, area_at=1),
)

FORMS: dict[DocumentType, tuple[Form, ...]] = {
    DocumentType.RESIDENT_ID: (Form(_PERSONAL, 18, 18, PROVINCES), _OLD_PERSONAL),
    DocumentType.RESIDENCE_PERMIT: (Form(_PERSONAL, 18, 18, RESIDENCE_PERMIT_AREAS),),
    DocumentType.HK_MACAU_PERMIT: _HK_MACAU,
    DocumentType.TAIWAN_PERMIT: _TAIWAN,
    # Every country has its own form, so only what no passport has is doubted.
    DocumentType.PASSPORT: (Form("[A-Z0-9]+", 5, 12),),
    DocumentType.FOREIGNER_PERMIT: _FOREIGNER,
    # A licence bears the number of its holder's identity document, and a file number of twelve digits.
    DocumentType.DRIVING_LICENCE: (
        *_FOREIGNER,
        Form(_PERSONAL, 18, 18, PROVINCES | RESIDENCE_PERMIT_AREAS),
        _OLD_PERSONAL,
        *_HK_MACAU,
        *_TAIWAN,
        Form("[0-9]{12}", 12, 12),
    ),
    DocumentType.OTHER: (Form("(?s:.+)", 1, maxsize),),
}

_UNMISTAKABLE: tuple[tuple[str, DocumentType], ...] = (
    ("9[0-9]{16}[0-9X]", DocumentType.FOREIGNER_PERMIT),
    ("8[123][0-9]{15}[0-9X]", DocumentType.RESIDENCE_PERMIT),
    (_PERSONAL, DocumentType.RESIDENT_ID),
    ("[A-Z]{3}[0-9]{12}", DocumentType.FOREIGNER_PERMIT),
    ("[HM](?:[0-9]{8}|[0-9]{10})", DocumentType.HK_MACAU_PERMIT),
    ("[EG][0-9]{8}|E[A-Z][0-9]{7}|[DSP]E[0-9]{7}|[DSP][0-9]{7,8}", DocumentType.PASSPORT),
)


_BETWEEN = f"[\\s{re.escape(HYPHENS + DOTS)}]?"
_NUMBER_IN_TEXT = re.compile(f"(?<![0-9])(?:[0-9]{_BETWEEN}){{17}}[0-9Xx](?![0-9])")


def normalise_number(text: str) -> str:
    """Return the number as it is kept and compared: full-width folded, no spaces, hyphens or dots, upper case."""
    return compact(text, HYPHENS + DOTS)


def check_digit(first17: str) -> str:
    """Return the check digit, 0 to 9 or X, of a number's first 17 digits (GB 11643: ISO 7064, MOD 11-2).

    Raises ValueError unless there are 17 ASCII digits.
    """
    if not re.fullmatch("[0-9]{17}", first17):
        raise ValueError("a check digit needs 17 digits")
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECK_DIGITS[total % 11]


def read_number(document_type: DocumentType, text: str, today: date) -> Reading:
    """Return what was typed or scanned as a number of `document_type`, with every doubt; raises on no text.

    `today` is the day in the estate's zone.
    """
    number = normalise_number(text)
    return Reading(number, document_type, _doubts(number, FORMS[document_type], today))


def guess_type(text: str) -> DocumentType | None:
    """Return the type of a number whose form leaves no other, None where it could be anything.

    The number itself may still be doubtful. Passports: Chinese ones only, as others share no form.
    """
    number = normalise_number(text)
    return next((kind for pattern, kind in _UNMISTAKABLE if re.fullmatch(pattern, number)), None)


def mask_number(number: str) -> str:
    """Return `number` as it may be shown: of 18 characters the first 3 and last 4, of others first and last.

    Stars for the rest; never more than half is shown, so a number of fewer than four characters shows none.
    """
    if len(number) == 18:
        return _starred(number, 3, 4)
    return _starred(number, 1, 1) if len(number) >= 4 else "*" * len(number)


def mask_numbers_in(text: str) -> str:
    """Return free text with every 18-character personal number in it masked: it is no place to keep one.

    One written in parts (330106 19900307 1234) is known by its birth date or check digit: room numbers stand so too.
    """
    return replaced_in(text, _NUMBER_IN_TEXT, _masked_if_personal)


def _masked_if_personal(found: str) -> str | None:
    number = normalise_number(found)
    in_parts = len(found) > len(number)
    if in_parts and _birth_date(number[_BIRTH_DATE]) is None and check_digit(number[:17]) != number[17]:
        return None
    return mask_number(number)


def mask_phone(phone: str) -> str:
    """Return `phone` as it may be shown: its first 3 and last 4 characters, e.g. 138****2211.

    Below 11 characters at most half is shown, from the end first: of 8 the last 4, of 7 the last 3.
    """
    if len(phone) >= 11:
        return _starred(phone, 3, 4)
    shown = len(phone) // 2
    last = min(shown, 4)
    return _starred(phone, shown - last, last)


def _doubts(number: str, forms: tuple[Form, ...], today: date) -> tuple[Doubt, ...]:
    of_this_length = [form for form in forms if form.shortest <= len(number) <= form.longest]
    if not of_this_length:
        foreign = () if re.fullmatch("[A-Z0-9]*", number) else (Doubt.WRONG_CHARACTERS,)
        return (Doubt.WRONG_LENGTH, *foreign)
    form = next((form for form in of_this_length if re.fullmatch(form.pattern, number)), None)
    if form is None:
        return (Doubt.WRONG_CHARACTERS,)
    return _personal_doubts(number, form, today) if form.areas else ()


def _personal_doubts(number: str, form: Form, today: date) -> tuple[Doubt, ...]:
    born = _birth_date("19" + number[_OLD_BIRTH_DATE] if form.old else number[_BIRTH_DATE])
    found = {
        Doubt.OLD_NUMBER: form.old,
        Doubt.UNKNOWN_AREA: not number.startswith(tuple(form.areas), form.area_at),
        Doubt.IMPOSSIBLE_BIRTH_DATE: born is None,
        Doubt.BIRTH_DATE_IN_FUTURE: born is not None and born > today,
        Doubt.WRONG_CHECK_DIGIT: not form.old and check_digit(number[:17]) != number[17],
    }
    return tuple(doubt for doubt, holds in found.items() if holds)


def _birth_date(digits: str) -> date | None:
    """Return the day that eight digits name, None where there is no such day or nobody alive was born on it."""
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
    return born if born.year >= EARLIEST_BIRTH_YEAR else None


def _starred(text: str, first: int, last: int) -> str:
    hidden = len(text) - first - last
    return text[:first] + "*" * hidden + text[len(text) - last :]
