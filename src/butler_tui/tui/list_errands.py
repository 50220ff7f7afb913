"""What the list of those on site asks for beside checking out: done here, told there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from butler_tui import labels
from butler_tui.desk import badges
from butler_tui.desk.badges import BadgeDone
from butler_tui.desk.session import Session
from butler_tui.domain.visits import EventKind
from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.store import badges as badge_store
from butler_tui.store import visits
from butler_tui.tui.context import Context
from butler_tui.tui.key_names import key_called
from butler_tui.tui.messages import FromList, ListAct, Saved
from butler_tui.words import N_, _


class ListErrands:
    """The errands of one person; the last one can be taken back."""

    def __init__(self, app: App[Any], context: Context, session: Session) -> None:
        self._app = app
        self._here = context
        self.session = session
        self._last: BadgeDone | None = None

    def run(self, asked: FromList) -> None:
        """Do what is asked, and say in the list what was done, or why not."""
        if asked.act is ListAct.DETAIL:
            self._show_detail(asked.visit_id)
            return
        acts: dict[ListAct, Callable[[], str]] = {
            ListAct.WITHOUT_BADGE: lambda: self._without_badge(asked.visit_id),
            ListAct.FOUND: lambda: self._found(asked.visit_id),
            ListAct.UNDO: self._undo,
        }
        try:
            told, meaning = acts[asked.act](), "good"
        except ButlerError as error:
            told, meaning = error.sentence(), "bad"
        else:
            self._app.post_message(Saved())
        self._tell(told, meaning)

    def _tell(self, sentence: str, meaning: str) -> None:
        from butler_tui.tui.dialogs.on_site import OnSiteDialog

        if isinstance(self._app.screen, OnSiteDialog):
            self._app.screen.told(sentence, meaning)

    def _show_detail(self, visit_id: bytes) -> None:
        from butler_tui.tui.dialogs.visit import VisitDialog

        self._app.push_screen(VisitDialog(self._here, self.session, visit_id))

    def _without_badge(self, visit_id: bytes) -> str:
        here = self._here
        visitor = visits.inside(here.store.connection, visit_id)
        self._last = done = badges.check_out_without_badge(here.store, self.session, visit_id, here.now_ms())
        who = labels.greeting(visitor.name, visitor.sex) if visitor else ""
        return _("{who} has left; badge {badge} is missing. {key} undoes.", who=who, badge=done.badge, key=_undo_key())

    def _found(self, visit_id: bytes) -> str:
        here = self._here
        holder = badge_store.missing_badge(here.store.connection, visit_id)
        self._last = done = badges.badge_found(here.store, self.session, visit_id, here.now_ms())
        who = labels.greeting(holder.name, holder.sex) if holder else ""
        return _("Badge {badge} of {who} is back. {key} undoes.", badge=done.badge, who=who, key=_undo_key())

    def _undo(self) -> str:
        if self._last is None:
            raise RuleBroken(N_("There is nothing to undo."))
        here, done = self._here, self._last
        badges.undo_badge(here.store, self.session, done, here.policies, here.now_ms())
        self._last = None
        return _(_UNDONE[done.kind], badge=done.badge)


def _undo_key() -> str:
    return key_called("on_site.undo")


_UNDONE = {
    EventKind.BADGE_MISSING: N_("Undone: the visitor with badge {badge} is still on site."),
    EventKind.BADGE_BACK: N_("Undone: badge {badge} is still missing."),
}
