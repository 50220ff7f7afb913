"""What every act on a visit shares: its event, the free text as it is kept, and the badge that only one may have."""

from __future__ import annotations

from butler_tui import labels
from butler_tui.desk.session import Session
from butler_tui.domain.changes import Value
from butler_tui.domain.documents import mask_numbers_in
from butler_tui.domain.visits import EventKind
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import badges
from butler_tui.store.journal import Written
from butler_tui.store.local import Store
from butler_tui.text import safe
from butler_tui.words import N_


def kept(text: str) -> str | None:
    """Return free text as it is kept: safe, trimmed, personal numbers in it masked; None where nothing is left."""
    return mask_numbers_in(safe(text)).strip() or None


def visit_event(visit_id: bytes, session: Session, kind: EventKind, now_ms: int, **more: Value) -> Written:
    """Return an event of a visit at `now_ms` (UTC ms) by the acting person; `more` are its other columns."""
    values: dict[str, Value] = {
        "visit_id": visit_id,
        "kind": str(kind),
        "at_ms": now_ms,
        "gate_id": session.gate_id,
        "staff_id": session.staff.staff_id,
        **more,
    }
    return Written("visit_event", new_id(now_ms), {name: value for name, value in values.items() if value is not None})


def badge_is_free(store: Store, badge: str) -> None:
    """Raise RuleBroken, naming who has it, where a badge has not come back: worn inside, or missed."""
    holder = badges.holder_of_badge(store.connection, badge) if badge else None
    if holder is None:
        return
    missed = N_("Badge {badge} is missing since {who} left with it. Give another.")
    worn = N_("Badge {badge} is still out with {who}. Take it back first, or give another.")
    who = labels.greeting(holder.name, holder.sex)
    raise RuleBroken(worn if holder.out_ms is None else missed, badge=badge, who=who)
