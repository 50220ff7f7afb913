"""One sync of this terminal: hello, push, pull, until both have everything; nothing to do is one request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from filelock import FileLock, Timeout

from butler_tui.errors import Sealed, SetUpWrong, TryLater
from butler_tui.store import conflicts, month_keys, sync_state
from butler_tui.store.database import plain_errors
from butler_tui.store.local import Store
from butler_tui.store.sync_state import Result
from butler_tui.sync.agreeing import hello
from butler_tui.sync.compare import compare
from butler_tui.sync.ending import destroy_keys, end
from butler_tui.sync.pull import pull_all
from butler_tui.sync.push import push_all
from butler_tui.sync.talk import NotTaken, Talk, Tally
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did; bytes count heads and bodies, `hq` is how it ended (ok, unreachable, refused).

    `gone` changes HQ had lost and this terminal had let go of; what is left of their records is sent as new ones.
    `conflicts` are all that wait for a decision, not only this sync's.
    """

    pushed: int
    pulled: int
    conflicts: int
    quarantined: int
    gone: int
    waiting: int
    bytes_up: int
    bytes_down: int
    seconds: float
    hq: str


def report(store: Store, tally: Tally, hq: str) -> SyncReport:
    """Return what a sync has done by now, and how it ended."""
    return SyncReport(
        pushed=tally.pushed,
        pulled=tally.pulled,
        conflicts=conflicts.count(store.connection),
        quarantined=tally.quarantined,
        gone=tally.gone,
        waiting=sync_state.waiting(store.connection),
        bytes_up=tally.traffic.up,
        bytes_down=tally.traffic.down,
        seconds=round(time.monotonic() - tally.began, 3),
        hq=hq,
    )


def sync_once(
    store: Store,
    *,
    now_ms: Callable[[], int],
    push_only: bool = False,
    gentle: bool = False,
    tally: Tally | None = None,
) -> SyncReport:
    """Bring everything that waits to HQ and what others wrote back, and return what was done.

    `now_ms` tells the local time (UTC ms); `gentle` leaves the screens room after each local write; `tally` is kept
    up to date also where this raises; with `push_only` nothing is fetched. Raises TryLater (HQ out of reach or busy,
    or another sync of this terminal runs), SetUpWrong (not enrolled, not trusted, not accepted), FileTrouble. Nothing
    is lost in any of them, and the next sync goes on where this one stopped. Raises Sealed where HQ has revoked this
    terminal: what waited is at HQ then, unless it was stolen, and its keys are destroyed.
    """
    tally = tally or Tally()
    with one_at_a_time(store), plain_errors(store.home.database):
        talk = Talk(store, now_ms, gentle, tally)
        try:
            _run(talk, push_only=push_only)
        except TryLater:
            sync_state.note_result(store.connection, Result.UNREACHABLE, now_ms())
            raise
        except Sealed:
            destroy_keys(store, now_ms())
            raise
        except (SetUpWrong, NotTaken):
            sync_state.note_result(store.connection, Result.REFUSED, now_ms())
            raise
        sync_state.note_result(store.connection, Result.OK, now_ms())
        return report(store, tally, str(Result.OK))


def _run(talk: Talk, *, push_only: bool) -> None:
    month_keys.record_missing(talk.store, talk.now_ms())
    try:
        where = push_all(talk, hello(talk))
        if talk.revoked:
            end(talk)
        if not push_only:
            talk.require_schema()
            pull_all(talk, where)
            if not talk.gentle:
                compare(talk)
                push_all(talk, talk.where())
                talk.prune()
        talk.beside_records(talk.where(), push_only=push_only)
    finally:
        talk.close()


@contextmanager
def one_at_a_time(store: Store) -> Iterator[None]:
    """Keep every other sync of this terminal out, by line or by stick; raises TryLater where one is running."""
    lock = FileLock(store.home.sync_lock, timeout=0)
    with plain_errors(store.home.sync_lock):
        try:
            lock.acquire()
        except Timeout as error:
            raise TryLater(N_("Another sync of this terminal is running. Nothing is lost.")) from error
    try:
        yield
    finally:
        lock.release()
