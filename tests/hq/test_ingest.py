"""What HQ makes of a batch: order, positions, canonical stamps, and state that is safe to show."""

from __future__ import annotations

import json
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import state_from
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.hq.engines import LogRow, Unavailable, sqlite
from butler_tui.hq.ingest import prepare
from butler_tui.hq.keys import Folder
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.replay import replayed
from butler_tui.ids import parse_id
from butler_tui.store.database import DatabaseError
from butler_tui.sync.protocol import MOST_FIELDS, PushAsk, compact_json, push_from
from tests.hq.authors import NOW, Author, MakeAuthor, fresh
from tests.hq_rows import rows_at


def test_a_duplicate_is_answered_as_one_and_its_place_is_kept(author: Author) -> None:
    gate = author.change("gate", name="东门岗")
    author.push(gate)
    again = replace(gate, epoch=fresh(), seq=1)
    link = again.link(FIRST_LINK)
    answer = author.land(PushAsk(again.epoch, author.hq_gen, FIRST_LINK, link, (again,)))
    assert answer.duplicates == (gate.cid,)
    assert answer.pos == 1
    (row,) = author.engine.read(lambda rows: rows.log_after(author.terminal.estate_id, 0, 9))
    assert (row.cid, row.verdict) == (gate.cid, "applied")


def test_positions_are_gap_free_with_duplicates_in_between(author: Author) -> None:
    known = author.change("gate", name="一")
    author.push(known)
    other = replace(author, epoch=fresh(), seq=0, link=FIRST_LINK)
    changes = [other.change("gate", name="二"), replace(known, epoch=other.epoch, seq=2)]
    other.seq = 2
    answer = other.push(*changes, other.change("gate", name="三"))
    assert (answer.pos, answer.duplicates) == (3, (known.cid,))


def test_a_batch_that_does_not_follow_the_chain_changes_nothing(author: Author) -> None:
    author.push(author.change("gate", name="一"))
    wrong = author.change("gate", name="二")
    author.link = bytes(32)
    with pytest.raises(Refusal, match="out_of_order"):
        author.push(wrong)
    assert author.state(wrong) is None


def test_nobody_pushes_into_another_terminals_epoch(author_of: MakeAuthor) -> None:
    one = author_of()
    one.push(one.change("gate", name="一"))
    two = replace(author_of(estate_id=one.terminal.estate_id), epoch=one.epoch, seq=one.seq, link=one.link)
    with pytest.raises(Refusal, match="foreign_epoch") as raised:
        two.push(two.change("gate", name="二"))
    assert raised.value.details == {}


def test_text_that_could_drive_a_terminal_is_made_safe_in_the_state_and_kept_in_the_log(author: Author) -> None:
    hostile = author.change("gate", name="东门\x1b]0;x\x07岗")
    author.push(hostile)
    state = author.state(hostile)
    assert state is not None
    assert "\x1b" not in state["name"]
    (kept,) = rows_at(author.folder, "SELECT body FROM change_log WHERE cid = ?", hostile.cid)
    assert json.loads(kept["body"])["fields"] == hostile.fields


def test_a_stamp_far_ahead_is_brought_back_and_cause_beats_the_clock(author: Author) -> None:
    ahead = author.change("gate", name="先", hlc=Stamp(NOW + 10**9, 0))
    author.push(ahead)
    after = author.change("gate", record_id=ahead.record_id, name="后", hlc=Stamp(NOW - 10**6, 0))
    author.push(after)
    head = author.engine.read(lambda rows: rows.epoch(author.terminal.estate_id, author.epoch))
    assert head is not None
    assert (head.last_ms, head.last_counter) == (NOW, 1)
    assert author.state(after) == {"name": "后"}


def test_the_last_writer_wins_per_field_between_terminals(author_of: MakeAuthor) -> None:
    one = author_of()
    two = author_of(estate_id=one.terminal.estate_id)
    first = one.change("gate", name="早", hlc=Stamp(NOW + 50, 0))
    late = two.change("gate", record_id=first.record_id, name="更早", hlc=Stamp(NOW + 20, 0))
    one.push(first)
    two.push(late)
    assert one.state(first) == {"name": "早"}


def test_no_row_crosses_estates(author_of: MakeAuthor) -> None:
    one, two = author_of(), author_of()
    gate = one.change("gate", name="东")
    one.push(gate)
    assert two.state(gate) is None
    assert two.land(two.batch(replace(gate, epoch=two.epoch))).duplicates == ()


def test_a_failed_job_undoes_itself_only(author: Author) -> None:
    def fail(_rows: object) -> Any:
        raise Refusal(409, "no")

    futures: list[Future[Any]] = [
        author.engine.write(fail),
        author.engine.write(lambda rows: rows.position(author.terminal.estate_id)),
    ]
    with pytest.raises(Refusal):
        futures[0].result()
    assert futures[1].result()


