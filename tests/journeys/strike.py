"""Killing somebody in the middle of one sync, at a place in the talk that is drawn and not timed.

What stands between a terminal and HQ sees when its turn to speak passes from one to the other. A kill falls upon one of
these turns, or some milliseconds behind it; so a busy computer moves it no further than it moves the work itself.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from butler_tui.ids import id_text
from butler_tui.store import sync_state
from butler_tui.store.local import Store
from tests.serving import Hq

GREETING = -1
"""The turn that stands for all before the hello is answered; those after it count from 0: a request, its answer, …"""


class Moment(NamedTuple):
    """When somebody is killed: in which turn, how long after it began, and whether that piece still passes."""

    turn: int
    delay_s: float
    passes_on: bool
    share: float
    """How far into the greeting, where the turn is that."""


@dataclass
class Strike:
    """What stands between the two for one round; `kill` runs once, in a thread of its own where there is a delay.

    `greeting` are the bytes that a terminal sends where there is nothing to do: what goes beyond them is work.
    """

    moment: Moment
    greeting: int
    kill: Callable[[], None]
    turns: int = 0
    """Turns seen of the work."""
    done: threading.Event = field(default_factory=threading.Event)
    _asked: int = 0
    _answers: bool = True
    _begun: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, answers: bool, data: bytes) -> bytes | None:
        """Return what is passed on of a piece, None where it is lost with whoever was killed."""
        with self._lock:
            if not answers:
                self._asked += len(data)
            if self._asked > self.greeting and answers != self._answers:
                self.turns, self._answers = self.turns + 1, answers
            if not self._is_now():
                return data
            self._begun = True
            if self.moment.delay_s:
                threading.Timer(self.moment.delay_s, self._strike).start()
                return data
            self._strike()
            return data if self.moment.passes_on else None

    def fall(self) -> None:
        """Kill now, where its turn never came; return once somebody is killed."""
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            self._strike()
        assert self.done.wait(20)

    def _is_now(self) -> bool:
        if self._begun:
            return False
        if self.moment.turn == GREETING:
            return self._asked >= self.greeting * self.moment.share
        return self.turns == self.moment.turn + 1

    def _strike(self) -> None:
        self.kill()
        self.done.set()


class Phase(StrEnum):
    """What a sync was at when it was broken off, by what both ends have afterwards."""

    GREETING = "greeting"
    PUSH = "push: on its way"
    PUSH_TAKEN = "push: taken by HQ, unknown here"
    PULL = "pull"
    FIRST_PULL = "pull: of all records"
    ENDED = "nothing left to do"


AMID_PUSH = frozenset({Phase.PUSH, Phase.PUSH_TAKEN})
AMID_PULL = frozenset({Phase.PULL, Phase.FIRST_PULL})


@dataclass(frozen=True)
class Stand:
    """Where a terminal and HQ stand: changes waiting, acknowledged and at HQ; positions pulled and at HQ."""

    waiting: int
    acked: int
    taken: int
    pos: int
    head: int
    whole_after: str | None
    tried_ms: int
    """When a sync last ended, well or not (UTC ms), 0 before the first."""
    went_well: bool

    def is_done(self, began_ms: int) -> bool:
        """Tell whether a sync that began at `began_ms` has gone well."""
        return self.went_well and self.tried_ms >= began_ms

    def phase(self, strike: Strike, began_ms: int) -> Phase:
        """Return what a sync was at that began at `began_ms` and met `strike`, if both stand here now."""
        if self.is_done(began_ms):
            return Phase.ENDED
        if not strike.turns:
            return Phase.GREETING
        if self.waiting:
            return Phase.PUSH_TAKEN if self.taken > self.acked else Phase.PUSH
        if self.pos == 0 or self.whole_after is not None:
            return Phase.FIRST_PULL
        return Phase.PULL if self.pos < self.head else Phase.ENDED


def stand(hq: Hq, estate_id: str, store: Store) -> Stand:
    """Return where a terminal and HQ stand now."""
    where = sync_state.position(store.connection)
    told = sync_state.status(store.connection)
    taken = hq.query("SELECT last_seq FROM epoch WHERE estate_id = ? AND epoch = ?", estate_id, id_text(where.epoch))
    ((next_pos,),) = hq.query("SELECT next_pos FROM estate_pos WHERE estate_id = ?", estate_id)
    return Stand(
        waiting=where.last_seq - where.acked_seq,
        acked=where.acked_seq,
        taken=taken[0][0] if taken else 0,
        pos=where.pos,
        head=next_pos - 1,
        whole_after=where.whole_after,
        tried_ms=told.last_try_ms or 0,
        went_well=told.last_result is sync_state.Result.OK,
    )
