"""Somebody decides between what was written apart; the choice is a change, and goes everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from butler_tui.desk import conflicts as desk
from butler_tui.desk.conflict_words import Viewer, in_words
from butler_tui.desk.record_words import FIELDS
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.hq import terminals
from butler_tui.ids import id_text
from butler_tui.paths import Home
from butler_tui.store import conflicts, estates
from butler_tui.store.conflicts import Conflict
from butler_tui.store.local import Store
from tests.conftest import Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.disagreeing import NOTE, OTHER_NOTE, disagreeing
from tests.sync.test_pull import assert_same, estate_id_of, one


@pytest.fixture
def other(hq: Hq, enrolled: Estate, tmp_path: Path) -> Iterator[Store]:
    with disagreeing(hq, enrolled, tmp_path / "second") as store:
        yield store


def about(store: Store, field: str) -> Conflict:
    return next(one for one in conflicts.waiting(store.connection) if one.field == field)


def viewer(store: Store, *, clear: bool = True) -> Viewer:
    return Viewer(clear, real_ms(), estates.zone(store.connection))


def test_every_field_that_several_write_has_its_name() -> None:
    several = {(table.name, field.name) for table in TABLES.values() if not table.once for field in table.fields}
    assert set(FIELDS) == several


def test_both_values_are_told_with_who_when_and_where_and_what_holds_meanwhile(
    english: None, enrolled: Estate, other: Store
) -> None:
    store = enrolled.store
    words = in_words(store.connection, about(store, "may_confirm"), viewer(store))

    assert (words.kind, words.record, words.field) == ("residents", "3-2-1801 陈国栋", "May confirm visitors")
    told = dict(words.choices)
    assert set(told) == {"yes", "no"}
    (here,), (there,) = told["yes"], told["no"]
    assert here.startswith("set-up")
    assert here.endswith("this computer")
    assert there.rpartition("  ")[2] not in ("", "this computer")
    assert words.meanwhile == "Until it is decided, the stricter holds: no"
    note = in_words(store.connection, about(store, "gate_note"), viewer(store))
    assert note.meanwhile == f"Until it is decided, all of it holds: {NOTE}；{OTHER_NOTE}"


def test_what_is_chosen_is_shown_at_once_and_then_everywhere(enrolled: Estate, other: Store) -> None:
    store, shown = enrolled.store, about(enrolled.store, "may_confirm")
    assert one(store, "resident", shown.record_id, "may_confirm") == 0
    assert conflicts.count(store.connection) == 2

    desk.settle(store, enrolled.sessions[Role.BUTLER], shown, 1, real_ms())

    assert one(store, "resident", shown.record_id, "may_confirm") == 1
    assert conflicts.count(store.connection) == 1
    assert [one.field for one in conflicts.waiting(store.connection)] == ["gate_note", "name"]
    sync(store)
    sync(other)
    assert_same(store, other)
    assert one(other, "resident", shown.record_id, "may_confirm") == 1
    assert [one.field for one in conflicts.waiting(other.connection)] == ["gate_note", "name"]


def test_a_text_may_be_another_and_two_choices_made_apart_stand_against_each_other_again(
    enrolled: Estate, other: Store
) -> None:
    store, session = enrolled.store, enrolled.sessions[Role.SUPERVISOR]
    shown = about(store, "gate_note")
    desk.settle(store, session, shown, "老人午睡，请走侧门", real_ms())
    desk.settle(other, session, about(other, "gate_note"), NOTE, real_ms())
    for each in (store, other, store):
        sync(each)

    again = about(store, "gate_note")
    assert {said.value for said in again.writes} == {"老人午睡，请走侧门", NOTE}
    assert again.holds == about(other, "gate_note").holds
    desk.settle(store, session, again, NOTE, real_ms())
    for each in (store, other):
        sync(each)
    assert_same(store, other)
    assert one(other, "household", shown.record_id, "gate_note") == NOTE


def test_what_was_decided_meanwhile_is_not_decided_again(enrolled: Estate, other: Store) -> None:
    store, session = enrolled.store, enrolled.sessions[Role.SUPERVISOR]
    shown = about(store, "name")
    desk.settle(other, session, about(other, "name"), "陈府", real_ms())
    sync(other)
    sync(store)

    with pytest.raises(RuleBroken):
        desk.settle(store, session, shown, "陈国栋宅", real_ms())
    assert one(store, "household", shown.record_id, "name") == "陈府"
    left = ["gate_note", "may_confirm"]
    assert [[told.field for told in conflicts.waiting(each.connection)] for each in (store, other)] == [left, left]


def test_who_may_not_write_it_may_not_decide_and_sees_it_masked(english: None, enrolled: Estate, other: Store) -> None:
    store, shown = enrolled.store, about(enrolled.store, "may_confirm")
    for role in (Role.GUARD, Role.SHIFT_LEAD):
        with pytest.raises(NotAllowed):
            desk.settle(store, enrolled.sessions[role], shown, 1, real_ms())
        assert not desk.sees_clear(enrolled.sessions[role], "resident")
    assert desk.sees_clear(enrolled.sessions[Role.BUTLER], "resident")
    assert in_words(store.connection, shown, viewer(store, clear=False)).record == "3-2-1801 Mr 陈"


def test_a_value_that_nobody_wrote_is_refused_where_no_text_stands(enrolled: Estate, other: Store) -> None:
    shown = about(enrolled.store, "may_confirm")
    with pytest.raises(RuleBroken):
        desk.settle(enrolled.store, enrolled.sessions[Role.BUTLER], shown, 7, real_ms())


def test_a_gate_says_that_it_is_decided_elsewhere(hq: Hq, english: None, enrolled: Estate, other: Store) -> None:
    store = enrolled.store
    terminal_id = id_text(store.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(store), terminal_id, TerminalKind.GATE, real_ms())
    sync(store)

    with pytest.raises(NotAllowed, match="at a computer that is enrolled as: butler's laptop"):
        desk.settle(store, enrolled.sessions[Role.SUPERVISOR], about(store, "name"), "陈府", real_ms())


def test_by_command_what_waits_is_listed_masked_and_decided_by_number(
    enrolled: Estate, other: Store, home: Home
) -> None:
    set_pin(enrolled.store, enrolled.sessions[Role.SUPERVISOR].staff.staff_id, "902715")
    environment = {"BUTLER_HOME": str(home.database.parent), "BUTLER_PIN": "902715"}
    listed = json.loads(butler("conflicts", "--json", env=environment).stdout)["conflicts"]
    of_person = next(one for one in listed if one["field"] == "may_confirm")
    assert (of_person["record"], of_person["standing"]) == ("3-2-1801 Mr 陈", "least")
    choice = next(one["choice"] for one in of_person["values"] if one["value"] == "yes")
    in_words = butler("conflicts", "--as", "9001", env=environment).stdout
    assert f"{of_person['number']}  residents  3-2-1801 陈国栋  May confirm visitors" in in_words

    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in of_person["number"])  # as an input method types them
    settle = ("conflicts", "settle", wide)
    ended = butler(*settle, str(choice), "--as", "9001", env=environment)
    again = butler(*settle, str(choice), "--as", "9001", env=environment)

    assert (ended.returncode, again.returncode) == (0, 1), ended.stderr
    assert "any more" in again.stderr
    assert conflicts.count(enrolled.store.connection) == 1
