"""The disk refuses one fsync or one write of a push and a pull: nothing is lost, doubled, or called done that is not.

The real programs under strace: each round has one call fail, at the terminal (`butler sync`) or at HQ (`butler hq
serve`, traced from outside while it runs). An even sample of the calls fails in CI, every one under `make soak`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError
from butler_tui.hq import admin
from butler_tui.ids import id_text, new_id
from butler_tui.paths import Home, find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.store.written import Written
from butler_tui.sync.enrol import enrol
from tests.conftest import Estate
from tests.journeys.traced import FSYNCS, WRITES, Fault, Trace, reason_against, reason_against_attaching, sample
from tests.serving import Hq, real_ms, served, sync

pytestmark = pytest.mark.journey

Known = Mapping[int, tuple[str, ...]]
Errors = Mapping[tuple[str, ...], tuple[str, ...]]

AT_TERMINAL: Known = {75: ("Nothing is lost",), 1: ("The disk is full", "The disk cannot be read or written")}
AT_HQ: Known = {75: ("HQ is busy", "HQ takes nothing more")}
"""What a sync that ended with this code says, one of these."""


@dataclass(frozen=True)
class Ended:
    """How a sync ended: its exit code, and what it said."""

    code: int
    words: str


@dataclass
class Sides:
    """A terminal whose file only `butler sync` has open, another of the same estate, and their HQ."""

    hq: Hq
    home: Home
    other: Store
    estate_id: str
    log: Path
    gates: int
    """How many there must be in the end, everywhere."""

    def write(self) -> None:
        """Let this terminal have something to push and something to pull."""
        store = open_store(self.home)
        for one in (store, self.other):
            now_ms = real_ms()
            gates = [Written("gate", new_id(now_ms), {"name": os.urandom(8).hex()}) for _number in range(2)]
            record(one, gates, staff_id=None, now_ms=now_ms)
        self.gates += 4
        store.close()
        sync(self.other)

    def sync(self, trace: Trace) -> Ended:
        """Run `butler sync`, traced."""
        done = subprocess.run(
            trace.start(sys.executable, "-m", "butler_tui", "sync"),
            env={**os.environ, "BUTLER_HOME": str(self.home.database.parent), "BUTLER_LANG": "en"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stderr.strip())

    def sync_with_hq(self, trace: Trace) -> Ended:
        """Sync from within this program while HQ, which runs already, is traced."""
        assert self.hq.process is not None
        store = open_store(self.home)
        try:
            with trace.attached(self.hq.process.pid):
                sync(store)
        except ButlerError as error:
            return Ended(error.exit_code, error.sentence())
        finally:
            store.close()
        return Ended(0, "Sent: all")

    def says(self, ended: Ended, known: Known) -> None:
        """Check that a sync ended with a sentence and its exit code, and that nobody met what nobody foresaw."""
        assert "Traceback" not in ended.words
        assert any(one in ended.words for one in {0: ("Sent: ",), **known}.get(ended.code, ())), ended
        for log in (self.home.log, self.hq.folder.log):
            assert not log.exists(), log.read_text()

    def stands(self, *, done: bool) -> None:
        """Check that the terminal claims no more than HQ has, and has all that it says it pulled."""
        store = open_store(self.home)
        try:
            where = sync_state.position(store.connection)
            assert store.connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            verify_chain(store.connection)
            here = _ids(store)
        finally:
            store.close()
        taken = self.hq.query("SELECT last_seq FROM epoch WHERE epoch = ?", id_text(where.epoch))
        assert where.acked_seq <= (taken[0][0] if taken else 0)
        assert where.acked_seq == where.last_seq or not done
        pulled = self.hq.query("SELECT gate_id, pos FROM v_gate WHERE estate_id = ?", self.estate_id)
        assert {one for one, pos in pulled if pos <= where.pos} <= here

    def is_mended(self) -> None:
        """Check that one more sync brings everything to both, once, with nothing broken at either."""
        store = open_store(self.home)
        try:
            report = sync(store)
            assert (report.hq, report.waiting, report.quarantined) == ("ok", 0, 0)
            here = _ids(store)
            head = store.connection.execute(
                "SELECT epoch, link FROM journal JOIN epoch USING (epoch_no) ORDER BY journal_id DESC"
            ).fetchone()
            written = [int(one.connection.execute("SELECT count(*) FROM journal").fetchone()[0])
                       for one in (store, self.other)]  # fmt: skip
        finally:
            store.close()
        assert self.hq.query("PRAGMA integrity_check") == [("ok",)]
        log = self.hq.query("SELECT cid, pos, verdict FROM change_log WHERE estate_id = ? ORDER BY pos", self.estate_id)
        assert [row[1] for row in log] == list(range(1, sum(written) + 1))
        assert len({row[0] for row in log}) == len(log)
        assert {row[2] for row in log} == {"applied"}
        assert self.hq.query("SELECT count(*) FROM duplicate") == [(0,)]
        there = {row[0] for row in self.hq.query("SELECT gate_id FROM v_gate WHERE estate_id = ?", self.estate_id)}
        assert here == there
        assert len(there) == self.gates
        assert self.hq.query("SELECT last_link FROM epoch WHERE epoch = ?", id_text(head[0])) == [(bytes(head[1]),)]


def _files(database: Path) -> tuple[Path, ...]:
    beside = (database.with_name(database.name + ending) for ending in ("-wal", "-shm", "-journal"))
    return (database, *beside, database.parent)


def _ids(store: Store) -> set[str]:
    return {id_text(row[0]) for row in store.connection.execute("SELECT gate_id FROM gate")}


@pytest.fixture
def sides(estate: Estate, tmp_path: Path, english: None) -> Iterator[Sides]:
    """Return both terminals, enrolled and with everything pushed and pulled, where strace works."""
    why = reason_against()
    if why is not None:
        pytest.skip(why)
    own = estates.estate(estate.store.connection)
    assert own is not None
    with served(tmp_path / "hq") as hq:
        hq.enrol(estate.store)
        sync(estate.store)
        other = create_store(find_home({"BUTLER_HOME": str(tmp_path / "other")}), real_ms())
        code = admin.new_code(hq.folder, id_text(own.estate_id), TerminalKind.SUPERVISOR, real_ms(), hq.url)
        enrol(other, code.url, code.code, now_ms=real_ms)
        sync(other)
        estate.store.close()
        yield Sides(hq, estate.store.home, other, id_text(own.estate_id), tmp_path / "strace.log", len(estate.gate_ids))
        other.close()


ONE_EACH: Errors = {FSYNCS: ("EIO",), WRITES: ("ENOSPC",)}
BOTH_EACH: Errors = {FSYNCS: ("EIO", "ENOSPC"), WRITES: ("EIO", "ENOSPC")}
EVERY = 1 << 30


@dataclass
class Rounds:
    """One sync after another, each with one call that fails, at one of the two ends."""

    sides: Sides
    traced: Callable[[Trace], Ended]
    files: tuple[Path, ...]
    known: Known
    """What is said at the ends that are to be expected."""
    after: Callable[[int], None] = lambda _round: None

    def run(self, most: int, errors: Errors) -> None:
        """Have up to `most` calls of each kind fail by each of its errors, and judge each."""
        faults = [
            Fault(calls, error, at)
            for calls, count in self._without_faults().items()
            for error in errors[calls]
            for at in sample(count, most)
        ]
        for number, fault in enumerate(faults, 1):
            ended = self._struck(fault)
            print(fault, ended.code, ended.words)
            self.sides.says(ended, self.known)
            self.after(number)
            self.sides.stands(done=ended.code == 0)
            self.sides.is_mended()
        print(f"{len(faults)} faults")

    def _struck(self, fault: Fault) -> Ended:
        """Have a call fail; a sync may make one or two fewer than another, then it is one just before it."""
        for at in range(fault.at, max(0, fault.at - 4), -1):
            self.sides.write()
            trace = Trace(self.sides.log, self.files, replace(fault, at=at))
            ended = self.traced(trace)
            if trace.fired():
                return ended
            assert ended.code == 0, ended
        raise AssertionError(f"{fault} never fired")

    def _without_faults(self) -> dict[tuple[str, ...], int]:
        """Return how many calls of each kind a sync makes: not the first of a day, which also compares both ends."""
        trace = Trace(self.sides.log, self.files)
        for _sync in range(2):
            self.sides.write()
            assert self.traced(trace).code == 0
            self.sides.is_mended()
        return {calls: trace.made(calls) for calls in (FSYNCS, WRITES)}


@pytest.fixture
def at_terminal(sides: Sides) -> Rounds:
    """Return rounds in which the terminal's disk refuses."""
    return Rounds(sides, sides.sync, _files(sides.home.database), AT_TERMINAL)


