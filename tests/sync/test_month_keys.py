"""A month's key is in the key file before anything is sealed with it, is one for all threads, and HQ is told once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from butler_tui.desk.gate import admit
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import FileTrouble
from butler_tui.ids import id_text
from butler_tui.sealing import open_sealed, public_box_key
from butler_tui.store import estates
from butler_tui.store.keys import read_keys
from butler_tui.store.month_keys import PURPOSE, month_key_for, record_missing
from tests.conftest import Clock, Estate
from tests.serving import Hq, sync

_HQ_BOX = bytes(range(32))


def _enrol_by_hand(estate: Estate) -> None:
    estates.save_enrolment(
        estate.store.connection,
        terminal_id=bytes(16),
        hq_url="https://hq.example:443/e/x",
        authority=None,
        box_key=public_box_key(_HQ_BOX),
        kind="gate",
        now_ms=1,
    )


def test_the_key_is_on_disk_before_it_is_used(estate: Estate, now: Clock) -> None:
    month_key_id, key = month_key_for(estate.store, "2026-11", now())
    assert read_keys(estate.store.home.keys).months == {month_key_id.hex(): key}
    assert _told(estate) == []
    assert month_key_for(estate.store, "2026-11", now()) == (month_key_id, key)
    assert month_key_for(estate.store, "2026-12", now())[1] != key


def test_all_threads_have_one_key_a_month(estate: Estate, now: Clock) -> None:
    stores = [estate.store.again() for __ in range(6)]
    months = [f"2026-{number:02}" for number in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda store: [month_key_for(store, month, now()) for month in months], stores))
    for store in stores:
        store.close()
    assert all(one == found[0] for one in found)
    assert len(read_keys(estate.store.home.keys).months) == len(months)


def test_hq_is_told_once_sealed_to_its_own_key(estate: Estate, now: Clock) -> None:
    _enrol_by_hand(estate)
    month_key_id, key = month_key_for(estate.store, "2026-11", now())
    ((told_id, month, sealed),) = _told(estate)
    assert (told_id, month) == (month_key_id, "2026-11")
    assert key not in sealed
    assert open_sealed(_HQ_BOX, sealed, purpose=PURPOSE) == key
    month_key_for(estate.store, "2026-11", now())
    assert record_missing(estate.store, now()) == 0
    assert len(_told(estate)) == 1


def test_however_many_threads_begin_a_month_hq_is_told_once(estate: Estate, now: Clock) -> None:
    _enrol_by_hand(estate)
    stores = [estate.store.again() for __ in range(6)]
    months = [f"2026-{number:02}" for number in range(1, 13)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda store: [month_key_for(store, month, now()) for month in months], stores))
    for store in stores:
        store.close()
    recorded = estate.store.connection.execute("SELECT count(*) FROM journal WHERE tbl = 'month_key'").fetchone()[0]
    assert (len(_told(estate)), recorded) == (12, 12)


def _told(estate: Estate) -> list[tuple[bytes, str, bytes]]:
    return [tuple(row) for row in estate.store.connection.execute("SELECT month_key_id, month, sealed FROM month_key")]


def _visit_with_number(estate: Estate, now: Clock) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number="330000199001011239", badge="")
    admit(estate.store, estate.sessions[Role.GUARD], agent, estate.policies, now())


def test_the_key_goes_to_hq_in_a_group_of_its_own_before_the_visit(estate: Estate, now: Clock) -> None:
    _enrol_by_hand(estate)
    _visit_with_number(estate, now)
    groups: dict[bytes, list[str]] = {}
    for group_id, table in estate.store.connection.execute(
        "SELECT group_id, tbl FROM journal WHERE tbl IN ('month_key', 'visit', 'document_secret') ORDER BY journal_id"
    ):
        groups.setdefault(group_id, []).append(table)
    assert list(groups.values()) == [["month_key"], ["visit", "document_secret"]]


def test_a_visit_held_back_at_hq_does_not_hold_the_key_back(hq: Hq, estate: Estate, now: Clock) -> None:
    hq.enrol(estate.store, TerminalKind.GATE)  # HQ takes no staff from a gate, so it holds back what they register
    _visit_with_number(estate, now)
    sync(estate.store)
    ((told_id, __, ___),) = _told(estate)
    verdicts = hq.query("SELECT tbl, verdict FROM change_log WHERE tbl IN ('visit', 'month_key') ORDER BY tbl")
    assert verdicts == [("month_key", "applied"), ("visit", "quarantined")]
    assert hq.query("SELECT month_key_id FROM v_month_key") == [(id_text(told_id),)]


def test_who_waits_for_the_key_file_is_told_soon(estate: Estate, now: Clock, english: None) -> None:
    keys = estate.store.home.keys
    began = time.monotonic()
    with FileLock(keys.with_name(keys.name + ".lock")), pytest.raises(FileTrouble, match="Another program holds"):
        _visit_with_number(estate, now)
    assert time.monotonic() - began < 3
    assert estate.visits_saved() == 0
