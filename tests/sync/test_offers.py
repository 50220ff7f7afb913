"""HQ was restored, and the author of what it lost is gone: whoever pulled it offers it, and it is kept apart, once."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from butler_tui.desk import gate as gate_desk
from butler_tui.domain.rights import Role
from butler_tui.ids import id_text, new_id
from butler_tui.store import sync_state
from butler_tui.store.erasing import erase_for_all
from butler_tui.store.journal import Erasure
from butler_tui.store.local import Store
from butler_tui.sync.agreeing import hello
from butler_tui.sync.failures import Refused
from butler_tui.sync.protocol import Code, OfferAsk, Offered, compact_json
from butler_tui.sync.talk import Talk, Tally
from tests.conftest import Clock, Estate
from tests.model.real_world import World
from tests.serving import Hq, butler, served, sync
from tests.sync.test_pull import a_household, assert_same, estate_id_of, joined, one, put


@dataclass
class Lost:
    """An HQ put back to before what one wrote whose disk is gone; `witness` had pulled it."""

    hq: Hq
    estate: Estate
    witness: Store
    household: bytes
    new_household: bytes

    def apart(self) -> list[str]:
        rows = self.hq.query("SELECT tbl FROM change_log WHERE verdict = 'offered' ORDER BY pos")
        return [row[0] for row in rows]

    def lost(self, *options: str) -> dict[str, object]:
        place = ("--dir", str(self.hq.folder.path))
        ended = butler("hq", "lost", estate_id_of(self.witness), *place, "--json", *options)
        assert ended.returncode == 0, ended.stderr
        return dict(json.loads(ended.stdout))


@pytest.fixture
def lost(estate: Estate, now: Clock, tmp_path: Path) -> Iterator[Lost]:
    with served(tmp_path / "hq") as hq:
        hq.enrol(estate.store)
        _house, household = a_household(estate.store)
        sync(estate.store)
        witness, dead = (joined(hq, estate, tmp_path / name) for name in ("witness", "dead"))
        for store in (witness, dead):
            sync(store)
        hq.stop()
        shutil.copytree(hq.folder.path, tmp_path / "aside")
        hq.start()
        put(dead, "household", household, name="林府")
        _house, new_household = a_household(dead)
        session = estate.sessions[Role.GUARD]
        gate_desk.admit(dead, session, estate.registration(badge="A007"), estate.policies, now())
        sync(dead)
        dead.close()
        sync(witness)
        hq.stop()
        shutil.rmtree(hq.folder.path)
        shutil.copytree(tmp_path / "aside", hq.folder.path)
        hq.start()
        yield Lost(hq, estate, witness, household, new_household)
        witness.close()


def test_it_is_offered_kept_apart_once_and_taken_in(lost: Lost) -> None:
    witness, other = lost.witness, lost.estate.store
    sync(witness)
    sync(witness)

    apart = lost.apart()
    assert sorted(set(apart)) == ["house", "household", "visit", "visit_event"]
    assert apart.count("household") == 2  # another name, and a household of its own
    assert len(lost.lost()["lost"]) == len(apart)  # type: ignore[arg-type]
    kinds = [row[0] for row in lost.hq.query("SELECT kind FROM report ORDER BY report_id")]
    assert kinds == ["new_generation", "offered"]
    assert witness.connection.execute("SELECT badge FROM visit").fetchone()[0] == "A007"
    assert one(witness, "household", lost.new_household, "name") == "林宅"
    assert one(witness, "household", lost.household, "name") == "林宅"  # as HQ's log has it
    assert sync_state.status(witness.connection).quarantined == ()
    sync(other)
    assert other.connection.execute("SELECT count(*) FROM visit").fetchone()[0] == 0

    assert lost.lost("--take-in") == {"taken": len(apart), "left": 0}

    for store in (other, witness):
        store.connection.execute("UPDATE sync_state SET compared_ms = 0")
        sync(store)
    assert_same(other, witness)
    assert one(other, "household", lost.household, "name") == "林府"
    assert lost.hq.query("SELECT badge FROM v_visit") == [("A007",)]
    assert (lost.apart(), lost.lost()) == ([], {"lost": []})
    assert witness.connection.execute("SELECT count(*) FROM quarantine").fetchone()[0] == 0
    assert lost.hq.query("SELECT count(*) FROM report WHERE kind = 'differed'") == [(0,)]


def test_what_is_too_much_for_one_offer_goes_by_halves(lost: Lost, monkeypatch: pytest.MonkeyPatch) -> None:
    """HQ's answer to what is too large is a fault here; how much is too much is its matter."""
    post = Talk.post

    def narrow(talk: Talk, step: str, body: dict[str, object]) -> Mapping[str, Any]:
        if step == "offer" and len(compact_json(body)) > 700:
            raise Refused(413, Code.TOO_LARGE, {})
        return post(talk, step, body)

    monkeypatch.setattr(Talk, "post", narrow)
    sync(lost.witness)
    assert sorted(set(lost.apart())) == ["house", "household", "visit_event"], "one visit alone is too much"
    (said,) = {row[0] for row in lost.hq.query("SELECT hq_gen FROM estate_pos")}
    assert sync_state.position(lost.witness.connection).hq_gen == said


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def test_a_log_that_was_never_restored_takes_no_offers(world: World) -> None:
    talk = Talk(world.booths[1].store, lambda: world.now, gentle=False, tally=Tally())
    where = hello(talk)
    false = Offered("gate", id_text(new_id(1)), {"name": "假"})
    with pytest.raises(Refused) as refused:
        talk.post("offer", OfferAsk(id_text(where.epoch), where.hq_gen or "", 0, (false,)).to_body())
    assert refused.value.code == "not_allowed"


