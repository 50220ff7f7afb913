"""Pushing 10,000 changes over TLS into a durable HQ beside a bare pipe, and what a change costs on the wire.

Ours: a demo's journal from an encrypted file to an embedded HQ in a process of its own, chain, signatures, merging
and quarantine included. Plain (`bench/bare_pipe.py`): as many changes of the same content from a plain file into one
table, over TLS with the same certificate, in batches of the same size.
"""

from __future__ import annotations

import shutil
import sys
import time
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from bench import bare_pipe
from bench.figures import RUNS, Figure, side_by_side
from bench.terminals import CHANGES_OF_TEN_VISITS, let_happen, unchanged
from butler_tui.demo import headquarters
from butler_tui.demo.calls import Call
from butler_tui.demo.making import HOUSEHOLDS, Wanted, make_demo
from butler_tui.demo.people import People
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import TerminalKind
from butler_tui.domain.visits import NEEDS_NO_HOUSE
from butler_tui.hq import admin, authority
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text
from butler_tui.paths import find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.local import Store, open_store
from butler_tui.sync.enrol import enrol
from butler_tui.sync.syncing import sync_once
from butler_tui.sync.talk import Tally

RATE_LIMIT = 0.5
BYTES_LIMIT, BYTES_WITH_DOCUMENT_LIMIT, NOTHING_LIMIT = 100, 160, 2048
CHANGES = 10_000
_WIRE = 200
_LEAST_SECRETS = 0.7
"""Of the visits, those with a document: who comes to no home shows none, nor does who is turned away."""
_DAY_MS = 86_400_000


def measure(folder: Path, runs: int = RUNS, *, changes: int = CHANGES) -> list[Figure]:
    """Return the figures; `folder` is an empty folder on the disk that is measured."""
    booth = folder / "push-rate"
    now_ms = _now_ms()
    wanted = Wanted(visits=max(0, changes - 6 * HOUSEHOLDS) * 20 // 57)
    store = make_demo(find_home({"BUTLER_HOME": str(booth)}), wanted, now_ms, lambda _done, _total: None)
    waiting = sync_state.waiting(store.connection)
    bare_pipe.write_plain(store, folder / "plain-changes.db")
    store.close()
    place = _Places(folder)
    ours, plain = side_by_side(lambda: place.push(booth), place.push_plain, max(1, runs // 3))
    with place.served() as url:
        store = place.terminal(booth, url)
        for _ in range(2):  # with the second it has what HQ hands out
            sync_once(store, now_ms=_now_ms)
        found = [_on_the_wire(store, now_ms + day * _DAY_MS, with_document=day == 2) for day in (1, 2)]
        sync_once(store, now_ms=_now_ms)
        nothing = Tally()
        sync_once(store, now_ms=_now_ms, tally=nothing)
        store.close()
    traffic = nothing.traffic
    return [
        Figure(f"push of {waiting:,} changes over TLS into a durable HQ", "changes/s", ours, plain, RATE_LIMIT,
               at_least=True),
        Figure("bytes a change on the wire, about 200 of them", "B", found[0], None, BYTES_LIMIT),
        Figure("the same, each visit with an encrypted document", "B", found[1], None, BYTES_WITH_DOCUMENT_LIMIT),
        Figure("nothing to do: requests", "", traffic.requests, None, 1),
        Figure("nothing to do: bytes both ways", "B", traffic.up + traffic.down, None, NOTHING_LIMIT),
    ]  # fmt: skip


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _sync(store: Store) -> float:
    """Push what waits, and nothing else, as the pipe does; return how many changes a second."""
    begun = time.perf_counter()
    report = sync_once(store, now_ms=_now_ms, push_only=True)
    return report.pushed / (time.perf_counter() - begun)


class _Places:
    """A fresh HQ, a fresh pipe and a fresh terminal for each run: what is pushed twice costs less."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def served(self) -> AbstractContextManager[str]:
        """Serve a new HQ."""
        self.count += 1
        self.hq = Folder(self.folder / f"hq-{self.count}")
        admin.init(self.hq, (), _now_ms())
        return headquarters.served(self.hq.path, 0)

    def terminal(self, booth: Path, url: str) -> Store:
        """Return a copy of the terminal in `booth`, enrolled at the HQ that is served."""
        copy = shutil.copytree(booth, self.folder / f"booth-{self.count}")
        store = open_store(find_home({"BUTLER_HOME": str(copy)}))
        estate = estates.estate(store.connection)
        assert estate is not None
        estate_id = id_text(estate.estate_id)
        admin.add_estate(self.hq, estate.name, estate.time_zone, estate_id, _now_ms())
        code = admin.new_code(self.hq, estate_id, TerminalKind.SUPERVISOR, _now_ms(), url)
        enrol(store, code.url, code.code, now_ms=_now_ms)
        return store

    def push(self, booth: Path) -> float:
        """Return how many changes a second a new HQ takes."""
        with self.served() as url:
            store = self.terminal(booth, url)
            try:
                return _sync(store)
            finally:
                store.close()

    def push_plain(self) -> float:
        """Return how many changes a second the bare pipe takes."""
        certificate, key = self.hq.file(authority.SERVER), self.hq.file(authority.SERVER_KEY)
        with bare_pipe.served(self.folder / f"taken-{self.count}.db", certificate, key) as port:
            return bare_pipe.push(port, self.hq.file(authority.AUTHORITY), self.folder / "plain-changes.db")


def _on_the_wire(store: Store, now_ms: int, *, with_document: bool) -> float:
    """Let about 200 changes happen, push them, and return the bytes a change, heads and hello included.

    Raises RuntimeError where hardly a visit has left an encrypted number though one was shown.
    """
    show = _showing if with_document else unchanged
    secrets, visits = _count(store, "document_secret"), _count(store, "visit")
    let_happen(store, _WIRE * 10 // (39 if with_document else CHANGES_OF_TEN_VISITS), now_ms, show)
    secrets, visits = _count(store, "document_secret") - secrets, _count(store, "visit") - visits
    print(f"{secrets} encrypted documents for {visits} visits", file=sys.stderr)
    if with_document and secrets < _LEAST_SECRETS * visits:
        raise RuntimeError(f"only {secrets} of {visits} visits have an encrypted document")
    report = sync_once(store, now_ms=_now_ms, push_only=True)
    return (report.bytes_up + report.bytes_down) / report.pushed


def _count(store: Store, table: str) -> int:
    (count,) = store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(count)


def _showing(people: People, call: Call) -> Call:
    if call.reason in NEEDS_NO_HOUSE or call.refused is not None:
        return call
    number = people.resident_id(call.registration.sex or Sex.MALE)
    shown = replace(
        call.registration,
        document_type=DocumentType.RESIDENT_ID,
        document_number=number,
        reason=Reason.DOMESTIC_HELP,
        phone=f"19{people.random.randrange(10**9):09d}",  # the number is kept of who comes for the first time
    )
    return replace(call, registration=shown)
