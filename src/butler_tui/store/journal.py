"""The four doors into the synced tables, and no other way: `record`, `apply`, `erase`, `migrate`.

Each runs one transaction with a permit that the tables' guards ask for and that cannot be left behind (schema.sql).
`record` writes a use case's rows and their journal rows together, so a change is never saved without being due for
HQ, nor sent without being saved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import chain

from butler_tui.domain.changes import MOST_BYTES, MOST_CHANGES, Change, Value
from butler_tui.domain.fields import TABLES, Op, Privacy, Table
from butler_tui.domain.hlc import Stamp, tick
from butler_tui.errors import RuleBroken
from butler_tui.ids import id_after, id_text, new_id, parse_id
from butler_tui.store import base, derived, search_keys
from butler_tui.store.database import Connection, plain_errors, transaction
from butler_tui.store.journal_rows import journal_id, keep
from butler_tui.store.local import Store
from butler_tui.store.writing import select_sql, write
from butler_tui.store.written import Head, Written, change_for, follow
from butler_tui.words import N_


def record(
    store: Store,
    written: Sequence[Written],
    *,
    staff_id: bytes | None,
    now_ms: int,
    provided: Callable[[], None] | None = None,
) -> bytes:
    """Save one use case, durably: its rows and their journal rows in one transaction. Return its group id.

    `staff_id` is the acting person, None for set-up; `now_ms` is UTC ms. `provided` is called inside the transaction,
    before anything is written, and raises where another program has changed what the act rests on. Raises RuleBroken
    for a group larger than the protocol allows, FileTrouble where disk or file is in the way; then nothing is saved.
    """
    if not 0 < len(written) <= MOST_CHANGES:
        raise RuleBroken(N_("One act may change at most {most} records."), most=MOST_CHANGES)
    group_id = new_id(now_ms)
    cid = id_text(group_id)
    connection = store.connection
    with _acting(store):
        if provided is not None:
            provided()
        head = _head(connection)
        size = 0
        for one in written:
            write(store, TABLES[one.table], one.record_id, one.values)
            change = change_for(one, head, (cid, group_id), staff_id, now_ms)
            head, cid = follow(head, change), id_after(cid)
            size += keep(connection, journal_id(head.epoch_no, change.seq), change, head.link)
        if size > MOST_BYTES:
            raise RuleBroken(N_("That is too much text for one entry. Shorten the notes."))
        _keep_head(connection, head)
        derived.derive(connection, [(one.table, one.record_id, one.values) for one in written])
        for one in written:
            base.show_standing(store, one.table, one.record_id)
    return group_id


def record_again(
    store: Store, groups: Sequence[Sequence[Change]], *, now_ms: int, provided: Callable[[], None]
) -> None:
    """Write changes of this terminal down once more, as groups that HQ has not seen: what they say stays as it was.

    Their authors had seen no more of HQ's log than then, so what others wrote since stands against them. `provided` is
    called inside the transaction, as `record` does.
    """
    connection = store.connection
    with _acting(store):
        provided()
        head = _head(connection)
        for group in groups:
            group_id = id_text(new_id(now_ms))
            for one in group:
                again = replace(
                    one,
                    cid=id_text(new_id(now_ms)),
                    group_id=group_id,
                    epoch=id_text(head.epoch),
                    seq=head.seq + 1,
                    hlc=tick(head.stamp, now_ms),
                    seen=min(one.seen, _most_seen(connection, one.cid, head)),
                )
                head = follow(head, again)
                keep(connection, journal_id(head.epoch_no, again.seq), again, head.link)
        _keep_head(connection, head)
        for one in chain.from_iterable(groups):
            if not TABLES[one.table].once:
                base.show(store, one.table, parse_id(one.record_id))


def _most_seen(connection: Connection, cid: str, head: Head) -> int:
    """Return up to where HQ's present log is the one that a change of this journal had seen."""
    forked, fork_pos = connection.execute("SELECT fork_seq, fork_pos FROM sync_state").fetchone()
    (place,) = connection.execute("SELECT journal_id FROM journal WHERE cid = ?", (parse_id(cid),)).fetchone()
    before_fork = forked and place <= journal_id(head.epoch_no, forked)
    return int(fork_pos) if before_fork else head.seen


