"""Letting go of changes that are safe at HQ: of what is in its verified backup, and was acknowledged 35 days ago.

The journal does not know at which position HQ has a change. So an acknowledgement leaves a mark now and then: up to
this change, HQ had everything when its log ended at `pos`. What is let go of leaves gaps in the numbers; the change
before the first one kept stays, since the chain goes on from its link, and so do the first and the last change of each
day: by them retention tells what this computer's clock has lived through (domain/retention.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from butler_tui.ids import id_text, ms_of
from butler_tui.store.database import Connection, Row, transaction
from butler_tui.store.journal_rows import journal_id, pruned_to
from butler_tui.store.lost import WAITS

DAY_MS = 86_400_000
KEPT_MS = 35 * DAY_MS
"""For so long a change stays after HQ had it, whatever HQ says: its disk can die too."""
_EVERY_MS = DAY_MS // 4
"""Of acknowledgements within so long, one mark stays: the last."""
_AT_ONCE = 500


class Hole(NamedTuple):
    """Numbers of an epoch (UUID text), `first` to `last`, of which `gone` are neither here any more nor at HQ."""

    epoch: str
    first: int
    last: int
    gone: int
    told: bool = False


def mark_acknowledged(connection: Connection, pos: int, server_ms: int) -> None:
    """Note that HQ, whose log ends at `pos` or before, has all up to `acked_seq`; `server_ms` is its time (UTC ms).

    Runs in the caller's transaction.
    """
    (acked,) = connection.execute("SELECT epoch_no << 40 | acked_seq FROM sync_state").fetchone()
    last = connection.execute("SELECT * FROM acked_mark ORDER BY journal_id DESC LIMIT 1").fetchone()
    if last is not None and last["journal_id"] >= acked:
        return
    if last is not None and last["at_ms"] and last["at_ms"] // _EVERY_MS == server_ms // _EVERY_MS:
        connection.execute("DELETE FROM acked_mark WHERE journal_id = ?", (last["journal_id"],))
    connection.execute("INSERT INTO acked_mark (journal_id, pos, at_ms) VALUES (?, ?, ?)", (acked, pos, server_ms))


def prune(connection: Connection, server_ms: int, breathe: Callable[[], None] = lambda: None) -> int:
    """Let go of what may go at `server_ms` (HQ's time, UTC ms), a little at a time; return how many changes it was.

    Never of what HQ has not acknowledged, holds back, or has not sent back yet, nor of what was written in the same
    record after such a change: by it a screen knows that this is the later word. Nor of an erasure: an HQ that was
    restored to before it must hear of it again.
    """
    (upto,) = connection.execute(
        "SELECT max(m.journal_id) FROM acked_mark m, sync_state s WHERE m.pos <= s.durable_pos AND m.at_ms <= ?"
        " AND m.journal_id > s.epoch_no << 40 AND m.journal_id <= s.epoch_no << 40 | s.acked_seq",
        (server_ms - KEPT_MS,),
    ).fetchone()
    return sum(_pruned(connection, upto, breathe)) if upto is not None else 0


def _pruned(connection: Connection, upto: int, breathe: Callable[[], None]) -> Iterator[int]:
    """Let go of changes before row `upto`, and yield how many, a transaction each."""
    after, before = pruned_to(connection), None
    while True:
        rows = connection.execute(
            "SELECT journal_id, cid, op = 'erase'"
            f" OR EXISTS (SELECT 1 FROM quarantine q WHERE q.cid = j.cid AND q.{WAITS})"
            " OR EXISTS (SELECT 1 FROM pending p WHERE p.tbl = j.tbl AND p.record_id = j.record_id"
            " AND p.journal_id <= j.journal_id) AS needed"
            " FROM journal j WHERE journal_id > ? AND journal_id <= ? ORDER BY journal_id LIMIT ?",
            (after, upto, _AT_ONCE + 1),
        ).fetchall()
        if len(rows) < 2:
            return
        due = _due(rows, before)
        after, before = rows[-2]["journal_id"], _day(rows[-2])
        with transaction(connection):
            connection.executemany("DELETE FROM journal WHERE journal_id = ?", [(one,) for one in due])
            connection.execute("DELETE FROM acked_mark WHERE journal_id <= ?", (after,))
            connection.execute("INSERT INTO acked_mark (journal_id, pos, at_ms) VALUES (?, 0, 0)", (after,))
        yield len(due)
        breathe()


def _due(rows: Sequence[Row], day_before: int | None) -> list[int]:
    """Return which of these rows may go, but for the last, which tells what follows the one before it."""
    due = []
    for row, following in pairwise(rows):
        if not row["needed"] and _day(row) == day_before == _day(following):
            due.append(row["journal_id"])
        day_before = _day(row)
    return due


def _day(row: Row) -> int:
    return ms_of(row["cid"]) // DAY_MS


def note_hole(connection: Connection, last_seq: int) -> Hole | None:
    """Note which changes after `last_seq`, the last that HQ has of this epoch, are not here any more; None: all are."""
    row = connection.execute("SELECT epoch_no, epoch FROM sync_state JOIN epoch USING (epoch_no)").fetchone()
    first, last = journal_id(row["epoch_no"], last_seq + 1), pruned_to(connection)
    if last < first:
        return None
    there = "SELECT count(*) FROM journal WHERE journal_id BETWEEN ? AND ?"
    (left,) = connection.execute(there, (first, last)).fetchone()
    gone = last - first + 1 - left
    if not gone:
        return None
    hole = Hole(id_text(row["epoch"]), last_seq + 1, last - journal_id(row["epoch_no"], 0), gone)
    connection.execute("UPDATE sync_state SET hole = ?", (json.dumps(hole),))
    return hole


def note_older_hole(connection: Connection) -> None:
    """Note that HQ may have lost what earlier epochs of this file have let go of: comparing shows it, by records.

    Nobody is told of numbers, since HQ may have all of them.
    """
    row = connection.execute(
        "SELECT epoch FROM sync_state JOIN epoch USING (epoch_no) WHERE EXISTS"
        " (SELECT 1 FROM acked_mark WHERE at_ms = 0 AND journal_id < epoch_no << 40)"
    ).fetchone()
    if row is not None and hole(connection) is None:
        silent = Hole(id_text(row["epoch"]), 0, 0, 0, told=True)
        connection.execute("UPDATE sync_state SET hole = ?", (json.dumps(silent),))


def hole(connection: Connection) -> Hole | None:
    """Return what HQ lost and is not here any more, until what is left of it was sent again."""
    (text,) = connection.execute("SELECT hole FROM sync_state").fetchone()
    return Hole(*json.loads(text)) if text else None


def note_told(connection: Connection) -> None:
    """Note that HQ was told of it."""
    known = hole(connection)
    if known is not None:
        connection.execute("UPDATE sync_state SET hole = ?", (json.dumps(known._replace(told=True)),))


def forget_hole(connection: Connection) -> None:
    """Note that what is left of it was sent again."""
    connection.execute("UPDATE sync_state SET hole = NULL WHERE hole IS NOT NULL")
