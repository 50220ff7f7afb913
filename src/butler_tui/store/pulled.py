"""Taking a page that HQ sent: records, where this terminal stands, and its clock in one transaction.

What a record of a `once` table says never changes, so one that is here is left alone. What is written more than once
goes into its base, and what is shown follows from that (store/base.py). What this version cannot show is kept there
too, raw, until one that can comes along.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from butler_tui.domain.changes import WireValue
from butler_tui.domain.erasure import is_plain, tells_nothing, what_is_left
from butler_tui.domain.fields import TABLES, Op, Table
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import FieldStamp, RecordState, merged
from butler_tui.ids import id_text, parse_id
from butler_tui.store import base, derived, lost
from butler_tui.store.base import Base
from butler_tui.store.database import Connection, IntegrityError
from butler_tui.store.erasing import erase_pulled, forget_copies, register, registered, still_tell, with_all
from butler_tui.store.journal import Erasure, apply, erase_behind_door
from butler_tui.store.local import Store
from butler_tui.store.writing import write
from butler_tui.text import safe, safe_values


@dataclass(frozen=True, slots=True)
class LogChange:
    """One change of HQ's log; ids are UUID text, `held` says why HQ did not apply it, `stamp` is the canonical one."""

    table: str
    record_id: str
    op: Op
    values: Mapping[str, WireValue]
    stamp: FieldStamp
    resolves: tuple[str, ...]
    held: str | None


@dataclass(frozen=True, slots=True)
class HqRecord:
    """One record as it is at HQ, by its last change at `pos`; `erased` says that what was personal in it was erased,
    `registered` that this was for a person."""

    table: str
    record_id: str
    state: RecordState
    pos: int
    erased: bool = False
    registered: bool = False


@dataclass(frozen=True, slots=True)
class Upto:
    """Up to which position a page speaks, and the change there (UUID text)."""

    pos: int
    cid: str | None


@dataclass(slots=True)
class _Taking:
    """One page on its way in: records whose row must be shown anew, rows just added, and records that are erased."""

    store: Store
    shown: dict[tuple[str, bytes], None] = field(default_factory=dict)
    added: list[derived.Touched] = field(default_factory=list)
    erased: list[tuple[str, bytes]] = field(default_factory=list)
    gone: frozenset[bytes] = frozenset()
    apart: set[bytes] = field(default_factory=set)

    def has_come(self, record_id: bytes) -> bool:
        """Note that HQ's log has a record; tell whether it was kept apart there until now."""
        if record_id not in self.apart:
            return False
        self.apart.discard(record_id)
        self.store.connection.execute("DELETE FROM quarantine WHERE cid = ? AND reason = ?", (record_id, lost.APART))
        return True

    def end(self) -> None:
        for tbl, record_id in self.shown:
            base.show(self.store, tbl, record_id)
        derived.derive(self.store.connection, self.added)


def take_changes(
    store: Store, changes: Iterable[LogChange], upto: Upto, places: Mapping[str, str], *, now_ms: int
) -> None:
    """Apply a page of HQ's log, in its order, and stand at `upto`; `places` are names by terminal, now_ms UTC ms."""
    gone: list[Erasure] = []
    with apply(store) as connection:
        taking = _taking(store)
        latest = Stamp(0, 0)
        for change in changes:
            latest = max(latest, Stamp(change.stamp.ms, change.stamp.counter))
            if change.held is not None:
                _hold(connection, change, now_ms)
            else:
                _take_change(taking, change)
                connection.execute("DELETE FROM quarantine WHERE cid = ?", (parse_id(change.stamp.cid),))
                taking.shown |= _brought_back(connection, change)
        taking.end()
        if taking.erased:
            gone = erase_pulled(store, taking.erased)
        _name_places(connection, places)
        stand_at(connection, upto, latest)
        register(store.home, gone, now_ms)  # before the page counts: once it does, HQ never tells of it again
    if gone:
        forget_copies(store)


def take_records(store: Store, records: Sequence[HqRecord], places: Mapping[str, str], *, now_ms: int) -> None:
    """Put records as HQ has them in the place of what was known of them; `now_ms` is UTC ms.

    What HQ says was erased, while this terminal was away, is erased here. Of what HQ has only a part of, since it was
    restored or the rest has not come yet, the rest stays here.
    """
    gone = [Erasure(one.table, parse_id(one.record_id)) for one in records if one.registered and one.table in TABLES]
    with apply(store) as connection:
        taking = _taking(store)
        for record in records:
            table = TABLES.get(record.table)
            record_id = parse_id(record.record_id)
            taking.has_come(record_id)
            state = _made_safe(record.state)
            if record_id in taking.gone:
                state = what_is_left(record.table, state)
            if record.erased:
                taking.erased.append((record.table, record_id))
            if table is not None and table.once:
                _add(taking, table, record_id, state.values, record.pos)
            else:
                base.put(connection, record.table, record_id, Base(state, record.pos))
                taking.shown[record.table, record_id] = None
        taking.end()
        # With what belongs to it: of that, HQ sends nothing that was written here.
        erase_behind_door(connection, with_all(connection, still_tell(connection, taking.erased)))
        _name_places(connection, places)
        if gone:
            register(store.home, gone, now_ms)  # before the page counts: HQ may be put back to before it knew


def _taking(store: Store) -> _Taking:
    """Begin to take a page; a restored HQ may not know yet what was erased, and keeps apart what it was offered."""
    gone = frozenset(record_id for __, record_id in registered(store.home))
    return _Taking(store, gone=gone, apart=set(lost.marked(store.connection)))


