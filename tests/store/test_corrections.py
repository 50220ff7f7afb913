"""What a correction changes is shown in the visit; what was put is kept beside it, and comes back when it is undone."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from butler_tui.domain.changes import Value
from butler_tui.ids import new_id
from butler_tui.store.database import Row
from butler_tui.store.journal import erase, record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate

CHECKS = ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings")


@pytest.fixture
def visit_id(estate: Estate, now: Clock) -> bytes:
    visit_id = new_id(now())
    facts: dict[str, Value] = {
        "registered_ms": now(),
        "gate_id": new_id(1),
        "staff_id": new_id(2),
        "reason": "visiting",
    }
    values = {**facts, "name": "李文搏", "phone": "13805712211", **dict.fromkeys(CHECKS, "passed")}
    written = [Written("visit", visit_id, values), event(visit_id, "admitted", now())]
    record(estate.store, written, staff_id=None, now_ms=now())
    return visit_id


def event(visit_id: bytes, kind: str, at_ms: int, **more: Value) -> Written:
    values: dict[str, Value] = {"visit_id": visit_id, "kind": kind, "at_ms": at_ms, "gate_id": new_id(1)}
    return Written("visit_event", new_id(at_ms), {**values, "staff_id": new_id(2), **more})


def correction(visit_id: bytes, at_ms: int, **changed: str | int | None) -> Written:
    return event(visit_id, "corrected", at_ms, corrected=json.dumps(changed, ensure_ascii=False), reason="typing_error")


def shown(store: Store, visit_id: bytes) -> Row:
    row: Row = store.connection.execute("SELECT * FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    return row


def test_a_correction_is_shown_and_what_was_put_is_kept(estate: Estate, now: Clock, visit_id: bytes) -> None:
    record(estate.store, [correction(visit_id, now(), name="李文博")], staff_id=None, now_ms=now())

    visit = shown(estate.store, visit_id)
    assert visit["name"] == "李文博"
    assert json.loads(visit["original"]) == {"name": "李文搏"}
    assert visit["state"] == "inside"
    assert _found_by(estate.store, "lwb") >= {"李文博"}


def test_an_undone_correction_gives_back_what_was_put(estate: Estate, now: Clock, visit_id: bytes) -> None:
    made = correction(visit_id, now(), name="李文博", phone=None)
    record(estate.store, [made], staff_id=None, now_ms=now())
    undone = event(visit_id, "undone", now(), undoes=made.record_id)
    record(estate.store, [undone], staff_id=None, now_ms=now())

    visit = shown(estate.store, visit_id)
    assert (visit["name"], visit["phone"], visit["original"]) == ("李文搏", "13805712211", None)


def test_corrections_amount_to_the_same_in_whatever_order_they_arrive(estate: Estate, now: Clock) -> None:
    results = set()
    for order in permutations(range(3)):
        visit_id = new_id(now())
        facts: dict[str, Value] = {"registered_ms": now(), "gate_id": new_id(1), "staff_id": new_id(2)}
        put = {**facts, "reason": "visiting", "name": "甲", **dict.fromkeys(CHECKS, "passed")}
        record(estate.store, [Written("visit", visit_id, put)], staff_id=None, now_ms=now())
        made = [
            correction(visit_id, 1_000, name="乙", companions=1),
            correction(visit_id, 2_000, name="丙"),
            correction(visit_id, 3_000, company="顺达"),
        ]
        for index in order:
            record(estate.store, [made[index]], staff_id=None, now_ms=now())
        visit = shown(estate.store, visit_id)
        results.add((visit["name"], visit["companions"], visit["company"], visit["original"]))
    assert len(results) == 1
    assert results.pop()[:3] == ("丙", 1, "顺达")


@pytest.mark.parametrize(
    "text", ["", "[]", "nonsense", '{"state": "left"}', '{"visit_id": "x"}', '{"companions": "x"}']
)
def test_a_correction_that_this_version_cannot_read_changes_nothing(
    estate: Estate, now: Clock, visit_id: bytes, text: str
) -> None:
    before = dict(shown(estate.store, visit_id))

    record(estate.store, [event(visit_id, "corrected", now(), corrected=text)], staff_id=None, now_ms=now())

    assert dict(shown(estate.store, visit_id)) == before


def test_what_is_erased_is_not_found_any_more_either(estate: Estate, now: Clock, visit_id: bytes) -> None:
    record(estate.store, [correction(visit_id, now(), name="李文博")], staff_id=None, now_ms=now())

    erase(estate.store, "visit", visit_id)

    assert shown(estate.store, visit_id)["original"] is None
    assert _found_by(estate.store, "lwb") == set()


def _found_by(store: Store, key: str) -> set[str]:
    return {row[0] for row in store.connection.execute("SELECT value FROM search_key WHERE key = ?", (key,))}


def test_what_is_erased_shows_as_it_was_put_wherever_the_correction_came_too_late(
    estate: Estate, now: Clock, visit_id: bytes
) -> None:
    changed = correction(visit_id, now(), name="李文博", companions=3)
    record(estate.store, [changed], staff_id=None, now_ms=now())
    assert shown(estate.store, visit_id)["companions"] == 3
    for table, record_id in (("visit_event", changed.record_id), ("visit", visit_id)):
        erase(estate.store, table, record_id)

    visit = shown(estate.store, visit_id)
    assert (visit["companions"], visit["name"], visit["original"]) == (0, None, None)
