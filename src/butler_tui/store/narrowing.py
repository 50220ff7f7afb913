"""Forgetting what this terminal may see no longer: others' records above its scope, with all that was kept of them."""

from __future__ import annotations

from butler_tui.domain.fields import TABLES, Scope
from butler_tui.domain.rights import SEES, TerminalKind
from butler_tui.store.database import Connection
from butler_tui.store.journal import apply
from butler_tui.store.local import Store
from butler_tui.store.lost import APART


def forget_out_of_scope(store: Store, kind: str) -> None:
    """Take away what this terminal, which is to be a `kind`, may see no longer, in one transaction.

    What its journal knows to be its own stays. What it wrote so long ago that the journal has let go of it goes too:
    HQ, which knows who wrote what, sends that again when all is fetched anew.
    """
    seen = SEES[TerminalKind(kind)] if kind in set(TerminalKind) else frozenset(Scope)
    if seen == frozenset(Scope):
        return
    with apply(store) as connection:
        hidden = [table for table in TABLES.values() if table.scope not in seen]
        for table in hidden:
            _forget_records(connection, table.name, table.key)
        for table in hidden:
            _forget_records(connection, "attachment", "attachment_id", f"subject_table = '{table.name}'")
        known = ", ".join("?" * len(TABLES))
        connection.execute(f"DELETE FROM base WHERE tbl NOT IN ({known})", tuple(TABLES))


def _forget_records(connection: Connection, table: str, key: str, which: str = "1") -> None:
    own = "SELECT record_id FROM journal WHERE tbl = ?1"
    gone = f"{which} AND {key} NOT IN ({own})"
    kept_apart = f"DELETE FROM quarantine WHERE reason = ?2 AND cid IN (SELECT {key} FROM {table} WHERE {gone})"
    connection.execute(kept_apart, (table, APART))
    connection.execute(f"DELETE FROM {table} WHERE {gone}", (table,))
    left = f"SELECT {key} FROM {table}"
    connection.execute(
        f"DELETE FROM base WHERE tbl = ?1 AND record_id NOT IN ({own}) AND record_id NOT IN ({left})", (table,)
    )