@pytest.fixture
def at_hq(sides: Sides) -> Rounds:
    """Return rounds in which HQ's disk refuses; after every fourth HQ is killed too, and started again."""
    why = reason_against_attaching()
    if why is not None:
        pytest.skip(why)

    def after(number: int) -> None:
        if number % 4 == 0:
            assert sides.hq.stop(signal.SIGKILL) == -signal.SIGKILL
            sides.hq.start()

    return Rounds(sides, sides.sync_with_hq, _files(sides.hq.folder.database), AT_HQ, after)


def test_the_terminals_disk_refuses_some_calls_of_a_sync(at_terminal: Rounds) -> None:
    at_terminal.run(4, ONE_EACH)


def test_hqs_disk_refuses_some_calls_of_a_sync(at_hq: Rounds) -> None:
    at_hq.run(4, ONE_EACH)
    assert at_hq.sides.hq.stop() == 0


@pytest.mark.soak
def test_the_terminals_disk_refuses_every_call_of_a_sync(at_terminal: Rounds) -> None:
    at_terminal.run(EVERY, BOTH_EACH)


@pytest.mark.soak
def test_hqs_disk_refuses_every_call_of_a_sync(at_hq: Rounds) -> None:
    at_hq.run(EVERY, BOTH_EACH)
    assert at_hq.sides.hq.stop() == 0
