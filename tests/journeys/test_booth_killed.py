"""Power cuts at the booth: what the screen called saved is there afterwards, once, here and at HQ."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import GUARD, Booth
from tests.serving import sync

pytestmark = pytest.mark.journey

NAMES = [f"沈星{last}" for last in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"]


def test_twenty_kills_just_after_saving_lose_nothing_and_double_nothing(booth: Booth) -> None:
    for number, name in enumerate(NAMES):
        screen = booth.open()
        screen.sign_in(*GUARD)
        screen.scan(f"{name}\n1\n{13900007000 + number}\n")
        screen.press("ctrl+t")
        screen.wait_for(name)
        screen.press("ctrl+r")
        screen.wait_for("身份不明")
        screen.scan("1\n")
        screen.wait_for("未予放行")
        screen.kill()
    store = booth.store()
    try:
        sync(store)
        saved = store.connection.execute("SELECT name, state FROM visit WHERE name LIKE '沈星%'").fetchall()
        assert sorted(tuple(row) for row in saved) == sorted((name, "turned_away") for name in NAMES)
    finally:
        store.close()
    there = booth.hq.query("SELECT name, count(*) FROM v_visit WHERE name LIKE '沈星%' GROUP BY name ORDER BY name")
    assert there == [(f"沈星河{n:02d}", 1) for n in range(ROUNDS)]
    events = booth.hq.query("SELECT count(*) FROM v_visit_event JOIN v_visit USING (visit_id) WHERE name LIKE '沈星%'")
    assert events == [(ROUNDS,)]
