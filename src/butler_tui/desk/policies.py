"""An estate's own rules: what holds, and a supervisor's changing it, which is written down with who did it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from butler_tui.desk.audit import Subject, audit_row
from butler_tui.desk.policy_words import what_fits
from butler_tui.desk.session import Session, require, require_terminal
from butler_tui.domain import policy_values
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.folding import fold
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Act
from butler_tui.errors import RuleBroken, WrongUsage
from butler_tui.ids import ruled_id
from butler_tui.store import estates
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.text import safe
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class PolicyShown:
    """One policy by its name: what holds and what would by default, both as they are typed."""

    name: str
    value: str
    default: str


def listed(store: Store) -> list[PolicyShown]:
    """Return every policy there is."""
    now, at_first = estates.policies(store.connection), Policies()
    return [
        PolicyShown(name, policy_values.shown(now, name), policy_values.shown(at_first, name))
        for name in policy_values.names()
    ]


def change(store: Store, session: Session, name: str, typed: str, now_ms: int) -> PolicyShown:
    """Let `typed` hold for a policy from now on, at every terminal, and return what holds; `now_ms` is UTC ms.

    Raises NotAllowed for whoever is no supervisor, and at a computer whose kind HQ would not take it from; WrongUsage
    for a name that there is not or what cannot hold; RuleBroken without an estate. Then nothing was changed.
    """
    require(session, Act.SET_UP_ESTATE)
    require_terminal(store, Act.SET_UP_ESTATE)
    estate = estates.estate(store.connection)
    if estate is None:
        raise RuleBroken(N_("This computer has no estate yet."))
    typed = fold(typed).strip()
    try:
        value = policy_values.changed(estates.own_policies(store.connection), name, typed)
    except KeyError as error:
        raise WrongUsage(N_("There is no rule {name}: butler policy lists them."), name=safe(name)) from error
    except ValueError as error:
        raise WrongUsage(
            N_("{value} cannot hold for {name}, which is {fits}. Nothing was changed."),
            value=safe(typed, 100),
            name=name,
            fits=what_fits(name),
        ) from error
    key = policy_values.key_of(name)
    policy_id = ruled_id(estate.estate_id, "policy", key)
    why = audit_row(
        AuditAct.POLICY_CHANGED, session, now_ms, subject=Subject("policy", policy_id), reason=f"{name} {typed}"
    )
    written = Written("policy", policy_id, {"key": key, "value": json.dumps(value)})
    record(store, [written, why], staff_id=session.staff.staff_id, now_ms=now_ms)
    return next(one for one in listed(store) if one.name == name)
