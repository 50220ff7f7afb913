"""A new incarnation of a file that was restored or copied: a new epoch, and its journal issued again in it."""

from __future__ import annotations

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.ids import new_id
from butler_tui.store.database import Connection
from butler_tui.store.journal_rows import change_of, journal_id


def roll_epoch(connection: Connection, now_ms: int, *, whole: bool = False) -> int:
    """Begin a new epoch at `now_ms` (UTC ms), and return how many changes stand in it, all due for HQ again.

    The changes keep their cids, so HQ takes each of them once, whichever it has already, and their order: the oldest,
    where HQ has it, stays in the old epoch, and its link is where the new epoch's chain begins. With `whole`, what
    stands in older epochs is issued again too, for an HQ that has lost even that. Runs in the caller's transaction.
    """
    state = connection.execute(
        "SELECT s.epoch_no, s.acked_seq, s.fork_seq, e.epoch, (SELECT max(epoch_no) FROM epoch) + 1 AS next"
        " FROM sync_state s JOIN epoch e USING (epoch_no)"
    ).fetchone()
    begins, acked = journal_id(state["epoch_no"], 0), journal_id(state["epoch_no"], state["acked_seq"])
    if whole:
        begins = acked = 0
    # Whatever stayed behind but the oldest would come before what was written before it, the next time.
    (stays,) = connection.execute(
        "SELECT min(journal_id) FROM journal WHERE journal_id > ? AND journal_id <= ?", (begins, acked)
    ).fetchone()
    before = connection.execute(
        "SELECT link FROM journal WHERE journal_id <= ? ORDER BY journal_id DESC LIMIT 1", (stays or begins,)
    ).fetchone()
    link = bytes(before[0]) if before else FIRST_LINK
    due = connection.execute(
        "SELECT journal_id FROM journal WHERE journal_id > ? ORDER BY journal_id", (stays or begins,)
    ).fetchall()
    for seq, (moved,) in enumerate(due, 1):
        link = _issue_again(connection, moved, journal_id(state["next"], seq), state["epoch"], link)
    connection.execute("DELETE FROM acked_mark")  # all that is left is due again, without a gap
    connection.execute(
        "INSERT INTO epoch (epoch_no, epoch, opened_ms) VALUES (?, ?, ?)", (state["next"], new_id(now_ms), now_ms)
    )
    forked = journal_id(state["epoch_no"], state["fork_seq"])
    connection.execute(
        # What was written before HQ was restored has seen no more than both logs share; what came after it has.
        "UPDATE sync_state SET epoch_no = ?, last_seq = ?, last_link = ?, acked_seq = 0, fork_seq = ?",
        (state["next"], len(due), link, sum(moved <= forked for (moved,) in due)),
    )
    return len(due)


def _issue_again(connection: Connection, moved: int, place: int, epoch: bytes, before: bytes) -> bytes:
    """Give the journal row `moved` its place in the new epoch, after the link `before`; return its own link."""
    row = connection.execute("SELECT * FROM journal WHERE journal_id = ?", (moved,)).fetchone()
    link = change_of(row, epoch).link(before)
    connection.execute("UPDATE journal SET journal_id = ?, link = ? WHERE journal_id = ?", (place, link, moved))
    connection.execute(
        "UPDATE pending SET journal_id = ? WHERE tbl = ? AND record_id = ? AND journal_id = ?",
        (place, row["tbl"], row["record_id"], moved),
    )
    return link
