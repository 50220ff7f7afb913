"""What the list of those on site asks for beside checking out: done here, told there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual.app import App

from butler_tui.desk.session import Session
from butler_tui.errors import ButlerError
from butler_tui.tui.context import Context
from butler_tui.tui.gate_deeds import GateDeeds
from butler_tui.tui.messages import FromList, ListAct, Saved


class ListErrands:
    """The errands of one person; what they do is taken back by the same key as what was done at the gate."""

    def __init__(self, app: App[Any], context: Context, session: Session, deeds: GateDeeds) -> None:
        self._app = app
        self._here = context
        self.session = session
        self._deeds = deeds

    def run(self, asked: FromList) -> None:
        """Do what is asked, and say in the list what was done, or why not."""
        if asked.act is ListAct.DETAIL:
            self._show_detail(asked.visit_id)
            return
        acts: dict[ListAct, Callable[[], str]] = {
            ListAct.WITHOUT_BADGE: lambda: self._deeds.check_out_without_badge(asked.visit_id),
            ListAct.FOUND: lambda: self._deeds.badge_found(asked.visit_id),
            ListAct.UNDO: self._deeds.undo,
        }
        about = self._deeds.last_visit if asked.act is ListAct.UNDO else None
        try:
            told, meaning = acts[asked.act](), "good"
        except ButlerError as error:
            told, meaning = error.sentence(), "bad"
            about = None
        else:
            self._app.post_message(Saved())
        self._tell(told, meaning, about)

    def _tell(self, sentence: str, meaning: str, about: bytes | None) -> None:
        from butler_tui.tui.dialogs.on_site import OnSiteDialog

        if isinstance(self._app.screen, OnSiteDialog):
            self._app.screen.told(sentence, meaning, about)

    def _show_detail(self, visit_id: bytes) -> None:
        from butler_tui.tui.dialogs.visit import VisitDialog

        self._app.push_screen(VisitDialog(self._here, self.session, visit_id))
