"""What HQ holds back of one terminal is shown at supervisors' terminals: who, when, what and why, and nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.desk import gate as gate_desk
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import terminals
from butler_tui.ids import id_text
from butler_tui.store import quarantined, reports
from butler_tui.store.local import Store
from butler_tui.store.quarantined import HeldElsewhere
from butler_tui.tui.screens.sync import SyncScreen
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.test_pull import estate_id_of, joined, put
from tests.tui.conftest import OpenBooth, open_booth

__all__ = ["open_booth"]
pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def booth(hq: Hq, enrolled: Estate, tmp_path: Path) -> Iterator[Store]:
    """Return a gate's terminal beside the supervisor's one that `enrolled` is; both have everything."""
    sync(enrolled.store)
    store = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(store)
    yield store
    store.close()


def others(store: Store) -> list[HeldElsewhere]:
    return quarantined.held_elsewhere(store.connection, 50, real_ms() - 3_600_000)


def rename(hq: Hq, store: Store, name: str) -> str:
    """Let a gate's terminal, which may not, write a household's name, and return whose household it is."""
    household = store.connection.execute("SELECT household_id FROM household").fetchone()[0]
    put(store, "household", household, name=name)
    assert sync(store).quarantined == 1
    return id_text(household)


def test_a_supervisors_terminal_is_told_what_is_held_of_others(hq: Hq, enrolled: Estate, booth: Store) -> None:
    rename(hq, booth, "秘密府")
    sync(enrolled.store)

    (told,) = others(enrolled.store)
    assert (told.told.table, told.told.reason, told.told.about.place) == ("household", "wrong_terminal", "3-2-1801")
    assert told.place == hq.query("SELECT name FROM terminal WHERE kind = 'gate'")[-1][0]
    assert abs(told.at_ms - real_ms()) < 60_000
    kept = str([tuple(row) for row in enrolled.store.connection.execute("SELECT * FROM report")])
    assert "秘密府" not in kept
    sync(booth)
    assert others(booth) == []
    assert booth.connection.execute("SELECT count(*) FROM report").fetchone()[0] == 0


def test_a_visit_that_was_held_is_named_with_its_guard_until_it_is_taken(
    hq: Hq, enrolled: Estate, booth: Store
) -> None:
    guard = enrolled.sessions[Role.GUARD]
    put(enrolled.store, "staff", guard.staff.staff_id, role="butler")
    sync(enrolled.store)
    coming = enrolled.registration(confirmed_ms=real_ms(), name="秘密客")
    gate_desk.admit(booth, guard, coming, enrolled.policies, real_ms())
    assert sync(booth).quarantined >= 2
    sync(enrolled.store)
    (told,) = others(enrolled.store)
    assert (told.who, told.told.table, told.told.about.name) == ("王强", "visit", "")

    put(enrolled.store, "staff", guard.staff.staff_id, role="guard")
    sync(enrolled.store)
    sync(enrolled.store)
    assert enrolled.store.connection.execute("SELECT count(*) FROM visit").fetchone()[0] == 1
    assert others(enrolled.store) == []


def test_what_is_held_of_its_own_is_not_told_again(hq: Hq, enrolled: Estate, booth: Store) -> None:
    terminal_id = id_text(enrolled.store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(enrolled.store), terminal_id, TerminalKind.GATE, real_ms())
    rename(hq, enrolled.store, "陈府")
    terminals.change_kind(hq.folder, estate_id_of(enrolled.store), terminal_id, TerminalKind.SUPERVISOR, real_ms())
    sync(enrolled.store)
    sync(enrolled.store)
    assert others(enrolled.store) == []


def test_who_floods_headquarters_pushes_no_other_report_away(hq: Hq, enrolled: Estate, booth: Store) -> None:
    for number in range(8):
        rename(hq, booth, f"府{number}")
    estate_id = estate_id_of(enrolled.store)
    rows = hq.query("SELECT detail FROM report WHERE kind = 'held_back' AND estate_id = ?", estate_id)
    assert len(rows) == 4
    assert json.loads(rows[0][0])["more"] == 0
    place = ("--dir", str(hq.folder.path))
    printed = butler("hq", "reports", estate_id, *place).stdout
    assert "could not apply 1 acts of" in printed
    assert "it may not be written at this kind of computer" in printed


def test_a_report_that_is_nonsense_is_passed_over(enrolled: Estate) -> None:
    details = ("[]", "{", '{"held": 5}', '{"held": [5, [], ["visit", "x", "y", null], ["a", 1, "b", "c"]]}', "[" * 9000)
    for number, detail in enumerate(details):
        told = (id_text(bytes([1] * 15 + [number])), real_ms(), reports.HELD_BACK, "岗", detail)
        reports.keep(enrolled.store.connection, [told])
    assert others(enrolled.store) == []


async def test_the_sync_view_shows_it(hq: Hq, open_booth: OpenBooth, enrolled: Estate, booth: Store) -> None:
    rename(hq, booth, "秘密府")
    sync(enrolled.store)
    async with open_booth() as screens:
        await screens.sign_in()
        await screens.keys("f9")
        assert isinstance(screens.app.screen, SyncScreen)
        text = " ".join(screens.text().split())
    assert "Held of others" in text
    assert "it may not be written at this kind of computer" in text
    assert "秘密府" not in text
