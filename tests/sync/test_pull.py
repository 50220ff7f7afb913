"""Several terminals of one estate end with the same records as HQ, whatever order they write and sync in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from butler_tui.desk import gate as gate_desk
from butler_tui.domain.changes import Value
from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import admin
from butler_tui.ids import id_text, new_id
from butler_tui.paths import find_home
from butler_tui.store import conflicts, estates, sync_state
from butler_tui.store.journal import record
from butler_tui.store.local import Store, open_store
from butler_tui.store.written import Written
from butler_tui.sync.first_enrol import enrol_here
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, served, sync


def estate_id_of(store: Store) -> str:
    own = estates.estate(store.connection)
    assert own is not None
    return id_text(own.estate_id)


@pytest.fixture
def second(hq: Hq, enrolled: Estate, tmp_path: Path) -> Iterator[Store]:
    """An empty computer that was enrolled for the same estate as a supervisor's; the first has synced."""
    sync(enrolled.store)
    store = joined(hq, enrolled, tmp_path / "second")
    yield store
    store.close()


def joined(hq: Hq, enrolled: Estate, folder: Path, kind: TerminalKind = TerminalKind.SUPERVISOR) -> Store:
    code = admin.new_code(hq.folder, estate_id_of(enrolled.store), kind, real_ms(), hq.url)
    home = find_home({"BUTLER_HOME": str(folder)})
    enrol_here(home, code.url, code.code, now_ms=real_ms)
    return open_store(home)


def put(store: Store, table: str, record_id: bytes, resolves: tuple[bytes, ...] = (), **values: Value) -> None:
    record(store, [Written(table, record_id, values, resolves)], staff_id=None, now_ms=real_ms())


def a_household(store: Store) -> tuple[bytes, bytes]:
    house, household = new_id(real_ms()), new_id(real_ms())
    put(store, "house", house, room_code="V17", building="V17")
    put(store, "household", household, house_id=house, name="林宅", gate_note="门铃轻按")
    return house, household


def rows(store: Store, table: str) -> list[tuple[Any, ...]]:
    """Return every record of a table as it is shown, derived columns included."""
    described = TABLES[table]
    names = [described.key, *(field.name for field in described.fields), *described.derived]
    found = store.connection.execute(f"SELECT {', '.join(names)} FROM {table} ORDER BY 1")
    return [tuple(row) for row in found]


def assert_same(*stores: Store) -> None:
    for table in TABLES:
        seen = [rows(store, table) for store in stores]
        assert all(one == seen[0] for one in seen), table
    for store in stores:
        assert store.connection.execute("SELECT count(*) FROM pending").fetchone()[0] == 0
        assert sync_state.waiting(store.connection) == 0


def one(store: Store, table: str, record_id: bytes, column: str) -> Any:
    described = TABLES[table]
    return store.connection.execute(f"SELECT {column} FROM {table} WHERE {described.key} = ?", (record_id,)).fetchone()[
        0
    ]


def test_an_empty_terminal_gets_everything_and_then_only_what_is_new(
    enrolled: Estate, second: Store, now: Clock
) -> None:
    first_time = sync(second)
    assert first_time.pulled > 0
    assert_same(enrolled.store, second)

    gate_desk.admit(enrolled.store, enrolled.sessions[Role.GUARD], enrolled.registration(), enrolled.policies, now())
    sync(enrolled.store)
    again = sync(second)

    assert 0 < again.pulled <= 3
    assert_same(enrolled.store, second)
    assert second.connection.execute("SELECT state FROM visit").fetchone()[0] == "inside"
    assert sync(second).pulled == 0


def test_what_was_pulled_is_found_by_its_keys(enrolled: Estate, second: Store) -> None:
    a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    found = second.connection.execute("SELECT value FROM search_key WHERE kind = 'name' AND key = 'lz'").fetchall()
    assert [row[0] for row in found] == ["林宅"]


def test_two_who_knew_of_each_other_do_not_conflict(enrolled: Estate, second: Store) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    put(second, "household", household, name="林先生宅")
    sync(second)
    sync(enrolled.store)
    put(enrolled.store, "household", household, name="林府")
    sync(enrolled.store)
    report = sync(second)

    assert_same(enrolled.store, second)
    assert one(second, "household", household, "name") == "林府"
    assert report.conflicts == 0


