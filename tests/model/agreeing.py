"""What holds of one HQ and its terminals at rest, however they came there: whole, and the same at both ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from butler_tui.domain.fields import TABLES, Scope, Standing, Table
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.merge import FieldStamp, RecordState, holding, merged, state_from
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.replay import RELEASES
from butler_tui.ids import id_text, parse_id
from butler_tui.store import base, estates, lost
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store


class Broken(AssertionError):
    """A promise is not kept."""


class Asked(Protocol):
    """An HQ whose rows can be asked for behind its back."""

    def query(self, sql: str, *values: object) -> Sequence[Any]:
        """Return what a query finds."""


Log = list[dict[str, Any]]
States = dict[tuple[str, str], RecordState]

_SEES = {
    TerminalKind.GATE: {Scope.GATE},
    TerminalKind.BUTLER: {Scope.GATE, Scope.BUTLER},
    TerminalKind.SUPERVISOR: set(Scope),
}
_COLUMNS = (
    "pos, cid, tbl, record_id, op, body, hlc_ms, hlc_counter, epoch, seq, seen, terminal_id, staff_id, verdict, "
    "taken_ms, group_id, parent_id"
)


def log_of(hq: Asked, estate_id: str) -> Log:
    """Return an estate's log in its order; what stands in it once more, applied, by the change that it is."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    query = f"SELECT {_COLUMNS} FROM change_log WHERE estate_id = ? ORDER BY pos"
    log = [dict(zip(names, row, strict=True)) for row in hq.query(query, estate_id)]
    for row in log:
        if row["verdict"] == "applied":
            row["cid"] = json.loads(row["body"]).get(RELEASES, row["cid"])
    return log


def states_of(hq: Asked, estate_id: str) -> States:
    """Return an estate's records as HQ has them, by table and id."""
    rows = hq.query("SELECT tbl, record_id, state, stamps, kept FROM record_state WHERE estate_id = ?", estate_id)
    return {(row[0], row[1]): state_from(row[2], row[3], row[4]) for row in rows}


def log_is_whole(log: Log) -> None:
    """Raise Broken where the log has a hole, a change twice, or a stamp ahead of its time."""
    if [row["pos"] for row in log] != list(range(1, len(log) + 1)):
        raise Broken("I8 a hole in the positions")
    for verdicts in ({"applied"}, {"quarantined", "offered"}):
        some = [row for row in log if row["verdict"] in verdicts]
        if len({row["cid"] for row in some}) != len(some):
            raise Broken("I1 a change twice")
    once = [(row["tbl"], row["record_id"]) for row in log if row["verdict"] == "applied" and TABLES[row["tbl"]].once]
    if len(set(once)) != len(once):
        raise Broken("I1 a record twice that is written once")
    if any(row["hlc_ms"] > row["taken_ms"] + MOST_AHEAD_MS for row in log):
        raise Broken("I4 a stamp ahead of its time")


def state_is_the_log(log: Log, states: States) -> None:
    """Raise Broken where HQ's records are not what its log amounts to."""
    replayed: States = {}
    for row in log:
        if row["verdict"] == "applied":
            body = json.loads(row["body"])
            values = {**body.get("fields", {}), **(body.get("personal") or {})}
            seen = min(row["seen"], body.get("seen_most", row["seen"]))
            place = (row["hlc_ms"], row["hlc_counter"], row["epoch"], row["seq"], row["cid"], row["pos"], seen)
            stamp = FieldStamp(*place, row["terminal_id"], row["staff_id"])
            key = (row["tbl"], row["record_id"])
            op = TABLES[row["tbl"]].op
            replayed[key] = merged(replayed.get(key, RecordState()), op, values, stamp, body.get("resolves", ()))
    if {key: _plain(one) for key, one in replayed.items()} != {key: _plain(one) for key, one in states.items()}:
        raise Broken("I3 HQ's records are not what its log amounts to")


def _plain(state: RecordState) -> tuple[Any, ...]:
    kept = {name: sorted(one.stamp.cid for one in losers) for name, losers in state.kept.items()}
    return dict(state.values), {name: stamp.cid for name, stamp in state.stamps.items()}, kept


def is_at_rest(name: str, store: Store) -> None:
    """Raise Broken where something of this terminal's waits or has not come back, and where its chain does not verify.

    `name` is how the terminal is called in what is raised.
    """
    connection = store.connection
    (waiting,) = connection.execute("SELECT last_seq - acked_seq FROM sync_state").fetchone()
    held = f"SELECT journal_id FROM journal JOIN quarantine USING (cid) WHERE {lost.WAITS}"
    not_back = f"SELECT count(*) FROM pending WHERE journal_id NOT IN ({held})"
    (pending,) = connection.execute(not_back).fetchone()
    if waiting or pending:
        raise Broken(f"I11 {name}: {waiting} wait, {pending} have not come back")
    verify_chain(connection)


