"""HQ's rows on PostgreSQL: writers beside one another, in order within an estate by the lock on its row."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from psycopg_pool import ConnectionPool

from butler_tui.hq.engines import Everything, Reading, Unavailable, Writing
from butler_tui.hq.engines.outage import DiskFull
from butler_tui.hq.engines.postgres_connecting import connected, database_of, prepare_connection
from butler_tui.hq.engines.postgres_rows import ARRIVING_STATE, PostgresConnection, PostgresRows, Stuck
from butler_tui.hq.engines.postgres_schema import bring_up_to_date, create_tables, keep_aside

T = TypeVar("T")

_WRITERS = 8
_READERS = 4
_MOST_WAITING = 128
"""Jobs that wait for a writer, and as many that wait to read: whoever comes then is refused."""
_PATIENCE_S = 3.0
"""How long one waits for a connection."""
_LATE_S = 10.0
"""A job that waited so long for a writer is refused: whoever sent it has given up by now, or soon will."""
_RECONNECT_S = 2.0
"""How long a connection that is gone is tried again before the next request tries anew."""

_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
"""What is read after the estate's lock was had is what was committed before it."""
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
"""All that one work reads is of one moment."""

_AT_LEISURE = (
    "SELECT set_config('statement_timeout', '0', true), set_config('idle_in_transaction_session_timeout', '0', true)"
)
"""For what may take long, in its transaction only."""

logging.getLogger("psycopg.pool").addHandler(logging.NullHandler())  # it would write to the server's own terminal


def create(dsn: str, box_key: bytes) -> None:
    """Make HQ's tables in the database that `dsn` names; `box_key` is HQ's public sealing key.

    Raises SetUpWrong where there are tables already or the server refuses, TryLater where it is out of reach.
    """
    database = database_of(dsn)
    with connected(database) as connection:
        create_tables(connection, database.name, box_key)


@contextmanager
def filling(dsn: str, box_key: bytes, aside: str | None) -> Iterator[PostgresRows]:
    """Make HQ's tables in the database that `dsn` names and fill them in a block: all of it stands at its end, or none.

    With `aside`, the tables that are there are kept in a schema of that name. Raises as `create` does, and RuleBroken
    where an HQ is served from them.
    """
    database = database_of(dsn)
    with connected(database) as connection, connection.transaction():
        connection.execute(_AT_LEISURE)
        if aside is not None:
            keep_aside(connection, database.name, aside)
        create_tables(connection, database.name, box_key)
        yield PostgresRows(connection, Stuck())


class PostgresEngine:
    """HQ's rows in one PostgreSQL database; several servers may work on one.

    Raises SetUpWrong where it is not this HQ's database, TryLater where it is out of reach.
    """

    def __init__(self, dsn: str, box_key: bytes) -> None:
        self.database = database_of(dsn)
        with connected(self.database) as connection:
            bring_up_to_date(connection, self.database.name, box_key)
        self._stuck = Stuck()
        self._pool: ConnectionPool[PostgresConnection] = ConnectionPool(
            self.database.conninfo,
            kwargs={"autocommit": True, "cursor_factory": psycopg.RawCursor},
            configure=_configure,
            min_size=1,
            max_size=_WRITERS + _READERS,
            max_waiting=_MOST_WAITING,
            timeout=_PATIENCE_S,
            reconnect_timeout=_RECONNECT_S,
            open=False,
            name="hq",
        )
        self._pool.open()
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="hq-writer")
        self._places = threading.BoundedSemaphore(_WRITERS + _MOST_WAITING)

    def write(self, work: Callable[[Writing], T]) -> Future[T]:
        """Run `work` in a transaction of its own; done only after COMMIT."""
        if not self._places.acquire(blocking=False):
            refused: Future[T] = Future()
            refused.set_exception(Unavailable("too many wait"))
            return refused
        future = self._writers.submit(self._in_time, work, time.monotonic() + _LATE_S)
        future.add_done_callback(lambda _done: self._places.release())
        return future

    def read(self, work: Callable[[Reading], T]) -> T:
        """Run `work` on what is committed; raises Unavailable where the database is out of reach."""
        with self._transaction(_READ) as connection:
            return work(PostgresRows(connection, self._stuck))

    def empty_log(self) -> None:
        """Take away the dead rows that still have what was erased; raises Unavailable where the server is at fault.

        Its log (WAL), its archives and its replicas are in the hands of whoever runs the server.
        """
        try:
            with self._pool.connection() as connection:
                connection.execute("VACUUM change_log, record_state")
        except psycopg.Error as error:
            raise Unavailable(type(error).__name__) from error

    def read_all(self, work: Callable[[Everything], T]) -> T:
        """Run `work` on what is committed now, on a connection of its own; raises as opening this engine does."""
        with connected(self.database) as connection:
            connection.execute(_READ)
            connection.execute(_AT_LEISURE)
            return work(PostgresRows(connection, self._stuck))

    def close(self) -> None:
        """Finish what waits and let go."""
        self._writers.shutdown()
        self._pool.close()

    def _in_time(self, work: Callable[[Writing], T], until: float) -> T:
        if time.monotonic() > until:
            raise Unavailable("too late")
        with self._transaction(_WRITE) as connection:
            return work(PostgresRows(connection, self._stuck))

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[PostgresConnection]:
        """Run a block between BEGIN and COMMIT; raises Unavailable where the server, not the block, is at fault."""
        lost = False
        try:
            with self._pool.connection() as connection:
                try:
                    connection.execute(begin)
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    lost = not _rolled_back(connection)
                    raise
        except (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError):
            raise
        except psycopg.errors.DiskFull as error:
            raise DiskFull(type(error).__name__) from error
        except psycopg.Error as error:
            raise Unavailable(type(error).__name__) from error
        finally:
            if lost:
                self._pool.check()  # a connection that is gone is seldom gone alone


def _rolled_back(connection: PostgresConnection) -> bool:
    """Undo what was begun; False where the connection is gone (the pool makes another in its place)."""
    try:
        connection.execute("ROLLBACK")
    except psycopg.Error:
        connection.close()
        return False
    return True


def _configure(connection: PostgresConnection) -> None:
    prepare_connection(connection)
    connection.execute(ARRIVING_STATE)