def _take_change(taking: _Taking, change: LogChange) -> None:
    table = TABLES.get(change.table)
    record_id = parse_id(change.record_id)
    values = safe_values(change.values)
    if change.op is Op.ERASE or _came_back_erased(taking, change):
        taking.erased.append((change.table, record_id))
        if change.op is Op.ERASE and record_id in taking.apart:
            return  # HQ has nothing else of it
    anew = taking.has_come(record_id)
    if record_id in taking.gone:
        values = {name: value for name, value in values.items() if is_plain(change.table, name)}
    if table is not None and table.once:
        if change.op is Op.ERASE:
            return
        _add(taking, table, record_id, values, change.stamp.pos)
        return
    connection = taking.store.connection
    known = None if anew else base.read(connection, change.table, record_id)
    if known is not None and change.stamp.pos <= known.pos:
        return
    state = merged(known.state if known else RecordState(), change.op, values, change.stamp, change.resolves)
    base.put(connection, change.table, record_id, Base(state, change.stamp.pos))
    taking.shown[change.table, record_id] = None


def _came_back_erased(taking: _Taking, change: LogChange) -> bool:
    """Tell whether HQ took an own change without what is personal in it: its record was erased, unknown to this one."""
    if not tells_nothing(change.table, change.values):
        return False
    sent = "SELECT personal FROM journal WHERE cid = ? AND personal IS NOT NULL"
    own = taking.store.connection.execute(sent, (parse_id(change.stamp.cid),)).fetchone()
    return own is not None and not json.loads(own[0]).keys() & change.values.keys()


def _add(taking: _Taking, table: Table, record_id: bytes, values: Mapping[str, WireValue], pos: int) -> None:
    """Add a record that is written once; what this version does not know of it, or cannot show, is kept raw."""
    store = taking.store
    there = store.connection.execute(f"SELECT 1 FROM {table.name} WHERE {table.key} = ?", (record_id,)).fetchone()
    if there:
        return
    known = base.stored(table, values)
    try:
        write(store, table, record_id, known)
        taking.added.append((table.name, record_id, known))
        rest = {name: value for name, value in values.items() if name not in known}
    except IntegrityError:
        rest = dict(values)
    if rest:
        base.put(store.connection, table.name, record_id, Base(RecordState(rest), pos))


def _brought_back(connection: Connection, change: LogChange) -> dict[tuple[str, bytes], None]:
    """Strike an own change off what is pending; return the record that is then to be shown anew."""
    record_id = parse_id(change.record_id)
    done = connection.execute(
        "DELETE FROM pending WHERE tbl = ?1 AND record_id = ?2 AND journal_id ="
        " (SELECT journal_id FROM journal WHERE cid = ?3)",
        (change.table, record_id, parse_id(change.stamp.cid)),
    )
    return {(change.table, record_id): None} if done.rowcount else {}


def _hold(connection: Connection, change: LogChange, now_ms: int) -> None:
    """Mark an own change that HQ holds back; it stays on top of what its author is shown."""
    connection.execute(
        "INSERT INTO quarantine (cid, reason, at_ms) SELECT cid, ?, ? FROM journal WHERE cid = ?"
        " ON CONFLICT (cid) DO NOTHING",
        (change.held, now_ms, parse_id(change.stamp.cid)),
    )


def stand_at(connection: Connection, upto: Upto, latest: Stamp) -> None:
    """Write down up to where this terminal has pulled, and lift its clock above the `latest` stamp of that."""
    cid = parse_id(upto.cid) if upto.cid else None
    connection.execute("UPDATE sync_state SET pos = ?, pos_cid = ?", (upto.pos, cid))
    connection.execute(
        "UPDATE sync_state SET hlc_ms = ?1, hlc_counter = ?2 WHERE (hlc_ms, hlc_counter) < (?1, ?2)", latest
    )
    if cid is not None:
        connection.execute("INSERT OR REPLACE INTO pull_mark (pos, cid) VALUES (?, ?)", (upto.pos, cid))
        _thin_out(connection, upto.pos)


def _thin_out(connection: Connection, pos: int) -> None:
    """Keep marks ever fewer towards the past: of those at a distance, one for each power of two."""
    kept: set[int] = set()
    for (mark,) in connection.execute("SELECT pos FROM pull_mark ORDER BY pos").fetchall():
        distance = (pos - mark).bit_length()
        if distance in kept:
            connection.execute("DELETE FROM pull_mark WHERE pos = ?", (mark,))
        kept.add(distance)


def _name_places(connection: Connection, places: Mapping[str, str]) -> None:
    connection.executemany(
        "INSERT INTO place (terminal_id, name) VALUES (?, ?)"
        " ON CONFLICT (terminal_id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
        [(parse_id(terminal_id), safe(name)) for terminal_id, name in places.items()],
    )


def _made_safe(state: RecordState) -> RecordState:
    kept = {
        name: tuple(one._replace(value=safe_values({name: one.value})[name]) for one in losers)
        for name, losers in state.kept.items()
    }
    return RecordState(safe_values(state.values), state.stamps, kept)


def marks(connection: Connection) -> list[tuple[int, str]]:
    """Return the positions up to which this terminal has pulled at some time, with the change there."""
    return [(row[0], id_text(row[1])) for row in connection.execute("SELECT pos, cid FROM pull_mark ORDER BY pos")]
