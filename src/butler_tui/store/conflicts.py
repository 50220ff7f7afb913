"""Writes of one field that did not know of each other, as they wait for somebody to decide between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from butler_tui.domain.changes import WireValue
from butler_tui.domain.fields import TABLES
from butler_tui.domain.merge import FieldStamp, RecordState, holding
from butler_tui.ids import parse_id
from butler_tui.store import base
from butler_tui.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Said:
    """One value that was written: by whom, when (UTC ms, HQ's reckoning) and where; "" where that is not known.

    `here` says that it was written at this terminal, whose own name HQ does not tell it.
    """

    value: WireValue
    cid: str
    at_ms: int
    staff_name: str
    place: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field of one record: the value that came last, and those that did not know of it, the latest first.

    `holds` is the value that holds meanwhile.
    """

    table: str
    record_id: bytes
    field: str
    present: Said
    others: tuple[Said, ...]
    holds: WireValue

    @property
    def writes(self) -> tuple[Said, ...]:
        """All that was written, the present one first."""
        return (self.present, *self.others)


def count(connection: Connection) -> int:
    """Return how many records wait for a decision; one that was made here counts at once, before HQ has it."""
    return sum(bool(_undecided(connection, table, record)) for table, record in _in_conflict(connection))


def any_in(connection: Connection, is_meant: Callable[[str], bool]) -> bool:
    """Tell whether a record of one of the tables that are meant waits for a decision; the first answers it."""
    there = _in_conflict(connection)
    return any(_undecided(connection, table, record) for table, record in there if is_meant(table))


def waiting(connection: Connection, most: int = 200) -> list[Conflict]:
    """Return the conflicts of up to `most` records, in an order that stays."""
    of_records = (of_record(connection, table, record_id) for table, record_id in _in_conflict(connection))
    return [one for conflicts in islice(filter(None, of_records), most) for one in conflicts]


def of_record(connection: Connection, table: str, record_id: bytes) -> list[Conflict]:
    """Return the conflicts of one record, by field."""
    return list(_of(connection, table, record_id))


def _in_conflict(connection: Connection) -> list[Row]:
    """Return the records (table, id) that keep writes beside what stands: also such as say the same."""
    return connection.execute(
        "SELECT tbl, record_id FROM base WHERE kept IS NOT NULL ORDER BY tbl, record_id"
    ).fetchall()


def _undecided(connection: Connection, table: str, record_id: bytes) -> RecordState | None:
    """Return the state of a record with what was written here since, None where nothing in it waits (any more).

    Only what HQ knows of waits: whether an own write that is still on its way stands against another's, it will tell.
    """
    known = base.read(connection, table, record_id)
    known_of = known.state.asked() if known else {}
    if known is None or not known_of:
        return None
    state = base.with_pending(connection, table, record_id, known.state)
    kept = {name: losers for name, losers in state.asked().items() if name in known_of}
    return RecordState(state.values, state.stamps, kept) if kept else None


def _of(connection: Connection, table: str, record_id: bytes) -> Iterator[Conflict]:
    state = _undecided(connection, table, record_id)
    if state is None:
        return
    described = TABLES.get(table)
    held = holding(described, state) if described else state.values
    for name, losers in sorted(state.kept.items()):
        present = _said(connection, state.values.get(name), state.stamps[name])
        others = [_said(connection, one.value, one.stamp) for one in losers]
        latest_first = tuple(sorted(others, key=lambda one: -one.at_ms))
        yield Conflict(table, record_id, name, present, latest_first, held.get(name))


def _said(connection: Connection, value: WireValue, stamp: FieldStamp) -> Said:
    by = connection.execute("SELECT name FROM staff WHERE staff_id = ?", (_id(stamp.staff),)).fetchone()
    at = connection.execute("SELECT name FROM place WHERE terminal_id = ?", (_id(stamp.terminal),)).fetchone()
    (own,) = connection.execute("SELECT terminal_id FROM terminal").fetchone()
    on_its_way = stamp.ms >= base.ABOVE_ALL
    return Said(
        value,
        stamp.cid,
        _written_ms(connection, stamp.cid) if on_its_way else stamp.ms,
        by[0] if by else "",
        at[0] if at else "",
        here=on_its_way or _id(stamp.terminal) == own,
    )


def _written_ms(connection: Connection, cid: str) -> int:
    row = connection.execute("SELECT hlc_ms FROM journal WHERE cid = ?", (_id(cid),)).fetchone()
    return row[0] if row else 0


def _id(text: str | None) -> bytes | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        return None
