"""Erasing a person here: what belongs to a record, every place of it in this terminal's folder, and the register.

The register says which records were erased, and when: it lies beside the database, where no restore reaches it, and is
applied to a restored file before anybody sees it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.ids import id_text, parse_id
from butler_tui.paths import Home
from butler_tui.private_file import sync_folder
from butler_tui.store import blobs, journal, retention
from butler_tui.store.database import Connection, plain_errors
from butler_tui.store.journal import Erasure
from butler_tui.store.local import Store

_TOLD_OF = ("attachment", "audit")
"""What is about a record without belonging to it: pictures of it, and who looked at it and why."""
_DRAFTED = {"visit": ("name", "phone", "plate"), "resident": ("name", "phone"), "household": ("name",)}
"""By what a half-typed form is known to be about somebody who is erased."""


def with_all(connection: Connection, told: Iterable[tuple[str, bytes]]) -> list[Erasure]:
    """Return what is erased with records (table, id): each, what belongs to it, and what tells of any of that."""
    found = [one for table, record_id in told if table in TABLES for one in _belonging(connection, table, record_id)]
    ids = {one.record_id for one in found}
    for name in _TOLD_OF if ids else ():
        key = TABLES[name].key
        rows = connection.execute(f"SELECT {key}, subject_id FROM {name} WHERE subject_id IS NOT NULL")
        found += [Erasure(name, row[0]) for row in rows if row[1] in ids]
    return list(dict.fromkeys(found))


def _belonging(connection: Connection, table: str, record_id: bytes) -> list[Erasure]:
    if table == "visit":
        return retention.erasures(connection, record_id, whole=True)
    found = [Erasure(table, record_id)]
    if table == "household":
        for name in ("resident", "vehicle"):
            rows = connection.execute(f"SELECT {TABLES[name].key} FROM {name} WHERE household_id = ?", (record_id,))
            found += [Erasure(name, row[0]) for row in rows]
    return found


def erase_for_all(store: Store, erasures: Sequence[Erasure], *, staff_id: bytes, now_ms: int) -> None:
    """Erase records here, in the name of a person, to be erased everywhere; `now_ms` is UTC ms.

    All of it is in one transaction, which ends once the register has it, and is then gone from copies and log as far as
    no program is in the way. Raises FileTrouble where the disk refuses.
    """
    said = _said(store.connection, erasures)

    def forget_the_rest() -> None:
        forget_drafts(store.connection, said)
        register(store.home, erasures, now_ms)

    blobs.forget(store, [one.record_id for one in erasures if one.table == "attachment"])
    journal.erase_and_record(store, erasures, staff_id=staff_id, now_ms=now_ms, before_commit=forget_the_rest)
    forget_copies(store)


def erase_pulled(store: Store, told: Iterable[tuple[str, bytes]]) -> list[Erasure]:
    """Erase what HQ says was erased, with all that belongs to it here; a door is open. Return what to register."""
    connection = store.connection
    erasures = with_all(connection, told)
    if erasures:
        forget_drafts(connection, _said(connection, erasures))
        blobs.forget(store, [one.record_id for one in erasures if one.table == "attachment"])
        journal.erase_behind_door(connection, erasures)
    return erasures


def erase_told(store: Store, told: Iterable[tuple[str, bytes]], now_ms: int) -> None:
    """Erase what HQ says was erased, beside its log, and register it; `now_ms` is UTC ms. Raises FileTrouble."""
    with journal.apply(store):
        gone = erase_pulled(store, told)
        register(store.home, gone, now_ms)
    if gone:
        forget_copies(store)


def still_tell(connection: Connection, told: Iterable[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return which of these records, of which HQ has nothing personal, still have something personal here."""
    return [(table, record_id) for table, record_id in told if table in TABLES and _tells(connection, table, record_id)]


def _tells(connection: Connection, table: str, record_id: bytes) -> bool:
    private = [field.name for field in TABLES[table].fields if field.privacy is not Privacy.PLAIN]
    if not private:
        return False
    row = connection.execute(
        f"SELECT {', '.join(private)} FROM {table} WHERE {TABLES[table].key} = ?", (record_id,)
    ).fetchone()
    return any(row or ())


def _said(connection: Connection, erasures: Iterable[Erasure]) -> set[str]:
    """Return the values by which half-typed forms are found that are about these records."""
    said: set[str] = set()
    for one in erasures:
        if columns := _DRAFTED.get(one.table):
            key = TABLES[one.table].key
            row = connection.execute(
                f"SELECT {', '.join(columns)} FROM {one.table} WHERE {key} = ?", (one.record_id,)
            ).fetchone()
            said |= {value for value in row or () if isinstance(value, str) and len(value) > 1}
    return said


def forget_drafts(connection: Connection, said: Iterable[str]) -> None:
    """Take away half-typed forms that have one of these values; one too many is the lesser harm."""
    connection.executemany(
        "DELETE FROM draft WHERE instr(body, ?) > 0", [(json.dumps(one, ensure_ascii=False)[1:-1],) for one in said]
    )


def forget_copies(store: Store) -> None:
    """Take away the copies of the database that were made before it was brought up to date, and empty its log."""
    with plain_errors(store.home.database):
        for copy in store.home.database.parent.glob(f"{store.home.database.name}.before-version-*"):
            copy.unlink(missing_ok=True)
    retention.empty_log(store.connection)


def register_file(home: Home) -> Path:
    """Return where the register lies."""
    return home.database.with_name(home.database.name + ".erased")


def register(home: Home, erasures: Iterable[Erasure], now_ms: int) -> None:
    """Write down durably that these were erased; those that stand there already are left. Raises FileTrouble."""
    known = set(registered(home))
    lines = [
        f"{one.table} {id_text(one.record_id)} {now_ms}\n"
        for one in erasures
        if (one.table, one.record_id) not in known
    ]
    file = register_file(home)
    if not lines:
        return
    with plain_errors(file):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "a", encoding="ascii") as stream:
            stream.write("".join(lines))
            stream.flush()
            os.fsync(stream.fileno())
        sync_folder(file.parent)


def registered(home: Home) -> list[tuple[str, bytes]]:
    """Return what was erased, as (table, id), the first first; a line that was cut off is passed over."""
    try:
        lines = register_file(home).read_text("ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    found = []
    for line in lines:
        parts = line.split(" ")
        try:
            found.append((parts[0], parse_id(parts[1])))
        except (IndexError, ValueError):
            continue
    return found


def apply_register(home: Home, connection: Connection) -> None:
    """Erase in a restored file what was erased since it was written; in the caller's transaction."""
    erasures = with_all(connection, registered(home))
    if erasures:
        forget_drafts(connection, _said(connection, erasures))
        with journal.erasing(connection):
            journal.erase_behind_door(connection, erasures)
