"""Terminals that are simulated: real keys, real requests, changes of the content that real ones have, but no file.

What one says to HQ, and what it must be told, is what `sync/` does; where it lacks patience or memory it is simpler.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from random import Random

from butler_tui.demo.making import Wanted, make_demo
from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_after, id_text, new_id
from butler_tui.paths import find_home
from butler_tui.sealing import public_box_key, public_sign_key
from butler_tui.store import sync_state
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.sync.protocol import (
    MOST_IN_BATCH,
    EnrolAsk,
    HelloAsk,
    PullAsk,
    PushAsk,
    enrol_answer_from,
    handed_from,
    hello_answer_from,
    path_of,
    pull_answer_from,
    push_answer_from,
)
from butler_tui.sync.transport import Identity, Link
from tests.serving import real_ms

Group = list[Change]
_VISITS = 40


@dataclass(frozen=True, slots=True)
class Templates:
    """Groups of changes as a demo wrote them: those that set an estate up, and visits, each with its leaving."""

    set_up: list[Group]
    visits: list[tuple[Group, Group]]


def templates(folder: Path) -> Templates:
    """Return groups to write from; `folder` must not be there yet."""
    wanted = Wanted(households=3, visits=_VISITS)
    store = make_demo(find_home({"BUTLER_HOME": str(folder)}), wanted, real_ms(), lambda _done, _total: None)
    batch = sync_state.batch_after(store.connection, sync_state.position(store.connection), MOST_IN_BATCH)
    store.close()
    assert batch is not None
    groups = [list(together) for __, together in groupby(batch.changes, lambda change: change.group_id)]
    came = {group[0].record_id: group for group in groups if [one.table for one in group] == ["visit", "visit_event"]}
    left = {group[0].parent_id: group for group in groups if [one.table for one in group] == ["visit_event"]}
    set_up = [group for group in groups if not {one.table for one in group} & {"visit", "visit_event"}]
    return Templates(set_up, [(came[visit_id], left[visit_id]) for visit_id in came if visit_id in left])


@dataclass
class Took:
    """What the requests of one terminal took, in seconds, by step."""

    hello: list[float] = field(default_factory=list)
    push: list[float] = field(default_factory=list)
    pull: list[float] = field(default_factory=list)


@dataclass
class Simulated:
    """One terminal: who it is, where it stands, and what it has yet to push."""

    estate_id: str
    url: str
    authority: str
    sign: bytes = field(default_factory=lambda: os.urandom(32))
    box: bytes = field(default_factory=lambda: os.urandom(32))
    epoch: str = field(default_factory=lambda: id_text(new_id(real_ms())))
    terminal_id: str = ""
    hq_gen: str | None = None
    scope_gen: int = 0
    seq: int = 0
    acked: tuple[int, str | None] = (0, None)
    link: bytes = FIRST_LINK
    pos: tuple[int, str | None] = (0, None)
    handed: str | None = None
    waiting: list[Change] = field(default_factory=list)
    took: Took = field(default_factory=Took)
    pulled: int = 0
    held: int = 0

    def enrol(self, code: str) -> None:
        """Enrol by a code."""
        link = self._talk()
        ask = EnrolAsk(code, "simulated", public_sign_key(self.sign), public_box_key(self.box), "0")
        answer = enrol_answer_from(link.post(path_of(self.estate_id, "enrol"), ask.to_body()))
        link.close()
        self.terminal_id, self.hq_gen = answer.terminal_id, answer.hq_gen

    def _talk(self) -> Link:
        return Link(self.url, self.authority, Identity(self.terminal_id, self.epoch, self.sign), real_ms)

    def set_up(self, known: Templates) -> None:
        """Write down the estate."""
        for group in known.set_up:
            self._write([replace(one, record_id=self.estate_id) if one.table == "estate" else one for one in group])

    def let_happen(self, known: Templates, random: Random) -> None:
        """Write a visit down, and that it left."""
        for group in _as_another(random.choice(known.visits)):
            self._write(group)

    def _write(self, group: Group) -> None:
        cid = group_id = id_text(new_id(real_ms()))
        for counter, change in enumerate(group):
            self.seq += 1
            stamp = Stamp(real_ms(), counter)
            self.waiting.append(
                replace(change, cid=cid, group_id=group_id, epoch=self.epoch, seq=self.seq, hlc=stamp, seen=self.pos[0])
            )
            cid = id_after(cid)

    def sync(self, most: int = MOST_IN_BATCH) -> None:
        """Do one sync on a connection of its own; raises what the link raises, and AssertionError for a wrong answer.

        Nothing is lost by either: the next one goes on.
        """
        talk = self._talk()
        try:
            head = self._hello(talk)
            while self.waiting:
                head = self._push(talk, most)
            while self.pos[0] < head:
                head = self._pull(talk)
        finally:
            talk.close()

    def _hello(self, talk: Link) -> int:
        ask = HelloAsk(
            self.epoch, self.seq, *self.acked, self.hq_gen, *self.pos, self.scope_gen, SCHEMA_VERSION, real_ms(), "0",
            len(self.waiting), self.handed,
        )  # fmt: skip
        begun = time.perf_counter()
        answer = hello_answer_from(talk.post(path_of(self.estate_id, "hello"), ask.to_body()))
        self.took.hello.append(time.perf_counter() - begun)
        assert answer.hq_gen == self.hq_gen
        assert answer.fork is None
        self.scope_gen = answer.scope_gen
        for sealed in answer.keys:
            self.handed = handed_from(self.box, sealed).digest
        self._taken(answer.last_seq, answer.last_cid)  # an answer may have been lost
        return answer.pos

    def _taken(self, last_seq: int, last_cid: str | None) -> None:
        assert last_seq >= self.acked[0]
        while self.waiting and self.waiting[0].seq <= last_seq:
            self.link = self.waiting.pop(0).link(self.link)
        self.acked = (last_seq, last_cid)

    def _push(self, talk: Link, most: int) -> int:
        batch = tuple(_whole_groups(self.waiting, most))
        link = self.link
        for change in batch:
            link = change.link(link)
        ask = PushAsk(self.epoch, self.hq_gen or "", self.link, link, batch)
        begun = time.perf_counter()
        answer = push_answer_from(talk.post(path_of(self.estate_id, "push"), ask.to_body()))
        self.took.push.append(time.perf_counter() - begun)
        assert answer.last_seq == batch[-1].seq
        self.held += len(answer.quarantined)
        self._taken(answer.last_seq, answer.last_cid)
        return answer.pos

    def _pull(self, talk: Link) -> int:
        ask = PullAsk(self.epoch, self.hq_gen or "", self.scope_gen, *self.pos)
        begun = time.perf_counter()
        answer = pull_answer_from(talk.post(path_of(self.estate_id, "pull"), ask.to_body()))
        self.took.pull.append(time.perf_counter() - begun)
        assert answer.upto > self.pos[0]
        self.pulled += sum(one.terminal != self.terminal_id for one in answer.changes)
        self.pos = (answer.upto, answer.upto_cid)
        return answer.head


def _whole_groups(changes: Sequence[Change], most: int) -> Iterator[Change]:
    count = 0
    for __, together in groupby(changes, lambda change: change.group_id):
        group = list(together)
        count += len(group)
        if count > most and count > len(group):
            return
        yield from group


def _as_another(visit: tuple[Group, Group]) -> list[Group]:
    """Return a visit's groups with records of their own."""
    now_ms = real_ms()
    visit_id = id_text(new_id(now_ms))
    groups = []
    for group in visit:
        groups.append(
            [
                replace(change, record_id=visit_id)
                if change.op is Op.PUT
                else replace(
                    change,
                    record_id=id_text(new_id(now_ms)),
                    parent_id=visit_id,
                    fields={**change.fields, "visit_id": visit_id},
                )
                for change in group
            ]
        )
    return groups