def test_a_commit_that_fails_is_unavailable_for_all(author: Author, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        in_transaction = False

        def execute(self, sql: str) -> None:
            if sql == "COMMIT":
                raise DatabaseError("disk full")

    futures: list[Future[Any]] = [Future(), Future()]
    sqlite._commit_together(Broken(), [(lambda _rows: 1, future) for future in futures])  # type: ignore[arg-type]
    for future in futures:
        with pytest.raises(Unavailable):
            future.result()


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_the_log_is_whole_however_it_is_cut_into_batches(sizes: list[int]) -> None:
    # The chain alone decides: any cut of one epoch into batches verifies, and ends in the same head.
    base = Author(None, None, None, "g", fresh())  # type: ignore[arg-type]
    changes = [base.change("gate", name=str(number)) for number in range(sum(sizes))]
    whole = prepare(base.batch(*changes))
    base.link = FIRST_LINK
    links: list[bytes] = []
    at = 0
    for size in sizes:
        links += prepare(base.batch(*changes[at : at + size])).links
        at += size
    assert tuple(links) == whole.links
    assert parse_id(changes[0].cid)


def test_the_file_cannot_be_read_without_its_key(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "hq")
    admin.init(folder, [], NOW)
    head = folder.database.read_bytes()[:16]
    assert not head.startswith(b"SQLite format 3")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2), st.integers(-5, 5)), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_state_is_the_replay_of_the_log(author_of: MakeAuthor, writes: list[tuple[bool, int, int]]) -> None:
    one = author_of()
    two = author_of(estate_id=one.terminal.estate_id)
    records = [fresh() for __ in range(3)]
    for number, (first, which, ms) in enumerate(writes):
        author = one if first else two
        author.push(author.change("gate", record_id=records[which], name=str(number), hlc=Stamp(NOW + ms, 0)))
    log = f"SELECT {', '.join(LogRow._fields)} FROM change_log WHERE estate_id = ? AND tbl = 'gate' ORDER BY pos"
    rows = [LogRow(*row.values()) for row in rows_at(one.folder, log, one.terminal.estate_id)]
    for (_gate, record_id), state in replayed(rows).items():
        found = one.engine.read(lambda rows: rows.states(one.terminal.estate_id, [("gate", record_id)]))  # noqa: B023
        assert [state_from(row.state, row.stamps, row.kept) for row in found] == [state]


def test_a_duplicate_of_what_is_held_back_is_told_so_also_where_the_answer_was_lost(author_of: MakeAuthor) -> None:
    booth = author_of(TerminalKind.GATE)
    fine, held = booth.change("visit_event", kind="unheard_of"), booth.change("staff", number="1")
    booth.push(fine, held)
    again = replace(booth, epoch=fresh(), seq=0, link=FIRST_LINK)
    changes = [replace(change, epoch=again.epoch, seq=seq) for seq, change in enumerate((fine, held), 1)]

    answer = again.push(*changes)

    expected = [(fine.cid, "malformed"), (held.cid, "wrong_terminal")]
    assert sorted(answer.duplicates) == sorted((fine.cid, held.cid))
    assert [pair[0] for pair in sorted(answer.quarantined)] == sorted(cid for cid, __ in expected)
    told = booth.engine.read(lambda rows: rows.quarantined_after(booth.terminal.estate_id, again.epoch, 1, 10))
    assert told == [expected[1]]


def test_a_group_goes_on_in_no_second_batch_and_nothing_of_it_is_kept(author: Author) -> None:
    group = fresh()
    author.push(author.change("gate", group=group, name="一"))
    more = author.change("gate", group=group, name="二")
    with pytest.raises(Refusal, match="malformed"):
        author.push(more)
    assert author.state(more) is None


def test_two_groups_of_a_batch_with_one_id_are_no_batch(author: Author) -> None:
    body = json.loads(compact_json(author.batch(author.change("gate"), author.change("gate")).to_body()))
    assert len(push_from(body).changes) == 2
    body["groups"][1]["group_id"] = body["groups"][0]["group_id"]
    with pytest.raises(ValueError, match="groups"):
        push_from(body)


def test_a_record_with_more_fields_than_a_page_can_carry_is_held_back(author: Author) -> None:
    many: dict[str, Any] = {f"x{number}": 1 for number in range(MOST_FIELDS)}
    assert author.reasons(author.push(author.change("gate", name="一", **many))) == ["malformed"]
    assert author.reasons(author.push(author.change("audit", act="backed_up", at_ms=NOW, **many))) == ["malformed"]
