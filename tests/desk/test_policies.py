"""An estate's rules are listed and changed by name; what cannot hold is refused, and every change has its person."""

from __future__ import annotations

import json

import pytest

from butler_tui.desk.policies import change, listed
from butler_tui.desk.policy_words import rule_words, value_words, what_fits
from butler_tui.domain import policy_values
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.rights import Role
from butler_tui.errors import NotAllowed, WrongUsage
from butler_tui.store import estates
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def values(estate: Estate) -> dict[str, str]:
    return {one.name: one.value for one in listed(estate.store)}


def set_as(estate: Estate, role: Role, name: str, typed: str, now: Clock) -> str:
    return change(estate.store, estate.sessions[role], name, typed, now.advance(seconds=1)).value


def test_every_policy_is_listed_and_can_be_set_to_what_it_is(estate: Estate, now: Clock) -> None:
    at_first = listed(estate.store)
    assert len(at_first) == len(list(policy_values.names())) > 50
    assert all(one.value == one.default for one in at_first)
    assert all(rule_words(one.name) != one.name and what_fits(one.name) for one in at_first)
    for one in at_first:
        if one.value != policy_values.NOTHING or one.name.endswith(".asked"):
            assert set_as(estate, Role.SUPERVISOR, one.name, one.value, now) == one.value
    assert estates.policies(estate.store.connection) == Policies()


@pytest.mark.parametrize(
    ("name", "typed", "held"),
    [
        ("idle_lock_min", "15", "15"),
        ("number_kept_by_estate", "是", "yes"),
        ("badge_pattern", r"B\d{4}", r"B\d{4}"),
        ("retention_number_days", "7", "7"),
        ("reason.courier.leave_after_min", "45", "45"),
        ("reason.courier.leave_at", "21：30", "21:30"),
        ("reason.courier.asked", "check_vehicle，ask_host", "ask_host,check_vehicle"),
        ("reason.official.asked", "-", "-"),
        ("reason.visiting.keep_number", "yes", "yes"),
        ("reason.visiting.keys", "11 12", "11,12"),
    ],
)
def test_what_is_set_holds_and_goes_back_to_what_it_was(
    estate: Estate, now: Clock, name: str, typed: str, held: str
) -> None:
    before = values(estate)
    assert set_as(estate, Role.SUPERVISOR, name, typed, now) == held
    changed = {one for one, value in values(estate).items() if value != before[one]}
    assert changed <= {name, name.replace("leave_at", "leave_after_min"), name.replace("leave_after_min", "leave_at")}
    set_as(estate, Role.SUPERVISOR, name, "default", now)
    assert values(estate) == before


def test_parts_of_a_reason_stand_beside_one_another(estate: Estate, now: Clock) -> None:
    set_as(estate, Role.SUPERVISOR, "reason.repair.keep_number", "yes", now)
    set_as(estate, Role.SUPERVISOR, "reason.repair.leave_after_min", "90", now)
    rule = estates.policies(estate.store.connection).rule(Reason.REPAIR)
    assert (rule.keep_number, rule.leave_at, rule.leave_after_min) == ("yes", None, 90)
    set_as(estate, Role.SUPERVISOR, "reason.repair.leave_at", "19:00", now)
    rule = estates.policies(estate.store.connection).rule(Reason.REPAIR)
    assert (rule.keep_number, rule.leave_at) == ("yes", "19:00")


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("idle_lock_min", "0"), ("idle_lock_min", "five"), ("undo_s", "-1"), ("number_kept_by_estate", "perhaps"),
        ("badge_pattern", "(A+)+"), ("retention_visit_days", "99999"), ("reason.visiting.keys", "2"),
        ("reason.visiting.keys", "-"), ("reason.visiting.asked", "everything"), ("reason.repair.leave_at", "25:00"),
        ("reason.repair.leave_after_min", "0"), ("reason.other.keep_number", "maybe"), ("no_such_rule", "1"),
        ("reason.visiting", "{}"), ("reason.nobody.keys", "7"), ("reason.visiting.colour", "1"), ("reasons", "1"),
    ],
)  # fmt: skip
def test_what_cannot_hold_is_refused_and_changes_nothing(estate: Estate, now: Clock, name: str, typed: str) -> None:
    with pytest.raises(WrongUsage):
        set_as(estate, Role.SUPERVISOR, name, typed, now)
    assert estate.store.connection.execute("SELECT count(*) FROM policy").fetchone()[0] == 0


@pytest.mark.parametrize("role", [Role.GUARD, Role.SHIFT_LEAD, Role.BUTLER])
def test_only_a_supervisor_changes_a_rule(estate: Estate, now: Clock, role: Role) -> None:
    with pytest.raises(NotAllowed, match="Ask: Supervisor"):
        set_as(estate, role, "undo_s", "30", now)


def test_at_a_gates_computer_no_rule_is_changed(estate: Estate, now: Clock) -> None:
    estate.store.connection.execute("UPDATE terminal SET kind = 'gate'")
    with pytest.raises(NotAllowed):
        set_as(estate, Role.SUPERVISOR, "undo_s", "30", now)


def test_who_changed_what_is_written_down_with_it(estate: Estate, now: Clock) -> None:
    set_as(estate, Role.SUPERVISOR, "undo_s", "30", now)
    rows = estate.store.connection.execute(
        "SELECT tbl, staff_id, group_id, personal FROM journal ORDER BY journal_id DESC LIMIT 2"
    ).fetchall()
    staff_id = estate.sessions[Role.SUPERVISOR].staff.staff_id
    assert {row["tbl"] for row in rows} == {"policy", "audit"}
    assert {bytes(row["staff_id"]) for row in rows} == {staff_id}
    assert len({bytes(row["group_id"]) for row in rows}) == 1
    audit = estate.store.connection.execute("SELECT act, reason, subject_table FROM audit").fetchone()
    assert tuple(audit) == ("policy_changed", "undo_s 30", "policy")
    assert json.loads(estate.store.connection.execute("SELECT value FROM policy").fetchone()[0]) == 30


def test_what_a_reasons_record_holds_is_told_in_words() -> None:
    held = {"asked": ["ask_host", "check_vehicle"], "keep_number": "by_permit", "leave_after_min": 45}
    assert value_words(json.dumps(held)) == (
        "what is asked and checked Host, Car; document numbers kept under a permit; minutes after which they leave 45"
    )
    assert rule_words("reason.courier") == "Courier"
    assert [value_words(one) for one in ("true", "90", "null", "{", "[[]]")] == ["yes", "90", "as at first", "{", "-"]
