"""What ends a visitor's case: admit, turn away, check out, and taking the last of these back; each says what it did."""

from __future__ import annotations

from butler_tui import labels
from butler_tui.desk import gate
from butler_tui.desk.badges import badge_found
from butler_tui.desk.gate import Done, Override
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import EventKind, Registration
from butler_tui.errors import RuleBroken
from butler_tui.store import visits
from butler_tui.store.badges import BadgeHolder
from butler_tui.tui.context import Context
from butler_tui.tui.key_names import key_called
from butler_tui.words import N_, _


class GateDeeds:
    """The acts of one guard; each returns the sentence that says what was done, or raises ButlerError with why not."""

    def __init__(self, context: Context, session: Session) -> None:
        self._here = context
        self._session = session
        self._last: tuple[Done, str] | None = None

    def admit(self, registration: Registration, draft_id: bytes | None = None, override: Override | None = None) -> str:
        """Save and admit."""
        here = self._here
        done = gate.admit(
            here.store,
            self._session,
            registration,
            here.policies,
            here.now_ms(),
            draft_id=draft_id,
            override=override,
        )
        who = called(registration)
        self._last = (done, who)
        if override is not None:
            return _(
                "{who} is admitted by {lead}. {key} undoes.",
                who=who,
                lead=override.by.name,
                key=key_called("gate.undo"),
            )
        if registration.badge:
            return _(
                "{who} is admitted, badge {badge}. {key} undoes.",
                who=who,
                badge=registration.badge,
                key=key_called("gate.undo"),
            )
        return _("{who} is admitted. {key} undoes.", who=who, key=key_called("gate.undo"))

    def admit_emergency(self, number: str) -> str:
        """Let an emergency service in at once, whatever stands half-typed in the form; `number` tells which."""
        return self.admit(Registration(reason=Reason.EMERGENCY, reason_note=number))

    def turn_away(
        self, registration: Registration, reason: TurnAwayReason, note: str, draft_id: bytes | None = None
    ) -> str:
        """Save as not let in."""
        here = self._here
        done = gate.turn_away(
            here.store,
            self._session,
            registration,
            here.policies,
            here.now_ms(),
            reason=reason,
            note=note,
            draft_id=draft_id,
        )
        who = called(registration)
        self._last = (done, who)
        return _(
            "{who} is turned away ({reason}). {key} undoes.",
            who=who,
            reason=labels.label(reason),
            key=key_called("gate.undo"),
        )

    def check_out(self, visit_id: bytes) -> str:
        """Write down that somebody left."""
        here = self._here
        visitor = visits.inside(here.store.connection, visit_id)
        done = gate.check_out(here.store, self._session, visit_id, here.now_ms())
        who = labels.greeting(visitor.name, visitor.sex) if visitor else ""
        self._last = (done, who)
        if visitor and visitor.badge:
            return _(
                "{who} has left; take badge {badge} back. {key} undoes.",
                who=who,
                badge=visitor.badge,
                key=key_called("gate.undo"),
            )
        return _("{who} has left. {key} undoes.", who=who, key=key_called("gate.undo"))

    def badge_found(self, holder: BadgeHolder) -> str:
        """Write down that a badge is back that its visitor went away with."""
        badge_found(self._here.store, self._session, holder.visit_id, self._here.now_ms())
        who = labels.greeting(holder.name, holder.sex)
        return _("Badge {badge} of {who} is back.", badge=holder.badge, who=who)

    def undo(self) -> str:
        """Take the last act back."""
        if self._last is None:
            raise RuleBroken(N_("There is nothing to undo."))
        here, (done, who) = self._here, self._last
        gate.undo(here.store, self._session, done, here.policies, here.now_ms())
        self._last = None
        return _(_UNDONE[done.kind], who=who)


_UNDONE = {
    EventKind.ADMITTED: N_("Undone: {who} is not admitted."),
    EventKind.TURNED_AWAY: N_("Undone: {who} is not turned away."),
    EventKind.OUT: N_("Undone: {who} is still on site."),
}


def called(registration: Registration) -> str:
    """Return how the visitor is called in a sentence: politely, or by the service they are from."""
    if registration.name or registration.reason is None or not registration.reason_note:
        return labels.greeting(registration.name, registration.sex)
    service = labels.label(registration.reason)
    return _("{service} ({number})", service=service, number=registration.reason_note)
