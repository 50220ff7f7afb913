"""The gate's one field takes all: what was typed, scanned or read from a badge is told apart by its form.

An estate's own words come first: an emergency call, then a badge, as its policy forms them. *Ours*.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.documents import guess_type, normalise_number
from butler_tui.domain.folding import HYPHENS, fold
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, read_plate

DEFAULT_BADGE_PATTERN = r"[A-Z]\d{3}"
"""A visitor badge as the starter set numbers them: A017. *Ours*; an estate's policy may say otherwise."""
EMERGENCY_NUMBERS = frozenset({"110", "119", "120"})
"""Police, fire brigade, ambulance (*law*): typed alone, the service is at the gate."""


class Kind(StrEnum):
    """What the text can be."""

    EMERGENCY = "emergency"
    BADGE = "badge"
    ROOM = "room"
    PLATE = "plate"
    PHONE = "phone"
    DOCUMENT = "document"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Recognised:
    """What was typed, and its value in the form that is kept and searched for."""

    kind: Kind
    value: str


_DASHES = re.compile(f"[{re.escape(HYPHENS)}]+")
_PART = "(?:[A-Z]{1,2}|[A-Z]?[0-9]{1,3}[A-Z]?)"
_HOME = "[0-9]{3,4}[A-Z]?"
# Building, unit, home, with a phase before them where there is one: 3-2-1801, 1-3-2-1801, A3-2-1801.
_ROOM_IN_FULL = re.compile(f"(?:[A-Z]?[0-9]{{1,2}}-)?{_PART}-[A-Z]?[0-9]{{1,2}}-{_HOME}")
# Building and home (3-1801, 3-18), a villa (V17), or the home alone (1801): shorter, so they come last.
_ROOM_IN_SHORT = re.compile(f"{_PART}-[0-9]{{1,4}}[A-Z]?|[A-Z]{{1,2}}[0-9]{{1,4}}[A-Z]?|{_HOME}")


def recognise(
    text: str,
    badge_pattern: str = DEFAULT_BADGE_PATTERN,
    emergency_keys: Collection[str] = EMERGENCY_NUMBERS,
) -> Recognised | None:
    """Return what `text` is and its value, None where it is empty; raises on no text.

    `badge_pattern` is the policy's regular expression for the whole of a badge number, in upper case; digits
    are ASCII. `emergency_keys` are what the policy has typed for an emergency service. A room in full is told before
    a plate and a phone, as its digits could be those of a phone.
    """
    stripped = fold(text).strip()
    if not stripped:
        return None
    for kind, read in _readers(badge_pattern, emergency_keys):
        value = read(stripped)
        if value:
            return Recognised(kind, value)
    return Recognised(Kind.NAME, stripped)


def _readers(
    badge_pattern: str, emergency_keys: Collection[str]
) -> tuple[tuple[Kind, Callable[[str], str | None]], ...]:
    badge = re.compile(badge_pattern, re.ASCII)
    return (
        (Kind.EMERGENCY, lambda text: text if text in emergency_keys else None),
        (Kind.BADGE, lambda text: _code(text, badge)),
        (Kind.ROOM, lambda text: _code(text, _ROOM_IN_FULL)),
        (Kind.PLATE, _known_plate),
        (Kind.PHONE, read_phone),
        (Kind.DOCUMENT, _document),
        (Kind.ROOM, lambda text: _code(text, _ROOM_IN_SHORT)),
    )


def _code(text: str, pattern: re.Pattern[str]) -> str | None:
    """Return `text` without white space, in upper case, dashes as one hyphen, if `pattern` fits all of it."""
    code = _DASHES.sub("-", "".join(text.split())).upper()
    return code if pattern.fullmatch(code) else None


def _known_plate(text: str) -> str | None:
    plate = read_plate(text)
    return plate.text if plate is not None and plate.kind is not PlateKind.UNKNOWN else None


def _document(text: str) -> str | None:
    return normalise_number(text) if guess_type(text) else None
