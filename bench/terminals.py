"""Terminals of a served HQ, and visits that happen at them: what the figures about syncing share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

from butler_tui.demo.calls import Call, plan_calls
from butler_tui.demo.days import Days
from butler_tui.demo.houses import plan_houses
from butler_tui.demo.making import HOUSEHOLDS
from butler_tui.demo.people import People
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import admin
from butler_tui.paths import find_home
from butler_tui.store.local import Store, open_store
from butler_tui.sync.first_enrol import enrol_here
from tests.serving import Hq, real_ms

CHANGES_OF_TEN_VISITS = 29
"""What the journal gets of ten visits, about: they come, most of them leave, some are turned away."""


def newcomer(hq: Hq, estate_id: str, folder: Path) -> Store:
    """Return an empty terminal in `folder`, just enrolled for an estate that HQ knows."""
    home = find_home({"BUTLER_HOME": str(folder)})
    code = admin.new_code(hq.folder, estate_id, TerminalKind.SUPERVISOR, real_ms(), hq.url)
    enrol_here(home, code.url, code.code, now_ms=real_ms)
    return open_store(home)


def unchanged(_people: People, call: Call) -> Call:
    """Return a call as it was planned."""
    return call


def let_happen(
    store: Store,
    visits: int,
    now_ms: int,
    show: Callable[[People, Call], Call] = unchanged,
    households: int = HOUSEHOLDS,
) -> None:
    """Let so many visits come and leave at a demo's gates, up to `now_ms` (UTC ms); `show` may change a call."""
    people = People(Random(now_ms))
    houses = plan_houses(People(Random(1)), households)
    calls = plan_calls(people, houses, visits, now_ms)
    gate_ids = [row[0] for row in store.connection.execute("SELECT gate_id FROM gate ORDER BY gate_id")]
    days = Days(store, gate_ids)
    days._badges_out |= {row[0] for row in store.connection.execute("SELECT badge FROM visit WHERE badge_out = 1")}
    days.run([show(people, call) for call in calls], {}, lambda: None)
