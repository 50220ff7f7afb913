"""Who may do what: one table, complete, with no way for a stolen booth PC to write staff or policies."""

from __future__ import annotations

import pytest

from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import (
    BY_ROLE,
    BY_TERMINAL,
    WITHOUT_PERSON,
    Act,
    Role,
    TerminalKind,
    act_of,
    may,
    terminal_may,
)
from butler_tui.domain.visits import EventKind

AT_THE_GATE = {Role.GUARD, Role.SHIFT_LEAD, Role.SUPERVISOR}
ON_SITE = {*AT_THE_GATE, Role.BUTLER}


@pytest.mark.parametrize(
    ("act", "roles"),
    [
        (Act.REGISTER_VISIT, AT_THE_GATE),
        (Act.TURN_AWAY, AT_THE_GATE),
        (Act.CHECK_OUT, AT_THE_GATE),
        (Act.UNDO_VISIT, AT_THE_GATE),
        (Act.UNMASK, ON_SITE),
        (Act.UNMASK_NUMBER, {Role.SHIFT_LEAD, Role.SUPERVISOR}),
        (Act.KEEP_KEYS, ON_SITE),
        (Act.KEEP_BACKUPS, {Role.SUPERVISOR, Role.HQ}),
        (Act.SET_UP_ESTATE, {Role.SUPERVISOR, Role.HQ}),
        (Act.MANAGE_STAFF, {Role.SUPERVISOR, Role.HQ}),
        (Act.KEEP_HOUSEHOLDS, {Role.BUTLER, Role.SUPERVISOR, Role.HQ}),
    ],
)
def test_an_act_is_open_to_these_roles_and_no_others(act: Act, roles: set[Role]) -> None:
    assert {role for role in Role if may(role, act)} == roles


def test_every_act_stands_in_both_tables() -> None:
    assert set(BY_ROLE) == set(BY_TERMINAL) == set(Act)


@pytest.mark.parametrize("table", ["estate", "policy", "gate", "staff"])
def test_a_booth_pc_may_not_write_staff_or_set_up_whoever_it_says_it_is(table: str) -> None:
    act = act_of(table)

    assert act is not None
    assert [kind for kind in TerminalKind if terminal_may(kind, act)] == [TerminalKind.SUPERVISOR]


@pytest.mark.parametrize("table", ["house", "household", "resident"])
def test_a_booth_pc_may_not_write_households(table: str) -> None:
    act = act_of(table)

    assert act is not None
    assert not terminal_may(TerminalKind.GATE, act)
    assert terminal_may(TerminalKind.BUTLER, act)


@pytest.mark.parametrize("kind", list(TerminalKind))
def test_every_kind_of_terminal_may_register_visits(kind: TerminalKind) -> None:
    assert terminal_may(kind, Act.REGISTER_VISIT)


def test_writing_to_any_synced_table_amounts_to_an_act() -> None:
    assert [name for name in TABLES if name != "visit_event" and act_of(name) is None] == []


@pytest.mark.parametrize(
    ("kind", "act"),
    [
        (EventKind.ADMITTED, Act.REGISTER_VISIT),
        (EventKind.TURNED_AWAY, Act.TURN_AWAY),
        (EventKind.OUT, Act.CHECK_OUT),
        (EventKind.UNDONE, Act.UNDO_VISIT),
    ],
)
def test_an_event_amounts_to_the_act_that_makes_it(kind: EventKind, act: Act) -> None:
    assert act_of("visit_event", kind) is act


@pytest.mark.parametrize(
    ("table", "kind"), [("weather", None), ("visit_event", "teleported"), ("visit_event", None), ("", None)]
)
def test_what_this_version_does_not_know_is_no_act(table: str, kind: str | None) -> None:
    assert act_of(table, kind) is None


def test_nothing_at_the_gate_is_done_by_nobody() -> None:
    assert not WITHOUT_PERSON & {Act.REGISTER_VISIT, Act.TURN_AWAY, Act.CHECK_OUT, Act.UNDO_VISIT}
