"""After sign-in with a PIN that another gave: one's own is chosen first. To everybody else the screens are locked."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.desk.own_pin import choose_pin
from butler_tui.domain.pins import PIN_DIGITS
from butler_tui.errors import ButlerError, FileTrouble
from butler_tui.store.database import plain_errors
from butler_tui.store.staff import Staff
from butler_tui.tui.context import Context
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


class NewPinScreen(Screen[bool]):
    """Two fields and one sentence; returns whether the person may go on."""

    LOCKS = True
    GUIDE = (
        _("The PIN you were given is known to whoever gave it. From now on yours is known to you alone."),
        _("Six digits; not in a row, not all the same, not your staff number."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", _("Next"), id="new_pin.next", tooltip=_("on to the second field, then keep it")),
        Binding("escape", "leave", _("Back"), id="new_pin.leave", tooltip=_("back, nothing is changed")),
        Binding("f1", "app.help", _("Help"), id="new_pin.help", tooltip=_("this help")),
    ]

    def __init__(self, context: Context, staff: Staff) -> None:
        super().__init__()
        self._here = context
        self._staff = staff
        self._checking = False
        self._fields = {name: _hidden(name) for name in ("new-pin", "again")}

    def compose(self) -> ComposeResult:
        """Lay out the two fields where those of the sign-in stood."""
        with Vertical(id="sign-in"):
            yield Static(line(_("Choose a PIN of your own")), id="place")
            for label, field in zip((_("New PIN"), _("Once more")), self._fields.values(), strict=True):
                yield Static(line(label), classes="label")
                yield field
            yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Say why."""
        self._ask(_("Your PIN was given to you by another. Choose six digits that only you know."))

    def _ask(self, words: str, meaning: str = "") -> None:
        self._checking = False
        for field in self._fields.values():
            field.clear()
        self.query_one(Sentence).say(words, meaning)
        self.set_focus(self._fields["new-pin"])

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the second field, or keep what stands in both."""
        message.stop()
        first, second = (field.value for field in self._fields.values())
        if self._checking:
            return
        if not second:
            self.set_focus(self._fields["again" if first else "new-pin"])
        elif first != second:
            self._ask(_("The two PINs are not the same. Type both again."), "warning")
        else:
            self._checking = True
            self.query_one(Sentence).say(_("Checking…"))
            self._keep(first)

    @work(thread=True, exclusive=True, group="sign-in")
    def _keep(self, pin: str) -> None:
        try:
            with plain_errors(self._here.store.home.database):
                store = self._here.store.again()
                try:
                    choose_pin(store, self._staff, pin, self._here.now_ms())
                finally:
                    store.close()
        except FileTrouble:
            pass  # on a full disk whoever is right must still get to the screens: they are asked again next time
        except ButlerError as error:
            self.app.call_from_thread(self._ask, error.sentence(), "warning")
            return
        self.app.call_from_thread(self.dismiss, True)

    def action_next(self) -> None:
        """Enter is handled in the fields."""

    def action_leave(self) -> None:
        """Go back to sign-in."""
        if not self._checking:
            self.dismiss(False)


def _hidden(name: str) -> ScanInput:
    return ScanInput(id=name, folded=True, password=True, longest=PIN_DIGITS)
