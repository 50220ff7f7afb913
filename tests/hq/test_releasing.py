"""What is held for something unknown is let go once that has come, at a position of its own."""

from __future__ import annotations

from butler_tui.domain.merge import state_from
from butler_tui.hq.replay import replayed
from tests.hq.authors import Author, MakeAuthor, fresh


def held(author: Author) -> int:
    return author.engine.read(lambda rows: rows.counts(author.terminal.estate_id))[1]


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
