"""Sign-in by staff number and PIN; nothing of the estate's data is shown, before or under a lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Static

from butler_tui.store.database import plain_errors
from butler_tui.tui.context import Context
from butler_tui.tui.messages import SignedIn
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _

if TYPE_CHECKING:
    from butler_tui.store.staff import Staff

PIN_DIGITS = 6


class SignInScreen(Screen[None]):
    """Two fields and one sentence."""

    LOCKS = True
    """While it is in front, or only a dialog is over it, nothing else can be reached."""
    GUIDE = (
        _("Your staff number and PIN are those you were given; nobody else signs in with them."),
        _("After five wrong PINs in a row there is a wait."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", _("Next"), id="sign_in.next", tooltip=_("on to the PIN, then sign in")),
        Binding("escape", "again", _("Start again"), id="sign_in.again", tooltip=_("empty both fields")),
        Binding("up", "number", _("Number"), show=False, id="sign_in.number", tooltip=_("back to the number")),
        Binding("ctrl+q", "app.quit", _("Quit"), id="sign_in.quit", tooltip=_("end the program")),
        Binding("f1", "app.help", _("Help"), id="sign_in.help", tooltip=_("this help")),
    ]

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._here = context
        self._checking = False

    def compose(self) -> ComposeResult:
        """Lay out the two fields in the middle."""
        with Vertical(id="sign-in"):
            place = f"{self._here.estate.name}  {self._here.gate.name}"
            yield Static(line(place), id="place")
            for name, words in (("number", _("Staff no.")), ("pin", _("PIN"))):
                yield Static(line(words), classes="label")
                longest = PIN_DIGITS if name == "pin" else 20
                yield ScanInput(id=name, folded=True, password=name == "pin", longest=longest)
            yield Sentence()
        yield KeyLine()

    def on_mount(self) -> None:
        """Say what to do."""
        self._invite()

    def _invite(self) -> None:
        self.query_one(Sentence).say(_("Scan your staff badge or type your number, then Enter."))
        self.set_focus(self.query_one("#number"))

    def action_again(self) -> None:
        """Empty both fields, and ask for the number."""
        for field in self.query(ScanInput):
            field.clear()
        self._invite()

    def action_number(self) -> None:
        """Go back to the number."""
        self.set_focus(self.query_one("#number"))

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the PIN, or try to sign in."""
        message.stop()
        if self._checking:
            return
        number = self.query_one("#number", ScanInput).text
        if message.field.id == "number":
            if number:
                self.set_focus(self.query_one("#pin"))
                self.query_one(Sentence).say(_("Type your six-digit PIN, then Enter."))
            return
        pin = self.query_one("#pin", ScanInput)
        if len(pin.value) != PIN_DIGITS:
            self.query_one(Sentence).say(_("A PIN has six digits."), "warning")
            return
        self._checking = True
        self.query_one(Sentence).say(_("Checking…"))
        self._check(number, pin.value)
        pin.clear()

    @work(thread=True, exclusive=True, group="sign-in")
    def _check(self, number: str, pin: str) -> None:
        from butler_tui.desk.own_pin import has_own_pin
        from butler_tui.desk.shifts import sign_in
        from butler_tui.errors import ButlerError

        try:
            with plain_errors(self._here.store.home.database):
                store = self._here.store.again()
                try:
                    staff = sign_in(store, number, pin, self._here.now_ms())
                    own = has_own_pin(store, staff)
                finally:
                    store.close()
        except ButlerError as error:
            self.app.call_from_thread(self._refuse, error.sentence())
            return
        self.app.call_from_thread(self._welcome if own else self._choose_pin, staff)

    def _choose_pin(self, staff: Staff) -> None:
        from butler_tui.tui.screens.new_pin import NewPinScreen

        def decided(chosen: bool | None) -> None:
            if chosen:
                self._welcome(staff)
            else:
                self.action_again()

        self._checking = False
        self.app.push_screen(NewPinScreen(self._here, staff), decided)

    def _welcome(self, staff: Staff) -> None:
        self._checking = False
        self.post_message(SignedIn(staff))

    def _refuse(self, sentence: str) -> None:
        self._checking = False
        self.query_one(Sentence).say(sentence, "bad")
        self.set_focus(self.query_one("#number" if not self.query_one("#number", ScanInput).text else "#pin"))
