"""Writes of one field that did not know of each other, as they wait for somebody to decide between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from butler_tui.domain.changes import WireValue
from butler_tui.domain.merge import FieldStamp, state_from
from butler_tui.ids import parse_id
from butler_tui.store.database import Connection


@dataclass(frozen=True, slots=True)
class Said:
    """One value that was written: by whom, when (UTC ms, HQ's reckoning) and where; "" where that is not known."""

    value: WireValue
    cid: str
    at_ms: int
    staff_name: str
    place: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One field of one record: the value that came last, and those that did not know of it, the latest first."""

    table: str
    record_id: bytes
    field: str
    present: Said
    others: tuple[Said, ...]


def count(connection: Connection) -> int:
    """Return how many records wait for a decision."""
    return int(connection.execute("SELECT count(*) FROM base WHERE kept IS NOT NULL").fetchone()[0])


def waiting(connection: Connection, most: int = 200) -> list[Conflict]:
    """Return the conflicts of up to `most` records."""
    rows = connection.execute(
        "SELECT tbl, record_id, state, stamps, kept FROM base WHERE kept IS NOT NULL ORDER BY tbl, record_id LIMIT ?",
        (most,),
    ).fetchall()
    return [one for row in rows for one in _of(connection, row)]


def of_record(connection: Connection, table: str, record_id: bytes) -> list[Conflict]:
    """Return the conflicts of one record, by field."""
    rows = connection.execute(
        "SELECT tbl, record_id, state, stamps, kept FROM base WHERE tbl = ? AND record_id = ? AND kept IS NOT NULL",
        (table, record_id),
    ).fetchall()
    return [one for row in rows for one in _of(connection, row)]


def _of(connection: Connection, row: tuple[str, bytes, str, str, str]) -> Iterator[Conflict]:
    table, record_id, values, stamps, kept = row
    state = state_from(values, stamps, kept)
    for name, losers in sorted(state.kept.items()):
        present = _said(connection, state.values.get(name), state.stamps[name])
        others = [_said(connection, one.value, one.stamp) for one in losers]
        yield Conflict(table, record_id, name, present, tuple(sorted(others, key=lambda one: -one.at_ms)))


def _said(connection: Connection, value: WireValue, stamp: FieldStamp) -> Said:
    by = connection.execute("SELECT name FROM staff WHERE staff_id = ?", (_id(stamp.staff),)).fetchone()
    at = connection.execute("SELECT name FROM place WHERE terminal_id = ?", (_id(stamp.terminal),)).fetchone()
    return Said(value, stamp.cid, stamp.ms, by[0] if by else "", at[0] if at else "")


def _id(text: str | None) -> bytes | None:
    try:
        return parse_id(text) if text else None
    except ValueError:
        return None
