"""What a search brings: one hit a person, home, vehicle or badge, as lists may show it, with numbers masked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from butler_tui.domain.people import Sex

HitKey = tuple[int, int, int, bytes]
"""What orders and pages hits: exact (0) or a beginning (1), place, newest first, record id."""


class HitKind(IntEnum):
    """What was found; the order is that of a list of equally good hits."""

    INSIDE = 1
    BADGE = 2
    HOME = 3
    RESIDENT = 4
    VEHICLE = 5
    PAST = 6


@dataclass(frozen=True, slots=True)
class FoundVisit:
    """A visitor by their newest visit that was found; times are UTC ms, `phone` and `document` masked."""

    visit_id: bytes
    registered_ms: int
    state: str
    name: str
    sex: Sex | None
    company: str
    phone: str
    document: str
    room_code: str
    reason: str
    reason_note: str
    plate: str
    badge: str
    badge_out: bool
    expected_out_ms: int | None
    out_ms: int | None


@dataclass(frozen=True, slots=True)
class FoundHome:
    """A home, and who or which vehicle of it was found; whoever lives there is only ever named politely."""

    house_id: bytes
    room_code: str
    household: str
    name: str = ""
    sex: Sex | None = None
    called: str = ""
    relation: str = ""
    may_confirm: bool = False
    plate: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """One row of the list: a visit or a home."""

    key: HitKey
    kind: HitKind
    visit: FoundVisit | None = None
    home: FoundHome | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """All that one look brought, the best first; `more` where what was typed fits more than is looked at."""

    hits: tuple[Hit, ...]
    more: bool = False

    def page(self, most: int, after: HitKey | None = None) -> list[Hit]:
        """Return up to `most` hits that follow the key `after`."""
        return [hit for hit in self.hits if after is None or hit.key > after][:most]
