"""Number plates, by their form (GA 36; DOMAIN.md section 2): read, told apart, and folded into a search key.

What is on no list is not refused: a plate of another country or an old series is read with kind `unknown`, and
`plate_doubt` says in a word what to look at again. Rescue vehicles: 国办发〔2018〕114号; tractors: NY 345.1; armed
forces and armed police: as seen on the road, since their rules are not public.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.folding import DOTS, HYPHENS, compact

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
"""The 31 characters a mainland plate may begin with."""


class PlateKind(StrEnum):
    """The kind of plate, as far as its form tells."""

    ORDINARY = "ordinary"
    NEW_ENERGY = "new_energy"
    SPECIAL = "special"
    UNKNOWN = "unknown"


class PlateSeries(StrEnum):
    """Which of the special series a plate belongs to."""

    POLICE = "police"  # 警
    LEARNER = "learner"  # 学
    TRAILER = "trailer"  # 挂
    HONG_KONG = "hong_kong"  # 港
    MACAU = "macau"  # 澳
    CONSULATE = "consulate"  # 领
    EMBASSY = "embassy"  # 使
    ON_TRIAL = "on_trial"  # 试
    OVERSIZED = "oversized"  # 超
    TEMPORARY = "temporary"  # 临
    RESCUE = "rescue"  # 应急: fire and rescue
    ARMED_POLICE = "armed_police"  # WJ
    ARMED_FORCES = "armed_forces"
    AIRPORT = "airport"  # 民航
    TRACTOR = "tractor"


class VehicleType(StrEnum):
    """What a plate tells about the vehicle: only new-energy plates tell its size."""

    NEW_ENERGY_SMALL = "new_energy_small"
    NEW_ENERGY_LARGE = "new_energy_large"


class PlateDoubt(StrEnum):
    """What is odd about a plate of no known form; the guard looks again, and records what was seen."""

    NOT_A_PLATE = "not_a_plate"
    NO_PROVINCE = "no_province"
    NO_OFFICE = "no_office"
    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    NOT_NEW_ENERGY = "not_new_energy"
    UNKNOWN_SERIES = "unknown_series"


@dataclass(frozen=True, slots=True)
class Plate:
    """A plate as kept and shown: upper case, without separators (京A12345), and its kind."""

    text: str
    kind: PlateKind


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of plates, and what it tells."""

    pattern: str
    kind: PlateKind = PlateKind.SPECIAL
    series: PlateSeries | None = None
    vehicle: VehicleType | None = None


_PLACE = f"[{PROVINCES}][A-HJ-Z]"  # province and issuing office; O was the police's
_SERIAL = "[A-HJ-NP-Z0-9]"
# Pure electric D A B C E, others F G H J K: together A to K without I.
_NEW_ENERGY = "[A-HJK]"
_MARKS = {
    "警": PlateSeries.POLICE,
    "学": PlateSeries.LEARNER,
    "挂": PlateSeries.TRAILER,
    "领": PlateSeries.CONSULATE,
    "试": PlateSeries.ON_TRIAL,
    "超": PlateSeries.OVERSIZED,
    "使": PlateSeries.EMBASSY,
}
"""What stands in the last place of a plate that is otherwise formed like the ordinary ones."""
_BRANCHES = "消边通森金警电"
"""Branches of the armed police on plates of before 2013: WJ31消0010."""

