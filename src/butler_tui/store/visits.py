"""Reading visits: who is on site, by badge, by person; every look-up is an index range, paged by key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from butler_tui.domain.people import Sex
from butler_tui.domain.plates import plate_key
from butler_tui.domain.policies import Reason
from butler_tui.domain.search_keys import SearchKind, name_keys, typed_key
from butler_tui.domain.visits import Registration
from butler_tui.ids import least_id
from butler_tui.store.database import Connection, Row
from butler_tui.store.readings import readings


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
    """How many are on site: people (with companions), vehicles, visitors past their time, visitors at all."""

    people: int
    vehicles: int
    overstays: int
    visitors: int


@dataclass(frozen=True, slots=True)
class EarlierVisit:
    """When somebody was admitted before, and where to; `times` counts all of their visits."""

    registered_ms: int
    room_code: str
    times: int


TWICE_MS = 10 * 60_000
"""For so long the same visitor entered again is shown the visit there is (ours)."""
MOST_TIMES = 100
"""Earlier visits that are counted: more than a guard cares for."""
_NEVER_MS = 1 << 62
_MOST_KEYS = 1_000
"""Keys of names that begin as typed and are handed on (ours)."""
_NAMES_BEGINNING = "SELECT value FROM search_key WHERE kind = ? AND key >= ? AND key < ? LIMIT ?"
# The planner would rather walk the names of all visits, in their order.
_NAMES_INSIDE = (
    "SELECT name FROM visit INDEXED BY visit_inside WHERE state = 'inside' AND name > ''"
    " AND (coalesce(expected_out_ms, 0), visit_id) > (?, ?) ORDER BY coalesce(expected_out_ms, 0), visit_id"
)
_FOLDED_PLATE = "replace(replace(plate, 'O', '0'), 'I', '1')"
_COLUMNS = "visit_id, registered_ms, name, sex, reason, reason_note, room_code, plate, badge, expected_out_ms"


def on_site(
    connection: Connection,
    most: int,
    after: tuple[int, bytes] | None = None,
    matching: str = "",
    overdue_ms: int | None = None,
) -> list[OnSite]:
    """Return up to `most` visitors inside that follow the key `after`, who should have left first on top.

    `matching` keeps those whose badge starts with it, whose room starts or ends with it, whose plate or name holds
    it, or whose name's initials or pinyin start with it; with `overdue_ms` (now, UTC ms) only those past their time
    are kept. Only the visitors inside are read, however many visits there are.
    """
    start_ms, visit_id = after or (-1 if overdue_ms is None else 1, b"")
    end_ms = _NEVER_MS if overdue_ms is None else overdue_ms
    names = _names_read_as(connection, matching, most, (start_ms, visit_id))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE state = 'inside'"
        " AND (coalesce(expected_out_ms, 0), visit_id) > (?, ?) AND coalesce(expected_out_ms, 0) < ?"
        " AND (?4 = '' OR instr(upper(name), ?4) OR instr(badge, ?4) = 1 OR instr(room_code, ?4) = 1"
        " OR instr(room_code || '.', '-' || ?4 || '.')"
        f" OR instr({_FOLDED_PLATE}, ?5) OR name IN ({', '.join('?' * len(names))}))"
        " ORDER BY coalesce(expected_out_ms, 0), visit_id LIMIT ?",
        (start_ms, visit_id, end_ms, matching.upper(), plate_key(matching) or "-", *names, most),
    )
    return [_on_site(row) for row in rows]


def _names_read_as(connection: Connection, typed: str, most: int, after: tuple[int, bytes]) -> list[str]:
    """Return the names whose initials or pinyin start with what is typed in letters, enough for `most` visitors inside.

    The search keys tell which. Where more names than can be handed on begin so, those inside who follow the key `after`
    are read in their order until `most` of them fit: where many names begin so, that is soon.
    """
    key = typed_key(typed)
    if not (key.isascii() and key.isalpha()):
        return []
    beginning = (str(SearchKind.NAME), key, key + "\U0010ffff", _MOST_KEYS + 1)
    known = connection.execute(_NAMES_BEGINNING, beginning).fetchall()
    if len(known) <= _MOST_KEYS:
        return list({row[0] for row in known})
    fitting: list[str] = []
    for row in connection.execute(_NAMES_INSIDE, after):
        if any(one.startswith(key) for one in _keys_of_name(row[0])):
            fitting.append(row[0])
        if len(fitting) == most:
            break
    return fitting


@lru_cache(maxsize=2048)
def _keys_of_name(name: str) -> frozenset[str]:
    return name_keys(name, readings)


_LAST_FEW = 20
"""Whoever is inside is among the last visits of that plate or phone; a courier has thousands of others (ours)."""


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
        f"SELECT {_COLUMNS} FROM (SELECT * FROM visit WHERE plate = ? ORDER BY registered_ms DESC LIMIT {_LAST_FEW})"
        " WHERE state = 'inside' LIMIT 1",
        (plate,),
    ).fetchone()
    return _on_site(row) if row else None


def by_phone(connection: Connection, phone: str) -> OnSite | None:
    """Return who inside has this phone number, or None."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM (SELECT * FROM visit WHERE phone = ? ORDER BY registered_ms DESC LIMIT {_LAST_FEW})"
        " WHERE state = 'inside' LIMIT 1",
        (phone,),
    ).fetchone()
    return _on_site(row) if row else None


def registered_lately(connection: Connection, registration: Registration, now_ms: int) -> OnSite | None:
    """Return a visit inside, begun in the last TWICE_MS, that `registration` seems to repeat, or None.

    The same phone, the same plate, or the same name to the same home.
    """
    since = now_ms - TWICE_MS
    for column in ("phone", "plate", "name"):
        value = getattr(registration, column)
        if not value:
            continue
        rows = connection.execute(
            f"SELECT {_COLUMNS} FROM visit WHERE {column} = ? AND registered_ms >= ? AND state = 'inside'"
            " ORDER BY registered_ms DESC LIMIT 5",
            (value, since),
        )
        for row in rows:
            if column != "name" or (row["room_code"] or "") == registration.room_code:
                return _on_site(row)
    return None


def last_by(connection: Connection, staff_id: bytes, since_ms: int) -> OnSite | None:
    """Return the newest visit on this terminal, where this person registered it, not before `since_ms`."""
    row = connection.execute(
        f"SELECT {_COLUMNS}, staff_id FROM visit WHERE visit_id = (SELECT visit_id FROM visit_event"
        " WHERE event_id >= ? AND kind IN ('admitted', 'turned_away') ORDER BY event_id DESC LIMIT 1)",
        (least_id(since_ms),),  # the event's id is made when the visit is saved, the visit's when its form is begun
    ).fetchone()
    return _on_site(row) if row and row["staff_id"] == staff_id else None


def saved(connection: Connection, visit_id: bytes) -> bool:
    """Tell whether there is a visit with this id, whatever became of it."""
    return connection.execute("SELECT 1 FROM visit WHERE visit_id = ?", (visit_id,)).fetchone() is not None


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
        " coalesce(sum(expected_out_ms < ?), 0), count(*) FROM visit WHERE state = 'inside'",
        (now_ms,),
    ).fetchone()
    return Counts(*row)


def longest_inside(connection: Connection) -> OnSite | None:
    """Return who has been on site for the longest time, None where nobody is; reads the visitors inside only."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE state = 'inside' ORDER BY registered_ms, visit_id LIMIT 1"
    ).fetchone()
    return _on_site(row) if row else None


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
