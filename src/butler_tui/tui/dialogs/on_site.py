"""F7 over the whole screen: who is on site, who has overstayed, which badges are missing; type to narrow the list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.domain.folding import fold
from butler_tui.labels import cars, people
from butler_tui.store import badges, visits
from butler_tui.tui.context import Context
from butler_tui.tui.messages import FromList, ListAct
from butler_tui.tui.painting import paint_changes_only
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence, Spots
from butler_tui.tui.widgets.on_site import columns, fetcher, missing_columns, missing_fetcher
from butler_tui.tui.widgets.record_list import Column, Fetch, RecordList
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import N_, _


class Which(StrEnum):
    """One of the lists."""

    INSIDE = "inside"
    OVERSTAYED = "overstayed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class _List:
    """What one list is called, holds, and what stands where it is empty."""

    label: str
    columns: Callable[[], tuple[Column, ...]]
    fetch: Callable[[Context, str], Fetch]
    empty: str


_LISTS = {
    Which.INSIDE: _List(
        N_("Visits in"), columns, lambda here, typed: fetcher(here, matching=typed),
        N_("Nobody is on site. Who you admit stands here."),
    ),
    Which.OVERSTAYED: _List(
        N_("Overstayed"), columns, lambda here, typed: fetcher(here, matching=typed, overstayed=True),
        N_("Nobody has stayed past their time."),
    ),
    Which.MISSING: _List(
        N_("Badges missing"), missing_columns, lambda here, typed: missing_fetcher(here, matching=typed),
        N_("No badge is missing. One that is not given back at leaving stands here."),
    ),
}  # fmt: skip
_NEXT = {1: (Which.OVERSTAYED, Which.MISSING, Which.INSIDE), -1: (Which.MISSING, Which.INSIDE, Which.OVERSTAYED)}


class ListTabs(Spots):
    """The lists with how many are in each; a click shows one."""

    def chosen(self, stands_for: str) -> None:
        """Show a list."""
        self.app.call_later(self.screen.run_action, f"which('{stands_for}')")


class OnSiteDialog(Steady, ModalScreen[bytes | None]):
    """Returns the visit that ends, or None; what is asked beside that goes up as `FromList`, and the list stays."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    GUIDE = (
        _("Type a badge, a name or its initials, a room, or a part of a plate: the list narrows."),
        _("Who has stayed past their time is marked at the right edge, by how much."),
        _("A missing badge that turns up is typed or scanned here, then Enter."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", _("Check out"), id="on_site.check_out", tooltip=_("the chosen visitor leaves")),
        Binding(
            "enter", "take_back", _("Is back"), id="on_site.take_back", tooltip=_("the chosen badge has turned up")
        ),
        Binding(
            "ctrl+b",
            "without_badge",
            _("Badge missing"),
            id="on_site.without_badge",
            tooltip=_("the chosen visitor leaves, the badge has not come back"),
        ),
        Binding(
            "ctrl+d", "detail", _("Detail"), priority=True, id="on_site.detail", tooltip=_("all about the chosen visit")
        ),
        Binding("ctrl+z", "undo", _("Undo"), show=False, id="on_site.undo", tooltip=_("take the last of these back")),
        Binding("tab", "turn(1)", _("Other list"), id="on_site.turn", tooltip=_("on site, overstayed, badges missing")),
        Binding("shift+tab", "turn(-1)", _("List before"), show=False, id="on_site.back", tooltip=_("the list before")),
        Binding("f1", "app.help", _("Help"), id="on_site.help", tooltip=_("this help")),
        Binding("f7,escape", "leave", _("Back"), key_display="Esc", id="on_site.leave", tooltip=_("back to the gate")),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        paint_changes_only(self)
        self._here = context
        self._which = Which.INSIDE

    def compose(self) -> ComposeResult:
        """Lay out lists, filter and rows."""
        with Horizontal(id="heads"):
            yield ListTabs(id="lists")
            yield Static(id="counts", classes="quiet")
        with Horizontal(id="filter"):
            yield Static(line(f" {_('Badge, name, initials, room or plate')}  "), classes="between")
            yield ScanInput(id="matching", folded=True)
        yield self._rows()
        yield Sentence()
        yield KeyLine()

    def _rows(self) -> RecordList:
        shown = _LISTS[self._which]
        rows = RecordList(shown.columns(), shown.fetch(self._here, self._typed), _(shown.empty))
        rows.always_marked = True
        rows.can_focus = False  # the hand stays in the filter
        return rows

    @property
    def _typed(self) -> str:
        fields = self.query(ScanInput)
        return fields.first().text if fields else ""

    def on_mount(self) -> None:
        """Show the figures, and keep them true."""
        self._look()
        self.set_interval(30, self._look)

    def begin_with(self, which: Which) -> None:
        """Show this list first."""
        self.call_after_refresh(self.run_action, f"which('{which}')")

    def _look(self) -> None:
        self.query_one(RecordList).reload()
        connection = self._here.store.connection
        counts, out = visits.counts(connection, self._here.now_ms()), badges.badges_out(connection)
        visitors = {Which.INSIDE: counts.visitors, Which.OVERSTAYED: counts.overstays, Which.MISSING: out.missing}
        meaning = {Which.OVERSTAYED: "$error", Which.MISSING: "$warning"}
        tabs = []
        for which, many in visitors.items():
            words = f"{_(_LISTS[which].label)} {many}"
            style = meaning.get(which, "$dim") if many else "$dim"
            here = which is self._which
            tabs.append((line((f"[{words}]", "bold $accent") if here else (f" {words} ", style)), str(which)))
        self.query_one(ListTabs).show_parts(tabs, gap=1)
        words = _("On site {people}, {cars}", people=people(counts.people), cars=cars(counts.vehicles))
        self.query_one("#counts", Static).update(line(f"{words} "))

    # Narrowing, choosing

    async def action_which(self, which: str) -> None:
        """Show another of the lists, by the same filter."""
        self._which = Which(which)
        old = self.query_one(RecordList)
        await self.mount(self._rows(), after=old)
        await old.remove()
        self._say("")
        self._look()
        self.refresh_bindings()

    async def action_turn(self, by: int) -> None:
        """Show the next list."""
        await self.action_which(_NEXT[by][list(Which).index(self._which)])

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Narrow the list."""
        message.stop()
        self._narrow(message.value.strip())

    def _narrow(self, typed: str) -> None:
        shown = _LISTS[self._which]
        empty = _("Nobody on site fits what is typed.") if typed else _(shown.empty)
        self.query_one(RecordList).show_all(shown.fetch(self._here, typed), empty)

    def on_key(self, event: events.Key) -> None:
        """Arrows in the filter move in the list: the hand stays where it is."""
        rows = self.query_one(RecordList)
        moves = {
            "up": rows.action_move,
            "pageup": rows.action_page,
            "down": rows.action_move,
            "pagedown": rows.action_page,
        }
        if event.key in moves:
            event.stop()
            moves[event.key](-1 if event.key.endswith("up") else 1)

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return the chosen visitor, or take a missing badge back."""
        message.stop()
        found = badges.holder_of_badge(self._here.store.connection, fold(message.value).strip().upper())
        if found is not None and found.out_ms is not None:
            self._ask(ListAct.FOUND, found.visit_id)
        else:
            self._enter()

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Return the chosen visitor, or take the chosen badge back."""
        message.stop()
        self._enter()

    @property
    def _chosen(self) -> bytes | None:
        key = self.query_one(RecordList).chosen_key
        return key[1] if key is not None else None

    # What is asked for

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer what fits the list in front."""
        missing = self._which is Which.MISSING
        return {"choose": not missing, "without_badge": not missing, "take_back": missing}.get(action, True)

    def action_take_back(self) -> None:
        """Ask that the chosen badge is written down as back."""
        self._ask(ListAct.FOUND, self._chosen)

    def action_choose(self) -> None:
        """Return the chosen visitor, if there is one."""
        if self._chosen is not None:
            self.dismiss(self._chosen)

    def _enter(self) -> None:
        if self._which is Which.MISSING:
            self.action_take_back()
        else:
            self.action_choose()

    def action_without_badge(self) -> None:
        """Ask that the chosen visitor leaves and the badge is written down as missing."""
        self._ask(ListAct.WITHOUT_BADGE, self._chosen)

    def action_detail(self) -> None:
        """Ask for everything about the chosen visit."""
        self._ask(ListAct.DETAIL, self._chosen)

    def action_undo(self) -> None:
        """Ask that the last act of this list is taken back."""
        self.post_message(FromList(ListAct.UNDO, b""))

    def _ask(self, act: ListAct, visit_id: bytes | None) -> None:
        if visit_id is not None:
            self.post_message(FromList(act, visit_id))

    def told(self, sentence: str, meaning: str, about: bytes | None = None) -> None:
        """Say what was done, or why not, and show the lists of now; what was typed has done its work.

        Where an act was taken back the mark goes to the visit it was `about`: the right key must not hit the next one.
        """
        if meaning == "good":
            self._empty_filter()
        self._look()
        if about is not None:
            self.query_one(RecordList).choose_where(lambda key: key[1] == about)
        self._say(sentence, meaning)

    def _empty_filter(self) -> None:
        """Show the whole list at once: a message would come after the mark was set, and set it back."""
        field = self.query_one(ScanInput)
        if field.text:
            with field.prevent(ScanInput.Changed):
                field.clear()
            self._narrow("")

    def _say(self, sentence: str, meaning: str = "") -> None:
        self.query_one(Sentence).say(sentence, meaning)

    def action_leave(self) -> None:
        """Return nobody."""
        self.dismiss(None)
