"""A shift lead or supervisor lets a visitor in although a check is not passed: by their own PIN, with a reason."""

from __future__ import annotations

from butler_tui.desk.set_up_staff import reset_pin
from butler_tui.domain.rights import Role
from butler_tui.store import visits
from butler_tui.tui.dialogs.override import OverrideDialog
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

WALK_IN = "李文博\n1\n13900001234\n3-2-1801\n22\n3空调\nA017\n"


async def doubtful(booth: Booth) -> None:
    """Type a visitor whose document is in doubt."""
    await booth.sign_in()
    await booth.type(WALK_IN)
    await booth.type("1112")
    await booth.type("照片不清\n")
    await booth.type("1")


async def test_the_shift_lead_lets_in_by_their_pin_and_it_is_recorded(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        await booth.keys("ctrl+o")
        assert isinstance(booth.app.screen, OverrideDialog)
        assert "查证件" in booth.text()
        await booth.type("1001\n310246\n业主到场确认\n")
        await booth.until(lambda: not isinstance(booth.app.screen, OverrideDialog))
        await booth.settle()
        assert "特批" in booth.sentence, booth.text()

    (visitor,) = visits.on_site(estate.store.connection, 5)
    row = estate.store.connection.execute("SELECT * FROM visit JOIN visit_event USING (visit_id)").fetchone()
    lead = next(session.staff for session in estate.sessions.values() if session.staff.number == "1001")
    assert visitor.name == "李文博"
    assert row["check_document"] == "doubtful"
    assert (row["override_by"], row["override_how"], row["note"]) == (lead.staff_id, "pin", "业主到场确认")


async def test_a_guard_cannot_override(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        await booth.keys("ctrl+o")
        await booth.type("1007\n204816\n我认识\n")
        await booth.until(lambda: "只有班长或主管" in booth.sentence)
        await booth.keys("escape")
        assert booth.field("name") == "李文博"
    assert visits.on_site(estate.store.connection, 5) == []


async def test_a_wrong_pin_is_counted_and_nobody_comes_in(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        await booth.keys("ctrl+o")
        await booth.type("1001\n000000\n业主到场\n")
        await booth.until(lambda: "不正确" in booth.sentence or "不对" in booth.sentence)
    assert visits.on_site(estate.store.connection, 5) == []
    tries = estate.store.connection.execute("SELECT sum(wrong_tries) FROM staff_pin").fetchone()[0]
    assert tries == 1


async def test_what_is_missing_cannot_be_overridden(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n")
        await booth.keys("ctrl+o")
        assert not isinstance(booth.app.screen, OverrideDialog)
        assert "暂不能放行" in booth.sentence


async def test_esc_leaves_everything_as_it_was(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await doubtful(booth)
        await booth.keys("ctrl+o")
        await booth.type("业主到场")
        await booth.keys("escape")
        assert booth.field("badge") == "A017"
    assert visits.on_site(estate.store.connection, 5) == []


async def test_a_pin_that_another_gave_lets_nobody_in(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    async with open_booth() as booth:
        reset_pin(estate.store, estate.sessions[Role.SUPERVISOR], "1001", "730415", now())
        await doubtful(booth)
        await booth.keys("ctrl+o")
        await booth.type("1001\n730415\n业主到场\n")
        await booth.until(lambda: "初始密码" in booth.sentence)
    assert visits.on_site(estate.store.connection, 5) == []
