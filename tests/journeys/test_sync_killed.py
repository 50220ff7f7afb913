"""Killed at the worst moments, on either side: nothing is lost and nothing is there twice.

A proxy between the two sees when a batch is on its way, and strikes there: what is killed was always at work.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from butler_tui.errors import TryLater
from butler_tui.ids import id_text, new_id
from butler_tui.store import estates, sync_state
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from butler_tui.sync.protocol import MOST_ASK, MOST_IN_BATCH
from tests.conftest import Estate
from tests.serving import Hq, Proxy, proxied, real_ms, sync

ROUNDS = 20
_ONE_BATCH, _MORE = 400, MOST_IN_BATCH + 200
"""Changes that HQ lacks when a round begins, where one batch is enough, and where there must be another."""

IN_THE_REQUEST = "in the request"
AFTER_THE_COMMIT = "after HQ's commit, before the answer"
BETWEEN_BATCHES = "between two batches"
WHILE_HQ_TAKES_IT = "while HQ takes the batch"


@dataclass
class Strike:
    """What stands between terminal and HQ for one round, and kills at its moment.

    Only a batch is longer than a hello may be, so what is longer is a batch on its way.
    """

    moment: str
    kill: Callable[[], None]
    at_byte: int
    delay_s: float
    struck: bool = False
    answered: int = 0
    """Batches whose answer was passed on."""
    _request: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, answers: bool, data: bytes) -> bytes | None:
        """Return what is passed on of a piece, None once the moment has come."""
        with self._lock:
            if self.struck and (answers or self.moment != WHILE_HQ_TAKES_IT):
                return None
            return self._of_answer(data) if answers else self._of_request(data)

    def _of_request(self, data: bytes) -> bytes | None:
        before, self._request = self._request, self._request + len(data)
        if self.moment == BETWEEN_BATCHES and self.answered:
            self._strike()
            return None
        if self.moment == IN_THE_REQUEST and self._request >= self.at_byte:
            self._strike()
            return data[: self.at_byte - before]
        if self.moment == WHILE_HQ_TAKES_IT and self._request > MOST_ASK and not self.struck:
            self.struck = True
            threading.Timer(self.delay_s, self.kill).start()
        return data

    def _of_answer(self, data: bytes) -> bytes | None:
        if self._request > MOST_ASK:
            if self.moment == AFTER_THE_COMMIT:
                self._strike()
                return None
            self.answered += 1
        self._request = 0
        return data

    def _strike(self) -> None:
        self.struck = True
        self.kill()


@dataclass
class Sides:
    """A terminal, its HQ, and the proxy between them."""

    hq: Hq
    estate: Estate
    proxy: Proxy
    chance: random.Random

    @property
    def estate_id(self) -> str:
        """The estate's id as HQ writes it."""
        own = estates.estate(self.estate.store.connection)
        assert own is not None
        return id_text(own.estate_id)

    def write(self, moment: str) -> None:
        """Save at the terminal until HQ lacks enough for `moment`, in acts as large as an act may be."""
        least = _MORE if moment == BETWEEN_BATCHES else _ONE_BATCH
        while self.acknowledged() + self.waiting() - self.taken() < least:
            now_ms = real_ms()
            names = [self.chance.randbytes(16).hex() for _number in range(200)]  # nothing that packs well
            gates = [Written("gate", new_id(now_ms), {"name": name}) for name in names]
            record(self.estate.store, gates, staff_id=None, now_ms=now_ms)

    def waiting(self) -> int:
        """Return how much the terminal believes HQ has not."""
        return sync_state.waiting(self.estate.store.connection)

    def taken(self) -> int:
        """Return how much HQ has."""
        return int(self.hq.query("SELECT count(*) FROM change_log WHERE estate_id = ?", self.estate_id)[0][0])

    def acknowledged(self) -> int:
        """Return how much the terminal knows HQ to have."""
        return sync_state.position(self.estate.store.connection).acked_seq

    def strike(self, moment: str, kill: Callable[[], None]) -> Strike:
        """Set the proxy up to kill at `moment`."""
        strike = Strike(moment, kill, self.chance.randint(MOST_ASK + 1000, 16_000), self.chance.uniform(0, 0.1))
        self.proxy.passes = strike.passes
        return strike

    def stands_as(self, strike: Strike, before: int) -> None:
        """Check that the kill fell into its moment: what HQ has, and what the terminal knows of it."""
        assert strike.struck, strike.moment
        assert self.waiting() > 0
        gained, unknown = self.taken() - before, self.taken() - self.acknowledged()
        if strike.moment == IN_THE_REQUEST:
            assert (gained, unknown) == (0, 0)
        elif strike.moment == AFTER_THE_COMMIT:
            assert gained == unknown > 0
        elif strike.moment == BETWEEN_BATCHES:
            assert strike.answered == 1
            assert (gained > 0, unknown) == (True, 0)
        else:
            assert gained == unknown

    def is_whole(self) -> None:
        """Check that HQ has each change once, in the order written, and that the terminal knows."""
        self.proxy.passes = lambda _answers, data: data
        sync(self.estate.store)
        rows = self.estate.store.connection.execute("SELECT cid FROM journal ORDER BY seq")
        written = [id_text(row[0]) for row in rows]
        log = self.hq.query("SELECT cid, pos, verdict FROM change_log WHERE estate_id = ? ORDER BY pos", self.estate_id)
        assert [row[0] for row in log] == written
        assert [row[1] for row in log] == list(range(1, len(written) + 1))
        assert {row[2] for row in log} == {"applied"}
        assert self.hq.query("SELECT count(*) FROM duplicate WHERE estate_id = ?", self.estate_id) == [(0,)]
        gates = self.hq.query("SELECT count(*) FROM v_gate WHERE estate_id = ?", self.estate_id)
        assert gates == [tuple(self.estate.store.connection.execute("SELECT count(*) FROM gate").fetchone())]
        assert self.waiting() == 0


