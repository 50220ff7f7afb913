"""Outside text on every screen: nothing drives the terminal, nothing crashes, rare hanzi survive."""

from __future__ import annotations

from pathlib import Path

from textual import events

import butler_tui.tui
from butler_tui.domain.changes import Value
from butler_tui.ids import new_id
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.hostile import DANGEROUS, HOSTILE_NAMES, RARE, spread
from tests.tui.conftest import OpenBooth

SHORT = [name for name in HOSTILE_NAMES if len(name) < 200 and not any("\ud800" <= one <= "\udfff" for one in name)]
"""Those that a database takes as they are."""
PASTED = spread(40)
"""A spread of them, for what takes a moment each."""


def let_in(estate: Estate, name: str, now: Clock) -> None:
    """Write a visitor as another version or HQ might have: past safe()."""
    visit_id, gate_id = new_id(now()), estate.gate_ids[0]
    outcomes: dict[str, Value] = dict.fromkeys(
        ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings"), "passed"
    )
    visit: dict[str, Value] = {
        "registered_ms": now(),
        "gate_id": gate_id,
        "staff_id": gate_id,
        "name": name,
        "badge": "A017",
        "room_code": name[:20],
        "plate": name[:9],
        "reason": "visiting",
        "expected_out_ms": now() + 60_000,
    }
    event: dict[str, Value] = {
        "visit_id": visit_id,
        "kind": "admitted",
        "at_ms": now(),
        "gate_id": gate_id,
        "staff_id": gate_id,
    }
    record(
        estate.store,
        [Written("visit", visit_id, {**visit, **outcomes}), Written("visit_event", new_id(now()), event)],
        staff_id=None,
        now_ms=now(),
    )


async def test_stored_names_cannot_drive_the_screens(open_booth: OpenBooth, estate: Estate, now: Clock) -> None:
    record(estate.store, [Written("gate", estate.gate_ids[0], {"name": "".join(SHORT)})], staff_id=None, now_ms=now())
    for name in SHORT:
        let_in(estate, name, now)
    async with open_booth(120, 50) as booth:
        shown = booth.text()
        await booth.sign_in()
        shown += booth.text()
        for keys in (("A", "0", "1", "7"), ("f7",), ("pagedown",), ("escape",), ("f9",)):
            await booth.keys(*keys)
            shown += booth.text()
    assert "A017" in shown
    assert not DANGEROUS & set(shown)


async def test_pasted_names_are_made_safe_before_they_are_kept(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        for name in PASTED:
            booth.gate.form.focus_field("name")
            await booth.settle()
            booth.gate.form.query_one("#name").post_message(events.Paste(name))
            await booth.settle()
            typed = booth.field("name")
            booth.gate.form.focus_field("looks")
            await booth.settle()
            await booth.type("x")
            await booth.keys("ctrl+r")
            await booth.type("1\n")
            assert not DANGEROUS & set(booth.text())
            row = estate.store.connection.execute("SELECT name FROM visit ORDER BY rowid DESC LIMIT 1").fetchone()
            kept = row[0] or ""
            assert kept == typed
            assert not DANGEROUS & set(kept)
            assert len(kept) <= 200
            if name in RARE:
                assert kept == name
    assert estate.store.connection.execute("SELECT count(*) FROM visit").fetchone()[0] == len(PASTED)


def test_words_reach_the_screen_by_one_way_only() -> None:
    folder = Path(butler_tui.tui.__file__).parent
    others = [
        file.name
        for file in folder.rglob("*.py")
        if file.name != "shown.py"
        and any(way in file.read_text() for way in ("Content(", "Content.", "Text(", "notify("))
    ]
    assert others == []
