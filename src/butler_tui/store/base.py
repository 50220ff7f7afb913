"""What HQ's log amounts to for a record that is written more than once, and what is shown of it here.

Shown is that base with the terminal's own changes on top which the log has not brought back yet, each replayed in the
order written. Nothing is ever undone, so a cut at any point leaves base and rows together as they were.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from butler_tui.domain.changes import Value, WireValue, from_wire
from butler_tui.domain.fields import TABLES, Op, Table
from butler_tui.domain.merge import FieldStamp, RecordState, holding, kept_json, merged, stamps_json, state_from
from butler_tui.ids import id_text, parse_id
from butler_tui.store import derived
from butler_tui.store.database import Connection, IntegrityError
from butler_tui.store.local import Store
from butler_tui.store.writing import write

ABOVE_ALL = 1 << 62
"""The time and position of what HQ has not placed yet: it stands above what it has."""


@dataclass(frozen=True, slots=True)
class Base:
    """What HQ's log amounts to for one record, up to the change at `pos`."""

    state: RecordState
    pos: int


def read(connection: Connection, tbl: str, record_id: bytes) -> Base | None:
    """Return the base of a record, None where the log has brought nothing of it."""
    row = connection.execute(
        "SELECT state, stamps, kept, pos FROM base WHERE tbl = ? AND record_id = ?", (tbl, record_id)
    ).fetchone()
    return Base(state_from(row["state"], row["stamps"], row["kept"]), row["pos"]) if row else None


def put(connection: Connection, tbl: str, record_id: bytes, base: Base) -> None:
    """Write the base of a record."""
    values = json.dumps(dict(base.state.values), ensure_ascii=False, separators=(",", ":"))
    connection.execute(
        "INSERT INTO base (tbl, record_id, state, stamps, kept, pos) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (tbl, record_id) DO UPDATE SET state = excluded.state, stamps = excluded.stamps,"
        " kept = excluded.kept, pos = excluded.pos",
        (tbl, record_id, values, stamps_json(base.state), kept_json(base.state), base.pos),
    )


def erase(connection: Connection, tbl: str, record_id: bytes) -> None:
    """Take what is personal out of the base of a record, where there is one; what is shown of it is not touched."""
    from butler_tui.domain.erasure import what_is_left  # not needed before the first screen

    if (known := read(connection, tbl, record_id)) is not None:
        put(connection, tbl, record_id, Base(what_is_left(tbl, known.state), known.pos))


def show_standing(store: Store, tbl: str, record_id: bytes) -> None:
    """Show a record anew after an act of this terminal, where others' writes stand beside it undecided."""
    if TABLES[tbl].once:
        return
    standing = store.connection.execute(
        "SELECT 1 FROM base WHERE tbl = ? AND record_id = ? AND kept IS NOT NULL", (tbl, record_id)
    ).fetchone()
    if standing:
        show(store, tbl, record_id)


def show(store: Store, tbl: str, record_id: bytes) -> None:
    """Write into a record's row what its base and the own changes that are pending amount to; a door is open.

    A record of which a part is missing, or that this version does not know, stays in its base until the rest comes.
    """
    table = TABLES.get(tbl)
    base = read(store.connection, tbl, record_id)
    if table is None or base is None:
        return
    values = stored(table, holding(table, with_pending(store.connection, tbl, record_id, base.state)))
    try:
        write(store, table, record_id, values)
    except IntegrityError:
        return
    derived.derive(store.connection, [(tbl, record_id, values)])


def stored(table: Table, values: Mapping[str, WireValue]) -> dict[str, Value]:
    """Return the columns that this version knows, as they are stored; what is not of its kind is left out."""
    known: dict[str, Value] = {}
    for name, value in values.items():
        field = table.field(name)
        if field is not None:
            try:
                known[name] = from_wire(field.kind, value)
            except ValueError:
                continue
    return known


def with_pending(connection: Connection, tbl: str, record_id: bytes, state: RecordState) -> RecordState:
    """Return `state` with the own changes on top that the log has not brought back yet, or that HQ holds back.

    Of what is held back, that is where its author has written nothing later which HQ has taken.
    """
    for place, (row_id, written, values, resolves) in enumerate(_pending(connection, tbl, record_id), ABOVE_ALL):
        stamp = written._replace(ms=place, pos=place)
        latest = {name: value for name, value in values.items() if not _later(connection, state, name, row_id)}
        state = merged(state, Op.PUT, latest, stamp, resolves)
    return state


def _later(connection: Connection, state: RecordState, name: str, row_id: int) -> bool:
    """Tell whether a field has a write of this terminal's from after row `row_id` of its journal."""
    stamp = state.stamps.get(name)
    if stamp is None or stamp.ms >= ABOVE_ALL:
        return False
    row = connection.execute("SELECT journal_id FROM journal WHERE cid = ?", (parse_id(stamp.cid),)).fetchone()
    return row is not None and row[0] > row_id


def _pending(
    connection: Connection, tbl: str, record_id: bytes
) -> Iterator[tuple[int, FieldStamp, dict[str, WireValue], list[str]]]:
    rows = connection.execute(
        "SELECT j.journal_id, e.epoch, j.seen, j.cid, j.staff_id, j.fields, j.personal, j.resolves"
        " FROM pending p JOIN journal j USING (journal_id)"
        " JOIN epoch e USING (epoch_no) WHERE p.tbl = ? AND p.record_id = ? ORDER BY journal_id",
        (tbl, record_id),
    ).fetchall()
    for row in rows:
        values = {**json.loads(row["fields"]), **json.loads(row["personal"] or "{}")}
        staff = id_text(row["staff_id"]) if row["staff_id"] else None
        stamp = FieldStamp(0, 0, id_text(row["epoch"]), 0, id_text(row["cid"]), 0, row["seen"], staff=staff)
        yield row["journal_id"], stamp, values, json.loads(row["resolves"] or "[]")
