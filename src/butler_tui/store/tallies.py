"""The sums of what this terminal holds of what HQ has, to be compared with HQ's own."""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.domain.fields import TABLES
from butler_tui.domain.tallies import Tally, tallied
from butler_tui.store.database import Connection
from butler_tui.store.lost import MARKED, WAITS

_HELD = f"SELECT record_id FROM journal JOIN quarantine USING (cid) WHERE tbl = ? AND {WAITS}"
_NONE = "SELECT NULL WHERE 0"


def sums(connection: Connection, *, with_apart: bool = False) -> dict[tuple[str, str], Tally]:
    """Return the sums by table and month of all that HQ has taken from here or sent.

    With `with_apart` also of what it keeps apart, to be asked about once more.
    """
    return tallied(_records(connection, _NONE if with_apart else MARKED))


def records(connection: Connection) -> int:
    """Return how many records are here, shown or not yet: cheap, for a person who waits."""
    tables = (f"SELECT count(*) FROM {table.name}" for table in TABLES.values())
    return sum(connection.execute(statement).fetchone()[0] for statement in tables)


def _records(connection: Connection, apart: str) -> Iterator[tuple[str, bytes, int]]:
    for table in TABLES.values():
        if table.once:
            rows = connection.execute(
                f"SELECT {table.key} FROM {table.name} WHERE {table.key} NOT IN ({_HELD} UNION ALL {apart})",
                (table.name,),
            )
            yield from ((table.name, row[0], 0) for row in rows)
    once = [table.name for table in TABLES.values() if table.once]
    kept = connection.execute(
        f"SELECT tbl, record_id, pos FROM base WHERE tbl NOT IN ({', '.join('?' * len(once))})"
        f" AND record_id NOT IN ({apart})",
        once,
    )
    yield from ((row[0], row[1], row[2]) for row in kept)
    for table in TABLES.values():
        if table.once:  # what could not be shown is here all the same
            raw = connection.execute(
                f"SELECT record_id FROM base WHERE tbl = ? AND record_id NOT IN (SELECT {table.key} FROM {table.name})"
                f" AND record_id NOT IN ({apart})",
                (table.name,),
            )
            yield from ((table.name, row[0], 0) for row in raw)


def due(connection: Connection, now_ms: int, every_ms: int) -> bool:
    """Tell whether the last comparison was made `every_ms` ago or more, or later than now by the clock."""
    (last,) = connection.execute("SELECT compared_ms FROM sync_state").fetchone()
    return last is None or not 0 <= now_ms - last < every_ms


def note_compared(connection: Connection, now_ms: int) -> None:
    """Write down that both ends were compared at `now_ms` (UTC ms)."""
    connection.execute("UPDATE sync_state SET compared_ms = ?", (now_ms,))
