"""The statements of rows_reading.py and rows_writing.py as PostgreSQL runs them; many rows at once go by COPY."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Any, TypeAlias

from psycopg import Connection
from psycopg.errors import LockNotAvailable

from butler_tui.hq.engines import LogRow, PositionRow, StateRow
from butler_tui.hq.engines.rows_writing import STATE_ANEW, WritingRows

PostgresConnection: TypeAlias = Connection[tuple[Any, ...]]

_FEW = 16
"""Up to so many rows a statement each, sent together, is quicker than COPY."""
_FETCHED = 500
"""Rows of a table that is read whole, fetched at once."""
_STUCK_S = 5.0
"""For how long nobody waits for an estate whose lock could not be had in time."""

_LOG = ", ".join(LogRow._fields)
_STATE = ", ".join(StateRow._fields)
_COPY_LOG = f"COPY change_log ({_LOG}) FROM STDIN"
_COPY_NEW_STATES = f"COPY record_state ({_STATE}) FROM STDIN"
_COPY_STATES = f"COPY arriving_state ({_STATE}) FROM STDIN"
_MERGE_STATES = (
    f"INSERT INTO record_state ({_STATE}) SELECT {_STATE} FROM arriving_state WHERE estate_id = ?" + STATE_ANEW
)
ARRIVING_STATE = "CREATE TEMPORARY TABLE arriving_state (LIKE record_state) ON COMMIT DELETE ROWS"
"""Where records wait to be merged: one empty table a connection."""


_LISTS = {"one": "json_array_elements_text", "pair": "json_array_elements"}


@lru_cache(maxsize=512)
def translated(sql: str) -> str:
    """Return a shared statement in PostgreSQL's words: numbered values, and its own functions for lists of them.

    What is joined to a list becomes a look-up for each of its values (OFFSET 0 keeps the planner from turning it
    round): without statistics, as in an estate that has just grown, it would read the whole estate instead.
    """
    sql = re.sub(
        r"json_each\((\?\d*)\) (one|pair)",
        lambda found: f"{_LISTS[found[2]]}({found[1]}::json) AS {found[2]}(value)",
        sql,
    )
    sql = re.sub(
        r"(AS (?:one|pair)\(value\)|FROM each) CROSS JOIN (\w+) (\w+) WHERE (.+?)(?= ORDER BY | LIMIT |$)",
        r"\1 CROSS JOIN LATERAL (SELECT * FROM \2 \3 WHERE \4 OFFSET 0) \3",
        sql,
    )
    sql = re.sub(r"json_extract\((\w+\.\w+), '\$\.(\w+)'\)", r"(\1::json ->> '\2')", sql)
    places = count(1)
    return re.sub(r"\?(\d*)", lambda found: f"${found[1] or next(places)}", sql)


@dataclass(slots=True)
class Stuck:
    """The estates whose lock somebody else holds for too long, each until when nobody waits for it (monotonic s)."""

    until: dict[str, float] = field(default_factory=dict)

    def __contains__(self, estate_id: str) -> bool:
        return self.until.get(estate_id, 0.0) > time.monotonic()


class PostgresRows(WritingRows):
    """Reading and writing on one connection, inside a transaction."""

    def __init__(self, connection: PostgresConnection, stuck: Stuck) -> None:
        self.connection = connection
        self._stuck = stuck

    def _run(self, sql: str, *values: object) -> int:
        return self.connection.execute(translated(sql), values).rowcount

    def _all(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        return self.connection.execute(translated(sql), values).fetchall()

    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        if rows := list(rows):  # for none it would ask the server all the same
            self.connection.cursor().executemany(translated(sql), rows)

    def _copy(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self.connection.cursor().copy(sql) as copy:
            for row in rows:
                copy.write_row(row)

    def columns(self, table: str) -> tuple[str, ...]:
        """Return the columns that a table has."""
        rows = self._all(
            "SELECT column_name::text FROM information_schema.columns"
            " WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position",
            table,
        )
        return tuple(row[0] for row in rows)

    def every(self, table: str) -> Iterator[Sequence[Any]]:
        """Yield all rows of a table, fetched bit by bit."""
        self.connection.execute(
            f"DECLARE all_rows NO SCROLL CURSOR FOR SELECT {', '.join(self.columns(table))} FROM {table}"
        )
        while rows := self.connection.execute(f"FETCH {_FETCHED} FROM all_rows").fetchall():
            yield from rows
        self.connection.execute("CLOSE all_rows")

    def put(self, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Add rows as they stood in a backup."""
        self._copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN", rows)

    def lock(self, estate_id: str) -> PositionRow | None:
        """Lock the estate's row until the transaction ends, and return where its log stands.

        Whoever waits in vain (lock_timeout) marks the estate, and for a while nobody waits for it: what somebody left
        open must not take every connection from the other estates.
        """
        waiting = " NOWAIT" if estate_id in self._stuck else ""
        try:
            return self._found_position(estate_id, " FOR UPDATE" + waiting)
        except LockNotAvailable:
            self._stuck.until[estate_id] = time.monotonic() + _STUCK_S
            raise

    def use_nonce(self, estate_id: str, terminal_id: str, nonce: str, now_ms: int, forget_before_ms: int) -> bool:
        """Keep a nonce; False where it was used before. Old ones that somebody else is forgetting are left to them."""
        self._run(
            "DELETE FROM nonce WHERE estate_id = ?1 AND ctid = ANY (ARRAY(SELECT ctid FROM nonce"
            " WHERE estate_id = ?1 AND at_ms < ?2 LIMIT 1000 FOR UPDATE SKIP LOCKED))",
            estate_id,
            forget_before_ms,
        )
        return self._keep_nonce(estate_id, terminal_id, nonce, now_ms)

    def add_log(self, rows: Iterable[LogRow]) -> None:
        """Add changes at their positions."""
        rows = list(rows)
        if len(rows) <= _FEW:
            super().add_log(rows)
        else:
            self._copy(_COPY_LOG, rows)

    def add_states(self, rows: Iterable[StateRow]) -> None:
        """Write records that were not there before, as was seen after the estate's row was locked."""
        rows = list(rows)
        if len(rows) <= _FEW:
            super().add_states(rows)
        else:
            self._copy(_COPY_NEW_STATES, rows)

    def put_states(self, rows: Iterable[StateRow]) -> None:
        """Write records as they are now, in the place of what is there; all of one estate."""
        rows = list(rows)
        if len(rows) <= _FEW:
            super().put_states(rows)
        else:
            self._copy(_COPY_STATES, rows)
            self._run(_MERGE_STATES, rows[0].estate_id)
