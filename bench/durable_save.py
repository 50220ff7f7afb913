"""Saving a full visit for good, and what it adds to the file.

Ours: `desk.gate.admit` with every field of the visit filled, in the encrypted file: checks, search keys,
journal, chain, one durable commit. Plain: one row of 22 columns a commit in a file without a key, by the same driver,
on the same disk, under the same pragmas (WAL, synchronous=FULL).

What the disk takes to sync stands beside the figure: both sides wait for it once, so the slower it is, the nearer the
ratio comes to 1.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

from sqlcipher3 import dbapi2 as driver

from bench.crowd import Crowd
from bench.figures import RUNS, Figure, side_by_side
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.desk import gate
from butler_tui.desk.session import Session
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow, Registration
from butler_tui.ids import new_id
from butler_tui.paths import find_home
from butler_tui.store import estates, households, pruning, staff, sync_state
from butler_tui.store.local import Store

SAVE_LIMIT = 2.0
GROWTH_LIMIT_KB = 3.0
PRUNED_LIMIT_KB = 1.2
SAVES = 20
"""Saves a run: one alone would be the disk's mood."""
GROWN = 400
"""Visits with in and out whose growth is averaged."""
_COLUMNS = (
    *("visit_id", "registered_ms", "gate_id", "staff_id", "name", "sex", "phone", "company", "document_type"),
    *("companions", "house_id", "household_id", "room_code", "confirmed_by", "confirmed_how", "reason", "reason_note"),
    *("plate", "parking", "belongings", "badge", "looks"),
)


def measure(folder: Path, runs: int = RUNS) -> list[Figure]:
    """Return the figures; `folder` is an empty folder on the disk that is measured."""
    booth = Booth(folder / "durable-save")
    try:
        plain = PlainFile(folder / "plain.db", booth)
        ours, baseline = side_by_side(
            lambda: _milliseconds_each(booth.admit), lambda: _milliseconds_each(plain.insert), runs
        )
        return [
            Figure(
                f"a full visit saved for good (this disk syncs in {_sync_ms(folder):.2f} ms)",
                "ms",
                ours,
                baseline,
                SAVE_LIMIT,
            ),
            Figure("file growth, a visit in and out", "KB", _growth_kb(booth), None, GROWTH_LIMIT_KB),
            Figure("the same once its changes were let go of", "KB", _pruned_kb(booth), None, PRUNED_LIMIT_KB),
        ]
    finally:
        booth.store.close()


class Booth:
    """A gate with a guard on it, who writes down one full visit after another."""

    def __init__(self, folder: Path) -> None:
        self.now_ms = time.time_ns() // 1_000_000
        home = find_home({"BUTLER_HOME": str(folder)})
        self.store: Store = make_demo(home, Wanted(visits=0), self.now_ms, lambda _done, _total: None)
        connection = self.store.connection
        guard = staff.by_number(connection, "1007")
        place = estates.gate_of_terminal(connection)
        (room,) = connection.execute(
            "SELECT room_code FROM house JOIN household USING (house_id)"
            " JOIN resident USING (household_id) WHERE may_confirm = 1 ORDER BY room_code LIMIT 1"
        ).fetchone()
        house = households.at_room(connection, room)
        assert guard is not None
        assert place is not None
        assert house is not None
        self.session = Session(guard, place.gate_id)
        self.house = house
        self.crowd = Crowd(Random(11))
        self.count = 0

    def registration(self) -> Registration:
        """Return the next visitor, every field filled, of another name, phone, plate and badge than those before."""
        self.count += 1
        self.now_ms += 1000
        return Registration(
            name=self.crowd.full_name(self.crowd.surname(), Sex.MALE),
            sex=Sex.MALE,
            phone=f"138{self.count:08d}",
            company="顺达家电维修",
            document_type=DocumentType.RESIDENT_ID,
            companions=1,
            house_id=self.house.house_id,
            household_id=self.house.household_id,
            room_code=self.house.room_code,
            confirmed_by=self.house.confirmers[0].resident_id,
            confirmed_how=ConfirmedHow.PHONE,
            confirmed_ms=self.now_ms,
            reason=Reason.REPAIR,
            reason_note="空调",
            plate=f"浙A{self.count % 100_000:05d}",
            parking="临停 12",
            belongings="工具箱 1",
            badge=f"A{self.count:05d}",
            looks="蓝色工装，身高约一米八",
            check=GateCheck(found=dict.fromkeys(Check, Outcome.PASSED)),
        )

    def admit(self) -> bytes:
        """Save the next visit and return its id."""
        return gate.admit(self.store, self.session, self.registration(), Policies(), self.now_ms).visit_id

    def check_out(self, visit_id: bytes) -> None:
        """Write down that they left."""
        gate.check_out(self.store, self.session, visit_id, self.now_ms)


