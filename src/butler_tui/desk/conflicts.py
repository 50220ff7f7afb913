"""Deciding between writes that did not know of each other: one more change, which says between which it decides."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui import labels
from butler_tui.desk.record_words import may_be_typed
from butler_tui.desk.session import Session, require_terminal, who_may
from butler_tui.domain.changes import WireValue, from_wire
from butler_tui.domain.fields import TABLES, Field, Standing
from butler_tui.domain.rights import act_of, may
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.ids import parse_id
from butler_tui.store import conflicts
from butler_tui.store.conflicts import Conflict, Said
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.text import safe
from butler_tui.words import N_

LONGEST = 200
"""Characters of a value that is typed in the place of those written."""


@dataclass(frozen=True, slots=True)
class Option:
    """One value to choose, with every write of it, the latest first."""

    value: WireValue
    said: tuple[Said, ...]


def options(conflict: Conflict) -> list[Option]:
    """Return what there is to choose from, each value once, the one that came last first."""
    by_value: dict[WireValue, list[Said]] = {}
    for said in conflict.writes:
        by_value.setdefault(said.value, []).append(said)
    return [Option(value, tuple(written)) for value, written in by_value.items()]


def sees_clear(session: Session | None, table: str) -> bool:
    """Tell whether somebody sees the values of a table unmasked: whose role writes them."""
    act = act_of(table)
    return session is not None and act is not None and may(session.staff.role, act)


def decides_any(store: Store, session: Session) -> bool:
    """Tell whether this person's role decides one of the conflicts that there are."""
    return conflicts.any_in(store.connection, lambda table: sees_clear(session, table))


def require_settler(store: Store, session: Session, table: str) -> None:
    """Raise, in words, where this person may not write the table, or not at this computer.

    HQ would hold back what a terminal of another kind sends. Raises NotAllowed, and RuleBroken for a table that this
    version does not know.
    """
    act = act_of(table)
    if table not in TABLES or act is None:
        raise RuleBroken(N_("This version does not know these records. Decide it at a computer with a newer one."))
    if not may(session.staff.role, act):
        raise NotAllowed(
            N_("{role} may not {act}. This is decided by: {who}."),
            role=labels.label(session.staff.role),
            act=labels.label(act),
            who=who_may(act),
        )
    require_terminal(store, act)


def settle(store: Store, session: Session, shown: Conflict, value: WireValue, now_ms: int) -> None:
    """Save `value` as what holds, and that this decides between all writes of the conflict as it was `shown`.

    A value is one of those written; where any text may stand in the field, it may be another. Raises NotAllowed, and
    RuleBroken where the record is not here, the value is neither, or somebody has decided or written again meanwhile
    (`now_ms` UTC ms).
    """
    require_settler(store, session, shown.table)
    field = TABLES[shown.table].field(shown.field)
    if field is None:
        raise RuleBroken(N_("This version does not know these records. Decide it at a computer with a newer one."))
    if not _is_here(store, shown):
        raise RuleBroken(N_("There is no such record here."))
    chosen = from_wire(field.kind, _allowed(shown, value))
    cids = tuple(parse_id(said.cid) for said in shown.writes)
    written = Written(shown.table, shown.record_id, {field.name: chosen}, cids)
    record(
        store,
        [written],
        staff_id=session.staff.staff_id,
        now_ms=now_ms,
        provided=lambda: _as_shown(store, shown),
    )


def _is_here(store: Store, shown: Conflict) -> bool:
    """Tell whether the record is shown here: of one that was erased before it came, not all is there that it needs."""
    key = TABLES[shown.table].key
    found = store.connection.execute(f"SELECT 1 FROM {shown.table} WHERE {key} = ?", (shown.record_id,)).fetchone()
    return found is not None


def _allowed(shown: Conflict, value: WireValue) -> WireValue:
    if any(said.value == value for said in shown.writes):
        return value
    typed = safe(value, LONGEST).strip() if isinstance(value, str) else ""
    if not typed or not may_be_typed(shown.table, shown.field):
        raise RuleBroken(N_("Pick one of the values that were written."))
    return typed


def _as_shown(store: Store, shown: Conflict) -> None:
    now = conflicts.of_record(store.connection, shown.table, shown.record_id)
    if not any(one.field == shown.field and _writes(one) == _writes(shown) for one in now):
        raise RuleBroken(N_("Somebody has decided this, or written it again, meanwhile. Nothing was changed."))


def _writes(conflict: Conflict) -> set[tuple[str, WireValue]]:
    return {(said.cid, said.value) for said in conflict.writes}


def field_of(conflict: Conflict) -> Field | None:
    """Return the field that it is about, None where this version does not know it."""
    return TABLES[conflict.table].field(conflict.field) if conflict.table in TABLES else None


def standing_of(conflict: Conflict) -> Standing:
    """Return what holds until somebody has decided."""
    field = field_of(conflict)
    return field.standing if field else Standing.LATEST