@pytest.fixture
def sides(hq: Hq, estate: Estate) -> Iterator[Sides]:
    """Return an enrolled terminal that reaches HQ through a proxy."""
    with proxied(hq) as proxy:
        hq.enrol(estate.store, url=proxy.url)
        sync(estate.store)
        yield Sides(hq, estate, proxy, random.Random(23))


def _start_sync(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "butler_tui", "sync"],
        env={**os.environ, "BUTLER_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def test_twenty_syncs_killed_while_a_batch_is_on_its_way(sides: Sides) -> None:
    home = sides.estate.store.home.database.parent
    moments = (IN_THE_REQUEST, AFTER_THE_COMMIT, BETWEEN_BATCHES)
    for round_no in range(ROUNDS):
        moment = moments[round_no % len(moments)]
        sides.write(moment)
        before = sides.taken()
        terminal: list[subprocess.Popen[bytes]] = []
        strike = sides.strike(moment, lambda: terminal[0].send_signal(signal.SIGKILL))  # noqa: B023
        terminal.append(_start_sync(home))
        assert terminal[0].wait(timeout=30) == -signal.SIGKILL
        sides.stands_as(strike, before)
    sides.is_whole()


def test_hq_killed_twenty_times_while_a_batch_is_on_its_way(sides: Sides) -> None:
    moments = (IN_THE_REQUEST, AFTER_THE_COMMIT, BETWEEN_BATCHES, WHILE_HQ_TAKES_IT)
    for round_no in range(ROUNDS):
        moment = moments[round_no % len(moments)]
        sides.write(moment)
        before = sides.taken()
        process = sides.hq.process
        assert process is not None
        strike = sides.strike(moment, lambda: process.send_signal(signal.SIGKILL))  # noqa: B023
        with pytest.raises(TryLater):
            sync(sides.estate.store)
        assert sides.hq.stop(signal.SIGKILL) == -signal.SIGKILL
        sides.stands_as(strike, before)
        sides.hq.start()
    sides.is_whole()
