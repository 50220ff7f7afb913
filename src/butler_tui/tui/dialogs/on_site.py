"""The list of those on site over the whole screen: type to narrow it, Enter says who leaves."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.store import visits
from butler_tui.tui.context import Context
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine
from butler_tui.tui.widgets.on_site import COLUMNS, fetcher
from butler_tui.tui.widgets.record_list import RecordList
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


class OnSiteDialog(Steady, ModalScreen[bytes | None]):
    """Returns the visit that ends, or None."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "check_out", _("Check out"), id="on_site.check_out", tooltip=_("the chosen visitor leaves")),
        Binding("f7,escape", "leave", _("Back"), key_display="Esc", id="on_site.leave", tooltip=_("back to the gate")),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._here = context

    def compose(self) -> ComposeResult:
        """Lay out filter and list."""
        with Horizontal(id="filter"):
            yield Static(line(f" {_('Badge, name, room or plate')}  "), classes="between")
            yield ScanInput(id="matching", folded=True)
            yield Static(id="counts", classes="hint")
        rows = RecordList(COLUMNS, fetcher(self._here), _("Nobody is on site. Who you admit stands here."))
        rows.always_marked = True
        yield rows
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the figures, and keep them true."""
        self._look()
        self.set_interval(30, self._look)

    def _look(self) -> None:
        self.query_one(RecordList).reload()
        counts = visits.counts(self._here.store.connection, self._here.now_ms())
        words = _("On site {people} people, {vehicles} cars", people=counts.people, vehicles=counts.vehicles)
        self.query_one("#counts", Static).update(line(words))

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Narrow the list."""
        message.stop()
        self.query_one(RecordList).show_all(
            fetcher(self._here, matching=message.value.strip()), _("Nobody on site fits what is typed.")
        )

    def on_key(self, event: events.Key) -> None:
        """Arrows in the filter move in the list: the hand stays where it is."""
        moves = {"up": -1, "down": 1}
        if event.key in moves:
            event.stop()
            self.query_one(RecordList).action_move(moves[event.key])

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return the chosen visitor."""
        message.stop()
        self.action_check_out()

    def on_record_list_opened(self, message: RecordList.Opened) -> None:
        """Return the chosen visitor."""
        message.stop()
        self.dismiss(message.key[1])

    def action_check_out(self) -> None:
        """Return the chosen visitor, if there is one."""
        key = self.query_one(RecordList).chosen_key
        if key is not None:
            self.dismiss(key[1])

    def action_leave(self) -> None:
        """Return nobody."""
        self.dismiss(None)
