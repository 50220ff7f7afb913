"""A month's key is in the key file before anything is sealed with it, is one for all threads, and HQ is told once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from butler_tui.sealing import open_sealed, public_box_key
from butler_tui.store import estates
from butler_tui.store.journal import record
from butler_tui.store.keys import read_keys
from butler_tui.store.month_keys import PURPOSE, month_key_for, record_missing
from tests.conftest import Clock, Estate

_HQ_BOX = bytes(range(32))


def _enrol_by_hand(estate: Estate) -> None:
    estates.save_enrolment(
        estate.store.connection,
        terminal_id=bytes(16),
        hq_url="https://hq.example:443/e/x",
        authority=None,
        box_key=public_box_key(_HQ_BOX),
        now_ms=1,
    )


def test_the_key_is_on_disk_before_it_is_used(estate: Estate, now: Clock) -> None:
    month_key_id, key, written = month_key_for(estate.store, "2026-11", now())
    assert read_keys(estate.store.home.keys).months == {month_key_id.hex(): key}
    assert written == []
    assert month_key_for(estate.store, "2026-11", now()) == (month_key_id, key, [])
    assert month_key_for(estate.store, "2026-12", now())[1] != key


def test_all_threads_have_one_key_a_month(estate: Estate, now: Clock) -> None:
    stores = [estate.store.again() for __ in range(6)]
    months = [f"2026-{number:02}" for number in range(1, 7)]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda store: [month_key_for(store, month, now())[:2] for month in months], stores))
    for store in stores:
        store.close()
    assert all(one == found[0] for one in found)
    assert len(read_keys(estate.store.home.keys).months) == len(months)


def test_hq_is_told_once_sealed_to_its_own_key(estate: Estate, now: Clock) -> None:
    _enrol_by_hand(estate)
    month_key_id, key, written = month_key_for(estate.store, "2026-11", now())
    assert [(one.table, one.record_id, one.values["month"]) for one in written] == [
        ("month_key", month_key_id, "2026-11")
    ]
    sealed = written[0].values["sealed"]
    assert isinstance(sealed, bytes)
    assert key not in sealed
    assert open_sealed(_HQ_BOX, sealed, purpose=PURPOSE) == key
    record(estate.store, written, staff_id=None, now_ms=now())
    assert month_key_for(estate.store, "2026-11", now())[2] == []
    assert record_missing(estate.store, now()) == 0
