"""HQ, small: one estate's log, what it amounts to, epochs, generations, quarantine, scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import NamedTuple, TypeVar

from tests.model.rules import AHEAD, Rules, Standing, Write, put

Key = tuple[str, int]
Stamp = tuple[int, int]
Fields = dict[str, Standing]
Mark = tuple[int, int]
Now = tuple[int, Mark | None]
"""A generation, and (pos, cid) up to where its log was pulled."""

FIELDS = {"home": ("a", "b", "m"), "person": ("a", "m"), "visit": ("a",)}
"""Fields by table: `b` is for supervisors only, `m` is a safety field."""
SEES = {"all": frozenset("abm"), "gate": frozenset("am")}
PAGE = 3
POISON = -1

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Change:
    """One change as it lies in a journal and travels."""

    cid: int
    group: int
    epoch: int
    seq: int
    term: int
    key: Key
    parent: Key | None
    values: dict[str, int]
    creates: bool
    stamp: Stamp
    seen: int
    resolves: frozenset[int] = frozenset()


class Row(NamedTuple):
    """A change at its position, with its canonical stamp and what its author can have seen of this log."""

    pos: int
    change: Change
    stamp: Stamp
    seen: int
    applied: bool
    taken: int


class Head(NamedTuple):
    """Where an epoch stands."""

    term: int
    seq: int
    cid: int
    link: int
    stamp: Stamp


class Refused(Exception):
    """A 409 with its code."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Where a terminal stands; `marks` are (pos, cid) that it pulled in its generation, the last one its cursor."""

    term: int
    epoch: int
    acked: int
    gen: int | None
    marks: tuple[tuple[int, int], ...]


class Answer(NamedTuple):
    """Where HQ stands; `common` is a position up to which both logs agree, None where no generation lies between."""

    gen: int
    seq: int
    cid: int | None
    now: int
    common: int | None
    scope: str


class States(NamedTuple):
    """A page of present records after a key; `upto` and `cid` say of what moment, `seq` how far the epoch stood."""

    records: tuple[tuple[Key, Fields, int], ...]
    upto: int
    cid: int | None
    seq: int
    more: bool


@dataclass(slots=True)
class Kept:
    """What lies on HQ's disk."""

    gen: int = 0
    log: list[Row] = field(default_factory=list)
    epochs: dict[int, Head] = field(default_factory=dict)
    state: dict[Key, tuple[Fields, int]] = field(default_factory=dict)
    raw: dict[int, int] = field(default_factory=dict)

    def copy(self) -> Kept:
        """Return a copy that later writes leave alone."""
        return replace(self, log=list(self.log), epochs=dict(self.epochs), state=dict(self.state), raw=dict(self.raw))


