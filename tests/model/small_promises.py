"""The invariants of PROTOCOL, held against a small world at rest."""

from __future__ import annotations

from typing import Any

from tests.model.rules import AHEAD, MINUTE
from tests.model.small_hq import SEES, Key, after
from tests.model.small_terminal import Terminal, shown
from tests.model.small_world import Broken, World


def check(world: World) -> None:
    """Hold everything against the invariants, after quiescence."""
    log = world.hq.disk.log
    _complete(world)
    if [row.pos for row in log] != list(range(1, len(log) + 1)) or len(world.hq.cids()) != len(log):
        raise Broken("I1 I8 a change twice, or a hole")
    if any(row.stamp[0] > row.taken + AHEAD + MINUTE for row in log):
        raise Broken("I4 a stamp ahead")
    replayed: dict[Key, Any] = {}
    for row in log:
        if row.applied:
            key = row.change.key
            replayed[key] = after(replayed.get(key, {}), row, row.change.values, world.rules)
    if replayed != {key: fields for key, (fields, __) in world.hq.disk.state.items()}:
        raise Broken("I3 HQ is not its log")
    _views(world)
    _conflicts(world)


def _complete(world: World) -> None:
    missing = world.knew.keys() - world.hq.cids() - set(world.hq.disk.raw) - world.excused
    if missing:
        raise Broken(f"I2 lost: {missing}")
    for row in world.hq.disk.log:
        group = {one.applied for one in world.hq.disk.log if one.change.group == row.change.group}
        if len(group) > 1 and not world.forked:
            raise Broken("half a group")
        lone = row.applied and row.change.parent is not None and row.change.parent not in world.hq.disk.state
        halves = (
            row.applied
            and not world.forked
            and not any(
                one.applied and one.change.key == row.change.key and one.change.creates for one in world.hq.disk.log
            )
        )
        if lone or halves:
            raise Broken("a child without its parent, or half a record")


def _views(world: World) -> None:
    for terminal in world.terminals:
        file, scope = terminal.file, world.hq.scope.get(terminal.term, "all")
        if file.acked != file.seq or file.pending:
            raise Broken(f"I11 still waiting: {file.pending}")
        if any(name not in SEES[scope] for fields, __ in file.base.values() for name in fields):
            raise Broken("I9 a field out of scope")
        own = file.own()
        held = {own[cid].key for cid in file.held if cid in own}
        for key in world.hq.disk.state.keys() | file.base.keys():
            if key not in held:
                _same(world, terminal, key, scope)


def _same(world: World, terminal: Terminal, key: Key, scope: str) -> None:
    there = world.hq.disk.state.get(key, ({}, 0))[0]
    ours = {name: (s.winner.value, s.inbox) for name, s in terminal.view(key).items()}
    theirs = {name: (s.winner.value, s.inbox) for name, s in there.items() if name in SEES[scope]}
    if ours != theirs:
        raise Broken(f"I5 {key}: terminal {ours}, HQ {theirs}")
    if "m" in there:
        counts = min(write.value for write in (there["m"].winner, *there["m"].kept))
        if shown(terminal.view(key), scope, world.rules)["m"][0] != counts:
            raise Broken("I6 the stricter value does not stand")


def _conflicts(world: World) -> None:
    """I6 by what authors can have read, not by positions: nothing written over unread, nothing asked in vain."""
    writes: dict[tuple[Key, str], list[Any]] = {}
    for row in world.hq.disk.log:
        if row.applied:
            for name in row.change.values:
                writes.setdefault((row.change.key, name), []).append(row.change)
    for (key, name), changes in writes.items():
        now = world.hq.disk.state[key][0][name]
        standing = {write.cid for write in (now.winner, *now.kept)}
        for one in changes:
            later = [two for two in changes if (one.cid, name) in world.knew[two.cid]]
            if one.cid not in standing and not later:
                raise Broken(f"I6 {key}.{name}: {one.cid} written over by nobody who knew it")
            if one.cid not in standing and not any(_took_over(world, one, two, name, changes) for two in later):
                raise Broken(f"I6 {key}.{name}: {one.cid} is asked no more, and nobody chose")
            if one.cid in now.inbox and not (world.forked or world.rolled or world.careful):
                _asked_rightly(world, one, name, changes, later)


def _took_over(world: World, one: Any, two: Any, name: str, changes: list[Any]) -> bool:
    """Tell whether `two` put an end to `one`: a choice, its author's later word, written over when seen."""
    if one.cid in two.resolves or one.epoch == two.epoch or world.rolled or world.forked:
        return True
    saw = world.saw[two.cid].get(name, frozenset())
    return one.cid in saw


def _asked_rightly(world: World, one: Any, name: str, changes: list[Any], later: list[Any]) -> None:
    apart = [two for two in changes if two not in later and (two.cid, name) not in world.knew[one.cid]]
    if not any(two.values[name] != one.values[name] for two in apart):
        raise Broken(f"I6 asked in vain about {one.cid}")
    if any(one.cid in two.resolves for two in later):
        raise Broken(f"I6 asked again about {one.cid}")
    if any(two.epoch == one.epoch for two in later):
        raise Broken(f"I6 asked about {one.cid}, which its own author has replaced")
