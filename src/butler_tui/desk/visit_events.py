"""What every act on a visit shares: its event, the free text as it is kept, and the badge that only one may have."""

from __future__ import annotations

from typing import Protocol

from butler_tui import labels
from butler_tui.desk.session import Session, require
from butler_tui.domain.changes import Value
from butler_tui.domain.documents import mask_numbers_in
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Act
from butler_tui.domain.visits import EventKind
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import badges, visits
from butler_tui.store.local import Store
from butler_tui.store.written import Written
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


class Undoable(Protocol):
    """What was done to a visit, as far as taking it back goes: when (UTC ms), and how many events it then had."""

    @property
    def visit_id(self) -> bytes:
        """The visit."""

    @property
    def at_ms(self) -> int:
        """When it was done."""

    @property
    def events(self) -> int:
        """How many events the visit had after it."""


def in_time_to_undo(session: Session, done: Undoable, policies: Policies, now_ms: int) -> None:
    """Raise NotAllowed, or RuleBroken once the policy's seconds are over; a clock may be set back by a little."""
    require(session, Act.UNDO_VISIT)
    if abs(now_ms - done.at_ms) > policies.undo_s * 1000:
        raise RuleBroken(N_("Only the last {seconds} seconds can be undone."), seconds=policies.undo_s)


def nothing_since(store: Store, done: Undoable) -> None:
    """Raise RuleBroken where somebody has acted on the visit since."""
    if visits.events(store.connection, done.visit_id) != done.events:
        raise RuleBroken(N_("Something has happened to this visit since; it was not undone."))


def badge_is_free(store: Store, badge: str) -> None:
    """Raise RuleBroken, naming who has it, where a badge has not come back: worn inside, or missed."""
    holder = badges.holder_of_badge(store.connection, badge) if badge else None
    if holder is None:
        return
    missed = N_("Badge {badge} is missing since {who} left with it. Give another.")
    worn = N_("Badge {badge} is still out with {who}. Take it back first, or give another.")
    who = labels.greeting(holder.name, holder.sex)
    raise RuleBroken(worn if holder.out_ms is None else missed, badge=badge, who=who)
