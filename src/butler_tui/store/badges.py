"""Reading which badges have not come back: worn inside, or missed; only those are read, by their own index."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class BadgesOut:
    """How many badges have not come back: all of them, and those whose visitor has left."""

    out: int
    missing: int


@dataclass(frozen=True, slots=True)
class BadgeHolder:
    """Who has a badge that has not come back; `out_ms` (UTC ms) is when they left without giving it back, if so."""

    visit_id: bytes
    badge: str
    name: str
    sex: Sex | None
    room_code: str
    phone: str
    out_ms: int | None

    @property
    def key(self) -> tuple[str, bytes]:
        """Return what orders and pages the list of badges."""
        return (self.badge, self.visit_id)


_HOLDER = "visit_id, badge, name, sex, room_code, phone, out_ms"


def badges_out(connection: Connection) -> BadgesOut:
    """Return how many badges have not come back; reads those only."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(state = 'left'), 0) FROM visit WHERE badge_out = 1 AND badge IS NOT NULL"
    ).fetchone()
    return BadgesOut(row[0], row[1])


def badges_missing(
    connection: Connection, most: int, after: tuple[str, bytes] | None = None, matching: str = ""
) -> list[BadgeHolder]:
    """Return up to `most` badges whose visitor left without giving them back, in order, those that follow `after`.

    `matching` keeps those that start with it, or whose visitor's name or room holds it.
    """
    rows = connection.execute(
        f"SELECT {_HOLDER} FROM visit WHERE badge_out = 1 AND badge IS NOT NULL AND state = 'left'"
        " AND (badge, visit_id) > (?, ?)"
        " AND (?3 = '' OR instr(badge, ?3) = 1 OR instr(upper(name), ?3) OR instr(room_code, ?3))"
        " ORDER BY badge, visit_id LIMIT ?4",
        (*(after or ("", b"")), matching.upper(), most),
    )
    return [_holder(row) for row in rows]


def missing_badge(connection: Connection, visit_id: bytes) -> BadgeHolder | None:
    """Return who left without giving the badge of this visit back, or None."""
    row = connection.execute(
        f"SELECT {_HOLDER} FROM visit WHERE visit_id = ? AND badge_out = 1 AND badge IS NOT NULL AND state = 'left'",
        (visit_id,),
    ).fetchone()
    return _holder(row) if row else None


def holder_of_badge(connection: Connection, badge: str) -> BadgeHolder | None:
    """Return who had a badge last that has not come back, inside or gone with it, or None."""
    row = connection.execute(
        f"SELECT {_HOLDER} FROM visit WHERE badge_out = 1 AND badge IS NOT NULL AND badge = ?"
        " ORDER BY registered_ms DESC LIMIT 1",
        (badge,),
    ).fetchone()
    return _holder(row) if row else None


def _holder(row: Row) -> BadgeHolder:
    return BadgeHolder(
        row["visit_id"],
        row["badge"],
        row["name"] or "",
        sex_of_code(row["sex"]),
        row["room_code"] or "",
        row["phone"] or "",
        row["out_ms"],
    )
