"""Inventing people: names, phones, plates, documents; all from one random source, so a seed repeats them."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from butler_tui.demo import names
from butler_tui.domain.documents import check_digit
from butler_tui.domain.people import Sex

RESIDENTS_PHONES = "1380000"
VISITORS_PHONES = "1390000"
_NOBODYS_AREA = "330000"
_PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody invented; `phone` may be empty."""

    name: str
    sex: Sex
    phone: str = ""


class People:
    """Makes people; each plate is given out once, and each phone number as far as there are enough."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self._given = {RESIDENTS_PHONES: 0, VISITORS_PHONES: 0}
        self._plates: set[str] = set()

    def surname(self) -> str:
        """Return a surname, a compound one now and then."""
        return self.random.choice(names.RARE_SURNAMES if self.random.random() < 0.02 else names.SURNAMES)

    def person(self, phones: str, *, surname: str = "", sex: Sex | None = None) -> Person:
        """Return a new person with a phone that starts with `phones`, of the surname and sex where given."""
        sex = sex or self.random.choice((Sex.MALE, Sex.FEMALE))
        return Person(self.full_name(surname or self.surname(), sex), sex, self._phone(phones))

    def full_name(self, surname: str, sex: Sex) -> str:
        """Return `surname` with a given name that goes with `sex`."""
        return surname + self.random.choice(names.MALE_NAMES if sex is Sex.MALE else names.FEMALE_NAMES)

    def plate(self) -> str:
        """Return a plate that nobody has yet: most of the own province, some new-energy."""
        while (plate := self._plate()) in self._plates:
            pass
        self._plates.add(plate)
        return plate

    def _plate(self) -> str:
        place = "浙" + self.random.choice("AAAAABCDF") if self.random.random() < 0.85 else "沪A"
        if self.random.random() < 0.35:
            return f"{place}D{self.random.choice(_PLATE_LETTERS)}{self.random.randrange(10_000):04d}"
        return (
            f"{place}{self.random.randrange(10)}{self.random.choice(_PLATE_LETTERS)}{self.random.randrange(1000):03d}"
        )

    def resident_id(self, sex: Sex) -> str:
        """Return a resident ID number that is well-formed and belongs to nobody."""
        born = f"{self.random.randint(1965, 2003)}{self.random.randint(1, 12):02d}{self.random.randint(1, 28):02d}"
        serial = self.random.randrange(499) * 2 + (sex is Sex.MALE)
        first17 = f"{_NOBODYS_AREA}{born}{serial:03d}"
        return first17 + check_digit(first17)

    def _phone(self, start: str) -> str:
        # 7,919 has no factor in common with 10,000: the numbers look drawn at random, and none comes twice.
        self._given[start] += 1
        return f"{start}{self._given[start] * 7919 % 10_000:04d}"
