"""A batch holds whole groups, follows what HQ has, and is as small as HQ asks for."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.ids import id_text, new_id, parse_id
from butler_tui.store import estates, sync_state
from butler_tui.store.journal import record
from butler_tui.store.sync_state import Position
from butler_tui.store.written import Written
from butler_tui.sync import push
from butler_tui.sync.protocol import PushAsk, push_from, unpack
from butler_tui.sync.talk import Talk, Tally
from tests.conftest import Clock, Estate
from tests.serving import Hq, sync


def _write_groups(estate: Estate, now: Clock, sizes: list[int]) -> None:
    for size in sizes:
        gates = [Written("gate", new_id(now()), {"name": "岗"}) for __ in range(size)]
        record(estate.store, gates, staff_id=None, now_ms=now())


@pytest.mark.parametrize("most", [1, 3, 50, 1000])
def test_a_batch_never_splits_a_group_and_nothing_is_left_out(estate: Estate, now: Clock, most: int) -> None:
    _write_groups(estate, now, [1, 200, 2, 40, 7, 1])
    seen: list[Change] = []
    link = None
    while True:
        where = sync_state.position(estate.store.connection)
        batch = sync_state.batch_after(estate.store.connection, where, most)
        if batch is None:
            break
        assert link in (None, batch.link_before)
        groups = {change.group_id for change in batch.changes}
        assert len(batch.changes) <= most or len(groups) == 1
        assert groups.isdisjoint({change.group_id for change in seen})
        link = batch.link_before
        for change in batch.changes:
            link = change.link(link)
        assert link == batch.link_after
        seen += batch.changes
        sync_state.acknowledge(estate.store.connection, acked_seq=seen[-1].seq, quarantined=(), now_ms=now())
    assert [change.seq for change in seen] == list(range(1, len(seen) + 1))
    assert sync_state.waiting(estate.store.connection) == 0


def test_of_the_cids_of_a_group_only_those_travel_that_do_not_follow(estate: Estate, now: Clock) -> None:
    _write_groups(estate, now, [4])
    where = sync_state.position(estate.store.connection)
    batch = sync_state.batch_after(estate.store.connection, where, 1000)
    assert batch is not None
    third = replace(batch.changes[-2], cid=id_text(new_id(now())))
    changes = (*batch.changes[:-2], third, batch.changes[-1])
    ask = PushAsk(id_text(where.epoch), "", batch.link_before, batch.link_after, changes)
    body = ask.to_body()
    assert [change.get("cid") for change in body["groups"][-1]["changes"]] == [None, None, third.cid, changes[-1].cid]
    assert push_from(body) == ask


def test_a_batch_that_is_packed_ahead_waits_for_the_answer_to_the_one_before(
    enrolled: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "MOST_IN_BATCH", 20)
    _write_groups(enrolled, now, [3] * 30)
    taken: list[int] = []
    sent: list[tuple[int, int]] = []
    real_acknowledge, real_post = Talk.acknowledge, Talk.post_bytes

    def acknowledge(talk: Talk, where: Position, acked_seq: int, held: tuple[tuple[str, str], ...]) -> None:
        taken.append(acked_seq)
        real_acknowledge(talk, where, acked_seq, held)

    def post_bytes(talk: Talk, step: str, content: bytes, encoding: str) -> Any:
        first_seq = unpack(content, encoding)["first_seq"]
        sent.append((first_seq, max(taken, default=0)))
        return real_post(talk, step, content, encoding)

    monkeypatch.setattr(Talk, "acknowledge", acknowledge)
    monkeypatch.setattr(Talk, "post_bytes", post_bytes)
    sync(enrolled.store, push_only=True)
    assert len(sent) > 4
    assert all(first_seq == acked_seq + 1 for first_seq, acked_seq in sent)


def test_a_batch_that_is_too_large_is_halved_until_it_is_not(
    hq: Hq, enrolled: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push, "MOST_BODY", 3_000)
    _write_groups(enrolled, now, [3] * 150)
    tally = Tally()
    report = sync(enrolled.store, tally=tally)
    assert report.waiting == 0
    assert tally.traffic.requests > 4
    own = estates.estate(enrolled.store.connection)
    assert own is not None
    taken = hq.query("SELECT count(*) FROM change_log WHERE estate_id = ?", id_text(own.estate_id))
    assert taken == [(report.pushed,)]


def test_hqs_log_alone_verifies_the_chain_of_an_epoch(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    own = estates.estate(enrolled.store.connection)
    assert own is not None
    estate_id = id_text(own.estate_id)
    ((epoch, link, last_link),) = hq.query(
        "SELECT epoch, first_link, last_link FROM epoch WHERE estate_id = ?", estate_id
    )
    rows = hq.query(
        "SELECT cid, group_id, seq, tbl, record_id, parent_id, op, body, claimed_ms, claimed_counter, seen, staff_id,"
        " schema_v, link FROM change_log WHERE estate_id = ? AND epoch = ? ORDER BY seq",
        estate_id,
        epoch,
    )
    assert rows
    for cid, group_id, seq, tbl, record_id, parent_id, op, body, ms, counter, seen, staff_id, schema_v, kept in rows:
        parts = json.loads(body)
        change = Change(
            cid, group_id, epoch, seq, tbl, record_id, parent_id, Op(op), parts.get("fields", {}),
            parts.get("personal"), parts.get("salt"), Stamp(ms, counter), seen, staff_id, schema_v,
        )  # fmt: skip
        link = change.link(link)
        assert link == kept
        assert parse_id(cid)
    assert link == last_link
