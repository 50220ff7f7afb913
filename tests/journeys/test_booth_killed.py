"""Power cuts at the booth: what the screen called saved is there afterwards, once, here and at HQ."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import GUARD, Booth
from tests.journeys.terminal import Terminal
from tests.serving import sync

pytestmark = [pytest.mark.journey, pytest.mark.soak]  # CI has the rounds of test_killed_rounds.py

NAMES = [f"沈星{last}" for last in "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉"]
"""Twenty rounds; the first of each pair is admitted, the second turned away."""


def admit(screen: Terminal, name: str, room: str) -> None:
    screen.scan(f"{name}\n1\n\n{room}\n\n1\n\n")
    screen.wait_for("探访", "[待查]")
    screen.scan("11111\n")
    screen.wait_for("已放行")


def turn_away(screen: Terminal, name: str) -> None:
    screen.scan(f"{name}\n")
    screen.wait_for(name)
    screen.press("ctrl+r")
    screen.wait_for("身份不明")
    screen.scan("1\n")
    screen.wait_for("未予放行")


def test_twenty_kills_just_after_saving_lose_nothing_and_double_nothing(booth: Booth) -> None:
    room = booth.first_room().room_code
    for number, name in enumerate(NAMES):
        screen = booth.open()
        screen.sign_in(*GUARD)
        if number % 2:
            turn_away(screen, name)
        else:
            admit(screen, name, room)
        screen.kill()
    states = ["inside", "turned_away"] * (len(NAMES) // 2)
    store = booth.store()
    try:
        sync(store)
        saved = store.connection.execute("SELECT name, state FROM visit WHERE name LIKE '沈星%'").fetchall()
        assert sorted(tuple(row) for row in saved) == sorted(zip(NAMES, states, strict=True))
    finally:
        store.close()
    there = booth.hq.query(
        "SELECT name, count(DISTINCT visit_id), count(*) FROM v_visit JOIN v_visit_event USING (estate_id, visit_id)"
        " WHERE name LIKE '沈星%' GROUP BY name"
    )
    assert sorted(there) == sorted((name, 1, 1) for name in NAMES)