class PlainFile:
    """A file without a key and one table without an index but its primary key."""

    def __init__(self, file: Path, booth: Booth) -> None:
        self.booth = booth
        self.connection = driver.connect(str(file), isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")
        self.connection.execute("PRAGMA synchronous = FULL")
        self.connection.execute(f"CREATE TABLE visit ({', '.join(_COLUMNS)}, PRIMARY KEY (visit_id))")
        self.sql = f"INSERT INTO visit VALUES ({', '.join('?' * len(_COLUMNS))})"

    def insert(self) -> None:
        """Save the next visit as one row."""
        one = self.booth.registration()
        now_ms = self.booth.now_ms
        ours = {"visit_id": new_id(now_ms), "registered_ms": now_ms, "gate_id": self.booth.session.gate_id,
                "staff_id": self.booth.session.staff.staff_id}  # fmt: skip
        values = [ours[name] if name in ours else getattr(one, name) for name in _COLUMNS]
        self.connection.execute("BEGIN IMMEDIATE")
        self.connection.execute(self.sql, values)
        self.connection.execute("COMMIT")


def _milliseconds_each(save: Callable[[], object]) -> float:
    begun = time.perf_counter()
    for _ in range(SAVES):
        save()
    return (time.perf_counter() - begun) * 1000 / SAVES


def _sync_ms(folder: Path) -> float:
    """Return what one appended page costs on this disk until it is durable, in ms; the median counts."""
    taken = []
    with (folder / "sync").open("wb", buffering=0) as stream:
        for _ in range(SAVES):
            begun = time.perf_counter()
            stream.write(bytes(4096))
            os.fdatasync(stream.fileno())
            taken.append((time.perf_counter() - begun) * 1000)
    return median(taken)


def _growth_kb(booth: Booth) -> float:
    """Return what the file grows by for one visit that came and left, in KB of 1,024 bytes."""
    before = _size(booth.store)
    for _ in range(GROWN):
        booth.check_out(booth.admit())
    return (_size(booth.store) - before) / GROWN / 1024


def _pruned_kb(booth: Booth) -> float:
    """Return the pages in use that one visit adds which came and left, once HQ has its changes in a backup, in KB."""
    _let_go(booth)
    before = _in_use(booth.store)
    for _ in range(GROWN):
        booth.check_out(booth.admit())
    _let_go(booth)
    return (_in_use(booth.store) - before) / GROWN / 1024


def _let_go(booth: Booth) -> None:
    """Let HQ have everything in a verified backup, and 35 days pass."""
    connection = booth.store.connection
    (last,) = connection.execute("SELECT last_seq FROM sync_state").fetchone()
    connection.execute("DELETE FROM pending")  # HQ's log has brought it back
    sync_state.acknowledge(connection, acked_seq=last, quarantined=(), now_ms=booth.now_ms, head=last)
    connection.execute("UPDATE sync_state SET durable_pos = ?", (last,))
    pruning.prune(connection, booth.now_ms + pruning.KEPT_MS)


def _in_use(store: Store) -> int:
    pages, free, size = (
        int(store.connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def _size(store: Store) -> int:
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return store.home.database.stat().st_size
