"""What HQ held back is sent again once the cause is gone: whole, by the same author, and HQ has it then."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.desk import gate as gate_desk
from butler_tui.desk.held_back import give_up, send_again
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.hq import terminals
from butler_tui.ids import id_text, new_id
from butler_tui.store import quarantined, sync_state
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.written import Written
from butler_tui.tui.dialogs.held_back import HeldBackDialog
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.test_pull import assert_same, estate_id_of, joined, one, put
from tests.tui.conftest import PINS, OpenBooth, open_booth

__all__ = ["open_booth"]


def change_kind(hq: Hq, estate: Estate, kind: TerminalKind) -> None:
    terminal_id = id_text(estate.store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(estate.store), terminal_id, kind, real_ms())


@pytest.fixture
def held(hq: Hq, enrolled: Estate) -> Estate:
    """Return a terminal whose change of a household HQ held back: it was enrolled as a gate's by mistake."""
    sync(enrolled.store)
    change_kind(hq, enrolled, TerminalKind.GATE)
    household = enrolled.store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    put(enrolled.store, "household", household, name="陈府")
    assert sync(enrolled.store).quarantined == 1
    return enrolled


def groups(estate: Estate) -> list[bytes]:
    return [group.group_id for group in quarantined.held_groups(estate.store.connection, 9)]


def test_the_same_values_go_out_again_and_are_taken(hq: Hq, held: Estate, tmp_path: Path) -> None:
    (group,) = groups(held)
    session = held.sessions[Role.SUPERVISOR]
    with pytest.raises(NotAllowed):
        send_again(held.store, session, group, real_ms())
    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)
    with pytest.raises(NotAllowed):
        send_again(held.store, held.sessions[Role.GUARD], group, real_ms())

    assert send_again(held.store, session, group, real_ms()) == 1
    household = held.store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    assert one(held.store, "household", household, "name") == "陈府"
    assert (groups(held), sync_state.waiting(held.store.connection)) == ([], 1)
    report = sync(held.store)
    second = joined(hq, held, tmp_path / "second")
    sync(second)

    assert (report.pushed, report.quarantined) == (1, 0)
    assert one(second, "household", household, "name") == "陈府"
    assert_same(held.store, second)
    assert verify_chain(held.store.connection) > 0
    with pytest.raises(RuleBroken):
        send_again(held.store, session, group, real_ms())
    second.close()


def test_a_visit_goes_again_whole_with_all_that_was_saved_with_it(enrolled: Estate, now: Clock) -> None:
    sync(enrolled.store)
    guard = enrolled.sessions[Role.GUARD]
    put(enrolled.store, "staff", guard.staff.staff_id, role="butler")
    sync(enrolled.store)
    gate_desk.admit(enrolled.store, guard, enrolled.registration(), enrolled.policies, now())
    assert sync(enrolled.store).quarantined >= 2
    (group,) = quarantined.held_groups(enrolled.store.connection, 9)
    assert (group.told.table, group.told.reason) == ("visit", "not_allowed")
    assert group.visit_id == enrolled.the_visit()["visit_id"]

    count = send_again(enrolled.store, guard, group.group_id, real_ms())
    assert sync(enrolled.store).quarantined == count  # the cause is still there, and it comes back on the list
    (again,) = quarantined.held_groups(enrolled.store.connection, 9)
    assert again.group_id != group.group_id


def test_what_others_wrote_since_stands_against_what_is_sent_again(hq: Hq, held: Estate, tmp_path: Path) -> None:
    second = joined(hq, held, tmp_path / "second")
    sync(second)
    household = held.store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    put(second, "household", household, name="陈太太宅")
    sync(second)
    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)
    (group,) = groups(held)
    send_again(held.store, held.sessions[Role.SUPERVISOR], group, real_ms())
    sync(held.store)

    assert sync(second).conflicts == 1
    second.close()


def name_of(estate: Estate) -> str:
    (name,) = estate.store.connection.execute("SELECT name FROM household").fetchone()
    return str(name)


