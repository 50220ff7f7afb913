"""Erasing a person at HQ: everywhere in its rows, above every stamp, also what arrives later; by supervisors only."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.blobs import Blobs
from butler_tui.ids import parse_id
from tests.hq.authors import NOW, Author, MakeAuthor, fresh
from tests.hq.test_retention import GATE, GUARD, MARK, blobs, booth, came, swept, told, verifies

__all__ = ["blobs", "booth"]


def erasing(author: Author, *records: Change, staff_id: str = GUARD) -> list[Change]:
    group = fresh()
    return [
        author.change(one.table, group=group, record_id=one.record_id, parent_id=None, op=Op.ERASE, staff_id=staff_id)
        for one in records
    ]


def plain(change: Change) -> Change:
    """Return an erasing change as it is: without values (`change` names the person among the fields)."""
    return replace(change, fields={}, personal=None)


def erase(author: Author, *records: Change) -> list[str]:
    return author.reasons(author.push(*map(plain, erasing(author, *records))))


def test_a_visit_goes_with_all_that_belongs_to_it(booth: Author, blobs: Blobs) -> None:
    made, other = came(booth), came(booth)
    booth.push(*made, *other)
    picture = parse_id(made[-1].record_id)
    blobs.of(booth.terminal.estate_id).write(picture, b"a picture")

    assert erase(booth, made[0]) == []

    for change in made:
        left = str(booth.state(change))
        assert not any(word in left for word in (MARK, "sealed", "sha256"))
        log = booth.engine.read(
            lambda rows: rows.log_of(booth.terminal.estate_id, [(change.table, change.record_id)])  # noqa: B023
        )
        assert [any(word in row.body for word in (MARK, "salt")) for row in log].count(False) == len(log) > 0
    assert MARK in str(booth.state(other[0]))
    assert verifies(booth) == 1 + len(made) + len(other) + 1
    swept(booth, blobs, 0)
    assert not blobs.of(booth.terminal.estate_id).has(picture)


def test_what_arrives_later_is_taken_without_what_is_personal(booth: Author, author_of: MakeAuthor) -> None:
    gate = author_of(TerminalKind.GATE, booth.terminal.estate_id)
    made = came(gate)
    assert erase(booth, made[0]) == []
    assert gate.push(*made).quarantined == ()
    event: dict[str, Any] = {
        "visit_id": made[0].record_id,
        "kind": "badge_back",
        "at_ms": NOW,
        "gate_id": GATE,
        "note": MARK,
    }
    assert gate.push(gate.change("visit_event", staff_id=GUARD, **event)).quarantined == ()
    sha256 = base64.b64encode(bytes(32)).decode()
    shown: dict[str, Any] = {
        "subject_table": "visit",
        "subject_id": made[0].record_id,
        "sha256": sha256,
        "bytes": 9,
        "taken_ms": 1,
    }
    late = gate.change("attachment", staff_id=GUARD, media_type="image/png", **shown)
    assert gate.push(late).quarantined == ()

    assert told(booth) == set()
    assert (gate.state(made[0]) or {})["reason"] == "visiting"
    assert "sha256" not in (gate.state(late) or {})
    assert verifies(gate) == len(made) + 2


def test_a_profile_that_is_erased_stays_so_whatever_is_written_into_it(booth: Author, author_of: MakeAuthor) -> None:
    house, household = fresh(), fresh()
    booth.push(booth.change("house", record_id=house, room_code="V17", building="V17"))
    home = booth.change("household", record_id=household, house_id=house, name=MARK, gate_note=MARK)
    lives: dict[str, Any] = {"household_id": household, "name": MARK, "relation": "owner", "may_confirm": 1}
    resident = booth.change("resident", record_id=fresh(), **lives)
    assert booth.push(home, resident).quarantined == ()
    other = author_of(estate_id=booth.terminal.estate_id)
    other.push(other.change("resident", record_id=resident.record_id, **{**lives, "name": MARK + "2"}))
    assert told(booth) == {"household", "resident"}

    assert erase(booth, home) == []

    assert told(booth) == set()
    late = other.change(
        "resident",
        record_id=resident.record_id,
        **{**lives, "name": MARK, "relation": "tenant"},
        hlc=Stamp(NOW + 10**9, 0),
    )
    other.push(late, now_ms=NOW + 10**9)
    assert told(booth) == set()
    assert (booth.state(resident) or {}) == {"household_id": household, "relation": "tenant", "may_confirm": 1}
    again = booth.change("household", record_id=fresh(), house_id=house, name=MARK)
    anew = booth.change("resident", record_id=fresh(), **{**lives, "household_id": again.record_id})
    booth.push(again, anew)
    assert (booth.state(anew) or {})["name"] == MARK


def test_only_a_supervisor_at_their_own_terminal_erases(booth: Author, author_of: MakeAuthor) -> None:
    guard = fresh()
    booth.push(booth.change("staff", record_id=guard, number="1007", name="王", role="guard"))
    made = came(booth)
    booth.push(*made)
    gate = author_of(TerminalKind.GATE, booth.terminal.estate_id)

    assert erase(gate, made[0]) == ["wrong_terminal"]
    by_guard = [plain(one) for one in erasing(booth, made[0], staff_id=guard)]
    assert booth.reasons(booth.push(*by_guard)) == ["not_allowed"]
    nobody = [plain(one) for one in erasing(booth, made[0], staff_id="")]
    assert booth.reasons(booth.push(replace(nobody[0], staff_id=None))) == ["not_allowed"]
    with_values = erasing(booth, made[0])
    assert booth.reasons(booth.push(*with_values)) == ["malformed"]
    assert MARK in str(booth.state(made[0]))


def _late(booth: Author, visit: Change, table: str, late: str, **values: Any) -> Change:
    """Return a change about a visit that is held back: nobody knows yet who wrote it."""
    held = booth.change(table, record_id=fresh(), staff_id=late, **values)
    assert booth.reasons(booth.push(held)) == ["not_allowed"]
    return held


def test_what_is_held_of_an_erased_visit_goes_with_it_and_is_let_go_without_what_is_personal(
    booth: Author, author_of: MakeAuthor
) -> None:
    gate = author_of(TerminalKind.GATE, booth.terminal.estate_id)
    late, visit = fresh(), came(gate)
    gate.push(*visit)
    companion = _late(gate, visit[0], "companion", late, visit_id=visit[0].record_id, name=MARK)
    looked = {"kind": "unmasked", "at_ms": NOW, "subject": "visit", "subject_id": visit[0].record_id, "reason": MARK}
    seen = _late(gate, visit[0], "audit", late, **looked)

    assert erase(booth, visit[0]) == []

    estate_id = booth.terminal.estate_id
    assert not [row for row in booth.engine.read(lambda rows: rows.log_after(estate_id, 0, 1000)) if MARK in row.body]
    booth.push(booth.change("staff", record_id=late, number="4711", name="王", role="guard", active=1))
    for change in (companion, seen):
        left = booth.state(change)
        assert left is not None
        assert MARK not in str(left)


def test_what_was_held_before_anybody_knew_it_is_erased_too(booth: Author, author_of: MakeAuthor) -> None:
    other = author_of(estate_id=booth.terminal.estate_id)
    house = fresh()
    household = other.change("household", record_id=fresh(), house_id=house, name=MARK)
    assert other.reasons(other.push(household)) == ["parent_unknown"]

    assert erase(booth, household) == []

    estate_id = booth.terminal.estate_id
    assert not [row for row in booth.engine.read(lambda rows: rows.log_after(estate_id, 0, 1000)) if MARK in row.body]
    booth.push(booth.change("house", record_id=house, room_code="V99", building="V99"))
    assert MARK not in str(booth.state(household))