def record_anew(store: Store, one: Written, *, staff_id: bytes | None, now_ms: int, made_ms: int | None) -> None:
    """Write a change, in an act of its own, of a record that is there as it is, and of which no change is left.

    HQ has lost it. `now_ms` is UTC ms; so is `made_ms`, which its stamp claims where it is earlier. Raises FileTrouble
    where the disk refuses; then nothing is written.
    """
    connection = store.connection
    with plain_errors(store.home.database), transaction(connection):
        connection.execute("DELETE FROM base WHERE tbl = ? AND record_id = ?", (one.table, one.record_id))
        head = _head(connection)
        group_id = new_id(now_ms)
        change = change_for(one, head, (id_text(group_id), group_id), staff_id, now_ms)
        present = change.hlc
        if made_ms is not None:
            change = replace(change, hlc=min(Stamp(made_ms, 0), present))
        head = replace(follow(head, change), stamp=present)
        keep(connection, journal_id(head.epoch_no, change.seq), change, head.link)
        _keep_head(connection, head)


@contextmanager
def apply(store: Store) -> Iterator[Connection]:
    """Open the door for what HQ sent, in one transaction; there are no journal rows of it (store/pulled.py)."""
    with plain_errors(store.home.database), transaction(store.connection), _permit(store.connection, "apply"):
        yield store.connection


_REDACTED = "personal = NULL, salt = NULL"


@dataclass(frozen=True, slots=True)
class Erasure:
    """What is taken out of one record: all that is personal or secret, or some columns only."""

    table: str
    record_id: bytes
    columns: frozenset[str] | None = None


def erase(store: Store, table: str, record_id: bytes) -> None:
    """Take the personal and secret values of one record out of its row and its journal rows, in one transaction.

    Digests stay, so the audit chain still verifies. Required texts become empty; derived keys go too.
    """
    with plain_errors(store.home.database), transaction(store.connection) as connection, _permit(connection, "erase"):
        _erase(connection, Erasure(table, record_id))
        connection.execute(f"UPDATE journal SET {_REDACTED} WHERE tbl = ? AND record_id = ?", (table, record_id))


def erase_and_record(
    store: Store,
    erasures: Sequence[Erasure],
    *,
    staff_id: bytes,
    now_ms: int,
    before_commit: Callable[[], None] = lambda: None,
) -> None:
    """Erase records in rows and journal, in one transaction with the changes that will erase them everywhere.

    `staff_id` is the acting person, `now_ms` UTC ms; `before_commit` writes down elsewhere what must not be missing
    once it is done. Raises FileTrouble where the disk refuses.
    """
    connection = store.connection
    with _acting(store, "erase"):
        erase_behind_door(connection, erasures)
        head = _head(connection)
        group_id, cid = b"", ""
        for place, one in enumerate(erasures):
            if place % MOST_CHANGES == 0:
                group_id = new_id(now_ms)
                cid = id_text(group_id)
            written = Written(one.table, one.record_id, {})
            change = replace(change_for(written, head, (cid, group_id), staff_id, now_ms), op=Op.ERASE)
            head, cid = follow(head, change), id_after(cid)
            keep(connection, journal_id(head.epoch_no, change.seq), change, head.link)
        _keep_head(connection, head)
        before_commit()


@contextmanager
def erasing(connection: Connection) -> Iterator[None]:
    """Open the door for erasing in a file that is no terminal's yet, in the caller's transaction."""
    with _permit(connection, "erase"):
        yield


def erase_behind_door(connection: Connection, erasures: Sequence[Erasure]) -> None:
    """Erase records in rows, bases and journal; a door is open. The journal is walked once, where there are any.

    A first fetch takes page after page without one: each walk would hold up whoever saves.
    """
    if not erasures:
        return
    for one in erasures:
        _erase(connection, one)
    ids = json.dumps([one.record_id.hex() for one in erasures])
    connection.execute(
        f"UPDATE journal SET {_REDACTED} WHERE lower(hex(record_id)) IN (SELECT value FROM json_each(?))"
        " AND (personal IS NOT NULL OR salt IS NOT NULL)",
        (ids,),
    )


