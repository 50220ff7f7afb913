"""What HQ checks again: roles, forms, parents; a group counts whole or is held back whole."""

from __future__ import annotations

from typing import Any

import pytest

from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from tests.hq.authors import NOW, Author, MakeAuthor, fresh


def _guard(author: Author, role: str = "guard", active: int = 1) -> str:
    person = author.change("staff", number="1007", role=role, active=active)
    assert author.push(person).quarantined == ()
    return person.record_id


@pytest.mark.parametrize(
    ("kind", "role", "table", "reason"),
    [
        (TerminalKind.SUPERVISOR, "supervisor", "staff", None),
        (TerminalKind.SUPERVISOR, "guard", "staff", "not_allowed"),
        (TerminalKind.GATE, "supervisor", "staff", "not_allowed"),
        (TerminalKind.GATE, "guard", "visit", None),
        (TerminalKind.GATE, "butler", "visit", "not_allowed"),
        (TerminalKind.GATE, "guard", "policy", "not_allowed"),
        (TerminalKind.GATE, "janitor", "visit", "not_allowed"),
    ],
)
def test_roles_are_checked_again(
    author_of: MakeAuthor, kind: TerminalKind, role: str, table: str, reason: str | None
) -> None:
    head = author_of()
    staff_id = _guard(head, role)
    author = author_of(kind, head.terminal.estate_id)
    values: dict[str, Any] = {"reason": "visiting"} if table == "visit" else {}
    change = author.change(table, staff_id=staff_id, **values)
    answer = author.push(change)
    assert author.reasons(answer) == ([reason] if reason else [])
    assert (author.state(change) is None) is (reason is not None)


def test_without_a_person_only_set_up_is_taken(author: Author) -> None:
    assert author.reasons(author.push(author.change("visit", reason="visiting"))) == ["not_allowed"]
    assert author.reasons(author.push(author.change("month_key", month="2026-11", sealed="AAAA"))) == []


def test_a_person_nobody_knows_may_do_nothing(author: Author) -> None:
    change = author.change("visit", staff_id=fresh(), reason="visiting")
    assert author.reasons(author.push(change)) == ["not_allowed"]


def test_who_left_may_not_but_what_was_written_before_is_taken(author: Author) -> None:
    staff_id = _guard(author)
    left = author.change("staff", record_id=staff_id, active=0, hlc=Stamp(NOW + 1000, 0))
    author.push(left)
    late = author.change("visit", staff_id=staff_id, reason="visiting", hlc=Stamp(NOW + 500, 0))
    after = author.change("visit", staff_id=staff_id, reason="visiting", hlc=Stamp(NOW + 2000, 0))
    answer = author.push(late, after)
    assert answer.quarantined == ((after.cid, "not_allowed"),)


def test_a_group_is_held_back_whole_and_what_hangs_on_it_with_it(author: Author) -> None:
    staff_id = _guard(author)
    group = fresh()
    visit = author.change("visit", staff_id=staff_id, group=group, reason="visiting")
    bad = author.change("visit_event", staff_id=staff_id, group=group, visit_id=visit.record_id, kind="admitted",
                        at_ms="soon")  # fmt: skip
    out = author.change("visit_event", staff_id=staff_id, visit_id=visit.record_id, kind="out", at_ms=NOW)
    answer = author.push(visit, bad, out)
    assert author.reasons(answer) == ["malformed", "malformed", "parent_unknown"]
    assert author.state(visit) is None
    assert answer.pos == 4
    held = author.engine.read(lambda rows: rows.quarantined_after(author.terminal.estate_id, author.epoch, 0, 10))
    assert [cid for cid, __ in held] == [visit.cid, bad.cid, out.cid]


@pytest.mark.parametrize("table", ["visit_event", "companion", "document_secret"])
def test_a_child_of_an_unknown_visit_is_held_back(author: Author, table: str) -> None:
    staff_id = _guard(author)
    kind = {"kind": "out"} if table == "visit_event" else {}
    change = author.change(table, staff_id=staff_id, visit_id=fresh(), **kind)
    assert author.reasons(author.push(change)) == ["parent_unknown"]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("visit", {"registered_ms": "x"}),
        ("visit", {"gate_id": "not-an-id"}),
        ("visit", {"name": 5}),
        ("visit", {"reason": 5}),
        ("visit", {"reason": "visiting", "op": Op.EVENT}),
        ("visit_event", {"kind": "out", "visit_id": "0192f0c1-2345-7abc-8def-0123456789ab", "parent_id": None}),
    ],
)
def test_what_is_not_of_its_kind_is_held_back(author: Author, table: str, values: dict[str, Any]) -> None:
    change = author.change(table, staff_id=_guard(author), **values)
    assert author.reasons(author.push(change)) == ["malformed"]


def test_what_a_newer_version_knows_is_kept(author: Author) -> None:
    staff_id = _guard(author)
    newer = author.change("parcel", staff_id=staff_id, locker="A3", shelf=2)
    column = author.change("visit", staff_id=staff_id, reason="visiting", mood="calm")
    assert author.push(newer, column).quarantined == ()
    assert author.state(newer) == {"locker": "A3", "shelf": 2}
    assert author.state(column) == {"reason": "visiting", "mood": "calm"}
