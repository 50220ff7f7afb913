"""Making what was read of a damaged file whole again: its state, its journal, and records that the journal still has.

A record whose row is gone is written anew from its changes. The journal is issued again in a new epoch, under the
same cids: HQ takes what it lacks, and counts the rest as taken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Value, from_wire
from butler_tui.domain.fields import TABLES, Privacy, Table
from butler_tui.ids import new_id
from butler_tui.store import derived, search_keys
from butler_tui.store.database import Connection, IntegrityError, Row
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.journal_rows import journal_id, pruned_to
from butler_tui.store.local import Store
from butler_tui.store.salvage_reissue import reissue
from butler_tui.store.salvage_rows import Tally
from butler_tui.store.writing import write

_MOST_GAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Mended:
    """Records written anew, by table; changes due for HQ; and how many changes are gone that HQ may not have.

    `reissued` changes are among those due: they were gone, and their records are there. `unsent` is None where nobody
    can tell.
    """

    rebuilt: Counter[str]
    reissued: int
    due: int
    unsent: int | None


def mend(store: Store, tally: Tally, now_ms: int) -> Mended:
    """Make a file that was filled whole, at `now_ms` (UTC ms); adds to `tally` what the journal says is missing.

    Runs in a transaction with the `migrate` door open.
    """
    connection = store.connection
    _mend_state(connection, now_ms)
    gone = _count_gaps(connection, tally)
    rebuilt = _rebuild(store, tally)
    reissued = reissue(connection, gone, now_ms) if tally.stands else 0
    search_keys.make_all(connection)
    due = roll_epoch(connection, now_ms)
    _ask_for_everything(connection)
    return Mended(rebuilt, reissued, due, len(gone) - reissued if tally.stands else None)


def _mend_state(connection: Connection, now_ms: int) -> None:
    """Let the one row of state stand at the end of the journal, whatever of it could be read."""
    connection.execute("INSERT OR IGNORE INTO terminal (one) VALUES (1)")
    connection.execute("INSERT OR IGNORE INTO sync_state (one, epoch_no, last_link) VALUES (1, 1, ?)", (FIRST_LINK,))
    connection.execute(
        "UPDATE sync_state SET acked_seq = 0, last_seq = 0, epoch_no = top FROM (SELECT max("
        "coalesce((SELECT max(epoch_no) FROM journal), 0), coalesce((SELECT max(epoch_no) FROM epoch), 1)) AS top)"
        " WHERE epoch_no < top"
    )
    connection.execute(
        "UPDATE sync_state SET last_seq = max(last_seq, coalesce((SELECT max(seq) FROM journal"
        " WHERE journal_id > epoch_no << 40 AND journal.epoch_no = sync_state.epoch_no), 0))"
    )
    last = connection.execute(
        "SELECT hlc_ms, hlc_counter FROM journal UNION ALL SELECT hlc_ms, hlc_counter FROM sync_state"
        " ORDER BY 1 DESC, 2 DESC LIMIT 1"
    ).fetchone()
    connection.execute("UPDATE sync_state SET hlc_ms = ?, hlc_counter = ?, acked_seq = min(acked_seq, last_seq)", last)
    connection.execute("DELETE FROM pending WHERE journal_id NOT IN (SELECT journal_id FROM journal)")
    (known,) = connection.execute("SELECT count(*) FROM epoch JOIN sync_state USING (epoch_no)").fetchone()
    if not known:
        connection.execute(
            "INSERT INTO epoch (epoch_no, epoch, opened_ms) SELECT epoch_no, ?, ? FROM sync_state",
            (new_id(now_ms), now_ms),
        )


def _ask_for_everything(connection: Connection) -> None:
    """Let the next pull fetch all records anew: whatever HQ sent before may be among what is gone.

    Until then own changes stand on top of whatever comes, since HQ has them only after the next push.
    """
    connection.execute(
        "UPDATE sync_state SET pos = 0, pos_cid = NULL, scope_gen = 0, durable_pos = 0, whole_after = '',"
        " whole_upto = NULL, whole_acked = NULL"
    )
    connection.execute("DELETE FROM pull_mark")
    profiles = [table.name for table in TABLES.values() if not table.once]
    connection.execute(
        "INSERT OR IGNORE INTO pending (tbl, record_id, journal_id) SELECT tbl, record_id, journal_id FROM journal"
        " WHERE journal_id > (SELECT epoch_no << 40 FROM sync_state)"
        f" AND tbl IN ({', '.join('?' * len(profiles))})",
        profiles,
    )


def _count_gaps(connection: Connection, tally: Tally) -> list[int]:
    """Note every number of the present epoch that the journal lacks; return those that HQ may not have."""
    epoch_no, acked, last = connection.execute("SELECT epoch_no, acked_seq, last_seq FROM sync_state").fetchone()
    rows = connection.execute(
        "SELECT seq FROM journal WHERE journal_id > ? ORDER BY journal_id", (journal_id(epoch_no, 0),)
    )
    gone: set[int] = set()
    # What HQ has taken may have been pruned from the front; from there on every number has to be here.
    pruned = pruned_to(connection) - journal_id(epoch_no, 0)
    before: int = max(acked, pruned)
    for (seq,) in rows:
        if seq <= pruned:
            continue
        if seq > before + 1 and len(gone) < _MOST_GAP:
            gone.update(range(before + 1, seq))
        before = max(before, seq) if seq > acked or gone else seq
    gone.update(range(before + 1, min(last, before + _MOST_GAP) + 1))
    if gone:
        tally.missing.setdefault("journal", set()).update(journal_id(epoch_no, seq) for seq in gone)
    return [seq for seq in gone if seq > acked]


def _rebuild(store: Store, tally: Tally) -> Counter[str]:
    """Write the records anew of which only the journal is left; return how many, by table."""
    rebuilt: Counter[str] = Counter()
    touched: list[derived.Touched] = []
    for table in TABLES.values():
        missing = tally.missing.setdefault(table.name, set())
        for record_id, changes in _of_missing(store.connection, table):
            missing.add(record_id)
            values = _folded(store.connection, table, changes)
            try:
                write(store, table, record_id, values)
            except IntegrityError:  # the change that made it is gone too
                continue
            missing.discard(record_id)
            rebuilt[table.name] += 1
            touched.append((table.name, record_id, values))
    derived.derive(store.connection, touched)
    return rebuilt


def _of_missing(connection: Connection, table: Table) -> Iterable[tuple[bytes, list[Row]]]:
    """Return the changes, in their order, of each record that has no row."""
    found: dict[bytes, list[Row]] = {}
    for row in connection.execute(
        f"SELECT * FROM journal WHERE tbl = ? AND NOT EXISTS (SELECT 1 FROM {table.name} WHERE {table.key} = record_id)"
        " ORDER BY hlc_ms, hlc_counter, journal_id",
        (table.name,),
    ):
        found.setdefault(bytes(row["record_id"]), []).append(row)
    return found.items()


def _folded(connection: Connection, table: Table, changes: Sequence[Row]) -> dict[str, Value]:
    """Return what the changes of a record come to; where they were redacted, what is personal stays erased."""
    values: dict[str, Value] = {}
    for row in changes:
        told = {**json.loads(row["fields"]), **json.loads(row["personal"] or "{}")}
        for name, value in told.items():
            field = table.field(name)
            if field is not None:
                values[name] = from_wire(field.kind, value)
    if any(row["personal"] is None and row["personal_digest"] is not None for row in changes):
        required = {row["name"] for row in connection.execute(f"PRAGMA table_info({table.name})") if row["notnull"]}
        for field in table.fields:
            if field.privacy is not Privacy.PLAIN:
                values.pop(field.name, None)
                if field.name in required:
                    values[field.name] = b"" if field.name == "sealed" else ""
    return values
