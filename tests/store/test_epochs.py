"""A new epoch: all changes stand in it again under their cids, in order, on a chain that goes on from the old one's."""

from __future__ import annotations

from typing import Any

import pytest

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.ids import new_id
from butler_tui.store import anew, epochs, sync_state
from butler_tui.store.database import transaction
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.journal import record, record_again
from butler_tui.store.journal_rows import change_of, verify_chain
from butler_tui.store.local import Store
from butler_tui.store.written import Written


def write(store: Store, count: int) -> None:
    for _act in range(count):
        record(store, [Written("gate", new_id(1), {"name": "门"}), Written("gate", new_id(1), {"name": "岗"})],
               staff_id=None, now_ms=1)  # fmt: skip


def journal(store: Store) -> list[tuple[int, int, bytes, bytes]]:
    rows = store.connection.execute("SELECT epoch_no, seq, cid, link FROM journal ORDER BY journal_id")
    return [tuple(row) for row in rows]


def roll(store: Store) -> int:
    with transaction(store.connection):
        return roll_epoch(store.connection, 2)


def take_up_to(store: Store, seq: int) -> None:
    sync_state.acknowledge(store.connection, acked_seq=seq, quarantined=(), now_ms=1)


@pytest.mark.parametrize("acked", [0, 2, 6])
def test_all_but_the_oldest_that_hq_has_are_due_again(store: Store, acked: int) -> None:
    write(store, 3)
    take_up_to(store, acked)
    before = journal(store)

    due = roll(store)

    kept = [row for row in journal(store) if row[0] == 1]
    moved = [row for row in journal(store) if row[0] == 2]
    assert kept == (before[:1] if acked else [])
    assert [row[2] for row in kept + moved] == [row[2] for row in before]
    assert [row[1] for row in moved] == list(range(1, due + 1))
    assert verify_chain(store.connection) == due == sync_state.waiting(store.connection)
    batch = sync_state.batch_after(store.connection, sync_state.position(store.connection), 100)
    assert batch is not None
    assert batch.link_before == (kept[0][3] if kept else FIRST_LINK)
    assert len(batch.changes) == due


def test_writing_goes_on_after_it(store: Store) -> None:
    write(store, 2)
    take_up_to(store, 2)
    roll(store)
    write(store, 1)

    assert verify_chain(store.connection) == sync_state.waiting(store.connection) == 5


def test_rolling_again_before_and_after_a_sync_leaves_no_change_behind(store: Store) -> None:
    write(store, 3)
    take_up_to(store, 4)
    cids = {row[2] for row in journal(store)}
    roll(store)
    roll(store)
    take_up_to(store, 2)
    assert roll(store) == 4

    assert {row[2] for row in journal(store)} == cids
    assert verify_chain(store.connection) == 4
    epochs = store.connection.execute("SELECT count(*), count(DISTINCT epoch), max(epoch_no) FROM epoch").fetchone()
    assert tuple(epochs) == (4, 4, 4)


def test_whatever_is_issued_again_later_comes_in_the_order_in_which_it_was_written(store: Store) -> None:
    write(store, 3)
    take_up_to(store, 4)
    cids = [row[2] for row in journal(store)]
    roll(store)
    take_up_to(store, 3)
    roll(store)

    with transaction(store.connection):
        assert roll_epoch(store.connection, 2, whole=True) == 6

    assert [row[2] for row in journal(store)] == cids
    assert verify_chain(store.connection) == 6


def test_an_empty_journal_rolls_too(store: Store) -> None:
    assert roll(store) == 0
    write(store, 1)
    assert verify_chain(store.connection) == 2


def fork(store: Store, pos: int) -> None:
    anew.fork(store.connection, hq_gen=f"gen-{pos}", pos=pos, last_seq=0, intact=True, now_ms=1)


def seen_again(store: Store, seq: int) -> int:
    """Send change `seq` again, and return up to where that says to have seen HQ's log."""
    row = store.connection.execute("SELECT * FROM journal WHERE seq = ? ORDER BY journal_id DESC", (seq,)).fetchone()
    record_again(store, [[change_of(row, bytes(16))]], now_ms=1, provided=lambda: None)
    return int(store.connection.execute("SELECT seen FROM journal ORDER BY journal_id DESC LIMIT 1").fetchone()[0])


def test_what_was_written_after_hq_was_restored_has_seen_its_new_log(store: Store) -> None:
    write(store, 1)
    store.connection.execute("UPDATE sync_state SET pos = 40")
    write(store, 1)
    fork(store, pos=7)
    store.connection.execute("UPDATE sync_state SET pos = 500, whole_after = NULL")
    write(store, 1)

    assert [seen_again(store, seq) for seq in (1, 3, 5)] == [0, 7, 500]

    roll(store)
    assert store.connection.execute("SELECT fork_seq FROM sync_state").fetchone()[0] == 4
    assert [seen_again(store, seq) for seq in (3, 5)] == [7, 500]


def test_of_two_forks_the_earlier_position_is_what_both_logs_share(store: Store) -> None:
    write(store, 1)
    fork(store, pos=5)
    write(store, 1)
    fork(store, pos=9)
    where = sync_state.position(store.connection)
    assert (where.fork_seq, where.fork_pos) == (4, 5)


def links_in_transactions(store: Store, patch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that tells of each link that is worked out whether the file is kept from others meanwhile."""
    told: list[bool] = []

    def change_told(row: Any, epoch: bytes) -> Change:
        told.append(store.connection.in_transaction)
        return change_of(row, epoch)

    patch.setattr(epochs, "change_of", change_told)
    return told


def test_a_guard_may_save_while_a_long_chain_is_worked_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write(store, 2)
    told = links_in_transactions(store, monkeypatch)
    assert anew.fork(store.connection, hq_gen="2", pos=0, last_seq=0, intact=False, now_ms=1)
    assert told == [False] * 4
    assert verify_chain(store.connection) == 4

    plan = epochs.planned(store.connection)
    write(store, 1)
    del told[:]
    with transaction(store.connection):
        assert roll_epoch(store.connection, 2, plan=plan) == 6
    assert told == [True] * 2
    assert verify_chain(store.connection) == 6
    assert store.connection.execute("SELECT count(*) FROM pending JOIN journal USING (journal_id)").fetchone()[0] == 6


def test_what_was_worked_out_for_another_epoch_is_not_used(store: Store) -> None:
    write(store, 2)
    plan = epochs.planned(store.connection)
    take_up_to(store, 2)
    with transaction(store.connection):
        roll_epoch(store.connection, 2, plan=plan)
    assert verify_chain(store.connection) == 3
