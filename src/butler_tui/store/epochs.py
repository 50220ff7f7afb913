"""A new incarnation of a file that was restored or copied: a new epoch, and its journal issued again in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.ids import new_id
from butler_tui.store.database import Connection
from butler_tui.store.journal_rows import change_of, journal_id


@dataclass(frozen=True, slots=True)
class Planned:
    """The chain of a new epoch: the rows of the journal that are due, each one's link there, and the one before."""

    before: bytes
    due: tuple[int, ...]
    links: tuple[bytes, ...]


def planned(connection: Connection, *, whole: bool = False) -> Planned:
    """Work out what `roll_epoch` will need, while everybody may write: what they do is added there."""
    state = _state(connection)
    before, due = _due(connection, state, whole)
    return Planned(before, due, tuple(_links(connection, due, before)))


def roll_epoch(connection: Connection, now_ms: int, *, whole: bool = False, plan: Planned | None = None) -> int:
    """Begin a new epoch at `now_ms` (UTC ms), and return how many changes stand in it, all due for HQ again.

    The changes keep their cids, so HQ takes each of them once, whichever it has already, and their order: the oldest,
    where HQ has it, stays in the old epoch, and its link is where the new epoch's chain begins. With `whole`, what
    stands in older epochs is issued again too, for an HQ that has lost even that. Runs in the caller's transaction,
    which keeps a guard's save waiting: with a `plan`, only for as long as it takes to put the rows in their places.
    """
    state = _state(connection)
    before, due = _due(connection, state, whole)
    links: list[bytes] = []
    if plan is not None and plan.before == before and plan.due == due[: len(plan.due)]:
        links += plan.links
    links += _links(connection, due[len(links) :], links[-1] if links else before)
    _move(connection, due, links, state["next"])
    # All that is left is due again, without a gap; that some was let go of before stays known.
    connection.execute("DELETE FROM acked_mark WHERE at_ms > 0")
    connection.execute(
        "INSERT INTO epoch (epoch_no, epoch, opened_ms) VALUES (?, ?, ?)", (state["next"], new_id(now_ms), now_ms)
    )
    forked = journal_id(state["epoch_no"], state["fork_seq"])
    connection.execute(
        # What was written before HQ was restored has seen no more than both logs share; what came after it has.
        "UPDATE sync_state SET epoch_no = ?, last_seq = ?, last_link = ?, acked_seq = 0, fork_seq = ?",
        (state["next"], len(due), links[-1] if links else before, sum(moved <= forked for moved in due)),
    )
    return len(due)


def _state(connection: Connection) -> dict[str, int]:
    row = connection.execute(
        "SELECT epoch_no, acked_seq, fork_seq, (SELECT max(epoch_no) FROM epoch) + 1 AS next FROM sync_state"
    ).fetchone()
    return dict(row)


def _due(connection: Connection, state: dict[str, int], whole: bool) -> tuple[bytes, tuple[int, ...]]:
    """Return the link before the new epoch's chain, and the rows of the journal that are due in it."""
    begins, acked = journal_id(state["epoch_no"], 0), journal_id(state["epoch_no"], state["acked_seq"])
    if whole:
        begins = acked = 0
    # Whatever stayed behind but the oldest would come before what was written before it, the next time.
    (stays,) = connection.execute(
        "SELECT min(journal_id) FROM journal WHERE journal_id > ? AND journal_id <= ?", (begins, acked)
    ).fetchone()
    after = (stays or begins,)
    before = connection.execute(
        "SELECT link FROM journal WHERE journal_id <= ? ORDER BY journal_id DESC LIMIT 1", after
    ).fetchone()
    due = connection.execute("SELECT journal_id FROM journal WHERE journal_id > ? ORDER BY journal_id", after)
    return bytes(before[0]) if before else FIRST_LINK, tuple(row[0] for row in due)


def _links(connection: Connection, due: Sequence[int], link: bytes) -> Iterator[bytes]:
    """Yield the links of these rows, the first of which follows on `link`; an epoch is not in them."""
    for place in due:
        row = connection.execute("SELECT * FROM journal WHERE journal_id = ?", (place,)).fetchone()
        link = change_of(row, bytes(16)).link(link)
        yield link


def _move(connection: Connection, due: Sequence[int], links: Sequence[bytes], epoch_no: int) -> None:
    """Give these journal rows their places in the epoch and their links there, all at once."""
    connection.execute("CREATE TEMP TABLE moving (moved INTEGER PRIMARY KEY, place INTEGER, link BLOB)")
    connection.executemany(
        "INSERT INTO moving VALUES (?, ?, ?)",
        [(moved, journal_id(epoch_no, seq), link) for seq, (moved, link) in enumerate(zip(due, links, strict=True), 1)],
    )
    for change in (
        "UPDATE journal SET journal_id = m.place, link = m.link FROM moving m WHERE journal.journal_id = m.moved",
        "UPDATE pending SET journal_id = m.place FROM moving m WHERE pending.journal_id = m.moved",
        "DROP TABLE moving",
    ):
        connection.execute(change)
