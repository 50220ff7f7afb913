"""The lines of the gate's form: their fields, the order in which Enter leads through them, and what belongs where."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.recognise import Kind
from butler_tui.domain.visits import Missing
from butler_tui.words import N_


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
ENTERED_WITH_CARE = frozenset({"phone", "confirm", "reason"})
"""Fields that Enter leaves only at the second time while they cannot be read."""
VALET = ("代", "v")
"""A bay that begins so is valet parking."""
