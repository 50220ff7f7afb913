"""Badges (访客证, S1): given for a visit, taken back when it ends; missed where they are not, and found again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from butler_tui.desk.session import Session, require
from butler_tui.desk.visit_events import badge_is_free, in_time_to_undo, nothing_since, visit_event
from butler_tui.domain.policies import Policies
from butler_tui.domain.rights import Act
from butler_tui.domain.visits import EventKind
from butler_tui.errors import RuleBroken
from butler_tui.store import badges, visits
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.words import N_


@dataclass(frozen=True, slots=True)
class BadgeDone:
    """What an act left behind: enough to show it, and to take it back; `at_ms` is UTC ms."""

    visit_id: bytes
    badge: str
    kind: EventKind
    event_ids: tuple[bytes, ...]
    at_ms: int
    events: int
    """How many events the visit had with these: more means that somebody has acted since."""


def check_out_without_badge(store: Store, session: Session, visit_id: bytes, now_ms: int) -> BadgeDone:
    """Write down that a visitor has left and the badge has not come back: two events, one group.

    Raises RuleBroken where they are not inside (any more) or were given no badge, NotAllowed, or FileTrouble; then
    nothing is saved.
    """
    require(session, Act.CHECK_OUT)
    kinds = (EventKind.OUT, EventKind.BADGE_MISSING)
    return _record(store, session, visit_id, now_ms, kinds, lambda: _worn_inside(store, visit_id))


def badge_found(store: Store, session: Session, visit_id: bytes, now_ms: int) -> BadgeDone:
    """Write down that a missed badge is back; raises RuleBroken where it is not missed (any more)."""
    require(session, Act.CHECK_OUT)
    return _record(store, session, visit_id, now_ms, (EventKind.BADGE_BACK,), lambda: _missed(store, visit_id))


def undo_badge(store: Store, session: Session, done: BadgeDone, policies: Policies, now_ms: int) -> None:
    """Take the last of these acts back, all its events in one group; the record of both stays.

    Raises RuleBroken once the policy's seconds are over, where somebody has acted on the visit since, or where the
    badge that would be out again has been given to another.
    """
    in_time_to_undo(session, done, policies, now_ms)

    def untouched() -> None:
        nothing_since(store, done)
        if done.kind is EventKind.BADGE_BACK:
            badge_is_free(store, done.badge)

    written = [visit_event(done.visit_id, session, EventKind.UNDONE, now_ms, undoes=one) for one in done.event_ids]
    record(store, written, staff_id=session.staff.staff_id, now_ms=now_ms, provided=untouched)


def _worn_inside(store: Store, visit_id: bytes) -> str:
    visitor = visits.inside(store.connection, visit_id)
    if visitor is None:
        raise RuleBroken(N_("This visitor has already left."))
    if not visitor.badge:
        raise RuleBroken(N_("This visitor was given no badge."))
    return visitor.badge


def _missed(store: Store, visit_id: bytes) -> str:
    missed = badges.missing_badge(store.connection, visit_id)
    if missed is None:
        raise RuleBroken(N_("This badge is not missing."))
    return missed.badge


def _record(
    store: Store,
    session: Session,
    visit_id: bytes,
    now_ms: int,
    kinds: tuple[EventKind, ...],
    badge_of: Callable[[], str],
) -> BadgeDone:
    """Save events of these kinds; `badge_of` is asked first, inside the transaction, and raises what is in the way."""
    badge, before = "", 0

    def provided() -> None:
        nonlocal badge, before
        badge = badge_of()
        before = visits.events(store.connection, visit_id)

    written = [visit_event(visit_id, session, kind, now_ms) for kind in kinds]
    record(store, written, staff_id=session.staff.staff_id, now_ms=now_ms, provided=provided)
    ids = tuple(one.record_id for one in written)
    return BadgeDone(visit_id, badge, kinds[-1], ids, now_ms, before + len(kinds))
