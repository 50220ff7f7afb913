"""1,000 terminals of 100 estates over minutes, each syncing about once a minute: rate, how long requests take, errors.

Every terminal is simulated (`bench/simulated.py`): enrolled by a code, it signs each request with its own key, over TLS
and a connection of its own for each sync, as the screens do: hello, what was written since, what others wrote. HQ is a
process of its own, on its embedded file and on a durable PostgreSQL. Who is sent away (429, 503) comes back as the
screens do. Nothing is compared but with bounds: this tells how HQ stands at a load that it must bear.
"""

from __future__ import annotations

import heapq
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from random import Random
from statistics import median

from bench.figures import RUNS, Figure, p99
from bench.simulated import Simulated, Templates, Took, templates
from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import TryLater
from butler_tui.hq import admin, authority, enrolment
from butler_tui.sync.failures import retry_after
from butler_tui.tui.background import EVERY_S, _backed_off
from tests.postgres import own_cluster, own_database
from tests.serving import Hq, real_ms, served

MINUTES = 1.0
"""`--minutes 10` is the whole of it."""
TERMINALS, ESTATES = 1_000, 100
P50_LIMIT_MS, P99_LIMIT_MS = 100.0, 1000.0
_LEAST_DONE = 0.95
"""Of the syncs that were due."""
_MOST_AWAY = 0.01
"""Of the syncs, those that were sent away and had to come again."""
_AT_ONCE = 64
_ROUNDS, _SETTLING = 20, 8
_STEPS = ("hello", "push", "pull")
THE_FILE, _POSTGRES = "the file", "PostgreSQL"
_VISITS_A_SYNC = (0, 1, 2)
_JITTER = (0.75, 1.25)
_DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}


def measure(
    folder: Path,
    runs: int = RUNS,
    *,
    minutes: float = MINUTES,
    terminals: int = TERMINALS,
    estates: int = ESTATES,
    every_s: float = EVERY_S,
    engines: Sequence[str] = (THE_FILE, _POSTGRES),
) -> list[Figure]:
    """Return the figures; it runs once for each engine, whatever `runs` says."""
    del runs
    figures: list[Figure] = []
    known = templates(folder / "thousand-demo")
    for engine in engines:
        with ExitStack() as open_places:
            dsn = None
            if engine == _POSTGRES:
                cluster = open_places.enter_context(own_cluster("/var/tmp", **_DURABLE))
                dsn = open_places.enter_context(own_database(cluster.dsn))
            hq = open_places.enter_context(served(folder / f"thousand-hq-{engine}", dsn=dsn))
            load = Load(_enrolled(hq, known, terminals, estates), known, every_s)
            load.run(minutes * 60)
            figures += _figures(load, hq, f"{terminals:,} terminals for {minutes:g} min, HQ on {engine}")
    return figures


def _enrolled(hq: Hq, known: Templates, terminals: int, estates: int) -> list[Simulated]:
    pem, now_ms = authority.authority_pem(hq.folder), real_ms()
    estate_ids = [
        admin.add_estate(hq.folder, f"云栖玫瑰园 {number + 1}", "Asia/Shanghai", None, now_ms)
        for number in range(estates)
    ]
    crowd = [Simulated(estate_ids[number % estates], hq.url, pem) for number in range(terminals)]
    kind = TerminalKind.SUPERVISOR
    with admin.opened(hq.folder) as (engine, _keys):
        codes = engine.write(
            lambda rows: [enrolment.new_code(rows, one.estate_id, kind, now_ms) for one in crowd]
        ).result()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(Simulated.enrol, crowd, codes))
        for one in crowd[:estates]:
            one.set_up(known)
        list(pool.map(Simulated.sync, crowd[:estates]))
        list(pool.map(Simulated.sync, crowd))
    return crowd


