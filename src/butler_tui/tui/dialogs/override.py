"""A shift lead or supervisor lets a visitor in although a check is not passed: their own number, PIN and reason."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from butler_tui.desk.gate import Override
from butler_tui.domain.rights import Act, may
from butler_tui.errors import ButlerError
from butler_tui.store.database import plain_errors
from butler_tui.store.staff import Staff
from butler_tui.tui.context import Context
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import N_, _

_FIELDS = (("number", N_("Staff no.")), ("pin", N_("PIN")), ("why", N_("Why")))
_PIN_DIGITS = 6


class OverrideDialog(ModalScreen[Override | None]):
    """Returns who overrides and why, once their PIN is right; None where they think better of it."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", _("Next"), id="override.next", tooltip=_("on; at the end let the visitor in")),
        Binding("ctrl+o", "by_code", _("By code"), id="override.by_code", tooltip=_("by a code over the phone")),
        Binding("escape", "leave", _("Back"), id="override.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(
        self, context: Context, who: str, found: Sequence[str], by_code: Callable[[], Screen[Override | None]]
    ) -> None:
        super().__init__()
        self._by_code = by_code
        self._here = context
        self._who = who
        self._found = found
        self._checking = False
        self._fields = {
            name: ScanInput(
                id=name,
                folded=name != "why",
                password=name == "pin",
                longest={"pin": _PIN_DIGITS, "number": 20}.get(name, 200),
            )
            for name, _label in _FIELDS
        }

    def compose(self) -> ComposeResult:
        """Lay out what stands in the way, and the three fields."""
        with Vertical(classes="dialog override"):
            yield Static(line(_("Let in by shift lead or supervisor: {who}", who=self._who)), classes="title")
            for sentence in self._found[:3]:
                yield Static(line(sentence), classes="quiet")
            for name, label in _FIELDS:
                with Horizontal():
                    yield Static(line(_(label)), classes="label")
                    yield self._fields[name]
            yield Sentence()
            yield KeyLine()

    def on_mount(self) -> None:
        """Begin with the number."""
        self.set_focus(self._fields["number"])
        self._say(_("Number and PIN of the shift lead or supervisor themselves, then why the visitor may come in."))

    def _say(self, text: str, meaning: str = "") -> None:
        self.query_one(Sentence).say(text, meaning)

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the first field that is still empty, or check the PIN."""
        message.stop()
        if self._checking:
            return
        for name, _label in _FIELDS:
            if not self._fields[name].text:
                self.set_focus(self._fields[name])
                return
        pin = self._fields["pin"].value
        self._fields["pin"].clear()
        self._checking = True
        self._say(_("Checking…"))
        self._check(self._fields["number"].text, pin)

    @work(thread=True, exclusive=True, group="override")
    def _check(self, number: str, pin: str) -> None:
        from butler_tui.desk.own_pin import require_own_pin
        from butler_tui.desk.shifts import sign_in

        try:
            with plain_errors(self._here.store.home.database):
                store = self._here.store.again()
                try:
                    person = sign_in(store, number, pin, self._here.now_ms())
                    require_own_pin(store, person)
                finally:
                    store.close()
        except ButlerError as error:
            self.app.call_from_thread(self._refuse, error.sentence())
            return
        self.app.call_from_thread(self._decide, person)

    def _decide(self, person: Staff) -> None:
        if not may(person.role, Act.OVERRIDE):
            self._refuse(_("Only a shift lead or supervisor may override."))
            return
        self.dismiss(Override(person, self._fields["why"].text))

    def _refuse(self, sentence: str) -> None:
        self._checking = False
        self._say(sentence, "bad")
        self.set_focus(self._fields["pin" if self._fields["number"].text else "number"])

    def action_by_code(self) -> None:
        """Ask for a code over the phone instead: nobody who may allow it is here."""

        def answered(override: Override | None) -> None:
            if override is not None:
                self.dismiss(override)

        if not self._checking:
            self.app.push_screen(self._by_code(), answered)

    def action_next(self) -> None:
        """Enter is handled in the fields."""

    def action_leave(self) -> None:
        """Return without a decision."""
        self.dismiss(None)
