"""The connection cut at random bytes, in both directions: nothing is lost and nothing is there twice.

The reply lost after HQ's commit is struck on purpose in tests/journeys/test_sync_killed.py; here it is one of many.
"""

from __future__ import annotations

import random
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from butler_tui.errors import TryLater
from butler_tui.ids import id_text, new_id
from butler_tui.store import sync_state
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from butler_tui.sync.protocol import MOST_IN_BATCH
from tests.conftest import Estate
from tests.serving import Cut, Hq, Proxy, proxied, real_ms, sync
from tests.sync.booths import Booth

SIZES = (1, 30, 200, MOST_IN_BATCH + 100)
"""Changes that wait when a connection is cut: hardly more than a hello, a batch, and more than one."""
_WEIGHTS = (6, 8, 5, 1)
_SHARE_OF_BROKEN = 0.9
_MOST_IN_GROUP = 200


@dataclass
class Scissors:
    """Counts the bytes of one connection in each direction, and cuts before byte `at` of one of them (None: never)."""

    answers: bool = False
    at: int | None = None
    fired: bool = False
    counted: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def passes(self, answers: bool, data: bytes) -> bytes | None:
        """Return what is passed on of a piece; raises Cut where the moment has come."""
        with self._lock:
            if self.fired:
                return None
            before = self.counted[answers]
            self.counted[answers] += len(data)
            if self.at is None or answers is not self.answers or self.counted[answers] <= self.at:
                return data
            self.fired = True
            raise Cut(data[: self.at - before])


@dataclass
class Line:
    """A terminal that reaches HQ through a proxy with scissors."""

    booth: Booth
    proxy: Proxy
    chance: random.Random
    taken: int = 0
    """Positions of HQ's log that were compared with the journal."""

    def write(self, count: int) -> None:
        """Save so many changes, in acts as large as an act may be; nothing in them packs well."""
        store, now_ms = self.booth.estate.store, real_ms()
        for done in range(0, count, _MOST_IN_GROUP):
            names = [self.chance.randbytes(16).hex() for _number in range(min(_MOST_IN_GROUP, count - done))]
            record(
                store, [Written("gate", new_id(now_ms), {"name": name}) for name in names], staff_id=None, now_ms=now_ms
            )

    def sync_with(self, scissors: Scissors) -> bool:
        """Sync once through the scissors; tell whether everything is said to be at HQ."""
        self.proxy.passes = scissors.passes
        try:
            report = sync(self.booth.estate.store)
        except TryLater:
            return False
        assert report.waiting == 0
        return True

    def journal(self) -> list[str]:
        """Return the changes written since the log was compared last, in order."""
        rows = self.booth.estate.store.connection.execute(
            "SELECT cid FROM journal WHERE journal_id > (SELECT max(journal_id) >> 40 << 40 FROM journal) + ?"
            " ORDER BY journal_id",
            (self.taken,),
        )
        return [id_text(row[0]) for row in rows]

    def log(self) -> list[tuple[int, str]]:
        """Return what HQ has taken since then, in order."""
        found = self.booth.hq.query(
            "SELECT pos, cid FROM change_log WHERE estate_id = ? AND pos > ? ORDER BY pos",
            *(self.booth.estate_id, self.taken),
        )
        return [(row[0], row[1]) for row in found]

    def stands(self, all_at_hq: bool) -> None:
        """Check that HQ has the first of what was written, once each, and that the terminal claims no more.

        A sync that brought everything to HQ and was cut in what it fetches afterwards has failed all the same.
        """
        journal, log = self.journal(), self.log()
        assert log == [(self.taken + number, cid) for number, cid in enumerate(journal[: len(log)], 1)]
        acked = sync_state.position(self.booth.estate.store.connection).acked_seq
        assert acked <= self.taken + len(log)
        assert self.booth.waiting() == self.taken + len(journal) - acked
        assert self.booth.waiting() == 0 or not all_at_hq

    def is_mended(self) -> None:
        """Check that one more sync, uncut, brings what is left."""
        assert self.sync_with(Scissors())
        self.stands(all_at_hq=True)
        journal = self.journal()
        assert len(self.log()) == len(journal)
        self.taken += len(journal)


@pytest.fixture
def line(hq: Hq, estate: Estate) -> Iterator[Line]:
    """Return an enrolled terminal before a proxy, with nothing waiting."""
    with proxied(hq) as proxy:
        hq.enrol(estate.store, url=proxy.url)
        line = Line(Booth(hq, estate), proxy, random.Random())
        line.is_mended()
        yield line


def _cut(line: Line, rounds: int, seed: int) -> None:
    """Cut `rounds` connections at random bytes; a cut that came too late for its connection does not count."""
    line.chance.seed(seed)
    lengths = {size: _uncut(line, size) for size in SIZES}
    fired = broken = tries = 0
    while fired < rounds:
        tries += 1
        (size,) = line.chance.choices(SIZES, _WEIGHTS)
        answers = line.chance.random() < 0.5
        scissors = Scissors(answers, line.chance.randrange(lengths[size][answers]))
        line.write(size)
        where = (
            f"seed {seed}, try {tries}: {size} changes, byte {scissors.at} of {'answers' if answers else 'requests'}"
        )
        try:
            whole = line.sync_with(scissors)
            line.stands(whole)
            line.is_mended()
        except BaseException:
            print(where)
            raise
        fired += scissors.fired
        broken += not whole
        assert whole or scissors.fired, where
    assert tries <= 1.1 * rounds, seed
    assert broken >= _SHARE_OF_BROKEN * rounds, seed
    line.booth.is_whole()


def _uncut(line: Line, size: int) -> dict[bool, int]:
    """Return how many bytes a sync of `size` changes takes in each direction."""
    line.write(size)
    scissors = Scissors()
    assert line.sync_with(scissors)
    return scissors.counted


def test_two_hundred_connections_cut_at_random_bytes_lose_nothing_and_double_nothing(line: Line) -> None:
    _cut(line, 200, seed=53)


@pytest.mark.soak
def test_two_thousand_connections_cut_at_bytes_that_nobody_has_seen_before(line: Line) -> None:
    _cut(line, 2000, seed=secrets.randbits(32))