_FORMS: tuple[_Form, ...] = (
    _Form(f"{_PLACE}{_SERIAL}{{5}}", PlateKind.ORDINARY),
    _Form(f"{_PLACE}{_NEW_ENERGY}{_SERIAL}[0-9]{{4}}", PlateKind.NEW_ENERGY, vehicle=VehicleType.NEW_ENERGY_SMALL),
    _Form(f"{_PLACE}[0-9]{{5}}{_NEW_ENERGY}", PlateKind.NEW_ENERGY, vehicle=VehicleType.NEW_ENERGY_LARGE),
    *(_Form(f"{_PLACE}{_SERIAL}{{4,5}}{mark}", series=series) for mark, series in _MARKS.items()),
    # Vehicles from Hong Kong and Macau have plates of Guangdong only.
    _Form(f"粤Z{_SERIAL}{{4}}港", series=PlateSeries.HONG_KONG),
    _Form(f"粤Z{_SERIAL}{{4}}澳", series=PlateSeries.MACAU),
    _Form(f"{_PLACE}(?:临{_SERIAL}{{4,6}}|{_SERIAL}{{4,6}}临)", series=PlateSeries.TEMPORARY),
    # X fire and rescue, S forest fire; the ministry's own have a digit there. On motorcycles 应急 comes first.
    _Form(f"[{PROVINCES}][XS0-9]{_SERIAL}{{4}}应急", series=PlateSeries.RESCUE),
    _Form(f"应急[{PROVINCES}][0-9]{{3}}[XS]", series=PlateSeries.RESCUE),
    # Embassies and consulates, new form and old: 224578使, 使224578, 沪224001领.
    _Form(f"[{PROVINCES}]?[0-9]{{6}}使|使[0-9]{{6}}", series=PlateSeries.EMBASSY),
    _Form(f"[{PROVINCES}]?[0-9]{{6}}领|领[0-9]{{6}}", series=PlateSeries.CONSULATE),
    # Of a province, of the headquarters; before 2013 with the number of the province, and the branch.
    _Form(f"WJ[{PROVINCES}]?[0-9]{{4}}{_SERIAL}", series=PlateSeries.ARMED_POLICE),
    _Form(f"WJ[0-9]{{2}}[A-HJ-NP-Z0-9{_BRANCHES}][0-9]{{4}}", series=PlateSeries.ARMED_POLICE),
    _Form("[A-HJ-NP-Z]{2}[0-9]{5}", series=PlateSeries.ARMED_FORCES),
    _Form("民航[A-HJ-Z][0-9]{4,5}", series=PlateSeries.AIRPORT),
    # Province and prefecture above, the number below.
    _Form(f"[{PROVINCES}][0-9]{{7}}", series=PlateSeries.TRACTOR),
)
# What comes before the serial: its letters are read as typed, for there an O is an O.
_HEAD = re.compile(f"WJ[{PROVINCES}]?|[{PROVINCES}][A-Z]?|民航[A-Z]?|[A-Z]{{2}}|")
# Two to ten characters with at least one digit; hanzi only those that plates carry.
_HANZI = PROVINCES + "".join(_MARKS) + _BRANCHES + "港澳临应急民航"
_CONCEIVABLE = re.compile(f"(?=.*[0-9])[A-Z0-9{_HANZI}]{{2,10}}")
_LOOK_ALIKES = str.maketrans("OI", "01")
# Asked in this order; the first that fits is the doubt.
_DOUBTS: tuple[tuple[str, PlateDoubt], ...] = (
    (f"[A-HJ-NP-Z]{_SERIAL}{{5,6}}", PlateDoubt.NO_PROVINCE),
    (f"[{PROVINCES}][^A-HJ-Z].*", PlateDoubt.NO_OFFICE),
    (f"{_PLACE}[A-Z0-9]{{0,4}}", PlateDoubt.TOO_SHORT),
    (f"{_PLACE}[A-Z0-9]{{6}}", PlateDoubt.NOT_NEW_ENERGY),
    (f"{_PLACE}[A-Z0-9]{{7,}}", PlateDoubt.TOO_LONG),
)


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
        return Plate(folded, form.kind)
    return Plate(typed, PlateKind.UNKNOWN) if _CONCEIVABLE.fullmatch(typed) else None


def plate_doubt(text: str) -> PlateDoubt | None:
    """Return what is odd about what was typed as a plate, None where its form is known; raises on no text."""
    plate = read_plate(text)
    if plate is None:
        return PlateDoubt.NOT_A_PLATE
    if plate.kind is not PlateKind.UNKNOWN:
        return None
    fitting = (doubt for pattern, doubt in _DOUBTS if re.fullmatch(pattern, plate.text))
    return next(fitting, PlateDoubt.UNKNOWN_SERIES)


def plate_key(text: str) -> str:
    """Return the search key of a plate or of the beginning of one: no separators, O as 0, I as 1.

    The key of a beginning is the beginning of the key, so a prefix search finds what was typed so far.
    """
    return _without_separators(text).translate(_LOOK_ALIKES)


def vehicle_type(plate: Plate) -> VehicleType | None:
    """Return what the form of `plate` tells about the vehicle, None where it tells nothing."""
    form = _form_of(plate.text)
    return form.vehicle if form else None


def plate_series(plate: Plate) -> PlateSeries | None:
    """Return which special series `plate` belongs to, None for the plates that most vehicles have."""
    form = _form_of(plate.text)
    return form.series if form else None


def _without_separators(text: str) -> str:
    return compact(text, HYPHENS + DOTS)


def _form_of(text: str) -> _Form | None:
    return next((form for form in _FORMS if re.fullmatch(form.pattern, text)), None)
