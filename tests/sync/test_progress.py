"""Whoever waits for a long first sync is told how much has come, also after a cut; and that it is there in the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.desk.shifts import set_pin
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import TryLater
from butler_tui.hq import admin
from butler_tui.ids import new_id
from butler_tui.paths import find_home
from butler_tui.store import tallies
from butler_tui.store.journal import record
from butler_tui.store.local import Store, open_store
from butler_tui.store.written import Written
from butler_tui.sync.talk import Tally
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.test_pull import assert_same, estate_id_of, joined, put


@pytest.fixture
def full(hq: Hq, enrolled: Estate) -> Estate:
    """Return an estate with 2,200 more records, all at HQ, and a supervisor with a PIN."""
    for _ in range(11):
        written = [Written("gate", new_id(real_ms()), {"name": "组"}) for _ in range(200)]
        record(enrolled.store, written, staff_id=None, now_ms=real_ms())
    sync(enrolled.store)
    return enrolled


@pytest.fixture
def second(hq: Hq, full: Estate, tmp_path: Path) -> Iterator[Store]:
    store = joined(hq, full, tmp_path / "second")
    yield store
    store.close()


def test_a_first_sync_tells_how_many_records_have_come_and_goes_on_after_a_cut(full: Estate, second: Store) -> None:
    told: list[tuple[int, int]] = []

    def cut_after_two(at: int, of: int) -> None:
        told.append((at, of))
        if len(told) == 2:
            raise TryLater("cut")

    with pytest.raises(TryLater):
        sync(second, tally=Tally(progress=cut_after_two))
    tally = Tally(progress=lambda at, of: told.append((at, of)))
    sync(second, tally=tally)

    there = tallies.records(full.store.connection)
    assert {of for _at, of in told} == {there}
    come = [at for at, _of in told]
    assert come == sorted(come)
    assert come[0] >= 1000
    assert come[2] > 2000
    assert come[-1] == there
    assert tally.whole
    assert_same(full.store, second)
    again = Tally(progress=lambda at, of: told.append((at, of)))
    sync(second, tally=again)
    assert (len(told), again.whole) == (len(come), False)


def test_what_others_wrote_since_is_told_by_positions(full: Estate, second: Store) -> None:
    sync(second)
    for number in range(3):
        put(full.store, "gate", new_id(real_ms()), name=f"岗{number}")
    sync(full.store)
    told: list[tuple[int, int]] = []
    sync(second, tally=Tally(progress=lambda at, of: told.append((at, of))))
    assert told == [(3, 3)]


def test_enrolling_fetches_all_and_says_that_it_can_be_handed_out(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    set_pin(enrolled.store, enrolled.sessions[Role.SUPERVISOR].staff.staff_id, "902715")
    sync(enrolled.store)
    sync(enrolled.store)
    code = admin.new_code(hq.folder, estate_id_of(enrolled.store), TerminalKind.SUPERVISOR, real_ms(), hq.url)
    ended = butler("enrol", code.url, code.code, env={"BUTLER_HOME": str(tmp_path / "third")})

    assert ended.returncode == 0
    assert "Sent: 0. Fetched: " in ended.stderr
    assert "ready to hand out" in ended.stderr
    third = open_store(find_home({"BUTLER_HOME": str(tmp_path / "third")}))
    assert_same(enrolled.store, third)
    third.close()
