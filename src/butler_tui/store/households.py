"""Reading houses and what the gate may know of a household: room code, name, who may confirm, the gate's note."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.domain.plates import plate_key
from butler_tui.domain.search_keys import SearchKind, typed_key
from butler_tui.store.database import Connection
from butler_tui.store.search_keys import values_starting


@dataclass(frozen=True, slots=True)
class Confirmer:
    """Somebody of the household who may say that a visitor is expected."""

    resident_id: bytes
    name: str
    sex: Sex | None
    called: str


@dataclass(frozen=True, slots=True)
class GateHousehold:
    """A home as the gate sees it; `household_id` is None while nobody lives there."""

    house_id: bytes
    room_code: str
    household_id: bytes | None
    name: str
    gate_note: str
    confirmers: tuple[Confirmer, ...]


def rooms_starting(connection: Connection, prefix: str, most: int = 8) -> list[str]:
    """Return up to `most` room codes that start with `prefix`, in order; an index range, no scan."""
    rows = connection.execute(
        "SELECT room_code FROM house WHERE room_code >= ? AND room_code < ? ORDER BY room_code LIMIT ?",
        (prefix, prefix + "\U0010ffff", most),
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Home:
    """A home that what was typed may mean; `name` is how the gate calls who lives there."""

    room_code: str
    name: str


def room_code(connection: Connection, house_id: bytes) -> str:
    """Return how a home is called, empty where there is none with this id."""
    row = connection.execute("SELECT room_code FROM house WHERE house_id = ?", (house_id,)).fetchone()
    return row[0] if row else ""


def homes_matching(connection: Connection, typed: str, most: int = 8) -> list[Home]:
    """Return up to `most` homes whose household's or resident's name, or whose vehicle's plate, `typed` begins.

    Names are found by initials and pinyin too, plates without their province.
    """
    found: dict[str, Home] = {}
    for sql, kind, key in _HOMES_BY:
        begun = key(typed)
        if len(begun) < (2 if begun.isascii() else 1):
            continue
        for value in values_starting(connection, kind, begun, most):
            for row in connection.execute(f"{_HOMES} {sql} LIMIT ?", (value, most)):
                found.setdefault(row[0], Home(row[0], row[1] or ""))
    return list(found.values())[:most]


_HOMES = "SELECT h.room_code, o.name FROM household o JOIN house h USING (house_id)"
_HOMES_BY = (
    ("WHERE o.name = ?", SearchKind.NAME, typed_key),
    ("JOIN resident r USING (household_id) WHERE r.name = ?", SearchKind.NAME, typed_key),
    ("JOIN vehicle v USING (household_id) WHERE v.plate = ?", SearchKind.PLATE, plate_key),
)


def at_room(connection: Connection, room_code: str) -> GateHousehold | None:
    """Return who lives at a room code, as the gate may see it, or None where there is no such room."""
    row = connection.execute(
        "SELECT h.house_id, h.room_code, o.household_id, o.name, o.gate_note FROM house h"
        " LEFT JOIN household o USING (house_id) WHERE h.room_code = ? ORDER BY o.household_id DESC LIMIT 1",
        (room_code,),
    ).fetchone()
    if row is None:
        return None
    return GateHousehold(row[0], row[1], row[2], row[3] or "", row[4] or "", tuple(_confirmers(connection, row[2])))


def _confirmers(connection: Connection, household_id: bytes | None) -> list[Confirmer]:
    rows = connection.execute(
        "SELECT resident_id, name, sex, called FROM resident WHERE household_id = ? AND may_confirm = 1 AND name <> ''"
        " ORDER BY resident_id LIMIT 6",
        (household_id,),
    )
    return [Confirmer(row[0], row[1], sex_of_code(row[2]), row[3] or "") for row in rows]
