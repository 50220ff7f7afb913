"""What HQ checks again of visits: whose name stands on a record, who was let in, and who corrects what until when."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.ids import id_text, parse_id, ruled_id
from tests.hq.authors import NOW, PASSED, Author, MakeAuthor, fresh

_HOUR_MS = 3_600_000
_GATE = fresh()


@dataclass
class Booth:
    """A gate terminal, the estate's supervisor's terminal, and the people by role."""

    author: Author
    head: Author
    people: dict[str, str]

    def visit(self, group: str | None = None, **values: Any) -> Change:
        """Return a visit of the guard."""
        facts = {"staff_id": self.people["guard"], "gate_id": _GATE, "reason": "visiting", "registered_ms": NOW}
        return self.author.change("visit", group=group, **{**facts, **PASSED, **values})

    def event(self, visit: Change, kind: str, role: str = "guard", **values: Any) -> Change:
        """Return an event of a visit by a person of `role`."""
        facts = {"staff_id": self.people[role], "gate_id": _GATE, "visit_id": visit.record_id, "at_ms": NOW}
        return self.author.change("visit_event", **{**facts, "kind": kind, **values})

    def correction(self, visit: Change, changed: dict[str, Any], role: str = "guard", **values: Any) -> Change:
        """Return a correction."""
        return self.event(visit, "corrected", role, corrected=json.dumps(changed), **values)

    def reasons(self, *changes: Change, now_ms: int = NOW) -> list[str]:
        """Push, and return why anything is held back."""
        return self.author.reasons(self.author.push(*changes, now_ms=now_ms))


@pytest.fixture
def booth(author_of: MakeAuthor) -> Booth:
    """Return a booth of an estate with a person of each role."""
    head, people = author_of(), {}
    for number, role in (("1007", "guard"), ("1001", "shift_lead"), ("9001", "supervisor")):
        person = head.change("staff", number=number, role=role, active=1)
        assert head.push(person).quarantined == ()
        people[role] = person.record_id
    return Booth(author_of(TerminalKind.GATE, head.terminal.estate_id), head, people)


def test_a_record_names_the_person_whose_right_was_judged(booth: Booth) -> None:
    other = booth.people["supervisor"]
    visit = booth.visit()
    assert booth.reasons(visit) == []
    makes: dict[str, Callable[[], Change]] = {
        "visit": booth.visit,
        "event": lambda: booth.event(visit, "out"),
        "audit": lambda: booth.author.change("audit", staff_id=booth.people["guard"], act="unmasked", at_ms=NOW),
    }
    for name, make in makes.items():
        for claimed in (other, None):
            change = make()
            claims = replace(change, fields={**change.fields, "staff_id": claimed})
            assert booth.reasons(claims) == ["not_allowed"], name
        assert booth.reasons(make()) == []


def test_nobody_signed_in_only_backs_up_and_restores(booth: Booth) -> None:
    def unsigned(act: str, **fields: Any) -> list[str]:
        change = booth.author.change("audit", act=act, at_ms=NOW)
        return booth.reasons(replace(change, fields={**change.fields, **fields}))

    assert unsigned("backed_up") == unsigned("restored") == []
    assert unsigned("unmasked") == unsigned("exported_unmasked") == ["not_allowed"]
    assert unsigned("unmasked", staff_id=booth.people["supervisor"]) == ["not_allowed"]
    assert unsigned("backed_up", staff_id=booth.people["supervisor"]) == ["not_allowed"]


@pytest.mark.parametrize("outcome", ["doubtful", "failed", "open", None, "teleported"])
@pytest.mark.parametrize("one_group", [True, False])
def test_nobody_is_let_in_whom_a_check_keeps_out(booth: Booth, outcome: str | None, one_group: bool) -> None:
    def pair(reason: str, **event: Any) -> list[str]:
        group = fresh()
        visit = booth.visit(group if one_group else None, reason=reason, check_document=outcome)
        return booth.reasons(visit, booth.event(visit, "admitted", group=group, **event))

    assert pair("visiting") == ["not_allowed"] * (2 if one_group else 1)
    for how in ("pin", "code"):
        assert pair("visiting", override_by=booth.people["shift_lead"], override_how=how, note="亲自确认") == []
    for role, unsaid in (("shift_lead", "telepathy"), ("shift_lead", None), ("guard", "code")):
        refused = pair("visiting", override_by=booth.people[role], override_how=unsaid, note="不作数")
        assert refused == ["not_allowed"] * (2 if one_group else 1)
    assert pair("emergency") == []


@pytest.mark.parametrize("outcome", ["passed", "not_applicable", "not_asked"])
def test_whom_the_checks_admit_is_let_in(booth: Booth, outcome: str) -> None:
    visit = booth.visit(check_vehicle=outcome)
    assert booth.reasons(visit, booth.event(visit, "admitted")) == []


def test_only_an_admission_is_an_override(booth: Booth) -> None:
    visit = booth.visit(check_document="failed")
    turned = booth.event(visit, "turned_away", override_by=booth.people["shift_lead"], override_how="pin")
    assert booth.reasons(visit, turned, booth.event(visit, "turned_away")) == ["not_allowed"]


@pytest.mark.parametrize(
    ("role", "changed", "hours", "held"),
    [
        ("guard", {"name": "X"}, 23, False),
        ("guard", {"name": "X"}, 25, True),
        ("shift_lead", {"name": "X"}, 25, False),
        ("shift_lead", {"name": "X"}, 31 * 24, True),
        ("supervisor", {"name": "X"}, 400 * 24, True),
        ("guard", {"check_document": "passed", "name": "X"}, 1, True),
        ("shift_lead", {"check_document": "passed"}, 1, True),
        ("guard", {"reason": "emergency"}, 1, True),
        ("shift_lead", {"reason": "emergency", "check_document": "passed"}, 1, False),
    ],
)
def test_corrections_follow_the_rules_of_the_desk(
    booth: Booth, role: str, changed: dict[str, Any], hours: int, held: bool
) -> None:
    visit, later = booth.visit(check_document="failed"), NOW + hours * _HOUR_MS
    assert booth.reasons(visit) == []
    event = booth.correction(visit, changed, role, at_ms=later, hlc=Stamp(later, 0))
    assert booth.reasons(event, now_ms=later) == (["not_allowed"] if held else [])


def test_a_guard_corrects_what_their_own_gate_registered(booth: Booth) -> None:
    visit = booth.visit()
    elsewhere = {"gate_id": fresh()}
    guards, leads = (booth.correction(visit, {"name": "X"}, role, **elsewhere) for role in ("guard", "shift_lead"))
    assert booth.reasons(visit, guards, leads) == ["not_allowed"]


def test_what_was_made_an_emergency_is_completed_by_a_guard(booth: Booth) -> None:
    visit = booth.visit(check_document="failed")
    completed = booth.correction(visit, {"check_document": "doubtful"})
    made = booth.correction(visit, {"reason": "emergency"}, "shift_lead")
    again = booth.correction(visit, {"check_document": "doubtful"})
    assert booth.reasons(visit, completed, made, again) == ["not_allowed"]
    later = booth.correction(visit, {"check_document": "passed"}, at_ms=NOW + 1)
    assert booth.reasons(later) == []
    assert booth.reasons(booth.correction(visit, {"check_document": "not_asked"}, at_ms=NOW + 2)) == ["not_allowed"]


def test_a_clock_ten_years_ahead_holds_no_correction_back(booth: Booth) -> None:
    ahead = NOW + 87_600 * _HOUR_MS
    visit = booth.visit()
    assert booth.reasons(visit) == []
    assert booth.reasons(booth.correction(visit, {"name": "X"}, at_ms=NOW + 5, hlc=Stamp(ahead, 0))) == []


def test_what_waited_for_its_visit_is_judged_by_when_it_was_made(booth: Booth, author_of: MakeAuthor) -> None:
    weeks = NOW + 5 * 7 * 24 * _HOUR_MS
    other = replace(booth, author=author_of(TerminalKind.GATE, booth.head.terminal.estate_id))
    visit = other.visit()
    lifts = booth.visit(hlc=Stamp(weeks, 0))
    in_time = booth.correction(visit, {"name": "X"}, hlc=Stamp(NOW + 1000, 0))
    late = booth.correction(visit, {"name": "Y"}, hlc=Stamp(weeks, 0), at_ms=NOW)
    assert booth.reasons(lifts, in_time, late, now_ms=weeks) == ["parent_unknown"] * 2
    assert other.reasons(visit, now_ms=weeks) == []
    assert booth.author.state(in_time) is not None
    assert booth.author.state(late) is None


def test_how_long_visits_are_corrected_is_the_estates_policy(booth: Booth) -> None:
    key, later = "correct_guard_h", NOW + 3 * _HOUR_MS
    policy_id = id_text(ruled_id(parse_id(booth.head.terminal.estate_id), "policy", key))
    policy = booth.head.change("policy", record_id=policy_id, key=key, value="1", hlc=Stamp(later, 0))
    visit = booth.visit()
    assert booth.head.push(policy, now_ms=later).quarantined == ()
    before = booth.correction(visit, {"name": "X"}, hlc=Stamp(later - 1000, 0))
    after = booth.correction(visit, {"name": "Y"}, hlc=Stamp(later + 1000, 0))
    assert booth.reasons(visit, before, after, now_ms=later) == ["not_allowed"]
