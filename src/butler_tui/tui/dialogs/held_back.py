"""What HQ held back, each act with the reason: Enter shows the visit to put it right, a key sends it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from butler_tui.desk.held_back import give_up, send_again
from butler_tui.desk.session import Session
from butler_tui.labels import table_label
from butler_tui.store import quarantined
from butler_tui.store.quarantined import HeldGroup
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.inbox import InboxDialog
from butler_tui.tui.key_names import key_called
from butler_tui.tui.sync_words import about_words, reason_words
from butler_tui.tui.widgets.record_list import Column, Record
from butler_tui.words import _

MOST = 50
"""Acts that are listed, the oldest first: others may lean on them."""
_COLUMNS = (Column(10), Column(24), Column(0))


class HeldBackDialog(InboxDialog):
    """Lists what HQ could not apply; what is sent again leaves the list, and comes back where HQ holds it again."""

    GUIDE = (
        _("Headquarters could not apply these. They are kept here and there, and nothing is lost."),
        _("Have the cause put right first: a person's role, the record it belongs to, or the visit itself."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="held.open", tooltip=_("the visit, to put it right")),
        Binding("ctrl+r", "again", _("Send again"), id="held.again", tooltip=_("the chosen one, as a new change")),
        Binding(
            "ctrl+d", "give_up", _("Give up"), id="held.give_up", tooltip=_("what headquarters has holds here too")
        ),
        Binding("f1", "app.help", _("Help"), id="held.help", tooltip=_("this help")),
        Binding("escape", "leave", _("Back"), id="held.leave", tooltip=_("back to the sync")),
    ]

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__(
            context, session, _("Held by HQ"), _("Headquarters holds nothing of this computer back."), _COLUMNS
        )
        self._found: dict[bytes, HeldGroup] = {}

    def on_mount(self) -> None:
        """Say what can be done, where there is something."""
        if self.records():
            keys = {"again": key_called("held.again"), "give_up": key_called("held.give_up")}
            said = _("Put the cause right, then {again} sends it again; {give_up} takes HQ's value.",
                     **keys)  # fmt: skip
            self._sentence.say(said)

    def records(self) -> Sequence[Record]:
        """Return the acts that are held, the oldest first."""
        groups = quarantined.held_groups(self._here.store.connection, MOST)
        self._found = {group.group_id: group for group in groups}
        return [self._record(group) for group in groups]

    def _record(self, group: HeldGroup) -> Record:
        told = group.told
        about = about_words(told.about, self._here.now_ms(), self._here.zone)
        return Record(group.group_id, (table_label(told.table or ""), about, reason_words(told.reason)))

    def _chosen(self) -> HeldGroup | None:
        return self._found.get(self.chosen_key)

    def action_open(self) -> None:
        """Show the visit that the chosen act is about, where it can be corrected."""
        from butler_tui.tui.dialogs.visit import VisitDialog

        chosen = self._chosen()
        if chosen is None:
            return
        if chosen.visit_id is None:
            self._sentence.say(_("This is no visit. Have the cause put right, then send it again."), "warning")
            return
        self.app.push_screen(VisitDialog(self._here, self._session, chosen.visit_id))

    def action_again(self) -> None:
        """Send the chosen act again."""
        chosen = self._chosen()
        if chosen is None:
            return
        group_id, here = chosen.group_id, self._here
        self.do(
            lambda: send_again(here.store, self._session, group_id, here.now_ms()),
            _("It goes to headquarters again with the next sync."),
        )

    def action_give_up(self) -> None:
        """Let headquarters' value hold here too, in place of the chosen act."""
        chosen = self._chosen()
        if chosen is None:
            return
        group_id, here = chosen.group_id, self._here
        self.do(lambda: give_up(here.store, self._session, group_id), _("What headquarters has is shown now."))
