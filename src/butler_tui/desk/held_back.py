"""Sending again what HQ held back, once the cause is gone, as a new act of the same author; or giving it up."""

from __future__ import annotations

from butler_tui.desk.session import Session, require, require_terminal
from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES
from butler_tui.domain.rights import act_of
from butler_tui.errors import RuleBroken
from butler_tui.ids import parse_id
from butler_tui.store import base
from butler_tui.store.journal import apply, record_again
from butler_tui.store.local import Store
from butler_tui.store.quarantined import changes_of, dismiss, together_with
from butler_tui.words import N_


def send_again(store: Store, session: Session, group_id: bytes, now_ms: int) -> int:
    """Write an act that HQ held back down once more, and take it off the list; return how many changes it has.

    Later acts on the same records that are held back too go along, after it: the newest word stays the newest. All of
    it stays in its authors' names, so HQ judges their right anew; who sends it again must have the right as well.
    Raises NotAllowed, and RuleBroken where HQ holds it no more, or its personal values have been erased since.
    """
    groups = together_with(store.connection, group_id)
    changes = [one for group in groups for one in group]
    for one in changes:
        _require(store, session, one)

    def still_held() -> None:
        now = [one.cid for group in together_with(store.connection, group_id) for one in group]
        if not changes or now != [one.cid for one in changes]:
            raise RuleBroken(N_("Headquarters does not hold this back any more."))
        dismiss(store.connection, changes)

    if any(one.personal_digest is not None for one in changes):
        raise RuleBroken(N_("What is personal in it has been erased. It cannot be sent again."))
    record_again(store, groups, now_ms=now_ms, provided=still_held)
    return len(changes)


def give_up(store: Store, session: Session, group_id: bytes) -> None:
    """Let go of an act that HQ held back: what HQ has is shown in its place, and HQ keeps it as it came.

    Only of what is written more than once, and where HQ has something else to show. Raises NotAllowed, RuleBroken.
    """
    changes = changes_of(store.connection, group_id)
    for one in changes:
        _require(store, session, one)
        if TABLES[one.table].once or base.read(store.connection, one.table, parse_id(one.record_id)) is None:
            raise RuleBroken(
                N_("Headquarters has nothing to show in its place. Have the cause put right, and send it again.")
            )
    with apply(store) as connection:
        dismiss(connection, changes)
        for one in changes:
            base.show(store, one.table, parse_id(one.record_id))


def _require(store: Store, session: Session, change: Change) -> None:
    kind = change.fields.get("kind")
    act = act_of(change.table, kind if isinstance(kind, str) else None)
    if act is not None:
        require(session, act)
        require_terminal(store, act)
