"""Reading visits: who is on site, by badge, by person; every look-up is an index range, paged by key."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class OnSite:
    """One visitor inside, as the lists show them; times are UTC ms."""

    visit_id: bytes
    registered_ms: int
    name: str
    sex: Sex | None
    reason: Reason
    reason_note: str
    room_code: str
    plate: str
    badge: str
    expected_out_ms: int | None

    @property
    def key(self) -> tuple[int, bytes]:
        """Return what orders and pages the list: when they are expected out, then id."""
        return (self.expected_out_ms or 0, self.visit_id)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are on site: people (with companions), vehicles, and visitors past their time."""

    people: int
    vehicles: int
    overstays: int


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """When somebody was admitted before, and where to; `times` counts all of their visits."""

    registered_ms: int
    room_code: str
    times: int


MOST_TIMES = 100
"""Earlier visits that are counted: more than a guard cares for."""
_COLUMNS = "visit_id, registered_ms, name, sex, reason, reason_note, room_code, plate, badge, expected_out_ms"


def on_site(
    connection: Connection, most: int, after: tuple[int, bytes] | None = None, matching: str = ""
) -> list[OnSite]:
    """Return up to `most` visitors inside that follow the key `after`, who should have left first on top.

    `matching` keeps those whose badge, plate or room starts with it, or whose name holds it; only the visitors inside
    are read, however many visits there are.
    """
    ms, visit_id = after or (-1, b"")
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE state = 'inside' AND (coalesce(expected_out_ms, 0), visit_id) > (?, ?)"
        " AND (?3 = '' OR instr(upper(name), ?3) OR instr(badge, ?3) = 1 OR instr(plate, ?3)"
        " OR instr(room_code, ?3) = 1)"
        " ORDER BY coalesce(expected_out_ms, 0), visit_id LIMIT ?4",
        (ms, visit_id, matching.upper(), most),
    )
    return [_on_site(row) for row in rows]


def by_badge(connection: Connection, badge: str) -> OnSite | None:
    """Return who inside wears this badge, or None."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE badge_out = 1 AND state = 'inside' AND badge = ?"
        " ORDER BY registered_ms DESC LIMIT 1",
        (badge,),
    ).fetchone()
    return _on_site(row) if row else None


def by_plate(connection: Connection, plate: str) -> OnSite | None:
    """Return who inside came with this plate, or None."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE state = 'inside' AND plate = ? ORDER BY registered_ms DESC LIMIT 1",
        (plate,),
    ).fetchone()
    return _on_site(row) if row else None


def inside(connection: Connection, visit_id: bytes) -> OnSite | None:
    """Return one visitor, if inside."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE state = 'inside' AND visit_id = ?", (visit_id,)
    ).fetchone()
    return _on_site(row) if row else None


def counts(connection: Connection, now_ms: int) -> Counts:
    """Return how many are on site at `now_ms`; reads the visitors inside only."""
    row = connection.execute(
        "SELECT coalesce(sum(1 + companions), 0), count(nullif(plate, '')),"
        " coalesce(sum(expected_out_ms < ?), 0) FROM visit WHERE state = 'inside'",
        (now_ms,),
    ).fetchone()
    return Counts(*row)


def earlier_by_phone(connection: Connection, phone: str) -> EarlierVisit | None:
    """Return the last visit of whoever has this phone, None for a first visit; `times` stops at MOST_TIMES."""
    rows = connection.execute(
        "SELECT registered_ms, room_code FROM visit WHERE phone = ? AND state IN ('inside', 'left')"
        " ORDER BY registered_ms DESC LIMIT ?",
        (phone, MOST_TIMES),
    ).fetchall()
    return EarlierVisit(rows[0][0], rows[0][1] or "", len(rows)) if rows else None


def badge_of(connection: Connection, visit_id: bytes) -> str:
    """Return the badge that was given for a visit, empty where there was none."""
    row = connection.execute("SELECT badge FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return row[0] or "" if row else ""


def events(connection: Connection, visit_id: bytes) -> int:
    """Return how many events a visit has."""
    row = connection.execute("SELECT count(*) FROM visit_event WHERE visit_id = ?", (visit_id,)).fetchone()
    return int(row[0])


def _on_site(row: Row) -> OnSite:
    known = row["reason"] in set(Reason)
    return OnSite(
        row["visit_id"],
        row["registered_ms"],
        row["name"] or "",
        Sex(row["sex"]) if row["sex"] else None,
        Reason(row["reason"]) if known else Reason.OTHER,
        row["reason_note"] or "",
        row["room_code"] or "",
        row["plate"] or "",
        row["badge"] or "",
        row["expected_out_ms"],
    )
