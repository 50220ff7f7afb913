"""A visitor is let in over the phone: the guard reads eight digits out, and types the six that are told back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk import override_codes
from butler_tui.desk.gate import Override
from butler_tui.desk.session import Session
from butler_tui.domain.override_codes import CODE_DIGITS, spoken
from butler_tui.domain.visits import Registration
from butler_tui.errors import ButlerError
from butler_tui.store.override_challenges import Challenge
from butler_tui.tui.context import Context
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import N_, _

_FIELDS = (("number", N_("Lead's no.")), ("code", N_("Phone code")), ("why", N_("Why")))
_LONGEST = {"number": 20, "code": CODE_DIGITS + 1, "why": 200}


@dataclass(frozen=True, slots=True)
class Held:
    """The visitor who is kept out: how they are called, by what (in sentences), and as written down under their id."""

    who: str
    found: Sequence[str]
    visit_id: bytes
    registration: Registration


class OverrideByCodeDialog(Steady, ModalScreen[Override | None]):
    """Returns who allows it and why, once their code is right; None where they think better of it."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next", _("Next"), id="by_code.next", tooltip=_("on; at the end let the visitor in")),
        Binding("escape", "leave", _("Back"), id="by_code.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(self, context: Context, session: Session, held: Held) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._held = held
        self._challenge: Challenge | None = None
        self._digits = Static(classes="challenge")
        self._fields = {
            name: ScanInput(id=name, folded=name != "why", longest=_LONGEST[name]) for name, _label in _FIELDS
        }

    def compose(self) -> ComposeResult:
        """Lay out what stands in the way, the challenge, and the three fields."""
        with Vertical(classes="dialog override"):
            yield Static(line(_("Let in by a code over the phone: {who}", who=self._held.who)), classes="title")
            for sentence in self._held.found[:2]:
                yield Static(line(sentence), classes="quiet")
            yield self._digits
            for name, label in _FIELDS:
                with Horizontal():
                    yield Static(line(_(label)), classes="label")
                    yield self._fields[name]
            yield Sentence()
            yield KeyLine()

    def on_mount(self) -> None:
        """Show the challenge, and begin with the number of whoever is called."""
        self.set_focus(self._fields["number"])
        self._begin()

    def _begin(self) -> bool:
        """Show a challenge and what to do with it, or why there is none yet; tell whether there is one."""
        begun = self._tried(self._renew)
        if begun:
            self._say(_("Call the shift lead or supervisor. Read out both numbers, and say who wants to come in."))
        return begun

    def _renew(self) -> None:
        """Show the challenge for the visitor as they stand; raises ButlerError where there is none now."""
        self._challenge = None
        self._digits.update(line(_("No challenge yet.")))
        self._challenge = override_codes.challenge_for(
            self._here.store, self._session, self._held.visit_id, self._held.registration, self._here.now_ms()
        )
        number = self._session.staff.number
        self._digits.update(
            line(
                (_("Challenge"), "$dim"),
                "  ",
                (spoken(self._challenge.challenge), "$accent bold"),
                "    ",
                (_("Your number"), "$dim"),
                "  ",
                (number, "$accent bold"),
            )
        )

    def _tried(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return False
        return True

    def _say(self, text: str, meaning: str = "") -> None:
        self.query_one(Sentence).say(text, meaning)

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Go on to the first field that is still empty, or check the code."""
        message.stop()
        if self._challenge is None:
            if not self._begin():
                return
            self._fields["code"].clear()  # what stands there was made for a challenge that is void
        for name, _label in _FIELDS:
            if not self._fields[name].text:
                self.set_focus(self._fields[name])
                return
        if not self._tried(self._check):
            self.set_focus(self._fields["code"])
            said = self.query_one(Sentence).words
            self._tried(self._renew)
            self._say(*said)

    def _check(self) -> None:
        code, number, why = (self._fields[name].text for name in ("code", "number", "why"))
        self._fields["code"].clear()
        if self._challenge is not None:
            challenge = self._challenge.challenge
            now_ms = self._here.now_ms()
            person = override_codes.allowed(self._here.store, self._session, challenge, number, code, now_ms)
            self.dismiss(Override(person, why, challenge))

    def action_next(self) -> None:
        """Enter is handled in the fields."""

    def action_leave(self) -> None:
        """Return without a decision."""
        self.dismiss(None)
