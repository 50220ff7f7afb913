"""No terminal gets around how late visits are corrected, by its clock or by what becomes of HQ."""

from __future__ import annotations

from tests.model.real_world import Step, World


def corrections(world: World) -> list[tuple[str, str | None]]:
    """Return the verdict and the reason of every correction in HQ's log."""
    rows = world.hq.query(
        "SELECT verdict, reason FROM change_log WHERE estate_id = ? AND tbl = 'visit_event'"
        ' AND body LIKE \'%"kind":"corrected"%\' ORDER BY pos',
        world.estate_id,
    )
    return [(row[0], row[1]) for row in rows]


def test_a_clock_put_back_lets_no_late_correction_through_nor_does_an_hq_put_back_after_it() -> None:
    world = World()
    late: tuple[Step, ...] = (("wait", 36), ("audit", 2), ("sync", 2), ("clock", 2, 1), ("correct", 2, False))
    put_back: tuple[Step, ...] = (("snap",), ("backup",), ("sync", 2), ("wait", 36), ("sync", 2), ("back",))
    held = [("quarantined", "not_allowed")]
    try:
        for step in (("visit", 2), ("sync", 2), *late, ("audit", 2), ("sync", 2)):
            world.do(step)
        assert corrections(world) == held, "the desk goes by the terminal's clock"
        for step in (("clock", 2, 0), *put_back):
            world.do(step)
        world.settle()
        assert corrections(world) == held
        world.do(("again", 2))
        world.settle()
        assert corrections(world) == 2 * held
    finally:
        world.close()
