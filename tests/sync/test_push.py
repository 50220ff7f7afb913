"""What is saved at a terminal arrives at HQ, once, whatever happens on the way."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from butler_tui.desk import gate
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import FileTrouble, TryLater
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.store import estates, sync_state
from butler_tui.store.journal import record
from butler_tui.store.local import open_store
from butler_tui.store.written import Written
from butler_tui.sync import push
from butler_tui.sync.talk import Tally
from tests.conftest import Clock, Estate
from tests.serving import Hq, proxied, real_ms, sync


def _estate_id(estate: Estate) -> str:
    own = estates.estate(estate.store.connection)
    assert own is not None
    return id_text(own.estate_id)


def _admit(estate: Estate, now: Clock, **changes: object) -> None:
    session = estate.sessions[Role.GUARD]
    gate.admit(estate.store, session, estate.registration(**changes), estate.policies, now())


def test_everything_arrives_and_every_field_is_read_back(hq: Hq, enrolled: Estate, now: Clock) -> None:
    _admit(enrolled, now)
    waiting = sync_state.waiting(enrolled.store.connection)
    report = sync(enrolled.store)
    assert (report.pushed, report.waiting, report.quarantined, report.hq) == (waiting, 0, 0, "ok")
    found = hq.query(
        "SELECT name, phone, company, room_code, reason, badge, ask_identity, registered_ms FROM v_visit"
        " WHERE estate_id = ?",
        _estate_id(enrolled),
    )
    assert found == [("李文博", "13900001234", "净源家电维修", "3-2-1801", "repair", "A017", "passed", now())]
    kinds = hq.query("SELECT kind FROM v_visit_event WHERE estate_id = ?", _estate_id(enrolled))
    assert kinds == [("admitted",)]


def test_positions_are_without_holes(hq: Hq, enrolled: Estate) -> None:
    sync(enrolled.store)
    places = hq.query("SELECT pos FROM change_log WHERE estate_id = ? ORDER BY pos", _estate_id(enrolled))
    assert [place[0] for place in places] == list(range(1, len(places) + 1))


def test_nothing_to_do_is_one_request_below_2_kb(enrolled: Estate) -> None:
    sync(enrolled.store)
    sync(enrolled.store)  # brings the keys of those whom HQ heard of by the first
    tally = Tally()
    report = sync(enrolled.store, tally=tally)
    assert tally.traffic.requests == 1
    assert report.bytes_up + report.bytes_down < 2000
    assert report.pushed == 0


def test_the_state_shows_when_hq_had_everything(enrolled: Estate) -> None:
    before = sync_state.status(enrolled.store.connection)
    assert before.enrolled
    assert before.last_sync_ms is None
    assert before.by_table["staff"] == 4
    assert before.oldest_ms is not None
    sync(enrolled.store)
    after = sync_state.status(enrolled.store.connection)
    assert after.waiting == 0
    assert after.by_table == {}
    assert after.last_result is sync_state.Result.OK
    assert after.last_sync_ms is not None
    assert abs(after.clock_offset_ms or 0) < 60_000


def test_a_reply_lost_after_hqs_commit_loses_nothing_and_doubles_nothing(hq: Hq, estate: Estate) -> None:
    with proxied(hq) as proxy:
        hq.enrol(estate.store, url=proxy.url)
        estate_id = _estate_id(estate)
        waiting = sync_state.waiting(estate.store.connection)
        taken = "SELECT count(*), count(DISTINCT cid) FROM change_log WHERE estate_id = ?"
        proxy.cut = lambda: hq.query(taken, estate_id)[0][0] > 0
        with pytest.raises(TryLater):
            sync(estate.store)
        assert proxy.cuts == 1
        assert sync_state.waiting(estate.store.connection) == waiting
        assert sync_state.status(estate.store.connection).last_result is sync_state.Result.UNREACHABLE
        proxy.cut = lambda: False
        sync(estate.store)
    assert sync_state.waiting(estate.store.connection) == 0
    assert hq.query(taken, estate_id) == [(waiting, waiting)]


def test_what_fails_inside_hq_is_its_own_error_and_tried_later(hq: Hq, enrolled: Estate, english: None) -> None:
    sync(enrolled.store)
    estate_id = _estate_id(enrolled)
    (kept,) = hq.query("SELECT state FROM record_state WHERE estate_id = ? AND tbl = 'staff' LIMIT 1", estate_id)
    damage = "UPDATE record_state SET state = ? WHERE estate_id = ? AND tbl = 'staff' AND state = ?"
    hq.change(damage, "{", estate_id, kept[0])
    with pytest.raises(TryLater, match="it met an error of its own"):
        sync(enrolled.store)
    log = hq.folder.log.read_text()
    assert "JSONDecodeError" in log
    assert "王强" not in log
    hq.folder.log.unlink()
    hq.change(damage, kept[0], estate_id, "{")
    assert sync(enrolled.store).hq == "ok"
    assert not hq.folder.log.exists()


def test_more_than_one_batch_arrives_in_order(hq: Hq, enrolled: Estate, now: Clock) -> None:
    for number in range(700):
        values = {"name": f"岗{number}"}
        record(
            enrolled.store, [Written("gate", new_id(now() + n), values) for n in range(2)], staff_id=None, now_ms=now()
        )
    report = sync(enrolled.store, gentle=True)
    assert report.pushed > 1400
    epochs = hq.query("SELECT last_seq FROM epoch WHERE estate_id = ?", _estate_id(enrolled))
    assert epochs == [(report.pushed,)]


def test_a_clock_an_hour_off_locks_nobody_out(enrolled: Estate) -> None:
    tally = Tally()
    sync(enrolled.store, now_ms=lambda: real_ms() - 3_600_000, tally=tally)
    offset = sync_state.status(enrolled.store.connection).clock_offset_ms
    assert offset == pytest.approx(3_600_000, abs=5_000)
    assert tally.traffic.requests == 4  # refused by time, hello, push, pull


def test_a_restored_terminal_goes_on_and_gets_back_what_it_had_sent(hq: Hq, enrolled: Estate, now: Clock) -> None:
    sync(enrolled.store)
    home = enrolled.store.home
    enrolled.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    aside = home.database.with_name("aside")
    shutil.copyfile(home.database, aside)
    _admit(enrolled, now, badge="A001")
    sync(enrolled.store)
    enrolled.store.close()
    for name in ("-wal", "-shm"):
        home.database.with_name(home.database.name + name).unlink(missing_ok=True)
    shutil.copyfile(aside, home.database)
    restored = replace(enrolled, store=open_store(home))
    for badge in ("B001", "B002", "B003"):
        _admit(restored, now, badge=badge)

    report = sync(restored.store)

    assert (report.waiting, report.hq, report.quarantined) == (0, "ok", 0)
    assert badges(restored) == ["A001", "B001", "B002", "B003"]
    at_hq = hq.query("SELECT badge FROM v_visit WHERE estate_id = ? ORDER BY badge", _estate_id(restored))
    assert [row[0] for row in at_hq] == badges(restored)
    told = hq.query("SELECT kind FROM report WHERE estate_id = ?", _estate_id(restored))
    assert told == [("new_epoch",)]
    assert sync(restored.store).pushed == 0
    restored.store.close()


def test_a_live_clone_that_pushes_in_between_and_its_original_both_go_on(
    hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(enrolled.store)
    enrolled.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(enrolled.store.home.database.parent, tmp_path / "clone")
    clone = replace(enrolled, store=open_store(find_home({"BUTLER_HOME": str(tmp_path / "clone")})))
    _admit(clone, now, badge="B001")
    _admit(enrolled, now, badge="B002")
    honest, clones_turn = push._Push.send, [True]

    def after_the_clone(self: Any, *arguments: Any) -> Any:
        if clones_turn.pop() if clones_turn else False:
            sync(clone.store)
        return honest(self, *arguments)

    monkeypatch.setattr(push._Push, "send", after_the_clone)
    sync(enrolled.store)
    sync(clone.store)

    assert badges(enrolled) == badges(clone) == ["B001", "B002"]
    at_hq = hq.query("SELECT badge FROM v_visit WHERE estate_id = ? ORDER BY badge", _estate_id(enrolled))
    assert at_hq == [("B001",), ("B002",)]
    places = hq.query("SELECT pos FROM change_log WHERE estate_id = ? ORDER BY pos", _estate_id(enrolled))
    assert [place[0] for place in places] == list(range(1, len(places) + 1))
    clone.store.close()


def badges(estate: Estate) -> list[str]:
    return [row[0] for row in estate.store.connection.execute("SELECT badge FROM visit ORDER BY badge")]


def test_only_one_sync_runs_at_a_time(enrolled: Estate) -> None:
    with FileLock(enrolled.store.home.sync_lock), pytest.raises(TryLater):
        sync(enrolled.store)


def test_a_lock_that_cannot_be_taken_is_a_sentence(enrolled: Estate) -> None:
    enrolled.store.home.sync_lock.unlink(missing_ok=True)
    enrolled.store.home.sync_lock.mkdir()
    with pytest.raises(FileTrouble):
        sync(enrolled.store)


def test_a_gate_may_not_write_staff_and_what_hangs_on_it_is_held_back(hq: Hq, estate: Estate, now: Clock) -> None:
    hq.enrol(estate.store, TerminalKind.GATE)
    _admit(estate, now)
    report = sync(estate.store)
    assert report.waiting == 0
    assert report.quarantined == report.pushed
    held = hq.query(
        "SELECT DISTINCT tbl, verdict, reason FROM change_log WHERE estate_id = ? AND tbl IN ('staff', 'visit')",
        _estate_id(estate),
    )
    assert sorted(held) == [("staff", "quarantined", "wrong_terminal"), ("visit", "quarantined", "not_allowed")]
    assert hq.query("SELECT * FROM record_state WHERE estate_id = ?", _estate_id(estate)) == []
    marked = sync_state.status(estate.store.connection).quarantined
    assert len(marked) == report.quarantined
    assert {one.table for one in marked} >= {"staff", "visit"}


def test_verdicts_whose_reply_was_lost_come_with_the_next_hello(hq: Hq, estate: Estate) -> None:
    with proxied(hq) as proxy:
        hq.enrol(estate.store, TerminalKind.GATE, url=proxy.url)
        taken = "SELECT count(*) FROM change_log WHERE estate_id = ?"
        proxy.cut = lambda: hq.query(taken, _estate_id(estate))[0][0] > 0
        with pytest.raises(TryLater):
            sync(estate.store)
        proxy.cut = lambda: False
        report = sync(estate.store)
    assert report.quarantined > 0
    assert len(sync_state.status(estate.store.connection).quarantined) == report.quarantined
