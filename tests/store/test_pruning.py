"""What may be let go of, what never is, and that everything that reads the journal copes with what is gone."""

from __future__ import annotations

import pytest

from butler_tui.domain.retention import lived
from butler_tui.errors import RuleBroken
from butler_tui.ids import id_text, new_id
from butler_tui.store import pruning, retention, sync_state
from butler_tui.store.database import transaction
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store
from butler_tui.store.pruning import DAY_MS, KEPT_MS, prune
from butler_tui.store.written import Written

pytestmark = pytest.mark.usefixtures("english")
DAY = 20_800
"""A day, counted from 1970."""
LATER = (DAY + 1) * DAY_MS + KEPT_MS


def write(store: Store, count: int, day: float = DAY) -> None:
    """Write so many changes, each an act of its own, within an hour of a day."""
    for number in range(count):
        at_ms = int(day * DAY_MS) + number * 1000
        record(
            store, [Written("audit", new_id(at_ms), {"act": "unmasked", "at_ms": at_ms})], staff_id=None, now_ms=at_ms
        )


def take(store: Store, seq: int, *, head: int, day: float = DAY, held: tuple[tuple[str, str], ...] = ()) -> None:
    sync_state.acknowledge(store.connection, acked_seq=seq, quarantined=held, now_ms=int(day * DAY_MS), head=head)


def durable(store: Store, pos: int) -> None:
    store.connection.execute("UPDATE sync_state SET durable_pos = ?", (pos,))


def seqs(store: Store) -> list[int]:
    return [row[0] for row in store.connection.execute("SELECT seq FROM journal ORDER BY journal_id")]


def marks(store: Store) -> list[tuple[int, int, int]]:
    rows = store.connection.execute("SELECT journal_id & 0xFFFFFFFFFF, pos, at_ms FROM acked_mark ORDER BY 1")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("durable_pos", "now_ms", "goes"),
    [(100, LATER, True), (99, LATER, False), (100, DAY * DAY_MS + KEPT_MS - 1, False), (0, LATER * 2, False)],
)
def test_both_a_verified_backup_and_thirty_five_days_are_needed(
    store: Store, durable_pos: int, now_ms: int, goes: bool
) -> None:
    write(store, 10)
    take(store, 8, head=100)
    durable(store, durable_pos)

    assert prune(store.connection, now_ms) == (6 if goes else 0)

    assert seqs(store) == ([1, 8, 9, 10] if goes else list(range(1, 11)))
    assert prune(store.connection, now_ms) == 0
    assert sync_state.position(store.connection).acked_cid is not None
    batch = sync_state.batch_after(store.connection, sync_state.position(store.connection), 100)
    assert batch is not None
    assert [change.seq for change in batch.changes] == [9, 10]


def test_what_hq_holds_back_or_has_not_sent_back_stays(store: Store) -> None:
    write(store, 4)
    record(store, [Written("gate", new_id(1), {"name": "东门"})], staff_id=None, now_ms=DAY * DAY_MS + 5000)
    write(store, 5)
    (cid,) = store.connection.execute("SELECT cid FROM journal WHERE seq = 3").fetchone()
    take(store, 10, head=10, held=((id_text(cid), "not_allowed"),))
    durable(store, 10)

    prune(store.connection, LATER)

    assert seqs(store) == [1, 3, 5, 10]
    assert len(sync_state.status(store.connection).quarantined) == 1
    assert verify_chain(store.connection) == 1


def test_an_erasure_stays_for_an_hq_that_is_restored_to_before_it(store: Store) -> None:
    write(store, 20)
    store.connection.execute("UPDATE journal SET op = 'erase' WHERE seq = 7")
    take(store, 20, head=1)
    durable(store, 1)

    prune(store.connection, LATER)

    assert seqs(store) == [1, 7, 20]


