"""What is held for something unknown is let go once that has come, at a position of its own."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.merge import state_from
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.ingest import Landing
from butler_tui.hq.replay import replayed
from tests.hq.authors import NOW, PASSED, Author, MakeAuthor, fresh


def held(author: Author) -> int:
    return author.engine.read(lambda rows: rows.count_held(author.terminal.estate_id))


def test_a_child_that_came_before_its_parent_is_let_go_with_its_own_children(author_of: MakeAuthor) -> None:
    early = author_of()
    late = author_of(estate_id=early.terminal.estate_id)
    house, household, resident = fresh(), fresh(), fresh()
    in_house = early.change("household", record_id=household, parent_id=house, house_id=house, name="林宅")
    in_household = early.change(
        "resident", record_id=resident, parent_id=household, household_id=household, name="林女士", relation="owner"
    )
    answer = early.push(in_house, in_household)
    assert early.reasons(answer) == ["parent_unknown", "parent_unknown"]

    answer = late.push(late.change("house", record_id=house, room_code="V17", building="V17"))

    estate_id = early.terminal.estate_id
    assert (held(early), answer.pos) == (0, 5)
    log = early.engine.read(lambda rows: rows.log_after(estate_id, 0, 100))
    assert [row.pos for row in log] == [1, 2, 3, 4, 5]
    assert [row.verdict for row in log] == ["released", "released", "applied", "applied", "applied"]
    amounts = replayed(log)
    for key in (("house", house), ("household", household), ("resident", resident)):
        (row,) = early.engine.read(lambda rows: rows.states(estate_id, [key]))  # noqa: B023
        assert state_from(row.state, row.stamps, row.kept) == amounts[key]
        assert row.pos <= 5
    assert amounts["resident", resident].stamps["name"].cid == in_household.cid


def test_what_is_held_for_another_reason_stays(author_of: MakeAuthor) -> None:
    early = author_of()
    late = author_of(estate_id=early.terminal.estate_id)
    house = fresh()
    malformed = early.change("household", record_id=fresh(), parent_id=house, house_id=house, name=7)
    assert early.reasons(early.push(malformed)) == ["malformed"]

    late.push(late.change("house", record_id=house, room_code="V17", building="V17"))

    assert held(early) == 1


def test_a_person_who_was_unknown_is_known_later(author_of: MakeAuthor) -> None:
    booth = author_of()
    late = author_of(estate_id=booth.terminal.estate_id)
    staff, gate = fresh(), fresh()
    written = booth.change("gate", record_id=gate, staff_id=staff, name="东门岗")
    assert booth.reasons(booth.push(written)) == ["not_allowed"]

    late.push(late.change("staff", record_id=staff, number="9001", name="许", role="supervisor"))

    assert held(booth) == 0
    (row,) = booth.engine.read(lambda rows: rows.states(booth.terminal.estate_id, [("gate", gate)]))
    assert "东门岗" in row.state


def _staff(author: Author, staff_id: str, role: str) -> Change:
    return author.change("staff", record_id=staff_id, number=staff_id[:4], name="许", role=role, active=1)


def test_a_visit_let_in_by_somebody_unknown_is_let_go_when_they_come(author_of: MakeAuthor) -> None:
    boss = author_of()
    booth = author_of(TerminalKind.GATE, boss.terminal.estate_id)
    guard, lead, group, gate = fresh(), fresh(), fresh(), fresh()
    boss.push(_staff(boss, guard, "guard"))
    said = {**PASSED, "ask_host": "failed", "registered_ms": NOW, "gate_id": gate, "staff_id": guard}
    visit = booth.change("visit", record_id=fresh(), group=group, name="李", reason="visiting", **said)
    let_in = {"kind": "admitted", "at_ms": NOW, "gate_id": gate, "override_by": lead, "override_how": "pin"}
    event = booth.change(
        "visit_event", group=group, parent_id=visit.record_id, visit_id=visit.record_id, staff_id=guard, **let_in
    )
    assert booth.reasons(booth.push(visit, event)) == ["not_allowed", "not_allowed"]

    boss.push(_staff(boss, lead, "shift_lead"))

    assert held(booth) == 0
    assert booth.state(visit) is not None


def test_what_goes_on_in_a_held_record_is_let_go_after_it_and_never_before(author_of: MakeAuthor) -> None:
    terminal = author_of()
    boss = author_of(estate_id=terminal.terminal.estate_id)
    first, second, house, household, resident = (fresh() for _ in range(5))
    boss.push(
        boss.change("house", record_id=house, room_code="V1", building="V1"),
        boss.change("household", record_id=household, parent_id=house, house_id=house, name="陈宅"),
    )
    begun = terminal.change(
        "resident", record_id=resident, household_id=household, name="陈", relation="owner", may_confirm=1,
        staff_id=first,
    )  # fmt: skip
    gone_on = terminal.change("resident", record_id=resident, may_confirm=0, staff_id=second)
    assert terminal.reasons(terminal.push(begun, gone_on)) == ["not_allowed", "not_allowed"]

    boss.push(_staff(boss, second, "supervisor"))
    assert (held(terminal), terminal.state(begun)) == (2, None)

    boss.push(_staff(boss, first, "supervisor"))
    assert held(terminal) == 0
    state = terminal.state(begun)
    assert state is not None
    assert (state["name"], state["may_confirm"]) == ("陈", 0)


def test_a_day_that_waited_for_one_new_guard_is_let_go_at_once(
    author_of: MakeAuthor, monkeypatch: pytest.MonkeyPatch
) -> None:
    booth = author_of()
    late = author_of(estate_id=booth.terminal.estate_id)
    guard = fresh()
    booth.push(*(booth.change("gate", staff_id=guard, name="东门岗") for _ in range(20)))
    assert held(booth) == 20
    looked, look_up = [], Landing.look_up

    def looked_up(landing: Landing, changes: Sequence[Change]) -> None:
        looked.append(len(changes))
        look_up(landing, changes)

    monkeypatch.setattr(Landing, "look_up", looked_up)
    late.push(late.change("staff", record_id=guard, number="9001", name="许", role="supervisor"))

    assert held(booth) == 0
    assert looked == [1, 20]
