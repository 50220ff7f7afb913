"""A shift lead or supervisor makes a one-time code for a guard on the phone, at their own terminal."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk import override_codes
from butler_tui.desk.override_words import asked_words
from butler_tui.desk.session import Session
from butler_tui.errors import ButlerError
from butler_tui.tui.context import Context
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import N_, _

_FIELDS = (("challenge", N_("Challenge"), 9), ("guard", N_("Guard no."), 20), ("why", N_("Who, why"), 200))


class OverrideCodeDialog(Steady, ModalScreen[None]):
    """Asks for what the guard reads out, says what is being allowed, and shows the code once it is written down."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", _("Next"), id="code.next", tooltip=_("on; at the end make the code")),
        Binding("escape", "leave", _("Back"), id="code.leave", tooltip=_("back; a code that was told stays good")),
    ]

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._shown = Static(classes="challenge")
        self._told: tuple[str, ...] = ()
        """What stood in the fields when the code that is shown was made."""
        self._fields = {
            name: ScanInput(id=name, folded=name != "why", longest=longest) for name, _label, longest in _FIELDS
        }

    def compose(self) -> ComposeResult:
        """Lay out the three fields, and where the code will stand."""
        with Vertical(classes="dialog override"):
            yield Static(line(_("A code for a guard on the phone")), classes="title")
            for name, words, _longest in _FIELDS:
                with Horizontal():
                    yield Static(line(_(words)), classes="label")
                    yield self._fields[name]
            yield self._shown
            yield Sentence()
            yield KeyLine()

    def on_mount(self) -> None:
        """Begin with the challenge."""
        self.set_focus(self._fields["challenge"])
        self._say(_("Have both numbers read out. Ask who wants to come in, and what is wrong with the check."))

    @property
    def _typed(self) -> tuple[str, ...]:
        return tuple(self._fields[name].text for name, _label, _longest in _FIELDS)

    def _say(self, text: str, meaning: str = "") -> None:
        self.query_one(Sentence).say(text, meaning)

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the first field that is still empty, saying what is asked; at the end make the code."""
        message.stop()
        if self._typed == self._told:
            return  # the code stands there, and is written down once
        self._told = ()
        self._shown.update("")
        try:
            self._go_on()
        except ButlerError as error:
            self._say(error.sentence(), "bad")

    def _go_on(self) -> None:
        challenge, guard, why = self._typed
        asked = None
        if challenge and guard:
            asked = override_codes.asked(self._here.store, self._session, challenge, guard)
            self._say(asked_words(asked), "warning")
        empty = next((field for field in self._fields.values() if not field.text), None)
        if empty is not None:
            self.set_focus(empty)
        elif asked is not None:
            code = override_codes.code_for(self._here.store, self._session, asked, why, self._here.now_ms())
            self._told = self._typed
            self._shown.update(line((_("Phone code"), "$dim"), "  ", (f"{code[:3]} {code[3:]}", "$accent bold")))
            self._say(
                _("Tell the guard these six digits. They hold for this visitor only; it is written down."), "good"
            )

    def action_next(self) -> None:
        """Enter is handled in the fields."""

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)
