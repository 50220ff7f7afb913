"""Beginning anew with HQ: all records are fetched as they are, of what this terminal may see or of a restored log."""

from __future__ import annotations

from butler_tui.domain.fields import TABLES
from butler_tui.store import epochs
from butler_tui.store.database import Connection, transaction
from butler_tui.store.lost import APART

_WHOLE = "whole_after = '', whole_upto = NULL, whole_acked = NULL"


def begin_anew(connection: Connection, scope_gen: int, kind: str) -> None:
    """Fetch all records anew, in what is from now on this terminal's scope; own changes meanwhile have seen none."""
    with transaction(connection):
        connection.execute(f"UPDATE sync_state SET pos = 0, pos_cid = NULL, scope_gen = ?, {_WHOLE}", (scope_gen,))
        connection.execute("UPDATE terminal SET kind = ?", (kind,))


def fork(connection: Connection, *, hq_gen: str, pos: int, last_seq: int, intact: bool, now_ms: int) -> bool:
    """HQ was restored: its log is the one that was pulled up to `pos` only, and has this epoch up to `last_seq`.

    Everything is fetched anew, and what HQ has lost is due again, whatever it once said of it. That begins a new epoch,
    of which this tells, where some of it stands in older ones, or the present one is not `intact`: changes are missing
    in it after `last_seq`. All of it is one transaction, since HQ never tells of it again. `now_ms` is UTC ms.
    """
    rolls = not intact or _has_older_epochs(connection)
    plan = epochs.planned(connection, whole=True) if rolls else None
    with transaction(connection):
        _part(connection, hq_gen, pos, last_seq, now_ms)
        if rolls:
            epochs.roll_epoch(connection, now_ms, whole=True, plan=plan)
    return rolls


def _part(connection: Connection, hq_gen: str, pos: int, acked_seq: int, now_ms: int) -> None:
    """Write down where the logs part. What is known of records from after `pos` is of another log: each counts as kept
    apart until this one brings it."""
    connection.execute(
        "INSERT OR IGNORE INTO quarantine (cid, reason, at_ms) SELECT DISTINCT record_id, ?, ? FROM base WHERE pos > ?",
        (APART, now_ms, pos),
    )
    connection.execute("DELETE FROM pull_mark WHERE pos > ?", (pos,))
    connection.execute("DELETE FROM acked_mark WHERE at_ms > 0")
    connection.execute(
        # What was written before an earlier fork has seen no more of this log than of that one.
        "UPDATE sync_state SET fork_pos = CASE WHEN fork_seq > 0 THEN min(fork_pos, ?2) ELSE ?2 END,"
        " hq_gen = ?1, fork_seq = last_seq, acked_seq = ?3, pos = ?2,"
        f" pos_cid = (SELECT cid FROM pull_mark WHERE pos = ?2), {_WHOLE}",
        (hq_gen, pos, acked_seq),
    )
    lost = "SELECT {} FROM journal WHERE journal_id > (SELECT epoch_no << 40 | acked_seq FROM sync_state)"
    connection.execute(f"DELETE FROM quarantine WHERE cid IN ({lost.format('cid')})")
    profiles = [table.name for table in TABLES.values() if not table.once]
    connection.execute(
        f"INSERT OR IGNORE INTO pending (tbl, record_id, journal_id) {lost.format('tbl, record_id, journal_id')}"
        f" AND tbl IN ({', '.join('?' * len(profiles))})",
        profiles,
    )


def fetch_all(connection: Connection) -> None:
    """Fetch all records as they are, before HQ's log is followed for the first time."""
    connection.execute(f"UPDATE sync_state SET {_WHOLE}")


def _has_older_epochs(connection: Connection) -> bool:
    """Tell whether the journal has changes of an earlier incarnation of this file."""
    first = "SELECT 1 FROM journal WHERE journal_id < (SELECT epoch_no << 40 FROM sync_state) LIMIT 1"
    return connection.execute(first).fetchone() is not None
