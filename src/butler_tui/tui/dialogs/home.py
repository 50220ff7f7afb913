"""One home as the gate may see it: who may confirm, plates, the note, and its visitors, inside first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.hit_words import reason_words, visit_figure, visitor_name
from butler_tui.desk.session import Session
from butler_tui.store.found import FoundVisit
from butler_tui.store.gate_home import GateHome, gate_home
from butler_tui.tui.context import Context
from butler_tui.tui.search_words import home_facts
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.facts import Facts
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.record_list import Column, Record, RecordList
from butler_tui.words import _

MOST_VISITS = 50
"""Visits of a home that are listed, the newest."""
_COLUMNS = (Column(9), Column(14), Column(0, right=True))


class HomeDialog(Steady, ModalScreen[None]):
    """Shows one home; Enter opens one of its visits."""

    CSS_PATH: ClassVar[str] = "../styles/search.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="home.open", tooltip=_("the chosen visit with its history")),
        Binding("f1", "app.help", _("Help"), id="home.help", tooltip=_("this help")),
        Binding("escape", "leave", _("Back"), id="home.leave", tooltip=_("back to the list")),
    ]

    def __init__(self, context: Context, session: Session, house_id: bytes) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._house_id = house_id
        self._home: GateHome | None = self._read()
        self._facts = Facts()

    def compose(self) -> ComposeResult:
        """Lay out the home left, its visitors right."""
        home = self._home
        room, name = (home.household.room_code, home.household.name) if home else ("", "")
        with Horizontal(id="head"):
            yield Static(line(" ", (room, "$accent"), "  ", name or _("nobody registered")), classes="title")
        with Horizontal(id="home"):
            with Vertical(id="left"):
                yield self._facts
            with Vertical(id="right"):
                yield Static(line(" ", (_("Visits"), "$dim")))
                yield RecordList(_COLUMNS, self._fetch, _("Nobody has come to see this home yet."))
        yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the home."""
        if self._home is not None:
            self._facts.show(home_facts(self._home)[2:])
        self.query_one(RecordList).focus()

    def on_screen_resume(self) -> None:
        """Show what has become of the visits meanwhile; the same row stays chosen."""
        self._home = self._read()
        self.query_one(RecordList).reload()

    def _read(self) -> GateHome | None:
        return gate_home(self._here.store.connection, self._house_id, MOST_VISITS)

    def _fetch(self, after: bytes | None, most: int) -> Sequence[Record]:
        if self._home is None or after is not None:
            return []
        inside = {visit.visit_id: visit for visit in self._home.inside}
        past = [visit for visit in self._home.recent if visit.visit_id not in inside]
        return [self._record(visit) for visit in (*inside.values(), *past)][:most]

    def _record(self, visit: FoundVisit) -> Record:
        figure, meaning = visit_figure(visit, self._here.now_ms(), self._here.zone)
        return Record(visit.visit_id, (visitor_name(visit), reason_words(visit), figure), meaning)

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Open the chosen visit."""
        message.stop()
        self.action_open()

    def action_open(self) -> None:
        """Open the chosen visit; this home stays under it."""
        from butler_tui.tui.dialogs.visit import VisitDialog

        visit_id = self.query_one(RecordList).chosen_key
        if visit_id is not None:
            self.app.push_screen(VisitDialog(self._here, self._session, visit_id))

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
