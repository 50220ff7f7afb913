"""Who may do what: one table, act by role. `desk/` asks it, HQ asks it again, screens only hide.

A terminal has a kind too: a stolen booth PC must not be able to write staff or policies, whoever's name it uses.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from butler_tui.domain.fields import TABLES, Scope


class Role(StrEnum):
    """What a person is employed as; `HQ` stands for headquarters itself."""

    GUARD = "guard"
    SHIFT_LEAD = "shift_lead"
    BUTLER = "butler"
    SUPERVISOR = "supervisor"
    HQ = "hq"


class TerminalKind(StrEnum):
    """What an installation is enrolled as."""

    GATE = "gate"
    BUTLER = "butler"
    SUPERVISOR = "supervisor"


class Act(StrEnum):
    """What can be asked for."""

    REGISTER_VISIT = "register_visit"
    TURN_AWAY = "turn_away"
    CHECK_OUT = "check_out"
    UNDO_VISIT = "undo_visit"
    CORRECT_VISIT = "correct_visit"
    OVERRIDE = "override"
    UNMASK = "unmask"
    UNMASK_NUMBER = "unmask_number"
    EXPORT = "export"
    EXPORT_UNMASKED = "export_unmasked"
    KEEP_AUDIT = "keep_audit"
    KEEP_KEYS = "keep_keys"
    KEEP_BACKUPS = "keep_backups"
    SET_UP_ESTATE = "set_up_estate"
    MANAGE_STAFF = "manage_staff"
    KEEP_HOUSEHOLDS = "keep_households"
    ATTACH_PICTURE = "attach_picture"
    ERASE_PERSON = "erase_person"


_EVERYONE_AT_THE_GATE = frozenset({Role.GUARD, Role.SHIFT_LEAD, Role.SUPERVISOR})
_EVERYONE = frozenset({Role.GUARD, Role.SHIFT_LEAD, Role.BUTLER, Role.SUPERVISOR})
_LEADS = frozenset({Role.SHIFT_LEAD, Role.SUPERVISOR})
_SUPERVISORS = frozenset({Role.SUPERVISOR})
_HEADS = frozenset({Role.SUPERVISOR, Role.HQ})

BY_ROLE: dict[Act, frozenset[Role]] = {
    Act.REGISTER_VISIT: _EVERYONE_AT_THE_GATE,
    Act.TURN_AWAY: _EVERYONE_AT_THE_GATE,
    Act.CHECK_OUT: _EVERYONE_AT_THE_GATE,
    Act.UNDO_VISIT: _EVERYONE_AT_THE_GATE,
    Act.CORRECT_VISIT: _EVERYONE_AT_THE_GATE,
    Act.OVERRIDE: _LEADS,
    Act.UNMASK: _EVERYONE,
    Act.UNMASK_NUMBER: _LEADS,
    Act.EXPORT: _LEADS | {Role.BUTLER},
    Act.EXPORT_UNMASKED: _SUPERVISORS,
    Act.KEEP_AUDIT: _EVERYONE,
    Act.KEEP_KEYS: _EVERYONE,
    Act.KEEP_BACKUPS: _HEADS,
    Act.SET_UP_ESTATE: _HEADS,
    Act.MANAGE_STAFF: _HEADS,
    Act.KEEP_HOUSEHOLDS: _HEADS | {Role.BUTLER},
    Act.ATTACH_PICTURE: _EVERYONE,
    Act.ERASE_PERSON: _SUPERVISORS,
}

_ALL_KINDS = frozenset(TerminalKind)

BY_TERMINAL: dict[Act, frozenset[TerminalKind]] = {
    **dict.fromkeys(Act, _ALL_KINDS),
    Act.SET_UP_ESTATE: frozenset({TerminalKind.SUPERVISOR}),
    Act.MANAGE_STAFF: frozenset({TerminalKind.SUPERVISOR}),
    Act.ERASE_PERSON: frozenset({TerminalKind.SUPERVISOR}),
    Act.KEEP_HOUSEHOLDS: frozenset({TerminalKind.SUPERVISOR, TerminalKind.BUTLER}),
}

SIGNS_IN_AT: dict[TerminalKind, frozenset[Role]] = {
    TerminalKind.GATE: _EVERYONE_AT_THE_GATE,
    TerminalKind.BUTLER: frozenset({Role.SHIFT_LEAD, Role.BUTLER, Role.SUPERVISOR}),
    TerminalKind.SUPERVISOR: _EVERYONE,
}
"""Whose PIN verifiers HQ hands to a terminal: of those who work there. What was set there itself holds as well."""

SEES: dict[TerminalKind, frozenset[Scope]] = {
    TerminalKind.GATE: frozenset({Scope.GATE}),
    TerminalKind.BUTLER: frozenset({Scope.GATE, Scope.BUTLER}),
    TerminalKind.SUPERVISOR: frozenset(Scope),
}
"""What a terminal may be shown, by what it is enrolled as."""


def hidden_from(kind: TerminalKind, tbl: str, names: Collection[str]) -> list[str]:
    """Return which of a table's columns `names` such a terminal is not shown where others wrote them.

    What this version does not know is a supervisor's, since nobody here can say who else may see it.
    """
    if Scope.SUPERVISOR in SEES[kind]:
        return []
    known = _SHOWN[kind].get(tbl, frozenset())
    return [name for name in names if name not in known]


_SHOWN = {
    kind: {table.name: frozenset(one.name for one in table.fields if one.scope in seen) for table in TABLES.values()}
    for kind, seen in SEES.items()
}

_WRITING: dict[str, Act] = {
    "estate": Act.SET_UP_ESTATE,
    "policy": Act.SET_UP_ESTATE,
    "gate": Act.SET_UP_ESTATE,
    "staff": Act.MANAGE_STAFF,
    "house": Act.KEEP_HOUSEHOLDS,
    "household": Act.KEEP_HOUSEHOLDS,
    "resident": Act.KEEP_HOUSEHOLDS,
    "vehicle": Act.KEEP_HOUSEHOLDS,
    "visit": Act.REGISTER_VISIT,
    "companion": Act.REGISTER_VISIT,
    "document_secret": Act.REGISTER_VISIT,
    "month_key": Act.KEEP_KEYS,
    "audit": Act.KEEP_AUDIT,
    "attachment": Act.ATTACH_PICTURE,
}

_EVENTS: dict[str, Act] = {
    "admitted": Act.REGISTER_VISIT,
    "turned_away": Act.TURN_AWAY,
    "out": Act.CHECK_OUT,
    "badge_missing": Act.CHECK_OUT,
    "badge_back": Act.CHECK_OUT,
    "corrected": Act.CORRECT_VISIT,
    "undone": Act.UNDO_VISIT,
}

WITHOUT_PERSON = frozenset({Act.SET_UP_ESTATE, Act.MANAGE_STAFF, Act.KEEP_HOUSEHOLDS, Act.KEEP_KEYS, Act.KEEP_AUDIT})
"""What a terminal may write with nobody signed in: set-up from the shell, and its own keys."""


def may(role: Role, act: Act) -> bool:
    """Tell whether a person of `role` may do `act`."""
    return role in BY_ROLE[act]


def terminal_may(kind: TerminalKind, act: Act) -> bool:
    """Tell whether a terminal of `kind` may send what `act` writes."""
    return kind in BY_TERMINAL[act]


def signs_in_at(kind: TerminalKind, role: Role) -> bool:
    """Tell whether a person of `role` works at a terminal of `kind`, so that their PIN belongs there."""
    return role in SIGNS_IN_AT[kind]


def act_of(table: str, event_kind: str | None = None) -> Act | None:
    """Return the act that writing to `table` amounts to, or None where this version does not know it."""
    if table == "visit_event":
        return _EVENTS.get(event_kind or "")
    return _WRITING.get(table)