def test_a_later_acknowledgement_lets_nothing_go_that_an_earlier_mark_does_not_cover(store: Store) -> None:
    write(store, 30)
    for day in range(3):
        take(store, 10 * (day + 1), head=100 * (day + 1), day=DAY + day)
    assert marks(store) == [(10 * (n + 1), 100 * (n + 1), (DAY + n) * DAY_MS) for n in range(3)]
    durable(store, 250)

    prune(store.connection, (DAY + 2) * DAY_MS + KEPT_MS)

    assert seqs(store) == [1, *range(20, 31)]
    assert marks(store) == [(19, 0, 0), (20, 200, (DAY + 1) * DAY_MS), (30, 300, (DAY + 2) * DAY_MS)]


def test_marks_of_the_same_hours_become_one(store: Store) -> None:
    write(store, 5)
    for seq in range(1, 6):
        take(store, seq, head=seq, day=DAY + seq / 1000)
    assert [mark[:2] for mark in marks(store)] == [(5, 5)]


def test_what_the_clock_has_lived_through_is_told_by_what_stays(store: Store) -> None:
    for number in range(6):  # nearly as long without a word as is not doubted yet
        write(store, 20, DAY + 3.2 * number)
        write(store, 20, DAY + 3.2 * number + 0.5)
    before = lived(iter(retention.written(store.connection, 0)[0]), None)
    take(store, 230, head=1)
    durable(store, 1)

    assert prune(store.connection, LATER) > 190

    after = lived(iter(retention.written(store.connection, 0)[0]), None)
    assert (after.judged_ms, after.leapt) == (before.judged_ms, False)
    assert after.over(5 * DAY_MS) == before.over(5 * DAY_MS)


def test_the_chain_is_checked_around_gaps_and_no_other_gap_is_taken_for_one(store: Store) -> None:
    write(store, 20)
    take(store, 12, head=1)
    durable(store, 1)
    prune(store.connection, LATER)
    assert verify_chain(store.connection) == len([1, *range(13, 21)])
    write(store, 1)
    store.connection.execute("DELETE FROM journal WHERE seq = 15")
    with pytest.raises(RuleBroken, match="16"):
        verify_chain(store.connection)


def test_a_new_epoch_takes_what_is_left_along_without_a_gap(store: Store) -> None:
    write(store, 20)
    take(store, 12, head=1)
    durable(store, 1)
    prune(store.connection, LATER)

    with transaction(store.connection):
        due = roll_epoch(store.connection, LATER)

    assert due == 9
    assert seqs(store) == [1, *range(1, 10)]
    assert verify_chain(store.connection) == 9
    assert prune(store.connection, LATER * 2) == 0


def test_that_an_earlier_epoch_let_go_of_something_stays_known(store: Store) -> None:
    write(store, 20)
    pruning.note_older_hole(store.connection)
    assert pruning.hole(store.connection) is None
    take(store, 12, head=1)
    durable(store, 1)
    prune(store.connection, LATER)
    pruning.note_older_hole(store.connection)
    assert pruning.hole(store.connection) is None

    with transaction(store.connection):
        roll_epoch(store.connection, LATER)
    pruning.note_older_hole(store.connection)
    known = pruning.hole(store.connection)
    assert known is not None
    assert known[1:] == (0, 0, 0, True)


def test_a_hole_is_what_is_neither_here_nor_at_hq(store: Store) -> None:
    write(store, 20)
    take(store, 12, head=1)
    durable(store, 1)
    prune(store.connection, LATER)

    assert pruning.note_hole(store.connection, 12) is None
    assert pruning.note_hole(store.connection, 11) is None
    found = pruning.note_hole(store.connection, 4)
    assert found is not None
    assert found[1:4] == (5, 11, 7)
    assert pruning.hole(store.connection) == found
    pruning.note_told(store.connection)
    assert pruning.hole(store.connection) == found._replace(told=True)
    pruning.forget_hole(store.connection)
    assert pruning.hole(store.connection) is None
