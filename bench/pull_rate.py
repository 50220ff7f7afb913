"""Pulling 10,000 changes that another terminal wrote, all records at first, 200 changes, and nothing.

Ours: a terminal's sync into its encrypted file from an embedded HQ in a process of its own: hello, pages, merging,
rows, search keys and what is derived, one durable commit a page. Plain (`bench/bare_pipe.py`): as many rows of the
same content over TLS into one table of an encrypted file, in pages of the same size.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench import bare_pipe
from bench.figures import RUNS, Figure, side_by_side
from bench.terminals import CHANGES_OF_TEN_VISITS, let_happen, newcomer
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.hq import authority
from butler_tui.ids import id_text
from butler_tui.paths import find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.local import Store
from butler_tui.sync.talk import Tally
from tests.serving import Hq, real_ms, served, sync

RATE_LIMIT = 0.1
"""A page becomes rows of twenty columns under a dozen indexes, with search keys; the pipe's lies in one table."""
DELTA_LIMIT, NOTHING_LIMIT = 10.0, 5.0
DELTA_REQUESTS, DELTA_BYTES, NOTHING_BYTES = 2, 160, 2048
CHANGES, DELTA = 10_000, 200
_HOUSEHOLDS = 60


def measure(folder: Path, runs: int = RUNS, *, changes: int = CHANGES, delta: int = DELTA) -> list[Figure]:
    """Return the figures; `folder` is an empty folder on the disk that is measured."""
    rounds = max(1, runs // 3)
    with ExitStack() as open_places:
        hq = open_places.enter_context(served(folder / "pull-hq"))
        place = _Places(folder, hq, open_places, rounds + 1)
        waiting = place.write(changes)
        pulled = side_by_side(place.pull, place.plain(waiting), rounds)
        records = place.first()[0]
        first = side_by_side(lambda: place.first()[1], place.plain(waiting), rounds)
        deltas = [place.delta(delta) for _ in range(rounds + 1)][1:]
        nothing = [place.nothing() for _ in range(rounds + 1)][1:]
    return [
        Figure(f"pull of {waiting:,} changes of another terminal", "changes/s", *pulled, RATE_LIMIT, at_least=True),
        Figure(f"first fetch, of {records:,} records", "records/s", *first, RATE_LIMIT, at_least=True),
        Figure(f"pull of about {delta} changes", "ms", *_times(deltas), DELTA_LIMIT),
        Figure("the same: requests", "", max(one.requests for one in deltas), None, DELTA_REQUESTS),
        Figure("the same: bytes a change, all told", "B", median(one.bytes for one in deltas), None, DELTA_BYTES),
        Figure("nothing to pull", "ms", *_times(nothing), NOTHING_LIMIT),
        Figure("the same: requests", "", max(one.requests for one in nothing), None, 1),
        Figure("the same: bytes both ways", "B", median(one.bytes for one in nothing), None, NOTHING_BYTES),
    ]


class _Pulled(NamedTuple):
    """One small sync: ms here and in the plain pipe, requests, bytes (a change, where there were any)."""

    ms: float
    plain_ms: float
    requests: int
    bytes: float


def _times(pulls: list[_Pulled]) -> tuple[float, float]:
    return median(one.ms for one in pulls), median(one.plain_ms for one in pulls)


class _Places:
    """One who writes, those who read, each once, and a plain pipe with the same changes."""

    def __init__(self, folder: Path, hq: Hq, open_places: ExitStack, readers: int) -> None:
        self._folder, self._hq, self._open = folder, hq, open_places
        self._numbers = count()
        home = find_home({"BUTLER_HOME": str(folder / "pull-writer")})
        demo = make_demo(home, Wanted(households=_HOUSEHOLDS, visits=0), real_ms(), lambda _done, _total: None)
        self._writer = self._kept(demo)
        hq.enrol(self._writer)
        for _ in range(2):  # with the second it has what HQ hands out
            sync(self._writer)
        own = estates.estate(self._writer.connection)
        assert own is not None
        self._estate_id = id_text(own.estate_id)
        self._readers = [self._reader() for _ in range(readers)]
        for reader in self._readers:
            sync(reader)

    def _kept(self, store: Store) -> Store:
        self._open.callback(store.close)
        return store

    def _reader(self) -> Store:
        return self._kept(newcomer(self._hq, self._estate_id, self._folder / f"pull-{next(self._numbers)}"))

    def write(self, changes: int) -> int:
        """Let about so many changes happen, bring them to HQ and into the plain pipe, and return how many."""
        let_happen(self._writer, changes * 10 // CHANGES_OF_TEN_VISITS, real_ms(), households=_HOUSEHOLDS)
        waiting = sync_state.waiting(self._writer.connection)
        file = self._folder / "pull-plain.db"
        bare_pipe.write_plain(self._writer, file)
        place = self._hq.folder
        self._authority = place.file(authority.AUTHORITY)
        served_at = bare_pipe.served(
            self._folder / "pull-taken.db", place.file(authority.SERVER), place.file(authority.SERVER_KEY)
        )
        self._port = self._open.enter_context(served_at)
        bare_pipe.push(self._port, self._authority, file)
        self._plain_last = sync_state.position(self._writer.connection).last_seq
        sync(self._writer, push_only=True)
        return waiting

    def pull(self) -> float:
        """Return how many changes a second a terminal pulls that had everything before they were written."""
        self._last = self._readers.pop()
        begun = time.perf_counter()
        return sync(self._last).pulled / (time.perf_counter() - begun)

    def first(self) -> tuple[int, float]:
        """Return how many records an empty terminal fetches, and how many a second."""
        reader = self._reader()
        begun = time.perf_counter()
        report = sync(reader)
        return report.pulled, report.pulled / (time.perf_counter() - begun)

    def _plain(self, after: int) -> tuple[int, float]:
        return bare_pipe.pull(self._port, self._authority, self._folder / f"plain-{next(self._numbers)}.db", after)

    def plain(self, rows: int) -> Callable[[], float]:
        """Return what pulls as many rows through the pipe, and returns how many a second."""

        def pulled() -> float:
            came, seconds = self._plain(self._plain_last - rows)
            return came / seconds

        return pulled

    def delta(self, changes: int) -> _Pulled:
        """Let some changes happen elsewhere, and pull them."""
        let_happen(self._writer, changes * 10 // CHANGES_OF_TEN_VISITS, real_ms(), households=_HOUSEHOLDS)
        sync(self._writer)
        return self._small()

    def nothing(self) -> _Pulled:
        """Pull where nothing has happened."""
        return self._small()

    def _small(self) -> _Pulled:
        tally, begun = Tally(), time.perf_counter()
        report = sync(self._last, tally=tally)
        took = time.perf_counter() - begun
        __, plain = self._plain(self._plain_last - report.pulled)
        moved = tally.traffic.up + tally.traffic.down
        return _Pulled(took * 1000, plain * 1000, tally.traffic.requests, moved / (report.pulled or 1))
