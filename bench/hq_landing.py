"""HQ taking 10,000 changes on PostgreSQL beside a bare COPY of the same rows, on a server that is durable.

Ours, whole: a demo's journal in batches of 1,000, each with its chain computed anew, judged, merged and committed by
HQ's own code, one batch at a time. Ours, landing: what of this the database does (lock, epoch's head, known changes,
positions, log, records, head), asked for in the same order with the same rows. Plain: log and records by COPY into
tables of the same columns, keys and indexes, in as many transactions.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import psycopg

from bench.figures import RUNS, Figure, side_by_side
from butler_tui.demo.making import HOUSEHOLDS, Wanted, make_demo
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.hq.engines import EstateRow, LogRow, StateRow, TerminalRow, Writing
from butler_tui.hq.engines.postgres import PostgresEngine
from butler_tui.hq.ingest import prepare, take
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.local import Store
from butler_tui.sync.protocol import MOST_IN_BATCH, PushAsk
from tests.postgres import own_cluster, own_database

LIMIT, WHOLE_LIMIT = 0.5, 0.1
"""The target is for the landing; the rules cost more than the database, and run in as many processes as serve."""
CHANGES = 10_000
_DURABLE = {"fsync": "on", "full_page_writes": "on", "shared_buffers": "128MB", "max_wal_size": "1GB"}
_TABLES = {"change_log": LogRow._fields, "record_state": StateRow._fields}


def measure(folder: Path, runs: int = RUNS, *, changes: int = CHANGES) -> list[Figure]:
    """Return the figures; the server's files lie on the disk of the temporary folder that outlives a start."""
    now_ms = time.time_ns() // 1_000_000
    wanted = Wanted(visits=max(0, changes - 6 * HOUSEHOLDS) * 20 // 57)
    store = make_demo(find_home({"BUTLER_HOME": str(folder / "landing")}), wanted, now_ms, lambda _done, _total: None)
    try:
        asks, estate_id = _batches(store), _estate_id(store)
    finally:
        store.close()
    number = sum(len(ask.changes) for ask in asks)
    with own_cluster("/var/tmp", **_DURABLE) as cluster, own_database(cluster.dsn) as dsn:
        hq = Folder(folder / "landing-hq", dsn)
        admin.init(hq, (), now_ms)
        with _hall(hq, estate_id, now_ms) as hall:
            batches = _whole(asks, now_ms)
            jobs = [_Noted(batch) for batch in batches]
            hall.seconds(jobs)
            again = [job.again for job in jobs]
            copy = _copied(dsn, estate_id, len(asks))
            whole, __ = side_by_side(lambda: number / hall.seconds(batches), lambda: 1.0, max(1, runs // 3))
            landing, plain = side_by_side(lambda: number / hall.seconds(again), lambda: number / copy(), runs)
    what = f"HQ landing of {number:,} changes on PostgreSQL"
    return [
        Figure(what, "changes/s", landing, plain, LIMIT, at_least=True),
        Figure(f"{what}, rules included, one after the other", "changes/s", whole, plain, WHOLE_LIMIT, at_least=True),
    ]


Job = Callable[[TerminalRow, Writing], None]
"""What is done in one transaction for a terminal."""


class _Noted:
    """A job that notes what it asks of the rows, to ask for the same again."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.asked: list[tuple[str, tuple[Any, ...]]] = []

    def __call__(self, terminal: TerminalRow, rows: Writing) -> None:
        self.job(terminal, cast(Writing, _Noting(rows, self.asked)))

    def again(self, _terminal: TerminalRow, rows: Writing) -> None:
        """Ask for the same."""
        for name, values in self.asked:
            getattr(rows, name)(*values)


class _Noting:
    def __init__(self, rows: Writing, asked: list[tuple[str, tuple[Any, ...]]]) -> None:
        self.rows, self.asked = rows, asked

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def noted(*values: Any) -> Any:
            kept = tuple(list(value) if isinstance(value, Iterator) else value for value in values)
            self.asked.append((name, kept))
            return getattr(self.rows, name)(*kept)

        return noted


def _estate_id(store: Store) -> str:
    estate = estates.estate(store.connection)
    assert estate is not None
    return id_text(estate.estate_id)


def _batches(store: Store) -> list[PushAsk]:
    where = sync_state.position(store.connection)
    asks: list[PushAsk] = []
    while (batch := sync_state.batch_after(store.connection, where, MOST_IN_BATCH)) is not None:
        asks.append(PushAsk(id_text(where.epoch), "", batch.link_before, batch.link_after, batch.changes))
        where = replace(where, acked_seq=batch.changes[-1].seq)
    return asks


def _whole(asks: list[PushAsk], now_ms: int) -> list[Job]:
    """Return what takes these batches as HQ does."""

    def job(ask: PushAsk) -> Job:
        def taken(terminal: TerminalRow, rows: Writing) -> None:
            assert not take(rows, terminal, prepare(ask), now_ms).quarantined

        return taken

    return [job(ask) for ask in asks]


class _Hall:
    """An HQ on PostgreSQL, of one estate with one terminal."""

    def __init__(self, engine: PostgresEngine, dsn: str, estate_id: str, now_ms: int) -> None:
        self.engine, self.dsn, self.estate_id, self.now_ms = engine, dsn, estate_id, now_ms

    def seconds(self, jobs: Sequence[Job]) -> float:
        """Do the jobs one after the other in an estate made anew, and return the seconds they took."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute("TRUNCATE estate, estate_pos, terminal, epoch, change_log, record_state, duplicate")
            connection.execute("CHECKPOINT")
        terminal = self.engine.write(self._move_in).result()
        begun = time.perf_counter()
        for job in jobs:
            self.engine.write(partial(job, terminal)).result()
        return time.perf_counter() - begun

    def _move_in(self, rows: Writing) -> TerminalRow:
        key, kind = new_id(self.now_ms) + new_id(self.now_ms), str(TerminalKind.SUPERVISOR)
        terminal_id = id_text(new_id(self.now_ms))
        made = TerminalRow(self.estate_id, terminal_id, "", kind, key, key, self.now_ms, None, None, None, None, None)
        rows.add_estate(EstateRow(self.estate_id, "", "Asia/Shanghai", 0), "", self.now_ms)
        rows.put_terminal(made)
        return made


@contextmanager
def _hall(hq: Folder, estate_id: str, now_ms: int) -> Iterator[_Hall]:
    with admin.opened(hq) as (engine, _keys):
        assert isinstance(engine, PostgresEngine)
        assert hq.dsn is not None
        yield _Hall(engine, hq.dsn, estate_id, now_ms)


def _copied(dsn: str, estate_id: str, transactions: int) -> Callable[[], float]:
    """Return what copies the rows there are into tables of the same form, and returns the seconds it took."""
    connection = psycopg.connect(dsn, autocommit=True)
    kept: list[tuple[str, list[list[tuple[object, ...]]]]] = []
    for table, names in _TABLES.items():
        columns = ", ".join(names)
        rows = connection.execute(
            f"SELECT {columns} FROM {table} WHERE estate_id = %s ORDER BY pos", (estate_id,)
        ).fetchall()
        size = -(-len(rows) // transactions)
        kept.append(
            (f"COPY bare_{table} ({columns}) FROM STDIN", [rows[at : at + size] for at in range(0, len(rows), size)])
        )
        connection.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")

    def copy() -> float:
        connection.execute("TRUNCATE bare_change_log, bare_record_state")
        connection.execute("CHECKPOINT")
        begun = time.perf_counter()
        for number in range(transactions):
            with connection.transaction():
                for statement, parts in kept:
                    with connection.cursor().copy(statement) as copying:
                        for row in parts[number] if number < len(parts) else ():
                            copying.write_row(row)
        return time.perf_counter() - begun

    return copy
