"""What HQ checks again: roles, forms, parents; a group counts whole or is held back whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.ids import id_text, new_id
from tests.hq.authors import NOW, PASSED, Author, MakeAuthor, fresh


def _guard(author: Author, role: str = "guard", active: int = 1) -> str:
    person = author.change("staff", number="1007", role=role, active=active)
    assert author.push(person).quarantined == ()
    return person.record_id


@pytest.mark.parametrize(
    ("kind", "role", "table", "reason"),
    [
        (TerminalKind.SUPERVISOR, "supervisor", "staff", None),
        (TerminalKind.SUPERVISOR, "guard", "staff", "not_allowed"),
        (TerminalKind.GATE, "supervisor", "staff", "wrong_terminal"),
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


def test_a_right_is_not_had_by_hiding_what_asks_for_it(author_of: MakeAuthor) -> None:
    head = author_of()
    butler = author_of(TerminalKind.BUTLER, head.terminal.estate_id)
    visit = head.change("visit", staff_id=_guard(head, "supervisor"), reason="visiting")
    head.push(visit)
    staff_id = _guard(head, "butler")
    facts: dict[str, Any] = {"staff_id": staff_id, "visit_id": visit.record_id, "at_ms": NOW}
    plain = butler.change("visit_event", **facts, kind="out")
    hidden = butler.change("visit_event", **facts, personal={"kind": "out"})
    both = butler.change("visit_event", **facts, kind="admitted", personal={"kind": "out"})
    none = butler.change("visit_event", **facts)
    answer = butler.push(plain, hidden, both, none)
    assert butler.reasons(answer) == ["not_allowed", "malformed", "malformed", "not_allowed"]


def test_a_name_in_plain_sight_is_held_back(author: Author) -> None:
    change = author.change("resident", fields={"name": "林婉清"})
    assert author.reasons(author.push(change)) == ["malformed"]


@pytest.mark.parametrize("kind", ["teleported", ""])
def test_an_event_for_which_nobody_has_a_right_is_held_back(author: Author, kind: str) -> None:
    staff_id = _guard(author, "supervisor")
    visit = author.change("visit", staff_id=staff_id, reason="visiting")
    event = author.change("visit_event", staff_id=staff_id, visit_id=visit.record_id, kind=kind, at_ms=NOW)
    assert author.reasons(author.push(visit, event)) == ["not_allowed"]


@pytest.mark.parametrize(("role", "reasons"), [("guard", ["not_allowed"]), ("shift_lead", []), ("supervisor", [])])
def test_only_a_shift_lead_or_supervisor_admits_in_spite_of_the_check(
    author: Author, role: str, reasons: list[str]
) -> None:
    guard, other = _guard(author, "guard"), _guard(author, role)
    visit = author.change("visit", staff_id=guard, reason="visiting")
    facts: dict[str, Any] = {"visit_id": visit.record_id, "kind": "admitted", "at_ms": NOW}
    event = author.change(
        "visit_event", staff_id=guard, **facts, override_by=other, override_how="pin", note="亲自确认"
    )

    assert author.reasons(author.push(visit, event)) == reasons


def test_nobody_unknown_admits_in_spite_of_the_check(author: Author) -> None:
    guard = _guard(author, "guard")
    visit = author.change("visit", staff_id=guard, reason="visiting")
    facts: dict[str, Any] = {"visit_id": visit.record_id, "kind": "admitted", "at_ms": NOW}
    event = author.change("visit_event", staff_id=guard, **facts, override_by=id_text(new_id(NOW)), override_how="pin")

    assert author.reasons(author.push(visit, event)) == ["not_allowed"]


def _of_everything(author: Author, staff_id: str) -> list[Change]:
    visit = author.change("visit", staff_id=staff_id, reason="visiting", badge="A017", **PASSED)
    facts: dict[str, Any] = {"staff_id": staff_id, "visit_id": visit.record_id}
    month = author.change("month_key", month="2026-11", sealed="AAAA")
    return [
        visit,
        author.change("companion", **facts, name="李雷"),
        author.change("visit_event", **facts, kind="admitted", at_ms=NOW),
        month,
        author.change("document_secret", **facts, month_key_id=month.record_id, sealed="AAAA"),
    ]


@pytest.mark.parametrize("number", range(5))
@pytest.mark.parametrize("same_terminal", [False, True])
def test_what_is_written_once_is_written_once_by_whoever_comes_first(
    author_of: MakeAuthor, number: int, same_terminal: bool
) -> None:
    first = author_of()
    staff_id = _guard(first, "supervisor")
    records = _of_everything(first, staff_id)
    assert first.push(*records).quarantined == ()
    target = records[number]
    before = first.state(target)
    other = first if same_terminal else author_of(estate_id=first.terminal.estate_id)
    values: dict[str, Any] = {**target.fields, **(target.personal or {}), "more": 1}
    values.update(record_id=target.record_id, staff_id=target.staff_id, hlc=Stamp(NOW + 5000, 0))
    again = other.change(target.table, **values)
    assert other.reasons(other.push(again)) == ["already_there"]
    assert first.state(target) == before


def test_one_group_does_not_write_twice_what_is_written_once(author: Author) -> None:
    staff_id, group = _guard(author), fresh()
    one = author.change("visit", staff_id=staff_id, group=group, reason="visiting")
    two = author.change("visit", staff_id=staff_id, group=group, record_id=one.record_id, reason="repair")
    assert author.reasons(author.push(one, two)) == ["already_there", "already_there"]
    assert author.state(one) is None


def test_the_same_change_again_is_a_duplicate_and_not_held_back(author: Author) -> None:
    visit = author.change("visit", staff_id=_guard(author), reason="visiting")
    author.push(visit)
    other = replace(author, epoch=fresh(), seq=0, link=FIRST_LINK)
    answer = other.push(replace(visit, epoch=other.epoch, seq=1))
    assert (answer.duplicates, answer.quarantined) == ((visit.cid,), ())


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
        ("visit_event", {"kind": "out", "parent_id": "0192f0c1-2345-7abc-8def-0123456789ab"}),
        ("visit_event", {"kind": "out"}),
        ("companion", {"name": "李雷"}),
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
    assert author.state(column) == {"staff_id": staff_id, "reason": "visiting", "mood": "calm"}