def test_two_who_did_not_are_both_kept_until_somebody_decides(hq: Hq, enrolled: Estate, second: Store) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    put(enrolled.store, "household", household, name="林先生宅")
    put(second, "household", household, name="林府")
    sync(second)
    sync(enrolled.store)
    report = sync(second)

    assert report.conflicts == 1
    assert_same(enrolled.store, second)
    told = [conflicts.waiting(store.connection) for store in (enrolled.store, second)]
    values = [{said.present.value, *(other.value for other in said.others)} for each in told for said in each]
    assert values == [{"林先生宅", "林府"}] * 2
    assert told[0][0].present.value == one(second, "household", household, "name")
    at_hq = hq.query("SELECT kept FROM record_state WHERE record_id = ?", id_text(household))
    assert list(json.loads(at_hq[0][0])) == ["name"]

    (conflict,) = told[0]
    cids = tuple(bytes.fromhex(other.cid.replace("-", "")) for other in conflict.others)
    put(enrolled.store, "household", household, cids, name="林先生宅")
    sync(enrolled.store)
    after = sync(second)

    assert (after.conflicts, conflicts.count(enrolled.store.connection)) == (0, 0)
    assert_same(enrolled.store, second)
    assert one(second, "household", household, "name") == "林先生宅"


def test_the_stricter_holds_meanwhile_also_on_the_screen_of_who_wrote_the_other(
    enrolled: Estate, second: Store
) -> None:
    _house, household = a_household(enrolled.store)
    resident = new_id(real_ms())
    put(enrolled.store, "resident", resident, household_id=household, name="林女士", relation="owner", may_confirm=1)
    sync(enrolled.store)
    sync(second)
    put(second, "resident", resident, may_confirm=0)
    put(enrolled.store, "resident", resident, may_confirm=1, phone="13900001234")
    sync(second)
    put(enrolled.store, "household", household, gate_note="老人午睡")
    put(second, "household", household, gate_note="请走侧门")
    sync(enrolled.store)
    sync(second)
    sync(enrolled.store)

    assert_same(enrolled.store, second)
    assert one(second, "household", household, "gate_note") == "老人午睡；请走侧门"
    # Both said it of one field whose value was 1 before: who says no stands beside who says yes.
    assert one(second, "resident", resident, "may_confirm") == 0


def test_own_changes_stay_on_top_until_the_log_brings_them_back(enrolled: Estate, second: Store) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    put(second, "household", household, gate_note="请走侧门")
    sync(second)
    put(enrolled.store, "household", household, name="林府")
    sync(enrolled.store, push_only=True)
    assert one(enrolled.store, "household", household, "gate_note") == "门铃轻按"
    sync(enrolled.store)
    assert (
        one(enrolled.store, "household", household, "name"),
        one(enrolled.store, "household", household, "gate_note"),
    ) == (
        "林府",
        "请走侧门",
    )


def test_hq_restored_behind_its_back_is_given_again_what_it_lost(estate: Estate, now: Clock, tmp_path: Path) -> None:
    with served(tmp_path / "hq") as hq:
        hq.enrol(estate.store)
        _house, household = a_household(estate.store)
        sync(estate.store)
        second = joined(hq, estate, tmp_path / "second")
        sync(second)
        hq.stop()
        shutil.copytree(hq.folder.path, tmp_path / "aside")
        hq.start()
        put(second, "household", household, name="林府")
        sync(second)
        session = estate.sessions[Role.GUARD]
        gate_desk.admit(estate.store, session, estate.registration(badge="A001"), estate.policies, now())
        sync(estate.store)
        sync(second)
        hq.stop()
        shutil.rmtree(hq.folder.path)
        shutil.copytree(tmp_path / "aside", hq.folder.path)
        hq.start()
        put(estate.store, "household", household, gate_note="请走侧门")

        for store in (estate.store, second, estate.store, second):
            sync(store)

        assert_same(estate.store, second)
        assert one(second, "household", household, "name") == "林府"
        assert one(second, "household", household, "gate_note") == "请走侧门"
        assert hq.query("SELECT badge FROM v_visit") == [("A001",)]
        assert hq.query("SELECT kind FROM report ORDER BY report_id") == [("new_generation",), ("offered",)]
        assert hq.query("SELECT count(*) FROM change_log WHERE verdict = 'offered'") == [(0,)]
        assert sync(second).pulled == 0
        second.close()


def test_what_was_held_for_something_unknown_is_let_go_and_the_author_sees_it(enrolled: Estate, second: Store) -> None:
    sync(second)
    house = new_id(real_ms())
    put(second, "household", new_id(real_ms()), house_id=house, name="林宅")
    assert sync(second).quarantined == 1
    put(enrolled.store, "house", house, room_code="V17", building="V17")
    sync(enrolled.store)
    sync(second)
    assert sync_state.status(second.connection).quarantined == ()
    assert_same(enrolled.store, second)
