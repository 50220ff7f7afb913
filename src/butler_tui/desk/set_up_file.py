"""How far this computer is set up, and making its file so that a cut leaves nothing that stands in the way later."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from butler_tui.errors import SetUpWrong
from butler_tui.paths import Home
from butler_tui.private_file import create_private
from butler_tui.store import estates, set_up_plan, staff
from butler_tui.store.database import RawKey, connect, plain_errors
from butler_tui.store.keys import read_keys
from butler_tui.store.local import Store, create_store, is_set_up, open_store
from butler_tui.words import N_


class Stage(StrEnum):
    """How far a computer is set up."""

    NOTHING = "nothing"
    NO_ESTATE = "no_estate"
    NO_GATE = "no_gate"
    UNFINISHED = "unfinished"
    READY = "ready"


def stage(store: Store) -> Stage:
    """Return how far the open file is set up; `NO_GATE` has HQ's estate from enrolment, and nothing else yet."""
    if estates.estate(store.connection) is None:
        return Stage.NO_ESTATE
    if estates.gate_of_terminal(store.connection) is None:
        return Stage.NO_GATE
    return Stage.READY if set_up_plan.left(store.connection) is None else Stage.UNFINISHED


def is_ready_to_hand_out(store: Store) -> bool:
    """Tell whether there is a gate to stand at and somebody to sign in, so that people can begin to work here."""
    people = staff.everyone(store.connection)
    return any(one.active and one.has_pin for one in people) and bool(estates.gates(store.connection))


def stage_of(home: Home) -> Stage:
    """Return how far this computer is set up; raises SetUpWrong or FileTrouble where its file does not open."""
    if set_up_plan.mark(home).exists() or not is_set_up(home):
        return Stage.NOTHING
    store = open_store(home)
    try:
        return stage(store)
    finally:
        store.close()


@contextmanager
def set_up_file(home: Home, now_ms: int) -> Iterator[Store]:
    """Open this computer's file for its set-up, made where there is none; one program at a time, and no sync.

    What a making of the file left that was cut off, and has no record in it, is put out of the way first. Raises
    SetUpWrong where a file or key is there that no set-up left, or another program is at it; FileTrouble.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(home.sync_lock, timeout=0)
    with plain_errors(home.database):
        home.database.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise SetUpWrong(N_("Another program is setting up this computer. Wait until it is through.")) from error
    try:
        store = _opened(home, now_ms)
        try:
            yield store
        finally:
            store.close()
    finally:
        lock.release()


def _opened(home: Home, now_ms: int) -> Store:
    mark = set_up_plan.mark(home)
    with plain_errors(home.database):
        if mark.exists():
            _put_aside(home)
        if not is_set_up(home):
            if not mark.exists() and not home.keys.exists():
                create_private(mark, b"")
            create_store(home, now_ms).close()
        mark.unlink(missing_ok=True)
    return open_store(home)


def _put_aside(home: Home) -> None:
    """Take away a file without a record, and move its key aside; a file that has anything in it stays."""
    if home.database.exists() and home.database.stat().st_size and not _is_empty(home):
        return
    for end in ("", "-wal", "-shm"):
        home.database.with_name(home.database.name + end).unlink(missing_ok=True)
    if home.keys.exists():
        home.keys.replace(home.keys.with_name(home.keys.name + ".unfinished"))


def _is_empty(home: Home) -> bool:
    """Tell whether the file has no table yet; raises SetUpWrong or FileTrouble where its key does not open it."""
    keys = read_keys(home.keys)
    connection = connect(home.database, RawKey(keys.database, keys.salt))
    try:
        return not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    finally:
        connection.close()
