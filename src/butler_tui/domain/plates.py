"""Number plates, by their form (GA 36; DOMAIN.md section 2): read, told apart, and folded into a search key.

What is on no list is not refused: a plate of another country or an old series is read with kind `unknown`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.folding import DOTS, HYPHENS, compact

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 characters a mainland plate may begin with."""
SPECIAL_MARKS = "警学挂港澳领试超使临"
"""Police, learner, trailer, Hong Kong, Macau, consulate, test, oversized, embassy, temporary."""


class PlateKind(StrEnum):
    """The series a plate belongs to, as far as its form tells."""

    ORDINARY = "ordinary"
    NEW_ENERGY = "new_energy"
    SPECIAL = "special"
    UNKNOWN = "unknown"


class VehicleType(StrEnum):
    """What a plate tells about the vehicle: only new-energy plates tell its size."""

    NEW_ENERGY_SMALL = "new_energy_small"
    NEW_ENERGY_LARGE = "new_energy_large"


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate as kept and shown: upper case, without separators (京A12345), and its series."""

    text: str
    kind: PlateKind


_PLACE = f"[{PROVINCES}][A-HJ-Z]"  # province and issuing office; O was the police's
_SERIAL = "[A-HJ-NP-Z0-9]"
# Pure electric D A B C E, others F G H J K: together A to K without I.
_NEW_ENERGY = "[A-HJK]"

_FORMS: tuple[tuple[str, PlateKind, VehicleType | None], ...] = (
    (f"{_PLACE}{_SERIAL}{{5}}", PlateKind.ORDINARY, None),
    (f"{_PLACE}{_NEW_ENERGY}{_SERIAL}[0-9]{{4}}", PlateKind.NEW_ENERGY, VehicleType.NEW_ENERGY_SMALL),
    (f"{_PLACE}[0-9]{{5}}{_NEW_ENERGY}", PlateKind.NEW_ENERGY, VehicleType.NEW_ENERGY_LARGE),
    (f"{_PLACE}{_SERIAL}{{4,5}}[{SPECIAL_MARKS}]", PlateKind.SPECIAL, None),
    (f"{_PLACE}临{_SERIAL}{{4,5}}", PlateKind.SPECIAL, None),
    # Fire and rescue: 京X1234应急.
    (f"{_PLACE}{_SERIAL}{{4}}应急", PlateKind.SPECIAL, None),
    # Embassies and consulates, new form and old: 224578使, 使224578, 沪224001领.
    (f"[{PROVINCES}]?[0-9]{{6}}[使领]", PlateKind.SPECIAL, None),
    ("[使领][0-9]{6}", PlateKind.SPECIAL, None),
    # Armed police: of a province, of the headquarters, and before 2013: WJ京1234X, WJ1234X, WJ0112345.
    (f"WJ[{PROVINCES}]?[0-9]{{4}}{_SERIAL}", PlateKind.SPECIAL, None),
    ("WJ[0-9]{7}", PlateKind.SPECIAL, None),
    # Armed forces: VA12345.
    ("[A-HJ-NP-Z]{2}[0-9]{5}", PlateKind.SPECIAL, None),
)
# What comes before the serial: its letters are read as typed, for there an O is an O.
_HEAD = re.compile(f"WJ[{PROVINCES}]?|[{PROVINCES}][A-Z]?|[A-Z]{{2}}|")
# Two to ten characters with at least one digit; hanzi only those that plates carry.
_CONCEIVABLE = re.compile(f"(?=.*[0-9])[A-Z0-9{PROVINCES}{SPECIAL_MARKS}应急]{{2,10}}")
_LOOK_ALIKES = str.maketrans("OI", "01")


def read_plate(text: str) -> Plate | None:
    """Return what was typed as a plate, None where it cannot be one; raises on no text.

    Full-width characters are folded, spaces, dots and hyphens dropped. O and I never stand in a serial, so
    there they are taken for 0 and 1; a plate of unknown kind keeps them.
    """
    typed = _without_separators(text)
    head = _HEAD.match(typed)
    start = head.end() if head else 0
    folded = typed[:start] + typed[start:].translate(_LOOK_ALIKES)
    form = _form_of(folded)
    if form is not None:
        return Plate(folded, form[0])
    return Plate(typed, PlateKind.UNKNOWN) if _CONCEIVABLE.fullmatch(typed) else None


def plate_key(text: str) -> str:
    """Return the search key of a plate or of the beginning of one: no separators, O as 0, I as 1.

    The key of a beginning is the beginning of the key, so a prefix search finds what was typed so far.
    """
    return _without_separators(text).translate(_LOOK_ALIKES)


def vehicle_type(plate: Plate) -> VehicleType | None:
    """Return what the form of `plate` tells about the vehicle, None where it tells nothing."""
    form = _form_of(plate.text)
    return form[1] if form else None


def _without_separators(text: str) -> str:
    return compact(text, HYPHENS + DOTS)


def _form_of(text: str) -> tuple[PlateKind, VehicleType | None] | None:
    for pattern, kind, vehicle in _FORMS:
        if re.fullmatch(pattern, text):
            return kind, vehicle
    return None
