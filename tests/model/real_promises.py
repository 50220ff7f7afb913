"""The invariants of PROTOCOL, held against a real HQ and real terminals at rest."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from butler_tui.domain.fields import TABLES, Scope, Table
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.merge import FieldStamp, RecordState, holding, merged, state_from
from butler_tui.domain.rights import TerminalKind
from butler_tui.ids import id_text, parse_id
from butler_tui.store import base, estates
from butler_tui.store.journal_rows import verify_chain
from tests.model.real_people import Booth, Broken
from tests.model.real_world import World

_SEES = {
    TerminalKind.GATE: {Scope.GATE},
    TerminalKind.BUTLER: {Scope.GATE, Scope.BUTLER},
    TerminalKind.SUPERVISOR: set(Scope),
}
_COLUMNS = (
    "pos, cid, tbl, record_id, op, body, hlc_ms, hlc_counter, epoch, seq, seen, terminal_id, staff_id, verdict, "
    "taken_ms, group_id, parent_id"
)


def check(world: World) -> None:
    """Raise Broken where a promise is not kept."""
    names = [name.strip() for name in _COLUMNS.split(",")]
    query = f"SELECT {_COLUMNS} FROM change_log WHERE estate_id = ? ORDER BY pos"
    log = [dict(zip(names, row, strict=True)) for row in world.hq.query(query, world.estate_id)]
    states = _states(world)
    _log_is_whole(world, log)
    _state_is_the_log(log, states)
    _nothing_is_lost(world, log)
    _held_rightly(world, log, states)
    _conflicts(world, log, states)
    for booth in world.booths:
        _is_at_rest(world, booth)
        _view(world, booth, states)


def _states(world: World) -> dict[tuple[str, str], RecordState]:
    rows = world.hq.query(
        "SELECT tbl, record_id, state, stamps, kept FROM record_state WHERE estate_id = ?", world.estate_id
    )
    return {(row[0], row[1]): state_from(row[2], row[3], row[4]) for row in rows}


def _log_is_whole(world: World, log: list[dict[str, Any]]) -> None:
    if [row["pos"] for row in log] != list(range(1, len(log) + 1)):
        raise Broken("I8 a hole in the positions")
    if len({row["cid"] for row in log}) != len(log):
        raise Broken("I1 a change twice")
    if any(row["hlc_ms"] > row["taken_ms"] + MOST_AHEAD_MS for row in log):
        raise Broken("I4 a stamp ahead of its time")


def _state_is_the_log(log: list[dict[str, Any]], states: dict[tuple[str, str], RecordState]) -> None:
    replayed: dict[tuple[str, str], RecordState] = {}
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


def _nothing_is_lost(world: World, log: list[dict[str, Any]]) -> None:
    there = {row["cid"] for row in log}
    lost = world.wrote.keys() - there - world.excused
    if lost:
        raise Broken(f"I2 lost: {[world.wrote[cid] for cid in lost]}")


def _held_rightly(world: World, log: list[dict[str, Any]], states: dict[tuple[str, str], RecordState]) -> None:
    verdicts = defaultdict(set)
    for row in log:
        verdicts[row["group_id"]].add(row["verdict"])
        household = json.loads(row["body"]).get("fields", {}).get("household_id")
        if row["verdict"] == "applied" and household and ("household", household) not in states:
            raise Broken("a child stands without its parent")
    if not world.forked and any(len(both) > 1 for both in verdicts.values()):
        raise Broken("half a group was applied")
    created = {(row["tbl"], row["record_id"]) for row in log if row["verdict"] == "applied" and _creates(world, row)}
    if not world.forked and (halves := states.keys() - created):
        raise Broken(f"half a record stands: {halves}")


def _creates(world: World, row: dict[str, Any]) -> bool:
    wrote = world.wrote.get(row["cid"])
    return wrote is None or wrote.creates


def _conflicts(world: World, log: list[dict[str, Any]], states: dict[tuple[str, str], RecordState]) -> None:
    """I6 by what authors' files held: nothing written over unread, nothing asked in vain."""
    knew = _knowledge(world)
    for (tbl, record_id, name), writes in _writes(log).items():
        state = states[tbl, record_id]
        kept = {one.stamp.cid for one in state.kept.get(name, ())}
        for row, value in writes:
            if any(other == value and two["cid"] != row["cid"] for two, other in writes):
                continue
            later = [two for two, __ in writes if row["cid"] in knew(two["cid"])]
            certain = not (world.forked or world.copied)
            if row["cid"] in kept and any(
                one.stamp.order() > state.stamps[name].order() for one in state.kept.get(name, ())
            ):
                raise Broken(f"I6 {tbl}.{name}: {value!r} is later than what stands")
            if row["cid"] in kept:
                if certain:
                    _asked_rightly(world, row, value, writes, knew)
            elif state.stamps[name].cid != row["cid"]:
                if not later:
                    raise Broken(f"I6 {tbl}.{name}: {value!r} was written over by nobody who knew it")
                if certain:
                    _ended_rightly(world, row, later, f"{tbl}.{name}: {value!r}")


