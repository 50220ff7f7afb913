"""Fetching all records as they are: where that stands, and what becomes of own changes once all have come."""

from __future__ import annotations

from collections.abc import Collection

from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_text
from butler_tui.store import base, lost
from butler_tui.store.database import Connection, Row
from butler_tui.store.journal import apply
from butler_tui.store.journal_rows import journal_id
from butler_tui.store.local import Store
from butler_tui.store.pulled import Upto, stand_at

_HELD_HERE = f"SELECT journal_id FROM journal JOIN quarantine USING (cid) WHERE {lost.WAITS}"


def begin_whole(connection: Connection, upto: int) -> None:
    """Write down that all records are fetched as they were at `upto`, and what HQ had of the own changes by then."""
    connection.execute(
        "UPDATE sync_state SET whole_upto = ?, whole_acked = epoch_no << 40 | acked_seq WHERE whole_upto IS NULL",
        (upto,),
    )


def go_on_whole(connection: Connection, after: str) -> None:
    """Write down the last record that has come."""
    connection.execute("UPDATE sync_state SET whole_after = ?", (after,))


def end_whole(store: Store, upto: Upto, held: Collection[str] | None = None) -> None:
    """All records have come: own changes that HQ had by then are in them, and the log goes on from `upto`.

    `held` are those (cids) that HQ still holds back, None where it did not say: they stay on top of what is shown.
    """
    with apply(store) as connection:
        (acked,) = connection.execute("SELECT whole_acked FROM sync_state").fetchone()
        if held is not None:
            _keep_held(connection, acked, held)
        came = f"journal_id <= ? AND journal_id NOT IN ({_HELD_HERE})"
        due = connection.execute(f"SELECT DISTINCT tbl, record_id FROM pending WHERE {came}", (acked,)).fetchall()
        connection.execute(f"DELETE FROM pending WHERE {came}", (acked,))
        for tbl, record_id in due:
            base.show(store, tbl, record_id)
        connection.execute("UPDATE sync_state SET whole_upto = NULL, whole_after = NULL, whole_acked = NULL")
        latest = connection.execute("SELECT hlc_ms, hlc_counter FROM sync_state").fetchone()
        stand_at(connection, upto, Stamp(*latest))


def _keep_held(connection: Connection, acked: int, held: Collection[str]) -> None:
    """Of the marks of changes up to row `acked` keep those that HQ still holds: the rest was let go of meanwhile.

    HQ says it of the present epoch only: of what stands in an older one, what stands in a base has come.
    """
    (epoch_no,) = connection.execute("SELECT epoch_no FROM sync_state").fetchone()
    marked = connection.execute(
        "SELECT journal_id, cid, tbl, record_id FROM journal JOIN quarantine USING (cid) WHERE journal_id <= ?",
        (acked,),
    ).fetchall()
    for row in marked:
        present = row["journal_id"] > journal_id(epoch_no, 0)
        stands = id_text(row["cid"]) in held if present else not _has_come(connection, row)
        if not stands:
            connection.execute("DELETE FROM quarantine WHERE cid = ?", (row["cid"],))


def _has_come(connection: Connection, row: Row) -> bool:
    known = base.read(connection, row["tbl"], row["record_id"])
    if known is None:
        return False
    losers = (one.stamp for kept in known.state.kept.values() for one in kept)
    return id_text(row["cid"]) in {stamp.cid for stamp in (*known.state.stamps.values(), *losers)}
