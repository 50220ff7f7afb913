"""Writing one record of a synced table behind an open door: a new row, or new values into the one there is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from butler_tui.domain.changes import Value
from butler_tui.domain.fields import Op, Table
from butler_tui.errors import RuleBroken
from butler_tui.store import derived, search_keys
from butler_tui.store.database import Connection, IntegrityError
from butler_tui.store.local import Store
from butler_tui.words import N_

SAVED_ALREADY = N_("This form is saved already. Empty it to begin a new one.")


def write(store: Store, table: Table, record_id: bytes, values: Mapping[str, Value]) -> None:
    """Write one record and its derived columns: a new row, or new values into the one there is.

    Raises RuleBroken where an act would write over a record that is written once: two programs had the same form.
    HQ may tell such a record again, which comes to the same.
    """
    connection = store.connection
    whole = {**values, **derived.columns(store.keys, table.name, record_id, values)}
    names = tuple(whole)
    try:
        connection.execute(insert_sql(table.name, table.key, names), (record_id, *whole.values()))
        return
    except IntegrityError:
        # There already, or a new row that lacks what it must have: the update tells which.
        row = connection.execute(select_sql(table.name, table.key, (table.key,)), (record_id,)).fetchone()
        if row is None or table.op is not Op.PUT:
            raise
        if table.once and _is_an_act(connection):
            raise RuleBroken(SAVED_ALREADY) from None
    found = tuple(name for name in names if (table.name, name) in search_keys.SEARCHED)
    before = connection.execute(select_sql(table.name, table.key, found), (record_id,)).fetchone() if found else None
    connection.execute(update_sql(table.name, table.key, names), (*whole.values(), record_id))
    if before is not None:
        search_keys.forget(connection, table.name, dict(before))


def _is_an_act(connection: Connection) -> bool:
    """Tell whether the open permit is that of `record`."""
    return connection.execute("SELECT 1 FROM permit WHERE door = 'record'").fetchone() is not None


# Names come from domain/fields.py only, never from outside.
@lru_cache(maxsize=128)
def insert_sql(table: str, key: str, names: tuple[str, ...]) -> str:
    """Return the statement that writes a new row."""
    return f"INSERT INTO {table} ({', '.join((key, *names))}) VALUES ({', '.join('?' * (len(names) + 1))})"


@lru_cache(maxsize=128)
def update_sql(table: str, key: str, names: tuple[str, ...]) -> str:
    """Return the statement that writes into a row."""
    return f"UPDATE {table} SET {', '.join(f'{name} = ?' for name in names)} WHERE {key} = ?"


@lru_cache(maxsize=128)
def select_sql(table: str, key: str, names: tuple[str, ...]) -> str:
    """Return the statement that reads a row."""
    return f"SELECT {', '.join(names)} FROM {table} WHERE {key} = ?"