def _knowledge(world: World) -> Callable[[str], frozenset[str]]:
    """Return what tells whose values the author of a change can have read, at any time before."""
    closure: dict[str, frozenset[str]] = {}

    def knew(cid: str) -> frozenset[str]:
        if cid not in closure:
            closure[cid] = frozenset()
            wrote = world.wrote.get(cid)
            shown = wrote.shown if wrote else frozenset()
            closure[cid] = shown.union(*(knew(other) for other in shown))
        return closure[cid]

    return knew


def _writes(log: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[tuple[dict[str, Any], Any]]]:
    fields: dict[tuple[str, str, str], list[tuple[dict[str, Any], Any]]] = defaultdict(list)
    for row in log:
        if row["verdict"] == "applied" and not TABLES[row["tbl"]].once:
            body = json.loads(row["body"])
            for name, value in {**body.get("fields", {}), **(body.get("personal") or {})}.items():
                fields[row["tbl"], row["record_id"], name].append((row, value))
    return fields


def _asked_rightly(world: World, row: dict[str, Any], value: Any, writes: Any, knew: Any) -> None:
    cid = row["cid"]
    apart = [
        two for two, other in writes if other != value and cid not in knew(two["cid"]) and two["cid"] not in knew(cid)
    ]
    if not apart and not world.narrowed:
        raise Broken(f"I6 asked in vain about {value!r}")
    for two, __ in writes:
        if cid in world.wrote[two["cid"]].resolves:
            raise Broken(f"I6 asked again about {value!r}")
        if two["epoch"] == row["epoch"] and cid in knew(two["cid"]):
            raise Broken(f"I6 asked about {value!r}, which its own author has replaced")


def _ended_rightly(world: World, row: dict[str, Any], later: list[dict[str, Any]], what: str) -> None:
    """Whoever was asked about is gone by a choice, by a later word of its own author, or stood when written over."""
    for two in later:
        wrote = world.wrote[two["cid"]]
        if row["cid"] in wrote.resolves or two["epoch"] == row["epoch"] or row["cid"] in wrote.shown:
            return
    raise Broken(f"I6 {what} is asked about no more, and nobody chose")


def _is_at_rest(world: World, booth: Booth) -> None:
    connection = booth.store.connection
    (waiting,) = connection.execute("SELECT last_seq - acked_seq FROM sync_state").fetchone()
    (pending,) = connection.execute("SELECT count(*) FROM pending").fetchone()
    if waiting or pending:
        raise Broken(f"I11 {booth.folder.name}: {waiting} wait, {pending} have not come back")
    verify_chain(connection)


def _view(world: World, booth: Booth, states: dict[tuple[str, str], RecordState]) -> None:
    connection = booth.store.connection
    terminal_id = id_text(estates.terminal(connection).terminal_id or b"")
    ((kind,),) = world.hq.query(
        "SELECT kind FROM terminal WHERE estate_id = ? AND terminal_id = ?", world.estate_id, terminal_id
    )
    sees = _SEES[TerminalKind(kind)]
    own = {(row[0], id_text(row[1])) for row in connection.execute("SELECT tbl, record_id FROM journal")}
    held = connection.execute("SELECT j.tbl, j.record_id FROM quarantine q JOIN journal j USING (cid)").fetchall()
    marked = {(row[0], id_text(row[1])) for row in held}
    for table in TABLES.values():
        shown = {id_text(row[table.key]): row for row in connection.execute(f"SELECT * FROM {table.name}").fetchall()}
        if table.scope not in sees:
            if foreign := {key for key in shown if (table.name, key) not in own}:
                raise Broken(f"I9 {booth.folder.name} has {table.name} {foreign}")
            continue
        expected = {key[1]: state for key, state in states.items() if key[0] == table.name}
        ours = {key for key in shown if (table.name, key) not in marked}
        theirs = {key for key in expected if (table.name, key) not in marked}
        if ours != theirs:
            raise Broken(f"I5 {booth.folder.name}: {table.name} has {ours - theirs} too many, lacks {theirs - ours}")
        for key in theirs:
            _same_values(booth, table, shown[key], expected[key], sees)
            if not table.once:
                _same_inbox(booth, table.name, key, expected[key])


def _same_values(booth: Booth, table: Table, row: Any, state: RecordState, sees: set[Scope]) -> None:
    for name, value in base.stored(table, holding(table, state)).items():
        one = table.field(name)
        if one is not None and one.scope in sees and row[name] != value:
            raise Broken(f"I5 {booth.folder.name}: {table.name}.{name} {row[name]!r}, HQ {value!r}")


def _same_inbox(booth: Booth, tbl: str, record_id: str, state: RecordState) -> None:
    known = base.read(booth.store.connection, tbl, parse_id(record_id))
    ours = _plain(known.state)[2] if known else {}
    if ours != _plain(state)[2]:
        raise Broken(f"I6 {booth.folder.name}: {tbl} asks about {ours}, HQ about {_plain(state)[2]}")
