"""HQ was restored, and the author of what it lost is gone: whoever pulled it offers it, and it is kept apart, once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from butler_tui.desk import gate as gate_desk
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import admin
from butler_tui.store import sync_state
from butler_tui.store.local import Store
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, served, sync
from tests.sync.test_pull import a_household, assert_same, estate_id_of, joined, one, put

VISITOR = "单晓"


@dataclass
class Lost:
    """An HQ put back to before what `dead` wrote, whose disk is gone; `witness` and `late` had pulled it."""

    hq: Hq
    estate: Estate
    witness: Store
    late: Store
    dead: Store
    household: bytes
    new_household: bytes

    @property
    def estate_id(self) -> str:
        return estate_id_of(self.witness)

    def apart(self) -> list[tuple[str, str]]:
        rows = self.hq.query("SELECT tbl, record_id FROM change_log WHERE verdict = 'offered' ORDER BY pos")
        return [(row[0], row[1]) for row in rows]


@pytest.fixture
def lost(estate: Estate, now: Clock, tmp_path: Path) -> Iterator[Lost]:
    with served(tmp_path / "hq") as hq:
        hq.enrol(estate.store)
        _house, household = a_household(estate.store)
        sync(estate.store)
        witness, late, dead = (joined(hq, estate, tmp_path / name) for name in ("witness", "late", "dead"))
        for store in (witness, late, dead):
            sync(store)
        hq.stop()
        shutil.copytree(hq.folder.path, tmp_path / "aside")
        hq.start()
        put(dead, "household", household, name="林府")
        _house, new_household = a_household(dead)
        session = estate.sessions[Role.GUARD]
        gate_desk.admit(dead, session, estate.registration(badge="A007"), estate.policies, now())
        for store in (dead, witness, late):
            sync(store)
        hq.stop()
        shutil.rmtree(hq.folder.path)
        shutil.copytree(tmp_path / "aside", hq.folder.path)
        hq.start()
        yield Lost(hq, estate, witness, late, dead, household, new_household)
        for store in (witness, late, dead):
            store.close()


def test_whoever_pulled_it_offers_it_and_hq_keeps_it_once(lost: Lost) -> None:
    sync(lost.witness)
    apart = lost.apart()
    sync(lost.late)
    sync(lost.late)

    assert lost.apart() == apart
    tables = [tbl for tbl, __ in apart]
    assert sorted(set(tables)) == ["house", "household", "visit", "visit_event"]
    assert tables.count("household") == 2  # another name, and a household of its own
    assert [row[0] for row in lost.hq.query("SELECT kind FROM report ORDER BY report_id")] == [
        "new_generation",
        "offered",
    ]
    for store in (lost.witness, lost.late):
        assert store.connection.execute("SELECT badge FROM visit").fetchone()[0] == "A007"
        assert one(store, "household", lost.new_household, "name") == "林宅"
        assert one(store, "household", lost.household, "name") == "林宅"  # as HQ's log has it
        assert sync_state.status(store.connection).quarantined == ()
        store.connection.execute("UPDATE sync_state SET compared_ms = 0")
        sync(store)
    assert lost.hq.query("SELECT count(*) FROM report WHERE kind = 'differed'") == [(0,)]


def test_taken_in_it_is_what_it_was_for_everybody(lost: Lost) -> None:
    sync(lost.witness)
    sync(lost.late)
    lost.hq.stop()
    taken = admin.take_in(lost.hq.folder, lost.estate_id, real_ms())
    lost.hq.start()
    assert (taken.taken > 0, taken.left) == (True, 0)
    for store in (lost.estate.store, lost.witness, lost.late):
        sync(store)

    assert_same(lost.estate.store, lost.witness, lost.late)
    assert one(lost.witness, "household", lost.household, "name") == "林府"
    assert lost.hq.query("SELECT badge FROM v_visit") == [("A007",)]
    assert lost.apart() == []
    assert lost.witness.connection.execute("SELECT count(*) FROM quarantine").fetchone()[0] == 0
    for store in (lost.estate.store, lost.witness):
        store.connection.execute("UPDATE sync_state SET compared_ms = 0")
        assert sync(store).pulled == 0
    assert lost.hq.query("SELECT count(*) FROM report WHERE kind = 'differed'") == [(0,)]
    assert admin.lost(lost.hq.folder, lost.estate_id)[1] == []


@pytest.mark.parametrize("taken_in", [False, True])
def test_nothing_is_doubled_where_the_author_comes_after_all(lost: Lost, taken_in: bool) -> None:
    sync(lost.witness)
    if taken_in:
        lost.hq.stop()
        admin.take_in(lost.hq.folder, lost.estate_id, real_ms())
        lost.hq.start()
    report = sync(lost.dead)
    for store in (lost.witness, lost.late, lost.estate.store, lost.dead):
        sync(store)

    assert (report.quarantined, report.conflicts) == (0, 0)
    assert_same(lost.dead, lost.witness, lost.late, lost.estate.store)
    assert one(lost.late, "household", lost.household, "name") == "林府"
    assert lost.apart() == []
    assert lost.hq.query("SELECT count(*) FROM v_visit") == [(1,)]
    assert lost.hq.query("SELECT count(*) FROM record_state WHERE kept IS NOT NULL") == [(0,)]


def test_a_log_that_was_never_restored_takes_no_offers(hq: Hq, enrolled: Estate) -> None:
    from butler_tui.sync.failures import Refused
    from butler_tui.sync.protocol import OfferAsk, Offered
    from butler_tui.sync.talk import Talk, Tally

    sync(enrolled.store)
    talk = Talk(enrolled.store, real_ms, gentle=False, tally=Tally())
    where = talk.hello()
    from butler_tui.ids import id_text, new_id

    ask = OfferAsk(id_text(where.epoch), where.hq_gen or "", 0, (Offered("gate", id_text(new_id(1)), {"name": "假"}),))
    with pytest.raises(Refused) as refused:
        talk.post("offer", ask.to_body())
    assert refused.value.code == "not_allowed"
    talk.close()


def test_a_gate_offers_what_it_sees_and_nothing_apart_is_sent_to_it(lost: Lost, tmp_path: Path) -> None:
    sync(lost.witness)
    told = json.dumps(lost.hq.query("SELECT body FROM change_log WHERE verdict = 'offered'"), ensure_ascii=False)
    assert "A007" in told
    booth = joined(lost.hq, lost.estate, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    assert booth.connection.execute("SELECT count(*) FROM visit").fetchone()[0] == 0
    booth.close()
