"""What holds of HQ's log and records by themselves: whole, in order, and the records what the log amounts to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from butler_tui.domain.fields import TABLES, Op
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.merge import FieldStamp, RecordState, merged, state_from
from butler_tui.hq.replay import RELEASES


class Broken(AssertionError):
    """A promise is not kept."""


class Asked(Protocol):
    """An HQ whose rows can be asked for behind its back."""

    def query(self, sql: str, *values: object) -> Sequence[Any]:
        """Return what a query finds."""


Log = list[dict[str, Any]]
States = dict[tuple[str, str], RecordState]

_COLUMNS = (
    "pos, cid, tbl, record_id, op, body, hlc_ms, hlc_counter, epoch, seq, seen, terminal_id, staff_id, verdict, "
    "taken_ms, group_id, parent_id, reason"
)


def log_of(hq: Asked, estate_id: str) -> Log:
    """Return an estate's log in its order; `body` is read, `values` are all that a change writes.

    What was held back and is let go of counts where it stands anew, under its own `cid`; `place_cid` is that place's.
    """
    names = [name.strip() for name in _COLUMNS.split(",")]
    query = f"SELECT {_COLUMNS} FROM change_log WHERE estate_id = ? ORDER BY pos"
    log = [dict(zip(names, row, strict=True)) for row in hq.query(query, estate_id)]
    for row in log:
        row["body"] = json.loads(row["body"])
        row["values"] = {**row["body"].get("fields", {}), **(row["body"].get("personal") or {})}
        row["place_cid"], row["cid"] = row["cid"], row["body"].get(RELEASES, row["cid"])
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
        some = [row["cid"] for row in log if row["verdict"] in verdicts]
        if len(set(some)) != len(some):
            raise Broken("I1 a change twice")
    applied = [row for row in log if row["verdict"] == "applied" and row["op"] != Op.ERASE]
    once = [(row["tbl"], row["record_id"]) for row in applied if row["tbl"] in TABLES and TABLES[row["tbl"]].once]
    if len(set(once)) != len(once):
        raise Broken("I1 a record twice that is written once")
    if any(row["hlc_ms"] > row["taken_ms"] + MOST_AHEAD_MS for row in log):
        raise Broken("I4 a stamp ahead of its time")


def state_is_the_log(log: Log, states: States) -> None:
    """Raise Broken where HQ's records are not what its log amounts to."""
    replayed: States = {}
    for row in log:
        if row["verdict"] == "applied" and row["op"] != Op.ERASE:
            seen = min(row["seen"], row["body"].get("seen_most", row["seen"]))
            place = (row["hlc_ms"], row["hlc_counter"], row["epoch"], row["seq"], row["cid"], row["pos"], seen)
            stamp = FieldStamp(*place, row["terminal_id"], row["staff_id"])
            key, resolves = (row["tbl"], row["record_id"]), row["body"].get("resolves", ())
            replayed[key] = merged(replayed.get(key, RecordState()), Op(row["op"]), row["values"], stamp, resolves)
    for key in replayed.keys() | states.keys():
        there, amount = plain_of(states.get(key, RecordState())), plain_of(replayed.get(key, RecordState()))
        if there != amount:
            raise Broken(f"I3 HQ's {key} is {there}, its log amounts to {amount}")


def plain_of(state: RecordState) -> tuple[Any, ...]:
    """Return a record to be compared: its values, who wrote each, and what is in conflict with it."""
    kept = {name: sorted(one.stamp.cid for one in losers) for name, losers in state.kept.items() if losers}
    return dict(state.values), {name: stamp.cid for name, stamp in state.stamps.items()}, kept
