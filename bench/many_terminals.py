"""64 terminals that push at once, 50 changes a request, into an HQ on a durable PostgreSQL: of one estate, and of 64.

Ours: real terminals, each with a file, keys and a thread of its own, in four processes; HQ is one process. Plain
(`bench/bare_pipe.py`): as many threads that send as many rows of the same content from plain files over TLS, as many a
request, into one table of the same server, one transaction each.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from bench import bare_pipe
from bench.figures import RUNS, Figure, p99
from bench.pushers import Outcome, Task, push_at_once
from bench.terminals import CHANGES_OF_TEN_VISITS, let_happen
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.hq import authority
from butler_tui.paths import Home, find_home
from butler_tui.store import sync_state
from butler_tui.store.database import transaction
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.local import Store, open_store
from tests.postgres import own_cluster, own_database
from tests.serving import Hq, real_ms, served, sync

TERMINALS, EACH, BATCH = 64, 250, 50
RATE_LIMIT, P99_LIMIT = 0.5, 2.0
_PROCESSES = 4
_DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}


def measure(folder: Path, runs: int = RUNS, *, terminals: int = TERMINALS, each: int = EACH) -> list[Figure]:
    """Return the figures; what a run needs takes long to make, so each has one, whatever `runs` says."""
    del runs
    with ExitStack() as open_places:
        cluster = open_places.enter_context(own_cluster("/var/tmp", **_DURABLE))
        dsns = [open_places.enter_context(own_database(cluster.dsn)) for _ in range(2)]
        hq = open_places.enter_context(served(folder / "many-hq", dsn=dsns[0]))
        ways = {"one estate": _of_one_estate(folder), f"{terminals} estates": _of_their_own(folder)}
        crowds = {called: _written(hq, make, terminals, each) for called, make in ways.items()}
        pipe = _Pipe(folder, hq, dsns[1], crowds["one estate"])
        plain = [pipe.push()]
        figures: list[Figure] = []
        for called, crowd in crowds.items():
            before = _log(hq)
            seconds, outcome = push_at_once(_shared_out([str(home.database.parent) for home in crowd.homes]))
            lost = outcome.waiting + abs(crowd.changes - (_log(hq) - before))
            plain.append(pipe.push())
            what = f"{terminals} terminals of {called} at once, {BATCH} changes a request"
            figures += _figures(what, crowd.changes / seconds, outcome, plain[-2:], lost)
    return figures


@dataclass(frozen=True, slots=True)
class _Crowd:
    """Terminals that are enrolled, and how many changes they have yet to push."""

    homes: list[Home]
    changes: int


@dataclass(frozen=True, slots=True)
class _Pushed:
    """What the pipe did: changes a second, and seconds of each request."""

    rate: float
    took: list[float]


def _figures(what: str, rate: float, outcome: Outcome, plain: list[_Pushed], lost: int) -> list[Figure]:
    print(f"{what}: sent away {outcome.away}; errors {outcome.errors}", file=sys.stderr)
    plain_p99 = median(p99(one.took) for one in plain)
    plain_rate = median(one.rate for one in plain)
    return [
        Figure(what, "changes/s", rate, plain_rate, RATE_LIMIT, at_least=True),
        Figure("the same: p99 of a request", "ms", p99(outcome.took) * 1000, plain_p99 * 1000, P99_LIMIT),
        Figure("the same: errors, and changes lost or doubled", "", len(outcome.errors) + lost, None, 0),
    ]


def _of_one_estate(folder: Path) -> Callable[[int], Store]:
    base = folder / "many-base"
    _demo(base).close()

    def made(number: int) -> Store:
        store = open_store(_home(shutil.copytree(base, folder / f"many-one-{number}")))
        store.change_keys(replace(store.keys, sign=os.urandom(32), box=os.urandom(32)))
        with transaction(store.connection):
            roll_epoch(store.connection, real_ms())
        return store

    return made


def _of_their_own(folder: Path) -> Callable[[int], Store]:
    return lambda number: _demo(folder / f"many-own-{number}")


def _demo(folder: Path) -> Store:
    return make_demo(_home(folder), Wanted(households=1, visits=0), real_ms(), lambda _done, _total: None)


def _home(folder: Path) -> Home:
    return find_home({"BUTLER_HOME": str(folder)})


def _written(hq: Hq, make: Callable[[int], Store], terminals: int, each: int) -> _Crowd:
    """Make terminals, let HQ have what sets them up, and let some visits happen at each."""
    homes, changes = [], 0
    for number in range(terminals):
        store = make(number)
        hq.enrol(store)
        for _ in range(2):  # with the second it has what HQ hands out
            sync(store)
        let_happen(store, each * 10 // CHANGES_OF_TEN_VISITS, real_ms(), households=1)
        changes += sync_state.waiting(store.connection)
        homes.append(store.home)
        store.close()
    return _Crowd(homes, changes)


def _shared_out(places: list[str], port: int = 0, authority_file: Path | None = None) -> list[Task]:
    parts = [places[number::_PROCESSES] for number in range(_PROCESSES)]
    return [Task(part, BATCH, port, str(authority_file or "")) for part in parts if part]


def _log(hq: Hq) -> int:
    return int(hq.query("SELECT count(*) FROM change_log")[0][0])


class _Pipe:
    """The plain pipe, and files with the changes of a crowd."""

    def __init__(self, folder: Path, hq: Hq, dsn: str, crowd: _Crowd) -> None:
        self._folder, self._hq, self._dsn = folder, hq, dsn
        self._changes = crowd.changes
        self._files = [folder / f"many-plain-{number}.db" for number in range(len(crowd.homes))]
        for home, file in zip(crowd.homes, self._files, strict=True):
            store = open_store(home)
            bare_pipe.write_plain(store, file)
            store.close()

    def push(self) -> _Pushed:
        """Let all push into an empty table."""
        place = self._hq.folder
        files = [place.file(name) for name in (authority.SERVER, authority.SERVER_KEY)]
        with bare_pipe.served(self._folder / "unused", files[0], files[1], self._dsn) as port:
            tasks = _shared_out([str(file) for file in self._files], port, place.file(authority.AUTHORITY))
            seconds, outcome = push_at_once(tasks)
        assert not outcome.errors, outcome.errors
        return _Pushed(self._changes / seconds, outcome.took)