def sees_the_same(hq: Asked, estate_id: str, name: str, store: Store, states: States) -> None:
    """Raise Broken where a terminal shows other records or values than HQ has in its scope, or asks about others."""
    connection = store.connection
    terminal_id = id_text(estates.terminal(connection).terminal_id or b"")
    ((kind,),) = hq.query("SELECT kind FROM terminal WHERE estate_id = ? AND terminal_id = ?", estate_id, terminal_id)
    sees = _SEES[TerminalKind(kind)]
    own = {(row[0], id_text(row[1])) for row in connection.execute("SELECT tbl, record_id FROM journal")}
    held = connection.execute(
        f"SELECT tbl, record_id, fields, personal FROM quarantine JOIN journal USING (cid) WHERE {lost.WAITS}"
        " ORDER BY journal_id"
    ).fetchall()
    marked = {(row[0], id_text(row[1])) for row in held}
    _shows_held(name, store, held, states)
    apart = {id_text(record_id) for record_id in lost.marked(connection)}
    _apart_rightly(hq, estate_id, name, apart, states)
    for table in TABLES.values():
        shown = {id_text(row[table.key]): row for row in connection.execute(f"SELECT * FROM {table.name}").fetchall()}
        if table.scope not in sees:
            written = own | {key for key, state in states.items() if _is_from(state, terminal_id)}  # by its copies, too
            if foreign := {key for key in shown if (table.name, key) not in written}:
                raise Broken(f"I9 {name} has {table.name} {foreign}")
            continue
        expected = {key[1]: state for key, state in states.items() if key[0] == table.name}
        ours = {key for key in shown if (table.name, key) not in marked and key not in apart}
        theirs = {key for key in expected if (table.name, key) not in marked}
        if ours != theirs:
            raise Broken(f"I5 {name}: {table.name} has {ours - theirs} too many, lacks {theirs - ours}")
        for key in theirs:
            _same_values(name, table, shown[key], expected[key], sees)
            if not table.once:
                _same_inbox(name, store, table.name, key, expected[key])


def _is_from(state: RecordState, terminal_id: str) -> bool:
    return any(stamp.terminal == terminal_id for stamp in state.stamps.values())


def _shows_held(name: str, store: Store, held: Sequence[Any], states: States) -> None:
    """Raise Broken where an author is not shown what HQ holds back of him, on top of what HQ has of the record."""
    for tbl, record_id in {(row[0], row[1]) for row in held if not TABLES[row[0]].once}:
        table = TABLES[tbl]
        latest: dict[str, Any] = {}
        for row in held:
            if (row[0], row[1]) == (tbl, record_id):
                latest |= {**json.loads(row[2]), **json.loads(row[3] or "{}")}
        state = states.get((tbl, id_text(record_id)))
        row = store.connection.execute(f"SELECT * FROM {tbl} WHERE {table.key} = ?", (record_id,)).fetchone()
        for column, value in base.stored(table, {**(state.values if state else {}), **latest}).items():
            one = table.field(column)
            own = state is not None and column in state.stamps and _is_own(store, state.stamps[column].cid)
            if (
                one is not None
                and one.standing is Standing.LATEST
                and not own
                and (row is None or row[column] != value)
            ):
                raise Broken(f"I5 {name} is not shown {tbl}.{column} {value!r}, which HQ holds back")


def _is_own(store: Store, cid: str) -> bool:
    return store.connection.execute("SELECT 1 FROM journal WHERE cid = ?", (parse_id(cid),)).fetchone() is not None


def _apart_rightly(hq: Asked, estate_id: str, name: str, apart: set[str], states: States) -> None:
    """Raise Broken where HQ has not at least apart what a terminal shows beside HQ's log."""
    not_applied = "SELECT record_id FROM change_log WHERE estate_id = ? AND verdict IN ('offered', 'quarantined')"
    known = {row[0] for row in hq.query(not_applied, estate_id)}
    if strange := (apart & {record_id for __, record_id in states}) | (apart - known):
        raise Broken(f"I5 {name} takes {strange} for kept apart")


def _same_values(name: str, table: Table, row: Any, state: RecordState, sees: set[Scope]) -> None:
    for column, value in base.stored(table, holding(table, state)).items():
        one = table.field(column)
        if one is not None and one.scope in sees and row[column] != value:
            raise Broken(f"I5 {name}: {table.name}.{column} {row[column]!r}, HQ {value!r}")


def _same_inbox(name: str, store: Store, tbl: str, record_id: str, state: RecordState) -> None:
    known = base.read(store.connection, tbl, parse_id(record_id))
    ours = _plain(known.state)[2] if known else {}
    if ours != _plain(state)[2]:
        raise Broken(f"I6 {name}: {tbl} asks about {ours}, HQ about {_plain(state)[2]}")
