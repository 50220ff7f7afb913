"""Ctrl+K and `/`: the search over whatever is in front, and the way of what was found into the gate's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler_tui.tui.desks import Desks
from butler_tui.tui.messages import SignedIn, TakenIntoForm

if TYPE_CHECKING:
    from butler_tui.tui.dialogs.search import Searched


class Searching(Desks):
    """What was typed last is remembered until the screens lock."""

    def __init__(self) -> None:
        super().__init__()
        self._last_query = ""

    async def on_signed_in(self, message: SignedIn) -> None:
        """Begin without the query of before the lock; Desks shows the person's screens."""
        self._last_query = ""

    def action_search(self) -> None:
        """Search, over whatever is in front; in the search already, begin another."""
        if self.locked or self.session is None:
            return
        from butler_tui.tui.dialogs.search import SearchDialog
        from butler_tui.tui.screens.gate import GateScreen

        if isinstance(self.screen, SearchDialog):
            self.screen.begin_anew()
        elif not any(isinstance(screen, SearchDialog) for screen in self.screen_stack):
            takes = isinstance(self.screen, GateScreen)
            dialog = SearchDialog(self.here, self.session, self._last_query, takes=takes)
            self.push_screen(dialog, self._searched)

    def _searched(self, searched: Searched | None) -> None:
        if searched is not None:
            self._last_query = searched.query
            if searched.taken is not None:
                self.post_message(searched.taken)

    def on_taken_into_form(self, message: TakenIntoForm) -> None:
        """Hand what was found to the gate in front."""
        from butler_tui.tui.screens.gate import GateScreen

        if isinstance(self.screen, GateScreen):
            self.screen.take(visit_id=message.visit_id, house_id=message.house_id)
