"""What may be typed to find a name, a plate or a phone: the keys under which each is kept, and those of what is typed.

How a character is read is asked by a function, since no list of readings belongs here. *Ours*.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from itertools import islice, product

from butler_tui.domain.folding import DOTS, HYPHENS, compact
from butler_tui.domain.plates import PROVINCES, plate_key


class SearchKind(StrEnum):
    """What a stored value is."""

    NAME = "name"
    PLATE = "plate"
    PHONE = "phone"


Readings = Callable[[str], tuple[str, ...]]
"""Returns how a hanzi is read, in plain letters (单: dan, shan, chan); empty for any other character."""

TAIL_DIGITS = 4
"""How many of a phone's last digits find it: what callers say of themselves at a gate."""
_MOST_READINGS = 32
"""Keys a name has at most: five characters with two readings each."""
_LONGEST = 40
"""Characters of a name that are read: nobody types more to find somebody."""


def typed_key(text: str) -> str:
    """Return what was typed as a key to search by: folded, small letters, without spaces, dots and hyphens."""
    return compact(text, HYPHENS + DOTS).lower()


def name_keys(name: str, readings: Readings) -> frozenset[str]:
    """Return the keys of a name: initials and full pinyin in every reading, and itself as typed letters.

    李文博 has lwb and liwenbo; 单晓 has dx, sx, cx and danxiao, shanxiao, chanxiao; Smith has smith.
    """
    plain = typed_key(name)[:_LONGEST]
    read = [readings(character) or (character,) for character in plain]
    spelled = list(islice(product(*read), _MOST_READINGS))
    initials = {"".join(syllable[0] for syllable in one) for one in spelled}
    return frozenset(key for key in {plain, *initials, *("".join(one) for one in spelled)} if key)


def plate_keys(plate: str) -> frozenset[str]:
    """Return the keys of a plate: whole, without the province, and without the letter after it; O as 0, I as 1."""
    whole = plate_key(plate)
    keys = {whole}
    if whole[:1] in set(PROVINCES):
        keys |= {whole[1:], whole[2:]}
    return frozenset(key for key in keys if key)


def phone_keys(phone: str) -> frozenset[str]:
    """Return the keys of a phone number: its last digits; the whole is looked up as it stands."""
    return frozenset({phone[-TAIL_DIGITS:]}) if len(phone) > TAIL_DIGITS else frozenset()


def keys_of(kind: SearchKind, value: str, readings: Readings) -> Iterable[str]:
    """Return the keys of a value of `kind`."""
    if kind is SearchKind.NAME:
        return name_keys(value, readings)
    return plate_keys(value) if kind is SearchKind.PLATE else phone_keys(value)
