"""A terminal, small: its journal, the log pulled so far, its own changes on top, and one sync."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any

from tests.model.rules import AHEAD, NEVER, Rules, Write, put
from tests.model.small_hq import PAGE, SEES, Answer, Change, Fields, Hello, Hq, Key, Mark, Now, Refused, Stamp, after

Send = Callable[[Callable[[], Any]], Any]
"""Carries a request to HQ: may cut it before or after HQ has committed, double it, or let something happen after."""


@dataclass(slots=True)
class Rebuild:
    """State pages under way: after which key, of what moment, how far the own epoch stood, what came."""

    whole: bool
    key: Key | None = None
    upto: int | None = None
    cid: int | None = None
    seq: int = 0
    came: frozenset[Key] = frozenset()


@dataclass(slots=True)
class File:
    """What lies on a terminal's disk. `known` is the test's own: what (cid, field) its author can have read."""

    epoch: int
    seq: int = 0
    acked: int = 0
    start_link: int = 0
    journal: dict[int, Change] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    hlc: Stamp = (0, 0)
    gen: int | None = None
    marks: tuple[Mark, ...] = ()
    scope: str = "all"
    base: dict[Key, tuple[Fields, int]] = field(default_factory=dict)
    pending: tuple[int, ...] = ()
    held: frozenset[int] = frozenset()
    caps: dict[int, int] = field(default_factory=dict)
    offers: dict[int, int] = field(default_factory=dict)
    offered: int | None = None
    rebuild: Rebuild | None = None
    known: frozenset[tuple[int, str]] = frozenset()

    def copy(self) -> File:
        """Return a copy that later writes leave alone."""
        copied: dict[str, Any] = {
            name: dict(getattr(self, name)) for name in ("journal", "links", "base", "caps", "offers")
        }
        return replace(self, **copied, rebuild=replace(self.rebuild) if self.rebuild else None)

    @property
    def pos(self) -> int:
        """Return the cursor, which is what is written as seen."""
        return self.marks[-1][0] if self.marks else 0

    def now(self) -> Now:
        """Return generation and cursor, as each request bears them."""
        return self.gen or 0, self.marks[-1] if self.marks else None

    def own(self) -> dict[int, Change]:
        """Return the journal by cid."""
        return {change.cid: change for change in self.journal.values()}


@dataclass(slots=True)
class Terminal:
    """An installation: identity, rules, file and clock (its error in ms)."""

    term: int
    rules: Rules
    file: File
    numbers: count[int]
    wrong: int = 0

    def write(
        self, now: int, parts: list[tuple[Key, Key | None, dict[str, int]]], resolves: frozenset[int]
    ) -> list[int]:
        """Save a group and return its cids."""
        file, group = self.file, next(self.numbers)
        for key, parent, values in parts:
            wall = now + self.wrong
            file.hlc = (wall, 0) if wall > file.hlc[0] else (file.hlc[0], file.hlc[1] + 1)
            low = file.rebuild is not None and self.rules.low_while_rebuilding
            known = file.base.get(key) is not None or any(one.key == key for one in file.journal.values())
            change = Change(
                next(self.numbers), group, file.epoch, file.seq + 1, self.term, key, parent, values,
                not known, file.hlc, 0 if low else file.pos, resolves,
            )  # fmt: skip
            self._journalise(change)
            file.pending = (*file.pending, change.cid)
            file.known |= {(change.cid, name) for name in values}
        return [change.cid for change in file.journal.values() if change.group == group]

    def _journalise(self, change: Change) -> None:
        file = self.file
        file.seq = change.seq
        file.journal[change.seq] = change
        file.links[change.seq] = hash((file.links.get(change.seq - 1, file.start_link), change.cid))

    def view(self, key: Key) -> Fields:
        """Return what the screen shows: the log up to the cursor, then what has not come back, each on top."""
        fields = dict(self.file.base.get(key, ({}, 0))[0])
        own = self.file.own()
        waiting = {one.cid for one in self.file.journal.values() if one.seq > self.file.acked}
        on_top = self.file.pending if self.rules.pending_until_pulled else sorted(waiting)
        for cid in (*on_top, *sorted(self.file.held)):
            change = own.get(cid)
            if change is not None and change.key == key:
                for name, value in change.values.items():
                    write = Write(cid, change.epoch, self.term, (NEVER, change.seq), NEVER, value)
                    fields[name] = put(fields.get(name), write, change.seen, change.resolves, self.rules)
        return fields

    def sync(self, hq: Hq, send: Send) -> bool:
        """Run one sync; tell whether it came to its end."""
        for __ in range(8):
            try:
                if self._round(hq, send):
                    return True
            except Refused:
                continue
        return False

    def _round(self, hq: Hq, send: Send) -> bool:
        file = self.file
        ask = Hello(self.term, file.epoch, file.acked, file.gen, file.marks)
        answer: Answer = send(lambda: hq.hello(ask))
        if file.hlc[0] > answer.now + AHEAD:
            file.hlc = (answer.now, 0)
        if not self._holds(answer):
            self._roll()
            return False
        if answer.common is not None:
            self._fork(answer, answer.common)
        elif answer.seq > file.acked or not self.rules.pushes_again:
            file.acked = answer.seq
        file.gen = answer.gen
        self._scope(answer.scope)
        self._push(hq, send)
        self._pull_states(hq, send)
        self._pull_log(hq, send)
        return True

    def _holds(self, answer: Answer) -> bool:
        if answer.seq == 0 or not self.rules.rolls_epoch:
            return True
        held = self.file.journal.get(answer.seq)
        return held is not None and held.cid == answer.cid

    def _roll(self) -> None:
        """Start a new epoch and issue the journal again under it."""
        file = self.file
        changes = [file.journal[seq] for seq in sorted(file.journal)]
        if not self.rules.reissues:
            changes = [change for change in changes if change.seq > file.acked]
        file.start_link = file.links.get(file.seq, file.start_link)
        file.epoch, file.seq, file.acked = next(self.numbers), 0, 0
        file.journal, file.links = {}, {}
        for seq, change in enumerate(changes, 1):
            self._journalise(replace(change, epoch=file.epoch, seq=seq))

    def _fork(self, answer: Answer, common: int) -> None:
        """HQ is another generation: back to what both have, push again what it has not, pull the state anew."""
        file = self.file
        if self.rules.pushes_again:
            file.acked = answer.seq
        again = [change.cid for change in file.journal.values() if change.seq > file.acked]
        file.caps |= {cid: min(common, file.caps.get(cid, common)) for cid in again}
        file.pending = tuple(change.cid for change in file.journal.values() if change.cid in {*file.pending, *again})
        file.held -= frozenset(again)
        if self.rules.offers:
            writes = (w for fields, __ in file.base.values() for s in fields.values() for w in (s.winner, *s.kept))
            file.offers |= {write.cid: write.value for write in writes}
        file.marks = tuple(mark for mark in file.marks if mark[0] <= common)
        file.rebuild = Rebuild(whole=True)

    def _scope(self, scope: str) -> None:
        file = self.file
        gone = SEES[file.scope] - SEES[scope]
        if gone and self.rules.narrowed_goes:
            for key, (fields, pos) in file.base.items():
                file.base[key] = ({name: one for name, one in fields.items() if name not in gone}, pos)
        if SEES[scope] - SEES[file.scope] and self.rules.widened_is_pulled and file.rebuild is None:
            file.rebuild = Rebuild(whole=False)
        elif scope != file.scope and file.rebuild is not None:
            file.rebuild = Rebuild(whole=file.rebuild.whole)
        file.scope = scope

    def _push(self, hq: Hq, send: Send) -> None:
        file = self.file
        while file.acked < file.seq:
            end = file.acked + PAGE
            while end < file.seq and file.journal[end].group == file.journal[end + 1].group:
                end += 1
            changes = tuple(file.journal[seq] for seq in range(file.acked + 1, min(end, file.seq) + 1))
            link = file.links.get(file.acked, file.start_link)
            if not self.rules.acknowledged_after_commit:
                file.acked = changes[-1].seq
            acked, held = send(partial(hq.push, file.now(), link, changes, dict(file.caps)))
            file.acked = acked
            file.held |= held

    def _pull_states(self, hq: Hq, send: Send) -> None:
        file = self.file
        while (now := file.rebuild) is not None:
            moment = (file.gen or 0, (now.upto, now.cid) if now.upto and now.cid else None)
            page = send(partial(hq.states, self.term, moment, file.epoch, now.key))
            if now.upto is None or not self.rules.upto_of_first_page:
                now.upto, now.cid, now.seq = page.upto, page.cid, page.seq
            for key, fields, pos in page.records:
                now.key = key
                now.came |= {key}
                self._replace(key, fields, pos, now.whole)
                file.known |= {
                    (row.change.cid, name) for row in hq.disk.log if row.change.key == key for name in fields
                }
            if not page.more:
                self._rebuilt(now)

    def _replace(self, key: Key, fields: Fields, pos: int, whole: bool) -> None:
        base = self.file.base.get(key)
        if whole or base is None or pos > base[1] or (pos == base[1] and self.rules.equal_state_replaces):
            self.file.base[key] = (fields, pos)
            self._advance(one.winner.order[:2] for one in fields.values())

    def _rebuilt(self, now: Rebuild) -> None:
        file = self.file
        file.rebuild = None
        if now.whole:
            file.base = {key: one for key, one in file.base.items() if key in now.came}
            done = {change.cid for change in file.journal.values() if change.seq <= now.seq}
            file.pending = tuple(cid for cid in file.pending if cid not in done)
            if now.upto and now.cid is not None:
                file.marks = (*file.marks, (now.upto, now.cid))

    def _pull_log(self, hq: Hq, send: Send) -> None:
        file = self.file
        if file.offers and file.offered != file.gen:
            send(lambda: hq.offer(list(file.offers.items())))
            file.offered = file.gen
        while True:
            pos = file.pos
            if not self.rules.page_with_cursor:
                rows, upto, cid = send(lambda: hq.pull(self.term, file.now()))
                file.marks = (*file.marks, (upto, cid)) if cid is not None and upto > pos else file.marks
                send(lambda: None)
            else:
                rows, upto, cid = send(lambda: hq.pull(self.term, file.now()))
            for row in rows:
                self._take(row)
            if upto <= pos or cid is None:
                return
            if self.rules.page_with_cursor:
                file.marks = (*file.marks, (upto, cid))

    def _take(self, row: Any) -> None:
        file, change = self.file, row.change
        file.pending = tuple(cid for cid in file.pending if cid != change.cid)
        if not row.applied:
            file.held |= {change.cid} & file.own().keys()
            return
        file.held -= {change.cid}
        self._advance([row.stamp])
        file.known |= {(change.cid, name) for name in change.values}
        fields, pos = file.base.get(change.key, ({}, 0))
        if change.values and (row.pos > pos or not self.rules.old_positions_skipped):
            file.base[change.key] = (after(fields, row, change.values, self.rules), row.pos)

    def _advance(self, stamps: Any) -> None:
        self.file.hlc = max([self.file.hlc, *stamps])


def shown(fields: Fields, scope: str, rules: Rules) -> dict[str, tuple[int, frozenset[int]]]:
    """Return what a screen says of a record: values (of a safety field the stricter) and what is to be chosen."""
    return {
        name: (one.stricter if name == "m" and rules.stricter_stands else one.winner.value, one.inbox)
        for name, one in fields.items()
        if name in SEES[scope]
    }
