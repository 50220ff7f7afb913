"""HQ was restored to before somebody was erased: any terminal that knows of it brings that back, to everybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui.ids import id_text
from butler_tui.store.erasing import erase_for_all
from butler_tui.store.journal import Erasure
from butler_tui.sync.agreeing import hello
from butler_tui.sync.failures import Refused
from butler_tui.sync.protocol import ErasedAsk
from butler_tui.sync.talk import Talk, Tally
from tests.model.real_world import World

NAME = "第1种"


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


@pytest.fixture
def erased(world: World) -> tuple[World, bytes]:
    """A household that the first terminal erased, the second knows of it, the third not yet; HQ was put back."""
    for step in (("move_in", 1), ("sync", 1), ("sync", 0), ("sync", 2), ("snap",)):
        world.do(step)
    store = world.booths[0].store
    (household,) = store.connection.execute("SELECT household_id FROM household WHERE name = ?", (NAME,)).fetchone()
    (person,) = store.connection.execute("SELECT staff_id FROM staff").fetchone()
    erase_for_all(store, [Erasure("household", household)], staff_id=person, now_ms=world.now)
    for step in (("sync", 0), ("sync", 1), ("die", 0), ("back",)):
        world.do(step)
    assert NAME in str(world.hq.query("SELECT state FROM record_state"))
    return world, household


def name_at(world: World, booth: int, household: bytes) -> str:
    row = (
        world.booths[booth]
        .store.connection.execute("SELECT name FROM household WHERE household_id = ?", (household,))
        .fetchone()
    )
    return str(row[0])


def test_whoever_pulled_an_erasure_tells_a_restored_hq_and_the_others_hear_of_it(erased: tuple[World, bytes]) -> None:
    world, household = erased
    assert name_at(world, 2, household) == NAME
    world.do(("sync", 1))

    assert NAME not in str(world.hq.query("SELECT state FROM record_state"))
    assert NAME not in str(world.hq.query("SELECT body FROM change_log"))
    world.do(("sync", 2))
    assert name_at(world, 2, household) == ""
    for booth in (2, 0):
        world.do(("sync", booth))
    told = world.hq.query("SELECT kind FROM report ORDER BY report_id")
    assert [row[0] for row in told].count("erased_again") == 1
    assert world.hq.query("SELECT count(*) FROM change_log WHERE op = 'erase'") == [(2,)]  # and who lived there


def test_a_computer_that_is_no_supervisors_may_not_erase_long_after(erased: tuple[World, bytes]) -> None:
    world, household = erased
    world.do(("sync", 1))
    world.do(("sync", 2))
    world.do(("wait", 36))
    resident = world.booths[2].store.connection.execute("SELECT resident_id FROM resident").fetchone()[0]
    for booth, taken in ((2, False), (1, True)):
        world.do(("sync", booth))
        talk = Talk(world.booths[booth].store, lambda: world.now, gentle=False, tally=Tally())
        where = hello(talk)
        body = ErasedAsk(id_text(where.epoch), where.hq_gen or "", (("resident", id_text(resident)),)).to_body()
        if taken:
            assert talk.post("erased", body) == {"erased": 1}
        else:
            with pytest.raises(Refused):
                talk.post("erased", body)
        talk.close()
    assert name_at(world, 1, household) == ""