class Load:
    """Terminals that sync again and again; what came of it."""

    def __init__(self, crowd: list[Simulated], known: Templates, every_s: float) -> None:
        self.crowd, self.known, self.every_s = crowd, known, every_s
        self.due = self.done = self.away = 0
        self.seconds = 0.0
        self.errors: Counter[str] = Counter()
        self._random = Random(5)
        self._failures: Counter[int] = Counter()
        self._lock = threading.Lock()
        self._queue: list[tuple[float, int]] = []

    def run(self, seconds: float) -> None:
        """Let the terminals sync for so long, each at its own times, and then until all have everything."""
        for one in self.crowd:
            one.took = Took()
        before = sum(one.acked[0] for one in self.crowd)
        begun = time.monotonic()
        self._queue = [(begun + self._random.uniform(0, self.every_s), number) for number in range(len(self.crowd))]
        heapq.heapify(self._queue)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while time.monotonic() < begun + seconds:
                if (number := self._next()) is None:
                    time.sleep(0.005)
                else:
                    self.due += 1
                    pool.submit(self._sync, number)
        self.seconds = time.monotonic() - begun
        self.requests = {step: [took for one in self.crowd for took in getattr(one.took, step)] for step in _STEPS}
        self.changes = sum(one.acked[0] for one in self.crowd) - before
        for _ in range(_ROUNDS):
            with ThreadPoolExecutor(_SETTLING) as pool:
                if all(pool.map(_settled, self.crowd)):
                    break

    def _next(self) -> int | None:
        """Return a terminal whose time has come."""
        with self._lock:
            if not self._queue or self._queue[0][0] > time.monotonic():
                return None
            return heapq.heappop(self._queue)[1]

    def _sync(self, number: int) -> None:
        one = self.crowd[number]
        for _ in range(self._random.choice(_VISITS_A_SYNC)):
            one.let_happen(self.known, self._random)
        try:
            one.sync()
        except TryLater as error:
            again_s = self._sent_away(number, error)
        except Exception as error:
            self.errors[repr(error)] += 1
            again_s = self.every_s
        else:
            self.done += 1
            self._failures[number] = 0
            again_s = self.every_s * self._random.uniform(*_JITTER)
        with self._lock:
            heapq.heappush(self._queue, (time.monotonic() + again_s, number))

    def _sent_away(self, number: int, error: TryLater) -> float:
        """Return after how long the screens would come again."""
        asked_s = retry_after(error)
        if asked_s is None:
            self.errors[error.sentence()] += 1
        else:
            self.away += 1
        self._failures[number] += 1
        return max(asked_s or 0, _backed_off(self._failures[number]))


def _settled(one: Simulated) -> bool:
    """Sync once more, and tell whether that came off."""
    try:
        one.sync()
    except TryLater:
        return False
    return True


def _astray(hq: Hq, crowd: list[Simulated]) -> int:
    """Return how many changes HQ lacks, has twice or holds back, and how many some terminal lacks."""
    written: Counter[str] = Counter()
    taken: dict[str, int] = {}
    for one in crowd:
        written[one.estate_id] += one.seq
    log = hq.query("SELECT estate_id, count(*), min(pos), max(pos) FROM change_log GROUP BY estate_id")
    taken |= {row[0]: row[1] for row in log if row[2] == 1 and row[3] == row[1]}
    lacking = sum(abs(written[estate_id] - taken.get(estate_id, 0)) for estate_id in written)
    unread = sum(abs(written[one.estate_id] - one.seq - one.pulled) for one in crowd)
    return lacking + unread + sum(one.held + len(one.waiting) for one in crowd)


def _figures(load: Load, hq: Hq, what: str) -> list[Figure]:
    every = [took for step in _STEPS for took in load.requests[step]]
    steps = ", ".join(
        f"{step} {len(took)}: p50 {median(took) * 1000:.0f}, p99 {p99(took) * 1000:.0f}, longest {max(took) * 1000:.0f}"
        for step, took in load.requests.items()
        if took
    )
    rates = f"{len(every) / load.seconds:.1f} requests/s, {load.changes / load.seconds:.1f} changes/s"
    print(f"{what}: {rates}; ms: {steps}; sent away {load.away}; errors {dict(load.errors)}", file=sys.stderr)
    return [
        Figure(f"{what}: syncs that came off, of those due", "", load.done, load.due, _LEAST_DONE, at_least=True),
        Figure("the same: p50 of a request", "ms", median(every) * 1000, None, P50_LIMIT_MS),
        Figure("the same: p99", "ms", p99(every) * 1000, None, P99_LIMIT_MS),
        Figure("the same: sent away (429, 503), of the syncs due", "", load.away, load.due, _MOST_AWAY),
        Figure("the same: errors", "", load.errors.total(), None, 0),
        Figure("the same: changes lost, doubled or held back", "", _astray(hq, load.crowd), None, 0),
    ]
