"""Ctrl+G: how it all stands, left what goes on now, right this computer; Enter on a line leads on."""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Static

from butler_tui.desk.session import Session
from butler_tui.domain.rights import Act, may
from butler_tui.store import home
from butler_tui.tui import home_words
from butler_tui.tui.context import Context
from butler_tui.tui.home_words import Line
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence, StatusLine, TopLine
from butler_tui.words import _

LOOK_S = 15.0
"""How often the figures are read again while somebody sees them."""
WIDE = 110
"""Columns from which there is room to spare."""
_STYLES = {"": "$foreground", "good": "$success", "warning": "$warning", "bad": "$error"}


class HomeLine(Static):
    """One line of figures; the focus marks it, Enter or a second click opens it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", _("Open"), id="overview.open", tooltip=_("to where the line is dealt with")),
    ]

    class Opened(Message):
        """Somebody wants to go where the line leads."""

        def __init__(self, action: str) -> None:
            super().__init__()
            self.action = action

    def __init__(self, shown: Line, label_cells: int, figure_cells: int) -> None:
        super().__init__(id=f"home-{shown.id}")
        self._line = shown
        self._cells = (label_cells, figure_cells)
        self.can_focus = bool(shown.leads_to)

    def show(self, shown: Line) -> None:
        """Show the figures of now."""
        self._line = shown
        self.refresh()

    def render(self) -> Content:
        """Return label, figure and note, the figures under each other."""
        one, (labels, figures) = self._line, self._cells
        spare = max(figures - cell_len(one.figure), 0) if figures else 0
        return line(
            (">" if self.has_focus else " ", "$accent"),
            (set_cell_size(one.label, labels), "$accent" if self.has_focus else "$dim"),
            " " * spare,
            (one.figure, _STYLES["" if one.note_only else one.meaning]),
            "  " if one.note else "",
            (one.note, _STYLES[one.meaning]),
        )

    def action_open(self) -> None:
        """Go where the line leads."""
        if self._line.leads_to:
            self.post_message(self.Opened(self._line.leads_to))

    def on_click(self, event: events.Click) -> None:
        """A second click opens; the first has chosen."""
        if event.chain == 2:
            self.action_open()


class HomeScreen(Steady, Screen[None]):
    """Looks, and leads on; changes nothing."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["../styles/desks.tcss", "../styles/home.tcss"]

    GUIDE = (
        _("Arrows choose a line; Enter leads to where it is dealt with."),
        _("The figures are read again by themselves."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2,escape", "app.gate", _("Visitors"), key_display="F2", id="overview.gate", tooltip=_("to the gate")),
        Binding("f7", "app.on_site('inside')", _("On site"), id="overview.on_site", tooltip=_("who is on site")),
        Binding("f9", "app.sync_view", _("Sync"), id="overview.sync", tooltip=_("how it stands with HQ")),
        Binding("ctrl+o", "code", _("Phone code"), id="overview.code", tooltip=_("a code for a guard on the phone")),
        Binding("f10,ctrl+l", "app.lock", _("Lock"), id="overview.lock", tooltip=_("lock the screen")),
        Binding("f1", "app.help", _("Help"), id="overview.help", tooltip=_("this help")),
        Binding("up", "move(-1)", _("Up"), show=False, id="overview.up", tooltip=_("the line above")),
        Binding("down", "move(1)", _("Down"), show=False, id="overview.down", tooltip=_("the line below")),
        Binding(
            "left,right",
            "across",
            _("Across"),
            show=False,
            key_display=_("Left/Right"),
            id="overview.across",
            tooltip=_("to the other side"),
        ),
    ]

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._top = TopLine(context, "home")
        self._timer: Timer | None = None
        self._lines: dict[str, HomeLine] = {}

    def compose(self) -> ComposeResult:
        """Lay out the two sides."""
        figures = self._figures()
        yield self._top
        with Container(id="sides"):
            with Vertical(id="now-side"):
                yield Static(line(f" {_('Now')}"), classes="title")
                yield from self._side(home_words.now_lines(figures, self._here), aligned=True)
            with Vertical(id="machine-side"):
                yield Static(line(f" {_('This computer')}"), classes="title")
                yield from self._side(home_words.machine_lines(figures.machine, self._here), aligned=False)
        yield Sentence()
        yield StatusLine()
        yield KeyLine()

    def _side(self, shown: list[Line], *, aligned: bool) -> ComposeResult:
        labels = max(cell_len(one.label) for one in shown) + 1
        figures = max(7, *(cell_len(one.figure) for one in shown)) if aligned else 0
        for one in shown:
            self._lines[one.id] = HomeLine(one, labels, figures)
            yield self._lines[one.id]

    def _figures(self) -> home.Figures:
        now = self._here.now_ms()
        return home.figures(self._here.store, now, home_words.day_began_ms(now, self._here.zone))

    def on_mount(self) -> None:
        """Show where and who, and keep the figures true."""
        self.query_one(StatusLine).show_session(self._here, self._session)
        self._timer = self.set_interval(LOOK_S, self.reload)
        self.begin()

    def on_resize(self, event: events.Resize) -> None:
        """On a wide screen the lines stand further apart."""
        self.set_class(event.size.width >= WIDE, "wide")

    def on_screen_resume(self) -> None:
        """Show the figures of now, and keep them true."""
        self._top.resume()
        self.reload()
        if self._timer is not None:
            self._timer.resume()

    def on_screen_suspend(self) -> None:
        """Let the clocks of a screen that nobody sees rest."""
        self._top.pause()
        if self._timer is not None:
            self._timer.pause()

    def after_sync(self, sentence: str, meaning: str) -> None:
        """Read the figures again; how the sync went stands among them."""
        self.reload()

    def reload(self) -> None:
        """Read the figures again."""
        figures = self._figures()
        shown = [*home_words.now_lines(figures, self._here), *home_words.machine_lines(figures.machine, self._here)]
        for one in shown:
            self._lines[one.id].show(one)
        self.query_one(Sentence).say(*home_words.sentence(figures, self._here))

    def begin(self) -> None:
        """Stand on the first line."""
        self.set_focus(self._lines["inside"])

    def action_move(self, by: int) -> None:
        """Choose another line that leads somewhere."""
        leading = [one for one in self._lines.values() if one.can_focus]
        at = leading.index(self.focused) if isinstance(self.focused, HomeLine) else 0
        self.set_focus(leading[min(max(at + by, 0), len(leading) - 1)])

    def action_across(self) -> None:
        """Choose the first line of the other side."""
        right = self.focused is not None and self.focused.parent is self.query_one("#machine-side")
        self.set_focus(self._lines["inside" if right else "waiting"])

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer codes to those only who may let a visitor in by one."""
        return action != "code" or may(self._session.staff.role, Act.OVERRIDE)

    def action_code(self) -> None:
        """Make a one-time code for a guard on the phone."""
        from butler_tui.tui.dialogs.override_code import OverrideCodeDialog

        self.app.push_screen(OverrideCodeDialog(self._here, self._session))

    def on_home_line_opened(self, message: HomeLine.Opened) -> None:
        """Go where the line leads."""
        message.stop()
        self.app.call_later(self.app.run_action, message.action)