def test_its_author_goes_on_seeing_what_is_held_until_it_is_let_go(hq: Hq, held: Estate, tmp_path: Path) -> None:
    assert name_of(held) == "陈府"
    second = joined(hq, held, tmp_path / "second")
    sync(second)
    household = second.connection.execute("SELECT household_id FROM household").fetchone()[0]
    assert one(second, "household", household, "name") == "陈宅"
    put(second, "household", household, name="陈太太宅", gate_note="请走侧门")
    sync(second)
    for kind in (TerminalKind.SUPERVISOR, TerminalKind.GATE):  # each time all is fetched anew
        sync(held.store)
        assert name_of(held) == "陈府"
        assert one(held.store, "household", household, "gate_note") == "请走侧门"
        assert len(groups(held)) == 1
        change_kind(hq, held, kind)

    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)
    put(held.store, "household", household, name="陈老宅")
    sync(held.store)
    assert name_of(held) == "陈老宅"  # the author's later word, which HQ has taken
    second.close()


def test_what_is_given_up_shows_what_hq_has_and_is_not_asked_about_again(hq: Hq, held: Estate) -> None:
    (group,) = groups(held)
    with pytest.raises(NotAllowed):
        give_up(held.store, held.sessions[Role.SUPERVISOR], group)
    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)
    give_up(held.store, held.sessions[Role.SUPERVISOR], group)

    assert (name_of(held), groups(held)) == ("陈宅", [])
    for kind in (TerminalKind.BUTLER, TerminalKind.SUPERVISOR):
        change_kind(hq, held, kind)
        sync(held.store)
        assert (name_of(held), groups(held)) == ("陈宅", [])
    assert sync_state.status(held.store.connection).quarantined == ()


def test_what_was_sent_again_before_the_log_told_of_it_does_not_come_back(enrolled: Estate) -> None:
    sync(enrolled.store)
    household = enrolled.store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    by_nobody = [Written("household", household, {"name": "陈府"})]
    record(enrolled.store, by_nobody, staff_id=new_id(real_ms()), now_ms=real_ms())
    assert sync(enrolled.store, push_only=True).quarantined == 1
    (group,) = groups(enrolled)
    send_again(enrolled.store, enrolled.sessions[Role.SUPERVISOR], group, real_ms())
    sync(enrolled.store)  # the cause is still there

    (again,) = groups(enrolled)
    assert again != group
    assert sync_state.summary(enrolled.store.connection).quarantined == 1
    assert name_of(enrolled) == "陈府"


async def test_the_screen_lists_them_and_sends_the_chosen_one_again(
    hq: Hq, open_booth: OpenBooth, held: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)
    set_pin(held.store, held.sessions[Role.SUPERVISOR].staff.staff_id, "902715")
    monkeypatch.setitem(PINS, Role.SUPERVISOR, ("9001", "902715"))
    async with open_booth() as booth:
        await booth.sign_in(Role.SUPERVISOR)
        await booth.keys("f9", "ctrl+r")
        assert isinstance(booth.app.screen, HeldBackDialog)
        assert "Ctrl+R 再次上报" in booth.sentence
        assert "3-2-1801" in booth.text()
        await booth.keys("enter")
        assert "先处理原因" in booth.sentence
        await booth.keys("ctrl+r")
        assert "再次上报" in booth.sentence
        assert "3-2-1801" not in booth.text()
    assert groups(held) == []


def test_an_older_word_sent_again_takes_the_newer_one_along(hq: Hq, held: Estate, tmp_path: Path) -> None:
    household = held.store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    put(held.store, "household", household, name="陈公馆")
    assert sync(held.store).quarantined == 1
    first, _second = groups(held)
    change_kind(hq, held, TerminalKind.SUPERVISOR)
    sync(held.store)

    assert send_again(held.store, held.sessions[Role.SUPERVISOR], first, real_ms()) == 2
    assert groups(held) == []
    assert name_of(held) == "陈公馆"
    sync(held.store)
    assert name_of(held) == "陈公馆"
    assert hq.query("SELECT name FROM v_household WHERE household_id = ?", id_text(household)) == [("陈公馆",)]
