"""A terminal that is made one of a narrower kind keeps its own records, also those that its journal has let go of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui.ids import id_text
from tests.model.real_world import World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.close()


def audits(world: World, booth: int) -> set[str]:
    rows = world.booths[booth].store.connection.execute("SELECT audit_id FROM audit")
    return {id_text(row[0]) for row in rows}


def of(world: World, booth: int) -> set[str]:
    """Return the events at HQ that a terminal has written."""
    terminal_id = id_text(
        world.booths[booth].store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0]
    )
    rows = world.hq.query("SELECT record_id FROM change_log WHERE tbl = 'audit' AND terminal_id = ?", terminal_id)
    return {row[0] for row in rows}


@pytest.fixture
def pruned(world: World) -> World:
    """Two terminals that have each other's events, and of whose own the journal has let go."""
    for step in (("audit", 0), ("audit", 1), ("sync", 0), ("sync", 1), ("sync", 0)):
        world.do(step)
    for booth in (0, 1):
        # What pruning does, 35 days on, to all but the last change.
        world.booths[booth].store.connection.execute("DELETE FROM journal WHERE tbl = 'audit'")
        assert audits(world, booth) == of(world, 0) | of(world, 1)
    world.do(("write", 0, (1, 0, 0)))
    world.do(("sync", 0))
    return world


def test_narrowed_it_has_its_own_and_no_others(pruned: World) -> None:
    pruned.do(("kind", 0, "gate"))
    pruned.do(("sync", 0))

    assert len(of(pruned, 0)) == 1
    assert audits(pruned, 0) == of(pruned, 0)


def test_cut_off_anywhere_it_has_its_own_and_no_others_in_the_end(pruned: World) -> None:
    pruned.do(("kind", 0, "gate"))
    for number in range(1, 5):
        pruned.do(("sync", 0, (0,) * (number - 1) + (2,)))
        assert audits(pruned, 0) <= of(pruned, 0) or number == 1
    pruned.do(("sync", 0))
    assert audits(pruned, 0) == of(pruned, 0)


def test_a_gate_whose_hq_was_put_back_keeps_what_it_wrote_itself(pruned: World) -> None:
    pruned.do(("kind", 0, "gate"))
    pruned.do(("sync", 0))
    for step in (("snap",), ("write", 0, (1, 0, 0)), ("sync", 0), ("back",), ("sync", 0), ("sync", 0)):
        pruned.do(step)
    assert audits(pruned, 0) == of(pruned, 0)