@dataclass(slots=True)
class Hq:
    """HQ over its disk; `gens` outlives every restore because a generation is drawn at random."""

    rules: Rules
    disk: Kept = field(default_factory=Kept)
    now: int = 1_000_000_000
    gens: int = 0
    scope: dict[int, str] = field(default_factory=dict)

    def start_generation(self) -> None:
        """Begin a generation that no terminal knows."""
        self.gens += 1
        self.disk.gen = self.gens

    def cids(self) -> set[int]:
        """Return what the log has."""
        return {row.change.cid for row in self.disk.log}

    def cid_at(self, pos: int) -> int | None:
        """Return the cid at a position."""
        return self.disk.log[pos - 1].change.cid if 0 < pos <= len(self.disk.log) else None

    def hello(self, ask: Hello) -> Answer:
        """Say where HQ stands; a terminal that is ahead of it shows that HQ was restored."""
        head = self.disk.epochs.get(ask.epoch)
        at = ask.marks[-1] if ask.marks else (0, None)
        differs = at[0] > 0 and self.cid_at(at[0]) != at[1]
        ahead = self.rules.fork_by_acked and ask.acked > (head.seq if head else 0)
        if ask.gen == self.disk.gen and self.rules.fork_found and (differs or ahead):
            self.start_generation()
        common = None
        if ask.gen is not None and ask.gen != self.disk.gen and self.rules.fork_found:
            common = max((pos for pos, cid in ask.marks if self.cid_at(pos) == cid), default=0)
        scope = self.scope.get(ask.term, "all")
        seq, cid = (head.seq, head.cid) if head else (0, None)
        return Answer(self.disk.gen, seq, cid, self.now, common, scope)

    def _same_log(self, gen: int, mark: Mark | None) -> None:
        """Refuse who speaks of another generation, or has pulled from another log than this."""
        if gen != self.disk.gen and self.rules.generation_is_checked:
            raise Refused("hello_again")
        if self.rules.cursor_in_each_request and mark is not None and self.cid_at(mark[0]) != mark[1]:
            if gen == self.disk.gen:
                self.start_generation()
            raise Refused("hello_again")

    def push(self, now: Now, link: int, changes: tuple[Change, ...], caps: dict[int, int]) -> tuple[int, set[int]]:
        """Take a batch: return the epoch's last seq, and the cids that stand in quarantine."""
        first, last = changes[0], changes[-1]
        self._same_log(*now)
        head = self.disk.epochs.get(first.epoch)
        wanted = (head.seq + 1, head.link) if head else (1, link)
        if self.rules.head_is_checked and (first.seq, link) != wanted:
            raise Refused("out_of_order")
        stamp = head.stamp if head else self._highest(first.term)
        held: set[int] = set()
        for __, group in groupby(changes, lambda change: change.group):
            stamp = self._land(list(group), stamp, held, caps)
        for change in changes:
            link = hash((link, change.cid))
        self.disk.epochs[first.epoch] = Head(first.term, last.seq, last.cid, link, stamp)
        return last.seq, held

    def _highest(self, term: int) -> Stamp:
        if not self.rules.lift_over_epochs:
            return (0, 0)
        return max((head.stamp for head in self.disk.epochs.values() if head.term == term), default=(0, 0))

    def _land(self, group: list[Change], stamp: Stamp, held: set[int], caps: dict[int, int]) -> Stamp:
        known = {row.change.cid: row for row in self.disk.log} if self.rules.once_by_cid else {}
        held |= {change.cid for change in group if change.cid in known and not known[change.cid].applied}
        fresh = [change for change in group if change.cid not in known]
        if self.rules.lift_over_epochs:
            stamp = max([stamp, *(known[change.cid].stamp for change in group if change.cid in known)])
        refused = [change for change in fresh if self._refused(change, fresh)]
        for change in fresh:
            pos = len(self.disk.log) + 1
            seen = min(change.seen, caps.get(change.cid, change.seen)) if self.rules.seen_capped else change.seen
            canonical = self._canonical(change, stamp, seen)
            stamp = canonical if self.rules.lift_above_own else (0, 0)
            applied = not (refused if self.rules.groups_are_whole else change in refused)
            row = Row(pos, change, canonical, seen, applied, self.now)
            self.disk.log.append(row)
            if applied:
                before = self.disk.state.get(change.key, ({}, 0))[0]
                self.disk.state[change.key] = (after(before, row, change.values, self.rules), pos)
            else:
                held.add(change.cid)
        return stamp

    def _refused(self, change: Change, group: list[Change]) -> bool:
        if POISON in change.values.values():
            return True
        made = {one.key for one in group if one.creates}
        if self.rules.children_are_held and change.parent and change.parent not in self.disk.state:
            return change.parent not in made
        if not self.rules.halves_are_held or change.creates or change.key in self.disk.state or change.key in made:
            return False
        return any(row.change.key == change.key and not row.applied for row in self.disk.log)

    def _canonical(self, change: Change, previous: Stamp, seen: int) -> Stamp:
        claimed = change.stamp
        stamp = (self.now, 0) if self.rules.clamp and claimed[0] > self.now + AHEAD else claimed
        known = self.disk.state.get(change.key, ({}, 0))[0]
        below = [previous]
        if self.rules.lift_above_seen:
            wins = (known[name].winner for name in change.values if name in known)
            below += [(win.order[0], win.order[1]) for win in wins if win.pos <= seen]
        return stamp if stamp > max(below) else (max(below)[0], max(below)[1] + 1)

    def pull(self, term: int, now: Now) -> tuple[list[Row], int, int | None]:
        """Return what a terminal may see of the next positions, whole groups, up to where, and the cid there."""
        self._same_log(*now)
        log, pos = self.disk.log, now[1][0] if now[1] else 0
        end = min(pos + PAGE, len(log))
        while 0 < end < len(log) and log[end].change.group == log[end - 1].change.group:
            end += 1
        rows = []
        for row in log[pos:end]:
            values = self._visible(row.change.values, term)
            own = row.change.term == term
            if (values and row.applied) or (own and self.rules.own_come_back):
                rows.append(row._replace(change=replace(row.change, values=values)))
        return rows, end, self.cid_at(end)

    def states(self, term: int, now: Now, epoch: int, key: Key | None) -> States:
        """Return records as they are, after a key; `now` bears the moment of the first page, where there was one."""
        self._same_log(*now)
        keys = sorted(one for one in self.disk.state if key is None or one > key)
        records = ((one, *self.disk.state[one]) for one in keys[:1])
        page = tuple((one, self.visible(fields, term), pos) for one, fields, pos in records)
        upto, head = len(self.disk.log), self.disk.epochs.get(epoch)
        return States(page, upto, self.cid_at(upto), head.seq if head else 0, len(keys) > 1)

    def visible(self, fields: Fields, term: int) -> Fields:
        """Return what a terminal may see of a record."""
        shown = self._visible(fields, term)
        return shown if self.rules.kept_are_filtered else {**shown, **{n: s for n, s in fields.items() if s.kept}}

    def _visible(self, values: dict[str, V], term: int) -> dict[str, V]:
        sees = SEES[self.scope.get(term, "all")]
        return {name: value for name, value in values.items() if name in sees or not self.rules.filtered}

    def offer(self, offers: Iterable[tuple[int, int]]) -> None:
        """Keep raw what a terminal had pulled from a log that is no more, and that did not come back."""
        known = self.cids()
        self.disk.raw.update((cid, value) for cid, value in offers if cid not in known)


def after(before: Fields, row: Row, values: dict[str, int], rules: Rules) -> Fields:
    """Return a record after one row of the log; both ends use it."""
    change = row.change
    order = (*row.stamp, change.epoch, change.seq, change.cid)
    fields = dict(before)
    for name, value in values.items():
        write = Write(change.cid, change.epoch, change.term, order, row.pos, value)
        fields[name] = put(before.get(name), write, row.seen, change.resolves, rules)
    return fields
