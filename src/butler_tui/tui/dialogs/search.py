"""Ctrl+K: one box for everything. Type, look right at who it is, Enter opens; Esc returns to where one was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.session import Session
from butler_tui.store.found import Hit, HitKey, Looked
from butler_tui.store.gate_home import gate_home
from butler_tui.store.search import look
from butler_tui.tui.context import Context
from butler_tui.tui.messages import TakenIntoForm
from butler_tui.tui.painting import paint_changes_only
from butler_tui.tui.search_words import BROAD, NARROW, found_facts, hit_facts, home_facts, record_of, what_may_be_typed
from butler_tui.tui.shown import line, put
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.facts import Fact, Facts
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.record_list import Record, RecordList
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _

WIDE = 110
"""Columns from which a row shows plate and phone too."""
_MOST_BESIDE = 6
"""Visits of a home that are read for the right column."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What was typed last, and whoever was taken into the gate's form."""

    query: str
    taken: TakenIntoForm | None = None


class SearchDialog(Steady, ModalScreen[Searched]):
    """Finds, shows, opens; returns what was typed, so that the next search begins with it.

    `takes` tells whether a hit can be taken into a form under this dialog.
    """

    CSS_PATH: ClassVar[str] = "../styles/search.tcss"

    GUIDE = (
        _("Name or initials, plate, room, end of a phone, badge, or a whole ID number."),
        _("Who is inside comes first, then homes and their people, then those who were here before."),
        _("Room and unit may be typed together or apart: 3-2-1801, 3 2 1801, 321801."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="search.open", tooltip=_("the chosen one with all that is known")),
        Binding(
            "ctrl+y", "take", _("Into form"), id="search.take", tooltip=_("take the chosen one into the gate's form")
        ),
        Binding("ctrl+u", "clear", _("Clear"), id="search.clear", tooltip=_("empty the box")),
        Binding("escape", "leave", _("Back"), id="search.leave", tooltip=_("back to where you were")),
    ]

    def __init__(self, context: Context, session: Session, query: str = "", *, takes: bool = False) -> None:
        super().__init__()
        paint_changes_only(self)
        self._here = context
        self._session = session
        self._takes = takes
        self._looked = Looked(())
        self._box = ScanInput(id="sought", folded=True, longest=60)
        self._box.value = query
        self._rows: RecordList | None = None
        self._beside = Facts(id="beside")
        self._shown: Hit | None = None
        """The hit that stands in the right column."""
        self._sentence = Sentence()

    def compose(self) -> ComposeResult:
        """Lay out box, list and right column."""
        with Horizontal(id="filter"):
            yield Static(line(f" {_('Search')}  "), classes="between")
            yield self._box
            yield Static(id="counts", classes="hint")
        with Horizontal(id="found"):
            yield Vertical(id="rows")
            yield self._beside
        yield self._sentence
        yield KeyLine()

    async def on_mount(self) -> None:
        """Begin with what was typed last, marked: the first key begins another search."""
        await self._lay_rows(self.size.width)
        self.begin_anew()

    async def on_resize(self, event: events.Resize) -> None:
        """Show more of each row on a wide screen."""
        await self._lay_rows(event.size.width)

    def on_screen_resume(self) -> None:
        """Show what has become of the hits meanwhile; the same row stays chosen."""
        if self._rows is not None:
            self._looked = look(self._here.store, self._box.text)
            self._rows.reload()
            self._shown = None
            self._show_chosen()

    async def _lay_rows(self, width: int) -> None:
        broad = width >= WIDE
        if self._rows is not None and self.has_class("wide") == broad:
            return
        self.set_class(broad, "wide")
        rows = RecordList(BROAD if broad else NARROW, self._fetch, "", gap=1)
        rows.always_marked = True
        rows.can_focus = False  # the hand stays in the box; arrows go to the list from there
        before, self._rows = self._rows, rows
        if before is not None:
            await before.remove()
        await self.query_one("#rows", Vertical).mount(rows)
        self.watch(rows, "chosen", self._show_chosen, init=False)
        self._look()

    def _fetch(self, after: HitKey | None, most: int) -> list[Record]:
        broad = self.has_class("wide")
        return [record_of(hit, self._here, broad=broad) for hit in self._looked.page(most, after)]

    # What is typed

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Look at every key, so that list and box are painted in one frame."""
        message.stop()
        self._look()

    def _look(self) -> None:
        typed = self._box.text
        self._looked = look(self._here.store, typed)
        if self._rows is not None:
            self._rows.show_all(self._fetch, _("Nothing fits what is typed.") if typed else "")
        count = len(self._looked.hits)
        words = _("more than {count}", count=count) if self._looked.more else _("{count} found", count=count)
        put(self.query_one("#counts", Static), line(words if typed else ""))
        self._say(typed)
        self._show_chosen()

    def _say(self, typed: str) -> None:
        if not typed:
            self._sentence.say(self.GUIDE[0])
        elif self._looked.more:
            self._sentence.say(_("Too many fit to show all: type one more character."))
        elif not self._looked.hits:
            self._sentence.say(_("Nothing fits. Try initials, a plate without its province, or a room."))
        else:
            self._sentence.say(_("Enter opens the marked row."))

    @property
    def chosen(self) -> Hit | None:
        """The chosen hit."""
        key = self._rows.chosen_key if self._rows is not None else None
        return next((hit for hit in self._looked.hits if hit.key == key), None)

    def _show_chosen(self) -> None:
        hit = self.chosen
        if hit != self._shown or hit is None:
            self._beside.show(self._facts(hit))
        if (hit is None) != (self._shown is None):
            self.refresh_bindings()
        self._shown = hit

    def _facts(self, hit: Hit | None) -> list[Fact]:
        if hit is None:
            return [] if self._box.text else what_may_be_typed()
        if hit.home is None:
            return hit_facts(hit, self._here)
        home = gate_home(self._here.store.connection, hit.home.house_id, _MOST_BESIDE)
        facts = home_facts(home) if home else []
        return [*facts[:2], *found_facts(hit.home), *facts[2:]]

    # Keys

    def on_key(self, event: events.Key) -> None:
        """Arrows move in the list while the hand stays in the box."""
        moves = {"up": ("move", -1), "down": ("move", 1), "pageup": ("page", -1), "pagedown": ("page", 1)}
        if event.key in moves and self._rows is not None:
            event.stop()
            how, by = moves[event.key]
            act: Callable[[int], None] = self._rows.action_move if how == "move" else self._rows.action_page
            act(by)

    def on_click(self, event: events.Click) -> None:
        """Open a row that is clicked twice; the hand's place stays the box."""
        self._box.focus()
        if event.chain == 2 and event.widget is self._rows:
            self.action_open()

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Open the chosen one."""
        message.stop()
        self.action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what there is something for."""
        if action == "take":
            return self._takes and self.chosen is not None
        return self.chosen is not None if action == "open" else True

    def action_open(self) -> None:
        """Show all there is about the chosen one; this list stays under it."""
        hit = self.chosen
        if hit is None:
            return
        if hit.visit is not None:
            from butler_tui.tui.dialogs.visit import VisitDialog

            self.app.push_screen(VisitDialog(self._here, self._session, hit.visit.visit_id))
        elif hit.home is not None:
            from butler_tui.tui.dialogs.home import HomeDialog

            self.app.push_screen(HomeDialog(self._here, self._session, hit.home.house_id))

    def action_take(self) -> None:
        """Close, and take the chosen one into the gate's form."""
        hit = self.chosen
        if hit is None:
            return
        visit_id = hit.visit.visit_id if hit.visit else None
        house_id = hit.home.house_id if hit.home else None
        self.dismiss(Searched(self._box.text, TakenIntoForm(visit_id=visit_id, house_id=house_id)))

    def action_clear(self) -> None:
        """Empty the box."""
        self._box.clear()

    def action_leave(self) -> None:
        """Close; what was typed stays for the next time."""
        self.dismiss(Searched(self._box.text))

    def begin_anew(self) -> None:
        """Stand in the box with all of it marked: the next key begins another search."""
        self._box.focus()
        self._box.select_all()
