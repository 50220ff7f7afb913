"""What is typed into the search box, read as everything it could be: name, plate, phone, room, badge, document.

One box finds all, so nothing is told apart here that might be two things: `2211` is the end of a phone, a serial and
a home.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from butler_tui.domain.documents import normalise_number
from butler_tui.domain.entries import read_room
from butler_tui.domain.folding import HYPHENS, compact
from butler_tui.domain.people import normalise_phone
from butler_tui.domain.plates import plate_key
from butler_tui.domain.search_keys import TAIL_DIGITS, typed_key

LONGEST = 60
"""Characters of what is typed that are looked at: more than any name that has keys."""
_SHORTEST_TAIL = 3
_SHORTEST_PHONE = 5
"""Digits from which a number is taken for the beginning of a phone: fewer begin too many."""
_SHORTEST_NUMBER = 5
"""Characters from which a document's number is looked for; shorter ones are hardly any document's."""


@dataclass(frozen=True, slots=True)
class Sought:
    """What was typed, as the key of each kind it could be; empty where it cannot be of that kind."""

    name: str = ""
    plate: str = ""
    tail: str = ""
    """The end of a phone, or the beginning of its end."""
    phone: str = ""
    """A phone from its beginning."""
    rooms: tuple[str, ...] = ()
    """Room codes, or the beginnings of them, the most likely first."""
    badge: str = ""
    number: str = ""
    """A document's number, whole."""


def read_sought(text: str) -> Sought | None:
    """Return what `text` could be, None where nothing is typed; `text` is safe()."""
    text = text.strip()[:LONGEST]
    name = typed_key(text)
    if not name:
        return None
    code = compact(text, "")
    phone = normalise_phone(text)
    digits = phone if re.fullmatch(r"\+?[0-9]+", phone) else ""
    plain = re.fullmatch("[A-Z0-9]+", compact(text)) is not None
    number = normalise_number(text)
    return Sought(
        name="" if name.isdecimal() else name,
        plate=plate_key(text),
        tail=digits if _SHORTEST_TAIL <= len(digits) <= TAIL_DIGITS else "",
        phone=digits if len(digits) >= _SHORTEST_PHONE else "",
        rooms=_rooms(text),
        badge=code if re.fullmatch(r"[A-Z]{0,3}[0-9]{1,6}", code) else "",
        number=number if plain and len(number) >= _SHORTEST_NUMBER else "",
    )


def _rooms(text: str) -> tuple[str, ...]:
    """Return the room codes that `text` could begin: 3 2 18 is 3-2-18; 321801 is 3-2-1801, or 32-1-801."""
    room = read_room(text)
    if not re.fullmatch(rf"[A-Z0-9{re.escape(HYPHENS)}]+", room) or not any(one.isdecimal() for one in room):
        return ()
    splits: list[str] = []
    for wide in (1, 2):
        found = re.fullmatch(rf"([0-9]{{{wide}}})([0-9])([0-9]{{1,4}})", room)
        if found:
            splits.append("-".join(found.groups()))
    return (room, *splits)
