"""Finding homes: by room code, by the names of household and residents, by their phones and plates."""

from __future__ import annotations

import json

from butler_tui.domain.people import sex_of_code
from butler_tui.domain.sought import Sought
from butler_tui.store.database import Connection, Row
from butler_tui.store.found import FoundHome, Hit, HitKind
from butler_tui.store.search_values import LAST, Fitting, Values, phones_starting

_MOST_ROOMS = 8
_MOST_HOMES = 8
_ROOM_TYPED = 0
"""Comes before those inside: who types a whole room code means the room."""
_HOME = "h.house_id, h.room_code, o.household_id, o.name AS household"
_PERSON = f"{_HOME}, r.resident_id, r.name, r.sex, r.called, r.relation, r.may_confirm"
_OF_ROOM = (
    f"SELECT {_HOME} FROM house h LEFT JOIN household o ON o.household_id = (SELECT household_id FROM household"
    " WHERE house_id = h.house_id ORDER BY household_id DESC LIMIT 1)"
    " WHERE h.room_code >= ? AND h.room_code < ? ORDER BY h.room_code LIMIT ?"
)
# CROSS JOIN: from the few values to the many records, whatever the planner thinks of their numbers.
_BY_NAME = (
    f"SELECT {_HOME} FROM json_each(?) one CROSS JOIN household o ON o.name = one.value"
    " CROSS JOIN house h USING (house_id) LIMIT ?"
)
_RESIDENTS_BY = (
    f"SELECT {_PERSON}, r.{{column}} AS value FROM json_each(?) one CROSS JOIN resident r ON r.{{column}} = one.value"
    " CROSS JOIN household o USING (household_id) CROSS JOIN house h USING (house_id) LIMIT ?"
)
_BY_PLATE = (
    f"SELECT {_HOME}, v.vehicle_id, v.plate, v.note FROM json_each(?) one CROSS JOIN vehicle v ON v.plate = one.value"
    " CROSS JOIN household o USING (household_id) CROSS JOIN house h USING (house_id) LIMIT ?"
)


def homes(connection: Connection, sought: Sought, fit: Fitting) -> list[Hit]:
    """Return the homes, residents and vehicles that what was typed finds; `fit` are the values that fit it."""
    found = [
        *_by_room(connection, sought),
        *_by_name(connection, fit.names),
        *_residents(connection, "name", fit.names),
        *_residents(connection, "phone", fit.tails),
        *_residents(connection, "phone", phones_starting(connection, "resident", sought.phone)),
        *_vehicles(connection, fit.plates),
    ]
    best: dict[tuple[int, bytes], Hit] = {}
    for hit in found:
        same = best.setdefault((hit.kind, hit.key[3]), hit)
        if hit.key < same.key:
            best[hit.kind, hit.key[3]] = hit
    return list(best.values())


def _by_room(connection: Connection, sought: Sought) -> list[Hit]:
    found: list[Hit] = []
    for likely, room in enumerate(sought.rooms):
        for row in connection.execute(_OF_ROOM, (room, room + LAST, _MOST_ROOMS)):
            exact = row["room_code"] == room
            place = _ROOM_TYPED if exact else HitKind.HOME
            key = (int(not exact), place, likely * _MOST_ROOMS + len(found), row["house_id"])
            found.append(Hit(key, HitKind.HOME, home=_home(row)))
    return found


def _by_name(connection: Connection, names: Values) -> list[Hit]:
    rows = connection.execute(_BY_NAME, (json.dumps(list(names.exact)), _MOST_HOMES)) if names.exact else []
    return [
        Hit(_key(row, row["house_id"], HitKind.HOME, names.exact[row["household"]]), HitKind.HOME, home=_home(row))
        for row in rows
    ]


def _residents(connection: Connection, column: str, values: Values) -> list[Hit]:
    if not values.exact:
        return []
    sql = _RESIDENTS_BY.format(column=column)
    hits: list[Hit] = []
    for row in connection.execute(sql, (json.dumps(list(values.exact)), _MOST_HOMES)):
        person = FoundHome(
            house_id=row["house_id"],
            room_code=row["room_code"],
            household=row["household"] or "",
            name=row["name"],
            sex=sex_of_code(row["sex"]),
            called=row["called"] or "",
            relation=row["relation"],
            may_confirm=bool(row["may_confirm"]),
        )
        key = _key(row, row["resident_id"], HitKind.RESIDENT, values.exact[row["value"]])
        hits.append(Hit(key, HitKind.RESIDENT, home=person))
    return hits


def _vehicles(connection: Connection, plates: Values) -> list[Hit]:
    rows = connection.execute(_BY_PLATE, (json.dumps(list(plates.exact)), _MOST_HOMES)) if plates.exact else []
    hits: list[Hit] = []
    for row in rows:
        vehicle = FoundHome(
            house_id=row["house_id"],
            room_code=row["room_code"],
            household=row["household"] or "",
            plate=row["plate"],
            note=row["note"] or "",
        )
        key = _key(row, row["vehicle_id"], HitKind.VEHICLE, plates.exact[row["plate"]])
        hits.append(Hit(key, HitKind.VEHICLE, home=vehicle))
    return hits


def _home(row: Row) -> FoundHome:
    return FoundHome(row["house_id"], row["room_code"], row["household"] or "")


def _key(row: Row, record_id: bytes, kind: HitKind, exact: bool) -> tuple[int, int, int, bytes]:
    # In the order of rooms as far as their first numbers go; ids settle the rest.
    first = row["room_code"].split("-")[0]
    return (int(not exact), kind, int(first) if first.isdecimal() and len(first) < 6 else 10**6, record_id)
