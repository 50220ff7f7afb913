"""Finding visitors: those inside first, everybody by name, plate, phone, badge, document; never by reading them all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from butler_tui.domain.documents import mask_phone
from butler_tui.domain.people import Sex, person_of
from butler_tui.domain.search_keys import SearchKind
from butler_tui.domain.sought import Sought
from butler_tui.sealing import match_key
from butler_tui.store.database import Connection, Row
from butler_tui.store.derived import DOCUMENT
from butler_tui.store.found import FoundVisit, HitKey, HitKind
from butler_tui.store.local import Store
from butler_tui.store.search_values import LAST, Fitting, Values, begins, ends, keys_of_visitor, phones_starting

MOST_INSIDE = 200
"""Visitors inside who are looked through: an estate that has more finds the others by their names."""
MOST_INSIDE_AT = 2_000
"""Visitors inside, those expected out last first, who are looked through for a room: others never checked out."""
MOST_NEWEST = 96
"""Of the newest visits, how many are looked through for a beginning that fits too many names."""
MOST_ROWS = 32
"""Visits that are read for the values found."""
_MOST_OF_MANY = 8
"""Values that are looked up where there are too many: the newest visits and those inside are looked through instead."""
_MOST_BADGES = 12
_MOST_OF_ONE_ROOM = 12
_COLUMNS = (
    "visit_id, registered_ms, state, name, sex, company, phone, document_masked, room_code, reason, reason_note,"
    " plate, badge, badge_out, expected_out_ms, out_ms"
)
_BEYOND_EVERY_ID = b"\xff" * 17
_INSIDE = (
    "SELECT visit_id, name, plate FROM visit WHERE state = 'inside'"
    " ORDER BY coalesce(expected_out_ms, 0), visit_id LIMIT ?"
)
_INSIDE_AT = (
    "SELECT visit_id, room_code FROM (SELECT visit_id, room_code FROM visit INDEXED BY visit_inside"
    " WHERE state = 'inside' ORDER BY coalesce(expected_out_ms, 0) DESC, visit_id DESC LIMIT ?)"
    " WHERE room_code >= ? AND room_code < ? LIMIT ?"
)
_MORE_INSIDE = (
    "SELECT 1 FROM visit INDEXED BY visit_inside WHERE state = 'inside'"
    " ORDER BY coalesce(expected_out_ms, 0) DESC LIMIT 1 OFFSET ?"
)
_NEWEST = "SELECT visit_id, name, plate FROM visit WHERE visit_id < ? ORDER BY visit_id DESC LIMIT ?"


class VisitSearch:
    """One look for visitors; `found` has each row with whether what was typed fits it exactly."""

    def __init__(self, store: Store, sought: Sought) -> None:
        self._store = store
        self._connection = store.connection
        self._sought = sought
        self._found: dict[bytes, tuple[Row, bool]] = {}
        self._by_badge: set[bytes] = set()
        self.more = False

    def look(self, fit: Fitting) -> None:
        """Look by everything that was typed; `fit` are the values that fit it."""
        phones = phones_starting(self._connection, "visit", self._sought.phone)
        self._take_document()
        self._take_badges()
        self._take_rooms()
        by_column = (("name", fit.names), ("plate", fit.plates), ("phone", fit.tails), ("phone", phones))
        for column, values in by_column:
            self._take_values(column, values)
        self.more = any(values.more for _column, values in by_column) or self._rooms_left()
        if fit.names.more or fit.plates.more:
            self._take_fitting(_INSIDE, (MOST_INSIDE,))
            self._take_fitting(_NEWEST, (_BEYOND_EVERY_ID, MOST_NEWEST))

    def look_at_room(self, room_code: str) -> None:
        """Look for the visits of a room that is no house here: written down as typed."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM visit WHERE room_code = ? ORDER BY registered_ms DESC LIMIT ?",
            (room_code, _MOST_OF_ONE_ROOM),
        )
        self._keep((row, True) for row in rows)

    def candidates(self) -> list[tuple[HitKey, HitKind, Row]]:
        """Return everybody inside, and one row a person by their newest visit; visits that were taken back are none.

        Two people of one name without a phone may look like one: whoever is inside is never left out for another.
        """
        shown: list[tuple[Row, bool]] = []
        of_person: dict[tuple[str | bytes, ...], int] = {}
        for row, exact in sorted(self._found.values(), key=lambda one: -one[0]["registered_ms"]):
            if row["state"] == "undone":
                continue
            person = person_of(row["name"], row["phone"], row["plate"]) or (row["visit_id"],)
            newest = of_person.get(person)
            if newest is None or row["state"] == "inside":
                of_person[person] = len(shown)
                shown.append((row, exact))
            elif exact:
                shown[newest] = (shown[newest][0], True)
        return [self._candidate(row, exact) for row, exact in shown]

    def _candidate(self, row: Row, exact: bool) -> tuple[HitKey, HitKind, Row]:
        kind = HitKind.INSIDE if row["state"] == "inside" else HitKind.PAST
        if kind is HitKind.PAST and row["visit_id"] in self._by_badge:
            kind = HitKind.BADGE
        return (int(not exact), int(kind), -row["registered_ms"], row["visit_id"]), kind, row

    def _keep(self, rows: Iterable[tuple[Row, bool]]) -> None:
        for row, exact in rows:
            before = self._found.get(row["visit_id"])
            self._found[row["visit_id"]] = (row, exact or (before is not None and before[1]))

    def _take_document(self) -> None:
        if self._sought.number:
            number_key = match_key(self._store.keys.match, DOCUMENT, self._sought.number)
            rows = self._connection.execute(
                "SELECT visit_id FROM document_secret WHERE number_key = ? ORDER BY secret_id DESC LIMIT ?",
                (number_key, _MOST_OF_ONE_ROOM),
            ).fetchall()
            self._take_visits({row[0]: True for row in rows})

    def _take_badges(self) -> None:
        badge = self._sought.badge
        if badge:
            rows = self._connection.execute(
                "SELECT visit_id, badge FROM visit WHERE badge_out = 1 AND badge >= ? AND badge < ?"
                " ORDER BY badge LIMIT ?",
                (badge, badge + LAST, _MOST_BADGES),
            ).fetchall()
            self._by_badge = {row[0] for row in rows}
            self._take_visits({row[0]: row[1] == badge for row in rows})

    def _take_rooms(self) -> None:
        for room in self._sought.rooms:
            rows = self._connection.execute(
                _INSIDE_AT, (MOST_INSIDE_AT, room, room + LAST, _MOST_OF_ONE_ROOM)
            ).fetchall()
            self._take_visits({row[0]: row[1] == room for row in rows})

    def _rooms_left(self) -> bool:
        """Tell whether a room was looked for among more people inside than are looked through."""
        row = self._connection.execute(_MORE_INSIDE, (MOST_INSIDE_AT,)).fetchone() if self._sought.rooms else None
        return row is not None

    def _take_fitting(self, sql: str, budget: tuple[int | bytes, ...]) -> None:
        """Take those whose keys fit, out of a bounded number of visits."""
        name = begins(SearchKind.NAME, self._sought.name)
        plate = begins(SearchKind.PLATE, self._sought.plate)
        exact: dict[bytes, bool] = {}
        for row in self._connection.execute(sql, budget):
            keys = keys_of_visitor(row[1], row[2])
            if name in keys or plate in keys:
                exact[row[0]] = ends(name) in keys or ends(plate) in keys
        self._take_visits(exact)

    def _take_visits(self, exact: Mapping[bytes, bool]) -> None:
        ids = [visit_id for visit_id in exact if visit_id not in self._found][:MOST_ROWS]
        if not ids:
            return
        marks = ", ".join("?" * len(ids))
        rows = self._connection.execute(f"SELECT {_COLUMNS} FROM visit WHERE visit_id IN ({marks})", ids)
        self._keep([(row, exact[row["visit_id"]]) for row in rows])

    def _take_values(self, column: str, values: Values) -> None:
        if not values.exact:
            return
        each = max(1, MOST_ROWS // len(values.exact))
        looked_up = list(values.exact)[: _MOST_OF_MANY if values.more else None]
        rows = self._connection.execute(_of_values(column), (json.dumps(looked_up), each)).fetchall()
        self._keep((row, values.exact[row[column]]) for row in rows)


def found_visit(row: Row) -> FoundVisit:
    """Return a row of the columns that a search reads as lists may show it."""
    return FoundVisit(
        visit_id=row["visit_id"],
        registered_ms=row["registered_ms"],
        state=row["state"],
        name=row["name"] or "",
        sex=Sex(row["sex"]) if row["sex"] in _SEXES else None,
        company=row["company"] or "",
        phone=mask_phone(row["phone"] or ""),
        document=row["document_masked"] or "",
        room_code=row["room_code"] or "",
        reason=row["reason"],
        reason_note=row["reason_note"] or "",
        plate=row["plate"] or "",
        badge=row["badge"] or "",
        badge_out=bool(row["badge_out"]),
        expected_out_ms=row["expected_out_ms"],
        out_ms=row["out_ms"],
    )


def visits_of_room(connection: Connection, room_code: str, most: int) -> list[FoundVisit]:
    """Return the newest visits to a room."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM visit WHERE room_code = ? ORDER BY registered_ms DESC LIMIT ?", (room_code, most)
    )
    return [found_visit(row) for row in rows]


def inside_at_room(connection: Connection, room_code: str, most: int) -> list[FoundVisit]:
    """Return who is inside to see a room; only those inside are read."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM visit INDEXED BY visit_inside WHERE state = 'inside' AND room_code = ?"
        " ORDER BY coalesce(expected_out_ms, 0), visit_id LIMIT ?",
        (room_code, most),
    )
    return [found_visit(row) for row in rows]


_SEXES = frozenset(Sex)


def _of_values(column: str) -> str:
    """Return the statement for the newest visits of each of many values of an indexed column."""
    return (
        f"SELECT {_COLUMNS} FROM json_each(?) one JOIN visit ON visit.rowid IN (SELECT rowid FROM visit"
        f" WHERE {column} = one.value ORDER BY registered_ms DESC LIMIT ?)"
    )
