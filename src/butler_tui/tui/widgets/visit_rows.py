"""The lines of the gate's form: their fields, the order in which Enter leads through them, and what belongs where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from butler_tui.domain.documents import DocumentType
from butler_tui.domain.entries import pick
from butler_tui.domain.people import Sex
from butler_tui.domain.recognise import Kind
from butler_tui.domain.visits import Missing
from butler_tui.words import N_, _


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the form: a label, then fields with their widths in cells, then a hint in the rest."""

    label: str
    fields: tuple[tuple[str, int], ...]
    between: str = ""


ROWS = (
    Row(N_("Arrival"), (("arrival", 14),)),
    Row(N_("Name"), (("name", 14), ("sex", 3)), N_("Sex")),
    Row(N_("Phone"), (("phone", 13),)),
    Row(N_("Room"), (("room", 14),)),
    Row(N_("Agreed"), (("confirm", 5),)),
    Row(N_("Reason"), (("reason", 14),)),
    Row(N_("ID"), (("document", 3), ("number", 19)), N_("No.")),
    Row(N_("Badge"), (("badge", 14),)),
    Row(N_("Vehicle"), (("plate", 10), ("parking", 10)), N_("Bay")),
    Row(N_("Company"), (("company", 30),)),
    Row(N_("With"), (("companions", 24),)),
    Row(N_("Goods"), (("belongings", 30),)),
    Row(N_("Notes"), (("looks", 30),)),
)
LABELS = {name: row.between if place else row.label for row in ROWS for place, (name, _width) in enumerate(row.fields)}
"""What each field is called."""
ORDER = tuple(name for row in ROWS for name, _width in row.fields)
PATH = ("name", "sex", "phone", "room", "confirm", "reason", "number", "badge")
"""What Enter leads through, leaving out what is filled; then the checks."""
FOLDED = frozenset({"sex", "phone", "room", "confirm", "document", "number", "badge", "plate"})
SCANNED_ELSEWHERE = {
    "name": frozenset({Kind.PLATE, Kind.PHONE, Kind.BADGE, Kind.DOCUMENT}),
    "phone": frozenset({Kind.PLATE, Kind.BADGE, Kind.DOCUMENT}),
    "sex": frozenset({Kind.PLATE, Kind.PHONE, Kind.BADGE, Kind.DOCUMENT}),
    "number": frozenset({Kind.BADGE}),
    **dict.fromkeys(("room", "confirm", "reason", "badge", "plate", "parking", "company"), frozenset({Kind.DOCUMENT})),
    **dict.fromkeys(("companions", "belongings", "looks"), frozenset({Kind.DOCUMENT})),
}
"""What a scanner may bring while another field has the focus: it goes where it belongs."""
ARRIVAL_FIELDS = {
    Kind.PLATE: "plate",
    Kind.PHONE: "phone",
    Kind.ROOM: "room",
    Kind.NAME: "name",
    Kind.BADGE: "badge",
    Kind.DOCUMENT: "number",
}
"""Where what came into the field that takes all belongs."""
MISSING_FIELDS = {
    Missing.NAME: "name",
    Missing.REASON: "reason",
    Missing.HOUSE: "room",
    Missing.NUMBER: "number",
}
"""Where what is missing is typed."""
ENTERED_WITH_CARE = frozenset({"phone", "room", "confirm", "reason"})
"""Fields that Enter leaves only at the second time while they cannot be read."""
CHOICES: dict[str, Sequence[StrEnum]] = {"sex": tuple(Sex), "document": tuple(DocumentType)}
"""Fields in which a digit picks one of a few; anything else is told of, and not lost in silence."""
VALET = ("代", "v")
"""A bay that begins so is valet parking."""


def no_choice(field: str, text: str) -> str:
    """Return in words that `text` picks nothing where a digit picks one of a few; empty where it does, or is empty."""
    codes = CHOICES.get(field)
    if codes is None or not text or pick(text, codes):
        return ""
    return _("{text} picks nothing here: 1 to {most}", text=text, most=len(codes))
