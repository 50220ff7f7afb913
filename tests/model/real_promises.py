"""The invariants of PROTOCOL, held against a real HQ and real terminals at rest."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from butler_tui.domain.fields import TABLES
from butler_tui.hq.replay import QUARANTINED
from butler_tui.ids import id_text
from butler_tui.sync.protocol import Reason
from tests.model.agreeing import Forgiven, is_at_rest, sees_the_same
from tests.model.conflict_promises import conflicts_are_kept
from tests.model.erased_promises import chains_verify, erased_is_gone
from tests.model.hq_whole import Broken, Log, States, log_is_whole, log_of, state_is_the_log, states_of
from tests.model.real_world import World
from tests.model.visit_promises import visits_are_their_events


def check(world: World) -> None:
    """Raise Broken where a promise is not kept."""
    log, states = log_of(world.hq, world.estate_id), states_of(world.hq, world.estate_id)
    log_is_whole(log)
    state_is_the_log(log, states)
    _nothing_is_lost(world, log)
    _held_rightly(world, log, states)
    conflicts_are_kept(world, log, states)
    chains_verify(world)
    gone = erased_is_gone(world, log)
    forgiven = Forgiven(visits_are_their_events(world, states), gone, world.forked, frozenset(world.authors), world.now)
    for booth in world.booths:
        is_at_rest(booth.folder.name, booth.store)
        sees_the_same(world.hq, world.estate_id, booth.folder.name, booth.store, states, forgiven)


def _nothing_is_lost(world: World, log: Log) -> None:
    there = {row["cid"] for row in log} | world.at_hq()
    lost = world.wrote.keys() - there - world.excused - world.let_go
    if lost:
        raise Broken(f"I2 lost: {[world.wrote[cid] for cid in lost]}")
    records = {row["record_id"] for row in log}
    let_go = [world.wrote[cid] for cid in (world.let_go & world.wrote.keys()) - world.excused]
    if gone := [one for one in let_go if id_text(one.record_id) not in records]:
        raise Broken(f"I2 nothing came again of {gone}")


def _held_rightly(world: World, log: Log, states: States) -> None:
    verdicts = defaultdict(set)
    for row in log:
        if row["verdict"] != "released":  # it stands once more, applied
            verdicts[row["group_id"]].add(row["verdict"])
        for parent in ("household", "visit") if row["verdict"] == "applied" and row["tbl"] in TABLES else ():
            above = row["values"].get(f"{parent}_id") if TABLES[row["tbl"]].parent == f"{parent}_id" else None
            if above is not None and (parent, above) not in states:
                raise Broken(f"a {row['tbl']} stands without its {parent}")
    if not world.narrowed and (wrongly := [row for row in log if row["cid"] in world.anew and _wrongly(row, states)]):
        raise Broken(f"HQ had taken it before, and holds it back: {wrongly}")
    if not world.forked and any(len(both) > 1 for both in verdicts.values()):
        raise Broken("half a group was applied")
    created = {(row["tbl"], row["record_id"]) for row in log if row["verdict"] == "applied" and _creates(world, row)}
    if not world.forked and (halves := states.keys() - created):
        raise Broken(f"half a record stands: {halves}")


def _wrongly(row: dict[str, Any], states: States) -> bool:
    """Tell whether what HQ has taken once is held back, as not allowed or for a visit that is there."""
    waits = row["reason"] == Reason.PARENT_UNKNOWN and ("visit", row["parent_id"]) in states
    return row["verdict"] == QUARANTINED and (waits or row["reason"] == Reason.NOT_ALLOWED)


def _creates(world: World, row: dict[str, Any]) -> bool:
    wrote = world.wrote.get(row["cid"])
    return wrote is None or wrote.creates
