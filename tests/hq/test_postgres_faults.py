"""HQ when its PostgreSQL is killed or held up by somebody: nothing acknowledged is lost, nothing waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from butler_tui.errors import TryLater
from butler_tui.hq import admin
from butler_tui.hq.engines import Engine, EstateRow, Unavailable, Writing
from butler_tui.hq.engines import postgres as engine_module
from butler_tui.hq.engines.postgres import PostgresEngine
from butler_tui.hq.engines.postgres_connecting import _SETTINGS
from butler_tui.hq.engines.postgres_rows import Stuck
from butler_tui.hq.keys import Folder
from tests.conftest import Estate
from tests.hq.authors import NOW, Author, fresh, supervisor
from tests.postgres import Cluster, own_cluster, own_database, query
from tests.serving import served, sync

WRITERS = 6


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Return a server that may be killed."""
    with own_cluster() as cluster:
        yield cluster


@pytest.fixture
def killable(cluster: Cluster, tmp_path: Path) -> Iterator[Folder]:
    """Return an HQ on a server that may be killed."""
    with own_database(cluster.dsn) as dsn:
        yield Folder(tmp_path / "hq", dsn)


@pytest.fixture
def quick(postgres_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Engine, str]]:
    """Return an engine that waits for a lock for a quarter of a second only, and its database."""
    monkeypatch.setitem(_SETTINGS, "lock_timeout", "250ms")
    folder = Folder(tmp_path / "hq", postgres_database)
    query(postgres_database, "DROP SCHEMA public CASCADE")
    query(postgres_database, "CREATE SCHEMA public")
    admin.init(folder, [], NOW)
    with admin.opened(folder) as (engine, _keys):
        yield engine, postgres_database


def author_in(engine: Engine, folder: Folder) -> Author:
    """Return a supervisor's terminal in an estate of its own."""
    terminal, hq_gen = supervisor(fresh()), fresh()

    def add(rows: Writing) -> None:
        rows.add_estate(EstateRow(terminal.estate_id, "云栖玫瑰园", "Asia/Shanghai", 0), hq_gen, NOW)
        rows.put_terminal(terminal)

    engine.write(add).result()
    return Author(engine, folder, terminal, hq_gen, fresh())


def push_until_taken(author: Author, size: int, refused: list[str]) -> list[str]:
    """Push a batch as a terminal does: again after each refusal, unless HQ turns out to have it; return its `cid`s."""
    ask = author.batch(*(author.change("gate", name="岗") for _ in range(size)))
    estate_id = author.terminal.estate_id
    while True:
        try:
            head = author.engine.read(lambda rows: rows.epoch(estate_id, author.epoch))
            if head is None or head.last_cid != ask.changes[-1].cid:
                author.land(ask)
            return [change.cid for change in ask.changes]
        except Unavailable as error:
            refused.append(str(error))
            time.sleep(0.05)


@pytest.mark.parametrize("kills", [2, pytest.param(30, marks=pytest.mark.soak)])
def test_a_server_killed_during_ingest_loses_and_doubles_nothing(
    cluster: Cluster, killable: Folder, kills: int
) -> None:
    admin.init(killable, [], NOW)
    enough = threading.Event()
    refused: list[str] = []
    taken: list[str] = []

    def write(author: Author) -> None:
        number = 0
        while not enough.is_set():
            number += 1
            taken.extend(push_until_taken(author, 1 + number % 60, refused))

    with admin.opened(killable) as (engine, _keys), ThreadPoolExecutor(WRITERS) as threads:
        authors = [author_in(engine, killable) for _ in range(WRITERS)]
        writing = [threads.submit(write, author) for author in authors]
        try:
            for _ in range(kills):
                before = len(taken)
                _until(lambda before=before: len(taken) > before + 200)
                cluster.kill()
                cluster.start()
            before = len(taken)
            _until(lambda: len(taken) > before + 200)
        finally:
            enough.set()
        for one in writing:
            one.result()

    assert refused
    assert killable.dsn is not None
    log = query(killable.dsn, "SELECT estate_id, pos, cid FROM change_log ORDER BY estate_id, pos")
    assert sorted(row["cid"] for row in log) == sorted(taken)
    for author in authors:
        places = [row["pos"] for row in log if row["estate_id"] == author.terminal.estate_id]
        assert places == list(range(1, len(places) + 1))
    assert query(killable.dsn, "SELECT * FROM duplicate") == []
    assert query(killable.dsn, "SELECT count(*) AS there FROM record_state") == [{"there": len(taken)}]


def _until(true: object) -> None:
    assert callable(true)
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_served_hq_says_later_while_its_database_is_down_and_goes_on_after(
    cluster: Cluster, killable: Folder, estate: Estate
) -> None:
    with served(killable.path, dsn=killable.dsn) as hq:
        hq.enrol(estate.store)
        cluster.kill()
        with pytest.raises(TryLater):
            sync(estate.store)
        assert hq.process is not None
        assert hq.process.poll() is None
        cluster.start()
        _until(lambda: _pushed(estate) > 0)
        assert hq.query("SELECT count(*) FROM change_log") == hq.query("SELECT max(pos) FROM change_log")
        assert hq.folder.file("hq.log").exists() is False


