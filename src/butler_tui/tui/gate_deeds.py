"""What ends a visitor's case: admit, turn away, check out, and taking the last of these back; each says what it did."""

from __future__ import annotations

from butler_tui import labels
from butler_tui.desk import badges, gate
from butler_tui.desk.badges import BadgeDone
from butler_tui.desk.gate import Done, Override
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import EventKind, Registration
from butler_tui.errors import RuleBroken
from butler_tui.store import badges as badge_store
from butler_tui.store import visits
from butler_tui.tui.context import Context
from butler_tui.tui.key_names import key_called
from butler_tui.words import N_, _

TWICE_SCANNED_MS = 20_000
"""A badge scanned again so soon after it came back was scanned twice (ours)."""


class GateDeeds:
    """The acts of one guard; each returns the sentence that says what was done, or raises ButlerError with why not."""

    def __init__(self, context: Context, session: Session) -> None:
        self._here = context
        self._session = session
        self._last: tuple[Done | BadgeDone, str] | None = None
        self._came_back = ("", 0)
        """The badge that was taken back last, and when."""

    @property
    def last_visit(self) -> bytes | None:
        """The visit that the last act was about, while that act can be taken back."""
        return self._last[0].visit_id if self._last is not None else None

    def admit(self, registration: Registration, draft_id: bytes | None = None, override: Override | None = None) -> str:
        """Save and admit."""
        here = self._here
        now_ms, policies = here.now_ms(), here.policies
        done = gate.admit(
            here.store, self._session, registration, policies, now_ms, draft_id=draft_id, override=override
        )
        who = self._remember(done, called(registration))
        if override is not None:
            return _undoable(N_("{who} is admitted by {lead}. {key} undoes."), who=who, lead=override.by.name)
        if registration.badge:
            return _undoable(N_("{who} is admitted, badge {badge}. {key} undoes."), who=who, badge=registration.badge)
        return _undoable(N_("{who} is admitted. {key} undoes."), who=who)

    def admit_emergency(self, number: str) -> str:
        """Let an emergency service in at once, whatever stands half-typed in the form; `number` tells which."""
        return self.admit(Registration(reason=Reason.EMERGENCY, reason_note=number))

    def turn_away(
        self, registration: Registration, reason: TurnAwayReason, note: str, draft_id: bytes | None = None
    ) -> str:
        """Save as not let in."""
        here = self._here
        now_ms, policies = here.now_ms(), here.policies
        done = gate.turn_away(
            here.store, self._session, registration, policies, now_ms, reason=reason, note=note, draft_id=draft_id
        )
        who = self._remember(done, called(registration))
        return _undoable(N_("{who} is turned away ({reason}). {key} undoes."), who=who, reason=labels.label(reason))

    def check_out(self, visit_id: bytes) -> str:
        """Write down that somebody left."""
        here = self._here
        visitor = visits.inside(here.store.connection, visit_id)
        done = gate.check_out(here.store, self._session, visit_id, here.now_ms())
        who = self._remember(done, labels.greeting(visitor.name, visitor.sex) if visitor else "")
        if visitor and visitor.badge:
            self._came_back = (visitor.badge, here.now_ms())
            return _undoable(N_("{who} has left; take badge {badge} back. {key} undoes."), who=who, badge=visitor.badge)
        return _undoable(N_("{who} has left. {key} undoes."), who=who)

    def check_out_without_badge(self, visit_id: bytes) -> str:
        """Write down that somebody left and that their badge has not come back."""
        here = self._here
        visitor = visits.inside(here.store.connection, visit_id)
        done = badges.check_out_without_badge(here.store, self._session, visit_id, here.now_ms())
        who = self._remember(done, labels.greeting(visitor.name, visitor.sex) if visitor else "")
        return _undoable(N_("{who} has left; badge {badge} is missing. {key} undoes."), who=who, badge=done.badge)

    def badge_found(self, visit_id: bytes) -> str:
        """Write down that a badge is back that its visitor went away with."""
        here = self._here
        holder = badge_store.missing_badge(here.store.connection, visit_id)
        done = badges.badge_found(here.store, self._session, visit_id, here.now_ms())
        who = self._remember(done, labels.greeting(holder.name, holder.sex) if holder else "")
        return _undoable(N_("Badge {badge} of {who} is back. {key} undoes."), badge=done.badge, who=who)

    def _remember(self, done: Done | BadgeDone, who: str) -> str:
        """Keep an act as the last one, and return who it was about."""
        self._last = (done, who)
        return who

    def just_came_back(self, badge: str) -> bool:
        """Tell whether a badge was taken back a moment ago: scanned once more, it is not for the next visitor."""
        known, at_ms = self._came_back
        return badge == known and self._here.now_ms() - at_ms < TWICE_SCANNED_MS

    def may_undo(self) -> bool:
        """Tell whether the last act can still be taken back, as far as time goes."""
        if self._last is None:
            return False
        return self._here.now_ms() - self._last[0].at_ms < self._here.policies.undo_s * 1000

    def undo(self) -> str:
        """Take the last act back, whatever it was."""
        if self._last is None:
            raise RuleBroken(N_("There is nothing to undo."))
        here, (done, who) = self._here, self._last
        if isinstance(done, BadgeDone):
            badges.undo_badge(here.store, self._session, done, here.policies, here.now_ms())
        else:
            gate.undo(here.store, self._session, done, here.policies, here.now_ms())
        self._last = None
        return _(_UNDONE[done.kind], who=who, badge=done.badge if isinstance(done, BadgeDone) else "")


def _undoable(words: str, **details: str) -> str:
    """Return what was done, with the key that takes it back."""
    return _(words, key=key_called("gate.undo"), **details)


_UNDONE = {
    EventKind.ADMITTED: N_("Undone: {who} is not admitted."),
    EventKind.TURNED_AWAY: N_("Undone: {who} is not turned away."),
    EventKind.OUT: N_("Undone: {who} is still on site."),
    EventKind.BADGE_MISSING: N_("Undone: {who} with badge {badge} is still on site."),
    EventKind.BADGE_BACK: N_("Undone: badge {badge} of {who} is still missing."),
}


def called(registration: Registration) -> str:
    """Return how the visitor is called in a sentence: politely, or by the service they are from."""
    if registration.name or registration.reason is None or not registration.reason_note:
        return labels.greeting(registration.name, registration.sex)
    service = labels.label(registration.reason)
    return _("{service} ({number})", service=service, number=registration.reason_note)
