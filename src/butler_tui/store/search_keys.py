"""The keys by which names, plates and phones are found: made at any door, gone with the last record that has them."""

from __future__ import annotations

from collections.abc import Mapping

from butler_tui.domain.changes import Value
from butler_tui.domain.search_keys import SearchKind, keys_of
from butler_tui.store.database import Connection
from butler_tui.store.readings import readings

SEARCHED: dict[tuple[str, str], SearchKind] = {
    ("household", "name"): SearchKind.NAME,
    ("resident", "name"): SearchKind.NAME,
    ("resident", "phone"): SearchKind.PHONE,
    ("vehicle", "plate"): SearchKind.PLATE,
    ("visit", "name"): SearchKind.NAME,
    ("visit", "phone"): SearchKind.PHONE,
    ("visit", "plate"): SearchKind.PLATE,
}
"""Every column that is found by search keys, each with an index of its own."""


def warm_up() -> None:
    """Load the readings, so that the first save need not."""
    readings("王")


def keep(connection: Connection, table: str, values: Mapping[str, Value]) -> None:
    """Write the keys of the values just written to a record of `table`; a door is open."""
    for (searched, column), kind in SEARCHED.items():
        value = values.get(column) if searched == table else None
        if isinstance(value, str) and value:
            connection.executemany(
                "INSERT OR IGNORE INTO search_key (kind, key, value) VALUES (?, ?, ?)",
                [(str(kind), key, value) for key in sorted(keys_of(kind, value, readings))],
            )


def forget(connection: Connection, table: str, values: Mapping[str, Value]) -> None:
    """Take away the keys of values that a record of `table` had, where no record has them any more."""
    for (searched, column), kind in SEARCHED.items():
        value = values.get(column) if searched == table else None
        if isinstance(value, str) and value and not _is_held(connection, kind, value):
            connection.executemany(
                "DELETE FROM search_key WHERE kind = ? AND key = ? AND value = ?",
                [(str(kind), key, value) for key in keys_of(kind, value, readings)],
            )


def _is_held(connection: Connection, kind: SearchKind, value: str) -> bool:
    holders = [holder for holder, held in SEARCHED.items() if held is kind]
    return any(
        connection.execute(f"SELECT 1 FROM {table} WHERE {column} = ? LIMIT 1", (value,)).fetchone()
        for table, column in holders
    )


def make_all(connection: Connection) -> None:
    """Make the keys of every record there is: after a migration, and where they were lost."""
    for table, column in SEARCHED:
        for row in connection.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} > ''").fetchall():
            keep(connection, table, {column: row[0]})


def values_starting(connection: Connection, kind: SearchKind, key: str, most: int) -> list[str]:
    """Return up to `most` stored values of `kind` that a key beginning with `key` finds, shortest keys first."""
    rows = connection.execute(
        "SELECT DISTINCT value FROM (SELECT value FROM search_key WHERE kind = ? AND key >= ? AND key < ?"
        " ORDER BY key LIMIT ?)",
        (str(kind), key, key + "\U0010ffff", 3 * most),
    )
    return [row[0] for row in rows][:most]