def _pushed(estate: Estate) -> int:
    try:
        return sync(estate.store).pushed
    except TryLater:
        return 0


@contextmanager
def left_open(dsn: str, statement: str, *values: object) -> Iterator[psycopg.Connection]:
    """Begin a transaction that does something, and leave it open for a block."""
    with psycopg.connect(dsn) as somebody:
        somebody.execute(statement, values)
        yield somebody
        somebody.rollback()


def test_a_transaction_left_open_holds_up_its_estate_only_and_not_for_ever(quick: tuple[Engine, str]) -> None:
    engine, dsn = quick
    held, free = (author_in(engine, Folder(Path())) for _ in range(2))
    batch = held.batch(held.change("gate", name="东"))
    lock = "SELECT 1 FROM estate_pos WHERE estate_id = %s FOR UPDATE"
    with left_open(dsn, lock, held.terminal.estate_id):
        with pytest.raises(Unavailable, match="LockNotAvailable"):
            held.land(batch)
        stuck = [engine.write(lambda rows: rows.lock(held.terminal.estate_id)) for _ in range(40)]
        assert free.push(free.change("gate", name="西")).pos == 1
        for one in stuck:
            with pytest.raises(Unavailable):
                one.result(timeout=5)
    assert held.land(batch).pos == 1


def test_whoever_found_an_estate_held_up_spares_the_others_the_waiting(
    quick: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, dsn = quick
    author = author_in(engine, Folder(Path()))
    estate_id = author.terminal.estate_id
    asked: list[bool] = []
    found = Stuck.__contains__

    def noted(stuck: Stuck, which: str) -> bool:
        asked.append(found(stuck, which))
        return asked[-1]

    monkeypatch.setattr(Stuck, "__contains__", noted)
    with left_open(dsn, "SELECT 1 FROM estate_pos WHERE estate_id = %s FOR UPDATE", estate_id):
        for _ in range(2):
            with pytest.raises(Unavailable):
                engine.write(lambda rows: rows.lock(estate_id)).result()
    assert asked == [False, True]
    assert engine.write(lambda rows: rows.lock(estate_id)).result()


def test_a_table_that_somebody_locked_is_not_waited_for_for_ever(quick: tuple[Engine, str]) -> None:
    engine, dsn = quick
    author = author_in(engine, Folder(Path()))
    batch = author.batch(author.change("gate", name="东"))
    with left_open(dsn, "LOCK TABLE change_log IN ACCESS EXCLUSIVE MODE"), pytest.raises(Unavailable):
        author.land(batch)
    assert author.land(batch).pos == 1


def test_too_many_at_once_are_refused_and_not_piled_up(
    quick: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, _dsn = quick
    go_on = threading.Event()
    most = engine_module._WRITERS + engine_module._MOST_WAITING
    waiting: list[Future[bool]] = [engine.write(lambda _rows: go_on.wait(30)) for _ in range(most)]
    refused = engine.write(lambda _rows: True)
    assert isinstance(refused.exception(timeout=0), Unavailable)
    go_on.set()
    assert all(one.result() for one in waiting)
    assert engine.write(lambda _rows: True).result()


def test_a_job_that_waited_too_long_is_not_begun(quick: tuple[Engine, str], monkeypatch: pytest.MonkeyPatch) -> None:
    engine, _dsn = quick
    monkeypatch.setattr(engine_module, "_LATE_S", -1.0)
    begun: list[bool] = []
    with pytest.raises(Unavailable, match="too late"):
        engine.write(lambda _rows: begun.append(True)).result()
    assert begun == []


def test_a_value_that_no_column_takes_is_hqs_own_failure_and_the_connection_goes_on(quick: tuple[Engine, str]) -> None:
    engine, _dsn = quick
    with pytest.raises(psycopg.DataError):
        engine.read(lambda rows: rows.estate("\x00"))
    assert engine.read(lambda rows: rows.estates()) == []


def test_every_connection_has_time_limits_and_a_commit_that_is_durable(postgres_server: str, tmp_path: Path) -> None:
    with own_database(postgres_server) as dsn:
        name = conninfo_to_dict(dsn)["dbname"]
        query(dsn, f"ALTER DATABASE {name} SET synchronous_commit = off")
        folder = Folder(tmp_path / "hq", dsn)
        admin.init(folder, [], NOW)
        with admin.opened(folder) as (engine, _keys):
            assert isinstance(engine, PostgresEngine)
            names = ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "synchronous_commit")
            with engine._pool.connection() as connection:
                found = [connection.execute(f"SHOW {name}").fetchone() for name in names]
    assert found == [("3s",), ("30s",), ("30s",), ("on",)]
