"""The invariants of PROTOCOL, held against a real HQ and real terminals at rest."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from butler_tui.domain.fields import TABLES
from butler_tui.domain.merge import RecordState
from tests.model.agreeing import Broken, is_at_rest, log_is_whole, log_of, sees_the_same, state_is_the_log, states_of
from tests.model.real_world import World


def check(world: World) -> None:
    """Raise Broken where a promise is not kept."""
    log, states = log_of(world.hq, world.estate_id), states_of(world.hq, world.estate_id)
    log_is_whole(log)
    state_is_the_log(log, states)
    _nothing_is_lost(world, log)
    _held_rightly(world, log, states)
    _conflicts(world, log, states)
    for booth in world.booths:
        is_at_rest(booth.folder.name, booth.store)
        sees_the_same(world.hq, world.estate_id, booth.folder.name, booth.store, states)


def _nothing_is_lost(world: World, log: list[dict[str, Any]]) -> None:
    there = {row["cid"] for row in log} | world.at_hq()
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
                _equal_is_read(value, writes, state, name, knew)
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


def _equal_is_read(value: Any, writes: Any, state: RecordState, name: str, knew: Any) -> None:
    """Equal writes are no conflict, and one stands for all: they are not over before somebody has read one of them."""
    twins = {two["cid"] for two, other in writes if other == value}
    stand = {state.stamps[name].cid, *(one.stamp.cid for one in state.kept.get(name, ()))}
    if not twins & stand and not any(knew(two["cid"]) & twins for two, other in writes if other != value):
        raise Broken(f"I6 {name}: {value!r}, written more than once, was written over by nobody who knew it")


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
