"""Every look-up that a key waits for: indexes only, nothing sorted but what an index has already made few."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from butler_tui.domain.policies import Policies
from butler_tui.domain.recognise import recognise
from butler_tui.domain.visits import Registration
from butler_tui.store import badges, households, known, visits
from butler_tui.store.database import Connection
from butler_tui.store.local import Store
from butler_tui.store.search import look
from tests.conftest import Clock, Estate
from tests.store.test_search_bounds import asked_by, fill
from tests.store.test_visits import whole_tables_read

LETTERS = ("l", "w", "zh", "lwb", "liwenbo", "王", "王伟", "A1", "12345", "139", "13900000007", "0007", "3-1", "A017")
"""What one types first, and what most visits fit: a letter, a surname, a province's plates, the start of phones."""
MAY_BE_MANY = re.compile("(SEARCH|SCAN) (visit|visit_event|search_key|resident|vehicle|companion|document_secret)\\b")
BOUNDED = ("INDEX visit_inside", "INDEX visit_badge_out")
"""Those inside and badges that are out are few; and so is what a subquery with a LIMIT of its own brings."""


def known_by(store: Store, typed: str) -> object:
    return known.known_visitors(store, typed, recognise(typed, Policies().badge_pattern, ()))


LOOK_UPS: dict[str, Callable[[Store, str], object]] = {
    "known visitors": known_by,
    "search": look,
    "F7": lambda store, typed: visits.on_site(store.connection, 64, matching=typed),
    "F7, who is past their time": lambda store, typed: visits.on_site(
        store.connection, 64, (5, b"\1" * 16), typed, 1_900_000_000_000
    ),
    "F7, badges missing": lambda store, typed: badges.badges_missing(store.connection, 64, matching=typed),
    "who leaves, by badge": lambda store, typed: visits.by_badge(store.connection, typed),
    "who leaves, by plate": lambda store, typed: visits.by_plate(store.connection, typed),
    "who leaves, by phone": lambda store, typed: visits.by_phone(store.connection, typed),
    "a badge's holder": lambda store, typed: badges.holder_of_badge(store.connection, typed),
    "who came with a phone": lambda store, typed: visits.earlier_by_phone(store.connection, typed),
    "entered twice": lambda store, typed: visits.registered_lately(
        store.connection, Registration(name=typed, phone=typed, plate=typed), 1_794_527_880_000
    ),
    "rooms": lambda store, typed: households.rooms_starting(store.connection, typed),
    "homes": lambda store, typed: households.homes_matching(store.connection, typed),
    "a room's household": lambda store, typed: households.at_room(store.connection, typed),
}


@pytest.mark.parametrize("name", LOOK_UPS)
def test_a_key_reads_no_whole_table_and_sorts_no_more_than_a_few_rows(
    estate: Estate, now: Clock, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "_MOST_KEYS", 20)  # so that a letter fits too many names to hand them on
    connection = estate.store.connection
    fill(estate.store, 400, now())
    for typed in LETTERS:
        for statement in asked_by(estate.store, partial(LOOK_UPS[name], estate.store, typed)):
            assert wasteful(connection, statement) == [], (typed, statement)


def test_a_look_up_that_sorts_all_visits_of_a_name_would_be_noticed(estate: Estate) -> None:
    statement = "SELECT visit_id FROM visit WHERE name >= '王' AND name < '玊' ORDER BY registered_ms DESC LIMIT 6"

    assert wasteful(estate.store.connection, statement) == [
        "SEARCH visit USING INDEX visit_by_name (name>? AND name<?)"
    ]


def wasteful(connection: Connection, statement: str) -> list[str]:
    """Return the steps of a statement that read a whole table, or bring what may be many rows to be sorted."""
    plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    scans = [step for step in whole_tables_read(connection, statement) if "VIRTUAL TABLE" not in step]
    if not any("TEMP B-TREE" in step for step in plan) or re.search(r"\(SELECT [^()]* LIMIT \d+\)", statement):
        return scans
    many = [step for step in plan if MAY_BE_MANY.match(step)]
    return scans + [step for step in many if not any(one in step for one in BOUNDED)]