def erase_rows(store: Store, erasures: Sequence[Erasure]) -> None:
    """Erase from the rows of several records, all of them or none; their journal rows go before, by `redact`."""
    with plain_errors(store.home.database), transaction(store.connection), _permit(store.connection, "erase"):
        for one in erasures:
            _erase(store.connection, one)


def redact(store: Store, record_ids: Container[bytes], after: int, most: int = 1000) -> int | None:
    """Take the personal part out of those of the `most` journal rows after row `after` that tell of these records.

    Returns the row to go on after, None at the end: the journal has no index by record, which every save would pay
    for, so whoever erases many walks it once.
    """
    connection = store.connection
    with plain_errors(store.home.database):
        rows = connection.execute(
            "SELECT journal_id, record_id FROM journal WHERE journal_id > ? ORDER BY journal_id LIMIT ?", (after, most)
        ).fetchall()
        due = [(row[0],) for row in rows if row[1] in record_ids]
        if due:
            with transaction(connection):
                connection.executemany(f"UPDATE journal SET {_REDACTED} WHERE journal_id = ?", due)
    return rows[-1][0] if len(rows) == most else None


def _erase(connection: Connection, erasure: Erasure) -> None:
    table, record_id = erasure.table, erasure.record_id
    described = TABLES[table]
    whole = erasure.columns is None
    wanted = (field for field in described.fields if erasure.columns is None or field.name in erasure.columns)
    private = [field.name for field in wanted if field.privacy is not Privacy.PLAIN]
    keys = [name for name in described.derived if whole and (name.endswith("_key") or name == "original")]
    before = connection.execute(select_sql(table, described.key, tuple(private)), (record_id,)).fetchone()
    required = {row["name"] for row in connection.execute(f"PRAGMA table_info({table})") if row["notnull"]}
    left = _as_put(connection, described, record_id) if whole else {}
    for name in private + keys:
        left[name] = None if name not in required else b"" if name == "sealed" else ""
    for name, value in left.items():
        connection.execute(f"UPDATE {table} SET {name} = ? WHERE {described.key} = ?", (value, record_id))
    search_keys.forget(connection, table, dict(before) if before else {})
    if whole:
        base.erase(connection, table, record_id)


def _as_put(connection: Connection, described: Table, record_id: bytes) -> dict[str, Value]:
    """Return the plain values that corrections have changed, as they were put: what a correction said is erased."""
    if "original" not in described.derived:
        return {}
    query = select_sql(described.name, described.key, ("original",))
    row = connection.execute(query, (record_id,)).fetchone()
    before = base.stored(described, json.loads(row["original"])) if row is not None and row["original"] else {}
    plain = {field.name for field in described.fields if field.privacy is Privacy.PLAIN}
    return {name: value for name, value in before.items() if name in plain}


@contextmanager
def migrate(connection: Connection) -> Iterator[Connection]:
    """Open the door for a migration: synced tables may be rewritten, in the caller's transaction or one of its own."""
    with nullcontext() if connection.in_transaction else transaction(connection), _permit(connection, "migrate"):
        yield connection


@contextmanager
def _acting(store: Store, door: str = "record") -> Iterator[None]:
    """Run what a person does as one transaction behind a door, in the file that will be opened the next time, too."""
    with plain_errors(store.home.database), transaction(store.connection), _permit(store.connection, door):
        store.require_in_place()
        yield


@contextmanager
def _permit(connection: Connection, door: str) -> Iterator[None]:
    connection.execute("INSERT INTO permit (door) VALUES (?)", (door,))
    yield
    connection.execute("DELETE FROM permit")


def _head(connection: Connection) -> Head:
    row = connection.execute(
        "SELECT s.epoch_no, e.epoch, s.last_seq, s.last_link, s.hlc_ms, s.hlc_counter, s.pos "
        "FROM sync_state s JOIN epoch e USING (epoch_no)"
    ).fetchone()
    return Head(row[0], row[1], row[2], row[3], Stamp(row[4], row[5]), row[6])


def _keep_head(connection: Connection, head: Head) -> None:
    connection.execute(
        "UPDATE sync_state SET last_seq = ?, last_link = ?, hlc_ms = ?, hlc_counter = ?",
        (head.seq, head.link, *head.stamp),
    )