def test_a_hello_that_is_cut_off_offers_again_and_each_write_is_kept_once(world: World) -> None:
    for step in (("snap",), ("move_in", 1), ("audit", 1), ("sync", 1), ("sync", 0), ("die", 1), ("back",)):
        world.do(step)
    cut_after = [(0,) * number + (2,) for number in range(2, 6)]
    for faults in cut_after:
        world.do(("sync", 0, faults))
    world.do(("sync", 0))
    rows = world.hq.query("SELECT tbl FROM change_log WHERE verdict = 'offered' ORDER BY tbl")
    assert [row[0] for row in rows] == ["audit", "household", "resident"]


def test_what_is_apart_is_erased_with_the_person(world: World) -> None:
    for step in (("snap",), ("move_in", 1), ("sync", 1), ("sync", 0), ("die", 1), ("back",), ("sync", 0)):
        world.do(step)
    store = world.booths[0].store
    bodies = "SELECT tbl, body FROM change_log WHERE verdict = 'offered'"
    assert "第1种" in str(world.hq.query(bodies))
    assert "新住户" in str(world.hq.query(bodies))
    (gone,) = store.connection.execute("SELECT household_id FROM household WHERE name = '第1种'").fetchone()
    (person,) = store.connection.execute("SELECT staff_id FROM staff").fetchone()
    # Of who lives there HQ knows only from what was offered.
    erase_for_all(store, [Erasure("household", gone)], staff_id=person, now_ms=world.now)
    world.do(("sync", 0))

    told = str(world.hq.query(bodies))
    assert "第1种" not in told
    assert "新住户" not in told
    world.do(("take_in",))
    world.do(("sync", 0))
    assert store.connection.execute("SELECT name FROM household WHERE household_id = ?", (gone,)).fetchone()[0] == ""
    states = str(world.hq.query("SELECT state FROM record_state WHERE tbl IN ('household', 'resident')"))
    assert "第1种" not in states
    assert "新住户" not in states


def test_of_what_hq_has_only_a_part_the_rest_stays_where_it_is_known(lost: Lost) -> None:
    witness = lost.witness
    put(witness, "household", lost.new_household, house_id=one(witness, "household", lost.household, "house_id"))
    sync(witness)
    sync(witness)
    row = lost.hq.query("SELECT state FROM record_state WHERE record_id = ?", id_text(lost.new_household))
    assert list(json.loads(row[0][0])) == ["house_id"]
    assert one(witness, "household", lost.new_household, "name") == "林宅"
    lost.lost("--take-in")
    sync(lost.estate.store)
    assert one(lost.estate.store, "household", lost.new_household, "name") == "林宅"
