"""The embedded engine: one encrypted file, one writer, several requests to one COMMIT."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from butler_tui.hq.engines import Everything, PositionRow, Reading, Unavailable, Writing
from butler_tui.hq.engines.outage import DiskFull
from butler_tui.hq.engines.rows_writing import WritingRows, insert
from butler_tui.hq.engines.sqlite_upgrade import bring_up_to_date
from butler_tui.hq.views import sqlite_views
from butler_tui.store.database import (
    Connection,
    DatabaseError,
    IntegrityError,
    RawKey,
    check_version,
    connect,
    reading,
    statements,
    transaction,
)

T = TypeVar("T")

SCHEMA_VERSION = 3
"""`PRAGMA user_version` of HQ's file."""
_MOST_TOGETHER = 64
_MOST_WAITING = 256

_Job = tuple[Callable[[Writing], Any], "Future[Any]"]


def tables() -> tuple[str, ...]:
    """Return the names of HQ's tables, as hq/schema.sql makes them."""
    return tuple(re.findall(r"^CREATE TABLE (\w+)", _schema(), re.MULTILINE))


def _schema() -> str:
    return (Path(__file__).parents[1] / "schema.sql").read_text("utf-8")


def create(file: Path, key: RawKey) -> None:
    """Make HQ's file with its tables; raises FileTrouble where the disk refuses."""
    connection = connect(file, key)
    try:
        with transaction(connection):
            for statement in statements(_schema()):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        file.chmod(0o600)
    finally:
        connection.close()


@contextmanager
def filling(file: Path, key: RawKey) -> Iterator[SqliteRows]:
    """Make HQ's file and fill it in a block; it is whole, and closed, after the block. Raises as `create` does."""
    create(file, key)
    connection = connect(file, key)
    try:
        with transaction(connection):
            yield SqliteRows(connection)
    finally:
        connection.close()


class SqliteRows(WritingRows):
    """Reading and writing on one connection to the file."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _run(self, sql: str, *values: object) -> int:
        return int(self.connection.execute(sql, values).rowcount)

    def _all(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        return self.connection.execute(sql, values).fetchall()

    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        self.connection.executemany(sql, rows)

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns that a table has."""
        return tuple(row[0] for row in self._all("SELECT name FROM pragma_table_info(?) ORDER BY cid", table))

    def every(self, table: str) -> Iterator[Sequence[Any]]:
        """Yield all rows of a table."""
        yield from self.connection.execute(f"SELECT {', '.join(self.columns(table))} FROM {table}")

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows as they stood in a backup."""
        self._many(insert(table, columns), rows)

    def lock(self, estate_id: str) -> PositionRow | None:
        """Return where the estate's log stands; BEGIN IMMEDIATE holds the lock already."""
        return self._found_position(estate_id)


class SqliteEngine:
    """HQ's rows in one SQLCipher file; raises SetUpWrong, FileTrouble or RuleBroken where it does not open."""

    def __init__(self, file: Path, key: RawKey) -> None:
        self._writer = connect(file, key)
        try:
            check_version(self._writer, file, SCHEMA_VERSION)
            bring_up_to_date(self._writer, SCHEMA_VERSION)
            _make_views(self._writer)
            self._reader = connect(file, key)
        except BaseException:
            self._writer.close()
            raise
        self._file, self._key = file, key
        self._reader_lock = threading.Lock()
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._serve, name="hq-writer", daemon=True)
        self._thread.start()

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run `work` in a transaction with whatever else waits; done only after COMMIT."""
        future: Future[T] = Future()
        if self._jobs.qsize() >= _MOST_WAITING:
            future.set_exception(Unavailable("too many wait"))
        else:
            self._jobs.put((work, future))
        return future

    def read(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on what is committed, all of it of one moment."""
        with self._reader_lock, reading(self._reader):
            return work(SqliteRows(self._reader))

    def empty_log(self) -> None:
        """Write the log (WAL) into the file and cut it to nothing; where a writer stands in the way, later."""
        with self._reader_lock:
            self._reader.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            self._reader.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def read_all(self, work: Callable[[Everything], T]) -> T:
        """Run `work` on what is committed now, on a connection of its own."""
        connection = connect(self._file, self._key)
        try:
            with reading(connection):
                return work(SqliteRows(connection))
        finally:
            connection.close()

    def close(self) -> None:
        """Finish what waits and let go."""
        self._jobs.put(None)
        self._thread.join()
        self._writer.close()
        with self._reader_lock:
            self._reader.close()

    def _serve(self) -> None:
        going = True
        while going:
            group: list[_Job] = []
            job = self._jobs.get()
            while job is not None:
                group.append(job)
                if len(group) == _MOST_TOGETHER:
                    break
                try:
                    job = self._jobs.get_nowait()
                except queue.Empty:
                    break
            going = job is not None
            if group:
                _commit_together(self._writer, group)


def _make_views(connection: Connection) -> None:
    """Make the views that are missing or were made from an older list of fields."""
    rows = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'view'").fetchall()
    stale = {name: sql for name, sql in sqlite_views() if (name, sql) not in {(row[0], row[1]) for row in rows}}
    if not stale:
        return
    with transaction(connection):
        for name, sql in stale.items():
            connection.execute(f"DROP VIEW IF EXISTS {name}")
            connection.execute(sql)


def _commit_together(connection: Connection, group: list[_Job]) -> None:
    """Run a group of jobs, one SAVEPOINT each, and COMMIT once; then, and only then, answer them all."""
    group = [(work, future) for work, future in group if future.set_running_or_notify_cancel()]
    outcomes: list[tuple[Future[Any], Any, BaseException | None]] = []
    try:
        connection.execute("BEGIN IMMEDIATE")
        for work, future in group:
            outcomes.append((future, *_in_savepoint(connection, work)))
        connection.execute("COMMIT")
    except DatabaseError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        for __, future in group:
            future.set_exception(_outage(error))
        return
    for future, value, raised in outcomes:
        if raised is None:
            future.set_result(value)
        else:
            future.set_exception(raised)


def _outage(error: DatabaseError) -> Unavailable:
    """Return what is said of rows that could not be committed."""
    outage = (DiskFull if "full" in str(error) else Unavailable)(type(error).__name__)
    outage.__cause__ = error
    return outage


def _in_savepoint(connection: Connection, work: Callable[[Writing], Any]) -> tuple[Any, BaseException | None]:
    connection.execute("SAVEPOINT one")
    value, raised = None, None
    try:
        value = work(SqliteRows(connection))
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, IntegrityError):
            raise
        connection.execute("ROLLBACK TO one")
        raised = error
    connection.execute("RELEASE one")
    return value, raised
