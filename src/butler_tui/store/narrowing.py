"""Forgetting what this terminal may see no longer: others' records above its scope, with all that was kept of them.

And keys, and PINs that HQ handed. What this terminal made itself stays.
"""

from __future__ import annotations

from dataclasses import replace

from butler_tui.domain.fields import TABLES, Scope
from butler_tui.domain.rights import SEES, Role, TerminalKind, signs_in_at
from butler_tui.store import estates, month_keys
from butler_tui.store.database import Connection
from butler_tui.store.journal import apply
from butler_tui.store.keys import without_month_keys
from butler_tui.store.local import Store
from butler_tui.store.lost import APART


def forget_out_of_scope(store: Store, kind: str) -> None:
    """Take away what this terminal, which is to be a `kind`, may see no longer: keys, then rows in one transaction.

    What its journal knows to be its own stays. What it wrote so long ago that the journal has let go of it goes too:
    HQ, which knows who wrote what, sends that again when all is fetched anew.
    """
    seen = _seen(kind)
    if seen == frozenset(Scope):
        return
    if not seen >= _seen(estates.kind_of_terminal(store.connection)):
        _forget_keys(store, kind)
    with apply(store) as connection:
        hidden = [table for table in TABLES.values() if table.scope not in seen]
        for table in hidden:
            _forget_records(connection, table.name, table.key)
        for table in hidden:
            _forget_records(connection, "attachment", "attachment_id", f"subject_table = '{table.name}'")
        _forget_bases(connection, f"tbl NOT IN ({', '.join('?' * len(TABLES))})", *TABLES)
        connection.execute(f"DELETE FROM staff_pin WHERE staff_id IN ({_strangers(kind)})")


def _seen(kind: str | None) -> frozenset[Scope]:
    return SEES[TerminalKind(kind)] if kind in set(TerminalKind) else frozenset(Scope)


def _strangers(kind: str) -> str:
    """Return the query for whose PIN was handed to this terminal, and does not belong to one of `kind`."""
    theirs = ", ".join(f"'{role}'" for role in Role if not signs_in_at(TerminalKind(kind), role))
    handed = "SELECT staff_id FROM staff_pin JOIN staff USING (staff_id) WHERE pepper_id IS NOT NULL"
    return f"{handed} AND role IN ({theirs})"


def _forget_keys(store: Store, kind: str) -> None:
    """Take out of the key file others' months' keys, and the peppers of those who do not sign in at a `kind`."""
    with month_keys.changing_keys(store):
        gone = _months_of_others(store)
        left = without_month_keys(store.keys, gone)
        needed = store.connection.execute(
            f"SELECT pepper_id FROM staff_pin WHERE pepper_id IS NOT NULL AND staff_id NOT IN ({_strangers(kind)})"
        )
        names = {row[0] for row in needed}
        store.change_keys(replace(left, peppers={name: one for name, one in left.peppers.items() if name in names}))
    month_keys.forget_aside(store, gone)


def _months_of_others(store: Store) -> list[bytes]:
    """Return the months' keys that neither HQ nor an incarnation of this file made."""
    keys, connection = store.keys, store.connection
    told = connection.execute("SELECT month_key_id, month FROM month_key").fetchall()
    named = {row[0].hex(): row[1] for row in told} | dict(keys.named)
    return [
        bytes.fromhex(key_id)
        for key_id, month in named.items()
        if key_id not in keys.by_hq and not month_keys.made_here(connection, bytes.fromhex(key_id), month)
    ]


def _forget_records(connection: Connection, table: str, key: str, which: str = "1") -> None:
    own = "SELECT record_id FROM journal WHERE tbl = ?1"
    gone = f"{which} AND {key} NOT IN ({own})"
    kept_apart = f"DELETE FROM quarantine WHERE reason = ?2 AND cid IN (SELECT {key} FROM {table} WHERE {gone})"
    connection.execute(kept_apart, (table, APART))
    connection.execute(f"DELETE FROM {table} WHERE {gone}", (table,))
    left = f"SELECT {key} FROM {table}"
    _forget_bases(connection, f"tbl = ?1 AND record_id NOT IN ({own}) AND record_id NOT IN ({left})", table)


def _forget_bases(connection: Connection, which: str, *values: str) -> None:
    """Take away what was kept raw, and that HQ keeps some of it apart."""
    marks = f"DELETE FROM quarantine WHERE reason = '{APART}' AND cid IN (SELECT record_id FROM base WHERE {which})"
    connection.execute(marks, values)
    connection.execute(f"DELETE FROM base WHERE {which}", values)
