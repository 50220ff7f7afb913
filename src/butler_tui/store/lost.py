"""What this terminal holds of others that an HQ which was restored may have lost, and which records HQ keeps apart.

Own changes are in the journal and are sent again. Of others' there are the writes in the bases, by their `cid`, and the
records that are written once. Until HQ's log brings such a record again, it is marked in `quarantine` by its own id.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from butler_tui.domain.changes import WireValue, to_wire
from butler_tui.domain.fields import TABLES, Scope, Table
from butler_tui.domain.merge import FieldStamp, RecordState
from butler_tui.domain.rights import SEES, TerminalKind
from butler_tui.domain.tallies import span_of
from butler_tui.ids import parse_id
from butler_tui.store import base
from butler_tui.store.database import Connection, Row, transaction
from butler_tui.store.journal_rows import list_changed
from butler_tui.store.own_records import is_own, is_wholly_own

APART = "offered"
"""Why a record stands in `quarantine` by its own id, which is no change's: HQ has it from an offer only, or not yet."""
SETTLED = "settled"
"""Why a change stands in `quarantine` that HQ holds and nobody waits for here: sent again as a new one, or given up."""
WAITS = f"reason NOT IN ('{APART}', '{SETTLED}')"
"""Which rows of `quarantine` are changes that HQ holds and of which somebody here is told."""
MARKED = f"SELECT cid FROM quarantine WHERE reason = '{APART}'"


@dataclass(slots=True)
class Lost:
    """One write of a record, as far as it still stands here; `stamp` None for what is written once."""

    table: str
    record_id: bytes
    values: dict[str, WireValue] = field(default_factory=dict)
    stamp: FieldStamp | None = None


def writes_after(connection: Connection, pos: int, *, hole: bool) -> Iterator[Lost]:
    """Yield the writes of others that HQ had placed after `pos`, those that lost in a conflict among them.

    With a `hole`, what this terminal has let go of is no others': it is written anew once both ends are compared.
    """
    once = [table.name for table in TABLES.values() if table.once]
    keys = connection.execute(
        f"SELECT tbl, record_id FROM base WHERE (pos > ? OR record_id IN ({MARKED}))"
        f" AND tbl NOT IN ({', '.join('?' * len(once))})",
        (pos, *once),
    ).fetchall()
    apart = marked(connection)
    for tbl, record_id in keys:
        after = -1 if record_id in apart else pos
        if hole and is_wholly_own(connection, tbl, record_id):
            continue
        yield from _writes(connection, tbl, record_id, after)


def _writes(connection: Connection, tbl: str, record_id: bytes, after: int) -> Iterator[Lost]:
    known = base.read(connection, tbl, record_id)
    state = known.state if known else RecordState()
    told = [(name, state.values[name], stamp) for name, stamp in state.stamps.items() if name in state.values]
    told += [(name, one.value, one.stamp) for name, losers in state.kept.items() for one in losers]
    by_cid: dict[str, Lost] = {}
    for name, value, stamp in told:
        if stamp.pos > after and stamp.cid and stamp.terminal and not _is_own(connection, stamp.cid):
            by_cid.setdefault(stamp.cid, Lost(tbl, record_id, stamp=stamp)).values[name] = value
    yield from by_cid.values()


def _is_own(connection: Connection, cid: str) -> bool:
    return connection.execute("SELECT 1 FROM journal WHERE cid = ?", (parse_id(cid),)).fetchone() is not None


def written_once(connection: Connection, tbl: str, month: str, *, hole: bool) -> Iterator[Lost]:
    """Yield the records of others of a table that is written once, made in `month`, as they were put."""
    table = TABLES[tbl]
    list_changed(connection)
    rows = connection.execute(
        f"SELECT * FROM {tbl} WHERE {table.key} >= ? AND {table.key} < ?"
        f" AND {table.key} NOT IN (SELECT record_id FROM changed) ORDER BY {table.key}",
        span_of(month),
    ).fetchall()
    compared = hole and _is_compared(connection, tbl)
    for row in rows:
        if compared and is_own(connection, tbl, row):
            continue
        yield Lost(tbl, row[table.key], as_put(connection, table, row))
    raw = connection.execute(
        f"SELECT record_id FROM base WHERE tbl = ? AND record_id >= ? AND record_id < ?"
        f" AND record_id NOT IN (SELECT {table.key} FROM {tbl}) AND record_id NOT IN (SELECT record_id FROM changed)",
        (tbl, *span_of(month)),
    ).fetchall()
    for (record_id,) in raw:  # what could not be shown is here all the same
        if known := base.read(connection, tbl, record_id):
            yield Lost(tbl, record_id, dict(known.state.values))


def _is_compared(connection: Connection, tbl: str) -> bool:
    """Tell whether HQ compares a table with this terminal: only what it is given all of is written anew after that."""
    (kind,) = connection.execute("SELECT kind FROM terminal").fetchone()
    seen = SEES[TerminalKind(kind)] if kind in set(TerminalKind) else frozenset(Scope)
    return seen == frozenset(Scope) or (tbl != "attachment" and TABLES[tbl].scope in seen)


def as_put(connection: Connection, table: Table, row: Row) -> dict[str, WireValue]:
    """Return what a row of a table that is written once says, as it was put: before corrections, unknown parts too."""
    values = {one.name: to_wire(one.kind, row[one.name]) for one in table.fields}
    if "original" in row.keys() and row["original"]:  # noqa: SIM118
        values |= json.loads(row["original"])
    raw = base.read(connection, table.name, row[table.key])
    return {**(raw.state.values if raw else {}), **values}


def mark_apart(connection: Connection, record_ids: Iterable[bytes], now_ms: int) -> None:
    """Mark records of which HQ has nothing but what was offered; `now_ms` is UTC ms."""
    with transaction(connection):
        connection.executemany(
            "INSERT OR IGNORE INTO quarantine (cid, reason, at_ms) VALUES (?, ?, ?)",
            [(record_id, APART, now_ms) for record_id in record_ids],
        )


def marked(connection: Connection) -> frozenset[bytes]:
    """Return the records that are marked so."""
    return frozenset(row[0] for row in connection.execute(MARKED))
