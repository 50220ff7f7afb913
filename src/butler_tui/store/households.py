"""Reading houses and what the gate may know of a household: room code, name, who may confirm, the gate's note."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.people import Sex
from butler_tui.store.database import Connection


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
        "SELECT resident_id, name, sex, called FROM resident WHERE household_id = ? AND may_confirm = 1"
        " ORDER BY resident_id LIMIT 6",
        (household_id,),
    )
    return [Confirmer(row[0], row[1], Sex(row[2]) if row[2] else None, row[3] or "") for row in rows]
