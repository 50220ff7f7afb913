"""The statements of rows_reading.py and rows_writing.py as PostgreSQL runs them; many rows at once go by COPY."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
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
_STUCK_S = 5.0
"""For how long nobody waits for an estate whose lock could not be had in time."""

_LOG = ", ".join(LogRow._fields)
_STATE = ", ".join(StateRow._fields)
_COPY_LOG = f"COPY change_log ({_LOG}) FROM STDIN"
_COPY_STATES = f"COPY arriving_state ({_STATE}) FROM STDIN"
_MERGE_STATES = (
    f"INSERT INTO record_state ({_STATE}) SELECT {_STATE} FROM arriving_state WHERE estate_id = ?" + STATE_ANEW
)
ARRIVING_STATE = "CREATE TEMPORARY TABLE arriving_state (LIKE record_state) ON COMMIT DELETE ROWS"
"""Where records wait to be merged: one empty table a connection."""


@lru_cache(maxsize=512)
def translated(sql: str) -> str:
    """Return a shared statement in PostgreSQL's words: numbered values, and its own functions for lists of them."""
    sql = re.sub(r"json_each\((\?\d*)\) one", r"json_array_elements_text(\1::json) AS one(value)", sql)
    sql = re.sub(r"json_each\((\?\d*)\) pair", r"json_array_elements(\1::json) AS pair(value)", sql)
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
        self.connection.cursor().executemany(translated(sql), rows)

    def _copy(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        with self.connection.cursor().copy(sql) as copy:
            for row in rows:
                copy.write_row(row)

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
            "DELETE FROM nonce WHERE estate_id = ?1 AND (terminal_id, nonce) IN (SELECT terminal_id, nonce FROM nonce"
            " WHERE estate_id = ?1 AND at_ms < ?2 FOR UPDATE SKIP LOCKED)",
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

    def put_states(self, rows: Iterable[StateRow]) -> None:
        """Write records as they are now; all of one estate."""
        rows = list(rows)
        if len(rows) <= _FEW:
            super().put_states(rows)
        else:
            self._copy(_COPY_STATES, rows)
            self._run(_MERGE_STATES, rows[0].estate_id)

    def put_shown(self, estate_id: str, tbl: str, shown: Iterable[tuple[str, str]]) -> None:
        """Write beside records what follows for them from others: (record_id, JSON)."""
        told = list(shown)
        self._run(
            "UPDATE record_state r SET shown = told.shown FROM unnest(?::text[], ?::text[]) AS told(record_id, shown)"
            " WHERE r.estate_id = ? AND r.tbl = ? AND r.record_id = told.record_id",
            [record_id for record_id, __ in told],
            [text for __, text in told],
            estate_id,
            tbl,
        )
