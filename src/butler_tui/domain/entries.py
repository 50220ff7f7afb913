"""Reading the short ways in which a guard fills a field: digits that pick, with words behind them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from butler_tui.domain.folding import HYPHENS, fold
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow

Code = TypeVar("Code", bound=StrEnum)

_LEADING_DIGITS = re.compile(r"\s*([0-9]+)[\s.、,，]*(.*)", re.DOTALL)
_BETWEEN_NAMES = re.compile(r"[\s、,，;；/]+")
MOST_COMPANIONS = 99


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """The reason field as read: `3 空调` is repair, and what for; the reason is None where no digit picks one."""

    reason: Reason | None
    note: str = ""


def read_reason(text: str, policies: Policies) -> ReasonEntry:
    """Return what the reason field says; digits pick by policy, what follows is the note."""
    matched = _LEADING_DIGITS.fullmatch(fold(text))
    if matched is None:
        return ReasonEntry(None, text.strip())
    return ReasonEntry(policies.reason_for_key(matched[1]), matched[2].strip())


@dataclass(frozen=True, slots=True)
class ConfirmEntry:
    """The confirm field as read: `12` is the first person of the list, by the second way."""

    person: int | None
    how: ConfirmedHow | None


def read_confirm(text: str, people: int) -> ConfirmEntry:
    """Return who (index from 0) of `people` confirmed and how; one digit alone means by intercom."""
    digits = fold(text).strip()
    if not re.fullmatch(r"[0-9]{1,2}", digits):
        return ConfirmEntry(None, None)
    person = int(digits[0]) - 1
    if not 0 <= person < people:
        return ConfirmEntry(None, None)
    return ConfirmEntry(person, pick(digits[1] if len(digits) == 2 else "1", list(ConfirmedHow)))


@dataclass(frozen=True, slots=True)
class CompanionsEntry:
    """The companions field as read: a count, names, or both (`3 王海 李四`)."""

    count: int
    names: tuple[str, ...]


def read_companions(text: str) -> CompanionsEntry:
    """Return how many came along and the names taken; the count is never less than the names."""
    words = [word for word in _BETWEEN_NAMES.split(fold(text).strip()) if word]
    count = 0
    if words and re.fullmatch(r"[0-9]{1,2}人?", words[0]):
        count = int(words.pop(0).rstrip("人"))
    names = tuple(words[:MOST_COMPANIONS])
    return CompanionsEntry(max(count, len(names)), names)


def pick(text: str, codes: Sequence[Code]) -> Code | None:
    """Return the code that a digit from 1 picks from `codes`, None where it picks none."""
    digit = fold(text).strip()
    if not re.fullmatch(r"[1-9]", digit) or int(digit) > len(codes):
        return None
    return codes[int(digit) - 1]


_ROOM_WORDS = re.compile(r"(?:号楼|单元|[栋幢座室房号户])")
_ROOM_BREAKS = re.compile(rf"[\s.·、,，/_{re.escape(HYPHENS)}]+")


def read_room(text: str) -> str:
    """Return a room code as it is kept: `3 2 1801` and `3栋2单元1801室` are `3-2-1801`; villas in upper case."""
    return _ROOM_BREAKS.sub("-", _ROOM_WORDS.sub("-", fold(text).strip())).strip("-").upper()
