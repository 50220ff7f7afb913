"""Reading how an estate's houses are numbered: `1-20 栋 × 2 单元 × 18 层 × 2 户`, or villas `V1-V40`.

A pattern is parts joined by × (or x, *), several patterns are separated by comma, semicolon or line. A number alone
counts from 1, `2-18` is a range, `1-3+5-12` leaves 4 out. A home is called building-unit-floor and two digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from butler_tui.domain.folding import HYPHENS, fold

MOST_HOMES = 50_000
"""Homes of one estate that a pattern may make (ours): more is a slip of the keys."""


class Part(StrEnum):
    """What one number of a pattern counts."""

    BUILDING = "building"
    UNIT = "unit"
    FLOOR = "floor"
    HOME = "home"


class Fault(StrEnum):
    """What is wrong with a pattern."""

    EMPTY = "empty"
    UNREADABLE = "unreadable"
    BACKWARD = "backward"
    TOO_HIGH = "too_high"
    TWICE_SAID = "twice_said"
    NO_BUILDING = "no_building"
    NO_FLOOR = "no_floor"
    NO_HOME = "no_home"
    WORDS_MISSING = "words_missing"
    TOO_MANY = "too_many"
    SAME_HOUSE = "same_house"


class WrongPattern(ValueError):
    """A pattern that says nothing sensible; `what` is the part of it, the number, or the house that stands for why."""

    def __init__(self, fault: Fault, what: str = "") -> None:
        super().__init__(fault, what)
        self.fault = fault
        self.what = what


@dataclass(frozen=True, slots=True)
class PlannedHouse:
    """One home that a pattern makes; `unit` is empty where a building has none."""

    room_code: str
    building: str
    unit: str


@dataclass(frozen=True, slots=True)
class Block:
    """The houses of one pattern: every combination of its numbers. Villas have buildings alone."""

    buildings: tuple[str, ...]
    units: tuple[str, ...] = ()
    floors: tuple[int, ...] = ()
    homes: tuple[int, ...] = ()

    @property
    def count(self) -> int:
        """How many houses these are."""
        return len(self.buildings) * max(len(self.units), 1) * max(len(self.floors) * len(self.homes), 1)

    def houses(self) -> Iterator[PlannedHouse]:
        """Yield them in order of building, unit, floor and home."""
        for building in self.buildings:
            if not self.floors:
                yield PlannedHouse(building, building, "")
                continue
            for unit in self.units or ("",):
                entrance = f"{building}-{unit}" if unit else building
                for floor in self.floors:
                    for home in self.homes:
                        yield PlannedHouse(f"{entrance}-{floor}{home:02d}", building, unit)


@dataclass(frozen=True, slots=True)
class HousePlan:
    """All houses that one or more patterns make, each once."""

    blocks: tuple[Block, ...]

    @property
    def count(self) -> int:
        """How many houses there are."""
        return sum(block.count for block in self.blocks)

    def houses(self) -> Iterator[PlannedHouse]:
        """Yield every house, in the order of the patterns."""
        return chain.from_iterable(block.houses() for block in self.blocks)

    @property
    def first(self) -> str:
        """The room code of the first house."""
        return next(self.blocks[0].houses()).room_code

    @property
    def last(self) -> str:
        """The room code of the last house."""
        last = self.blocks[-1]
        ends = Block(last.buildings[-1:], last.units[-1:], last.floors[-1:], last.homes[-1:])
        return next(ends.houses()).room_code


HIGHEST = {Part.BUILDING: 9_999, Part.UNIT: 99, Part.FLOOR: 200, Part.HOME: 99}
"""The highest number that each part may have; a home has two digits in its room code."""

_WORDS = {
    Part.BUILDING: "号楼 楼栋 栋 幢 座 buildings building blocks block towers tower",
    Part.UNIT: "单元 units unit entrances entrance",
    Part.FLOOR: "楼层 层 楼 floors floor storeys storey",
    Part.HOME: "户 室 套 房 homes home flats flat apartments apartment",
}
_VILLA_WORDS = "联排 独栋 别墅 villas villa houses house"
_PART_OF = {word: part for part, words in _WORDS.items() for word in words.split()}
_ANY_WORD = "|".join(sorted((*_PART_OF, *_VILLA_WORDS.split()), key=len, reverse=True))
_BETWEEN_PATTERNS = re.compile(r"[,，;；、\n]")
# An x between two parts, not the letter of a building: `X1-X6 栋`.
_BETWEEN_PARTS = re.compile(r"\s*(?:[×✕*]|(?<=[0-9\u4e00-\u9fff\s])[xX](?=\s*[0-9]))\s*")
_TO = rf"(?:[{re.escape(HYPHENS)}~〜至到]|\bto\b)"
_NUMBER = r"([A-Z\u4e00-\u9fff]{0,3}?)\s*([0-9]{1,6})\s*#?"
_RANGE = re.compile(rf"\s*{_NUMBER}(?:\s*(?:{_ANY_WORD})?\s*{_TO}\s*{_NUMBER})?\s*", re.IGNORECASE)
_LETTERS = re.compile(rf"\s*([A-Z])\s*(?:{_TO}\s*([A-Z]))?\s*", re.IGNORECASE)
_WORD_AROUND = re.compile(
    rf"(?:每(?:栋|幢|座|单元|层|楼)|共)?\s*(?P<before>{_ANY_WORD})?(?P<numbers>.*?)(?P<after>{_ANY_WORD})?",
    re.IGNORECASE | re.DOTALL,
)


def read_patterns(text: str) -> HousePlan:
    """Return the houses that `text` describes; raises WrongPattern saying what is wrong with it."""
    patterns = [one.strip() for one in _BETWEEN_PATTERNS.split(fold(text)) if one.strip()]
    if not patterns:
        raise WrongPattern(Fault.EMPTY)
    plan = HousePlan(tuple(_block(pattern) for pattern in patterns))
    if plan.count > MOST_HOMES:
        raise WrongPattern(Fault.TOO_MANY, str(plan.count))
    seen: set[str] = set()
    for house in plan.houses():
        if house.room_code in seen:
            raise WrongPattern(Fault.SAME_HOUSE, house.room_code)
        seen.add(house.room_code)
    return plan


def _block(pattern: str) -> Block:
    parts = _BETWEEN_PARTS.split(pattern)
    worded = [_worded(part) for part in parts]
    if len(parts) == 1 and worded[0][0] in (None, "villa"):
        return Block(tuple(_villas(worded[0][1], pattern, worded[0][0] is not None)))
    found = _by_part(pattern, worded)
    for part, fault in (
        (Part.BUILDING, Fault.NO_BUILDING),
        (Part.FLOOR, Fault.NO_FLOOR),
        (Part.HOME, Fault.NO_HOME),
    ):
        if part not in found:
            raise WrongPattern(fault, pattern)
    return Block(
        tuple(_names(found[Part.BUILDING], Part.BUILDING)),
        tuple(_names(found[Part.UNIT], Part.UNIT)) if Part.UNIT in found else (),
        tuple(_numbers(found[Part.FLOOR], Part.FLOOR)),
        tuple(_numbers(found[Part.HOME], Part.HOME)),
    )


def _worded(part: str) -> tuple[Part | str | None, str]:
    """Return what a part counts by its word ("villa" for a villa's, None for none), and its numbers."""
    matched = _WORD_AROUND.fullmatch(part.strip())
    word = matched and (matched["after"] or matched["before"])
    if not matched or (matched["after"] and matched["before"]):
        raise WrongPattern(Fault.UNREADABLE, part)
    if not word:
        return None, matched["numbers"]
    return _PART_OF.get(word.lower(), "villa"), matched["numbers"]


def _by_part(pattern: str, worded: list[tuple[Part | str | None, str]]) -> dict[Part, str]:
    """Return the numbers of each part; without any words they stand in the order of the parts."""
    if all(part is None for part, _text in worded):
        orders = {4: tuple(Part), 3: (Part.BUILDING, Part.FLOOR, Part.HOME)}
        if len(worded) not in orders:
            raise WrongPattern(Fault.UNREADABLE, pattern)
        return dict(zip(orders[len(worded)], (text for _part, text in worded), strict=True))
    found: dict[Part, str] = {}
    for part, text in worded:
        if not isinstance(part, Part):
            raise WrongPattern(Fault.WORDS_MISSING if part is None else Fault.UNREADABLE, text.strip() or pattern)
        if part in found:
            raise WrongPattern(Fault.TWICE_SAID, pattern)
        found[part] = text
    return found


def _numbers(text: str, part: Part) -> Iterator[int]:
    """Yield the numbers of floors or homes."""
    for prefix, first, last in _ranges(text, part):
        if prefix:
            raise WrongPattern(Fault.UNREADABLE, text.strip())
        yield from range(first, last + 1)


def _names(text: str, part: Part) -> Iterator[str]:
    """Yield what buildings or units are called: numbers, letters, or a letter and a number."""
    matched = _LETTERS.fullmatch(text)
    if matched:
        first, last = matched[1].upper(), (matched[2] or matched[1]).upper()
        if last < first:
            raise WrongPattern(Fault.BACKWARD, text.strip())
        yield from (chr(code) for code in range(ord(first), ord(last) + 1))
        return
    for prefix, first_number, last_number in _ranges(text, part):
        yield from (f"{prefix}{number}" for number in range(first_number, last_number + 1))


def _villas(text: str, pattern: str, called_so: bool) -> Iterator[str]:
    for prefix, first, last in _ranges(text, Part.BUILDING):
        if not prefix and not called_so:
            raise WrongPattern(Fault.NO_FLOOR, pattern)
        yield from (f"{prefix or 'V'}{number}" for number in range(first, last + 1))


def _ranges(text: str, part: Part) -> Iterator[tuple[str, int, int]]:
    """Yield prefix, first and last of each range joined by +; raises WrongPattern for one that is none."""
    each = text.split("+")
    for one in each:
        matched = _RANGE.fullmatch(one)
        if matched is None or (matched[3] and matched[3].upper() != matched[1].upper()):
            raise WrongPattern(Fault.UNREADABLE, one.strip() or text.strip())
        prefix = matched[1].upper()
        first, last = int(matched[2]), int(matched[4] or matched[2])
        if not matched[4] and not prefix and len(each) == 1:
            first = 1
        if first < 1 or last < first:
            raise WrongPattern(Fault.BACKWARD, one.strip())
        if last > HIGHEST[part]:
            raise WrongPattern(Fault.TOO_HIGH, one.strip())
        yield prefix, first, last
