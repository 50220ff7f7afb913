"""HQ's disk fills up in the middle of a push: nothing is half taken, terminals are told to come again and HQ says why;
once there is room everything goes through, once.

Tried on a real full disk where this computer lets us mount one, and everywhere with files that may not grow. Under
`make soak` the disk is that of a PostgreSQL server, too.
"""

from __future__ import annotations

import os
import random
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from butler_tui.ids import new_id
from butler_tui.store import sync_state
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from tests.conftest import Estate
from tests.model.agreeing import is_at_rest, sees_the_same
from tests.model.hq_whole import log_is_whole, log_of, state_is_the_log, states_of
from tests.postgres import Cluster, own_cluster, own_database
from tests.serving import Hq, real_ms, served, sync
from tests.small_disk import mounted
from tests.sync.booths import Booth

pytestmark = pytest.mark.journey

TRY_LATER = 75
ACTS, IN_ONE = 15, 200
"""Three batches of changes."""
FULL = "HQ takes nothing more: its disk is full. Nothing is lost, and it is tried again. Tell HQ about it.\n"
BUSY = "HQ is busy, and asks to be left alone for 2 s. Nothing is lost.\n"


@dataclass
class Disk:
    """Where HQ's rows are: how it is filled and emptied again, and what is then said by whom."""

    hq: Hq
    fill: Callable[[], None]
    """Leaves room for some of what is pushed."""
    fill_up: Callable[[], None]
    make_room: Callable[[], None]
    at_terminal: str = FULL
    at_hq: str = "The disk of HQ's records is full"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """Return an HQ on a disk with room for one batch and a half."""
    with mounted(tmp_path / "disk", 16) as disk:
        if isinstance(disk, str):
            pytest.skip(f"no small disk can be mounted here ({disk}); files that may not grow are tried instead")
        with served(disk.place / "hq") as hq:
            yield Disk(hq, lambda: disk.fill(3 * 1024 * 1024), disk.fill, disk.make_room)


@pytest.fixture
def files_that_may_not_grow(tmp_path: Path) -> Iterator[Disk]:
    """Return an HQ whose files the system lets grow so far and no further."""
    with served(tmp_path / "hq") as hq:

        def limit(size: int) -> None:
            assert hq.process is not None
            resource.prlimit(hq.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

        made = Disk(hq, lambda: limit(2 * 1024 * 1024), lambda: limit(0), lambda: limit(resource.RLIM_INFINITY))
        made.at_terminal, made.at_hq = BUSY, "HQ's database does not take records now"
        yield made


@pytest.fixture
def disk_of_postgres(tmp_path: Path) -> Iterator[Disk]:
    """Return an HQ whose PostgreSQL server has a disk with little room."""
    with ExitStack() as stack:
        disk = stack.enter_context(mounted(Path(f"/tmp/butler-disk-{os.getpid()}"), 600))
        if isinstance(disk, str):
            pytest.skip(f"no small disk can be mounted here ({disk})")
        stack.callback(disk.place.chmod, 0o755)
        cluster: Cluster = stack.enter_context(own_cluster(str(disk.place)))
        dsn = stack.enter_context(own_database(cluster.dsn))
        hq = stack.enter_context(served(tmp_path / "hq", dsn=dsn))
        yield Disk(hq, lambda: disk.fill(2 * 1024 * 1024), disk.fill, disk.make_room)


@pytest.fixture(
    params=["small_disk", "files_that_may_not_grow", pytest.param("disk_of_postgres", marks=pytest.mark.soak)]
)
def disk(request: pytest.FixtureRequest) -> Disk:
    """Return each kind of disk in turn."""
    found: Disk = request.getfixturevalue(request.param)
    return found


def said_by(hq: Hq) -> list[str]:
    """Return the lines that HQ has written to its own terminal since the last look."""
    assert hq.process is not None
    assert hq.process.stderr is not None
    stream = hq.process.stderr.fileno()
    os.set_blocking(stream, False)
    try:
        return os.read(stream, 65536).decode().splitlines()
    except BlockingIOError:
        return []


def write_much(estate: Estate) -> None:
    """Save more at the terminal than HQ has room for, of what packs badly."""
    chance = random.Random(7)
    for _act in range(ACTS):
        gates = [Written("gate", new_id(real_ms()), {"name": chance.randbytes(40).hex()}) for _ in range(IN_ONE)]
        record(estate.store, gates, staff_id=None, now_ms=real_ms())


def test_hqs_disk_fills_in_the_middle_of_a_push(disk: Disk, estate: Estate) -> None:
    hq, store = disk.hq, estate.store
    hq.enrol(store)
    sync(store)
    booth = Booth(hq, estate)
    before = sync_state.position(store.connection).acked_seq
    write_much(estate)
    disk.fill()

    for _try in range(2):
        told = booth.sync()
        assert (told.returncode, told.stdout, told.stderr) == (TRY_LATER, "", disk.at_terminal)
    refused = sync_state.position(store.connection)
    assert hq.process is not None
    assert hq.process.poll() is None
    (line,) = said_by(hq)
    assert line.startswith(disk.at_hq)
    log = log_of(hq, booth.estate_id)
    log_is_whole(log)
    assert before <= refused.acked_seq == len(log) < refused.last_seq
    assert (len(log) - before) % IN_ONE == 0  # acts whole, or not at all
    state_is_the_log(log, states_of(hq, booth.estate_id))

    disk.make_room()
    told = booth.sync()
    assert told.returncode == 0, told.stderr
    assert said_by(hq) == ["HQ takes records again."]
    booth.is_whole()
    states = states_of(hq, booth.estate_id)
    state_is_the_log(log_of(hq, booth.estate_id), states)
    is_at_rest("terminal", store)
    sees_the_same(hq, booth.estate_id, "terminal", store, states)
    assert not hq.folder.log.exists()


@pytest.mark.soak
@pytest.mark.parametrize("disk", ["small_disk"], indirect=True)
def test_hq_killed_on_its_full_disk_comes_back_and_goes_on_once_there_is_room(disk: Disk, estate: Estate) -> None:
    hq, store = disk.hq, estate.store
    hq.enrol(store)
    write_much(estate)
    disk.fill()
    booth = Booth(hq, estate)
    assert booth.sync().returncode == TRY_LATER
    assert hq.stop(signal.SIGKILL) == -signal.SIGKILL
    disk.fill_up()

    hq.start()
    told = booth.sync()
    assert (told.returncode, told.stderr) == (TRY_LATER, FULL)

    disk.make_room()
    assert booth.sync().returncode == 0
    booth.is_whole()
    assert hq.query("PRAGMA integrity_check") == [("ok",)]
