"""One field that several wrote without knowing of each other: both values in words, and a digit to decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.conflict_words import ConflictWords
from butler_tui.desk.conflicts import LONGEST, Option, options, require_settler
from butler_tui.desk.record_words import may_be_typed
from butler_tui.desk.session import Session
from butler_tui.domain.changes import WireValue
from butler_tui.errors import ButlerError
from butler_tui.store.conflicts import Conflict
from butler_tui.store.local import Store
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.choices import Choice
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


@dataclass(frozen=True, slots=True)
class Decision:
    """The value that holds from now on."""

    value: WireValue


class ConflictDialog(ModalScreen[Decision | None]):
    """Returns the value that was decided on, or None; who may not decide is told why."""

    CSS_PATH: ClassVar[str] = "../styles/dialogs.tcss"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "keep", _("Decide"), id="conflict.keep", tooltip=_("save what was picked or written")),
        Binding("escape", "leave", _("Back"), id="conflict.leave", tooltip=_("back, nothing is changed")),
    ]

    def __init__(self, store: Store, session: Session, conflict: Conflict, words: ConflictWords) -> None:
        super().__init__()
        self._words = words
        self._options: list[Option] = options(conflict)
        self._pick = ScanInput(id="reason", folded=True, longest=2)
        self._other = ScanInput(id="other", longest=LONGEST)
        self._typed = may_be_typed(conflict.table, conflict.field)
        self._refused: ButlerError | None = None
        try:
            require_settler(store, session, conflict.table)
        except ButlerError as error:
            self._refused = error

    def compose(self) -> ComposeResult:
        """Lay out the values with who wrote them, then the fields of who may decide."""
        words = self._words
        with Vertical(classes="dialog conflict"):
            title = "  ".join(filter(None, (words.kind, words.record, words.field)))
            yield Static(line(title), classes="title")
            with VerticalScroll(can_focus=False):
                for digit, (value, said) in enumerate(words.choices, 1):
                    yield Choice(str(digit), value)
                    for one in said:
                        yield Static(line((one, "$dim")), classes="said")
            yield Static(line((words.meanwhile, "$warning")), classes="meanwhile")
            if self._refused is None:
                yield from self._fields()
            yield Sentence()
            yield KeyLine()

    def _fields(self) -> ComposeResult:
        with Horizontal():
            yield Static(line(_("What holds")), classes="label")
            yield self._pick
            yield Static(id="picked", classes="hint")
        if self._typed:
            with Horizontal():
                yield Static(line(_("or other")), classes="label")
                yield self._other

    def on_mount(self) -> None:
        """Stand in the first field, or say why there is none."""
        if self._refused is not None:
            self.query_one(Sentence).say(self._refused.sentence(), "warning")
        else:
            self._ask("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to decide to those only who may."""
        return action != "keep" or self._refused is None

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what the digit picks."""
        message.stop()
        if message.input is not self._pick:
            return
        if self._pick.text and self._picked() is None:
            *digits, last = [str(place + 1) for place in range(len(self._options))]
            words = _("Type {digits} or {last}.", digits=", ".join(digits), last=last)
            self.query_one(Sentence).say(words, "warning")
            self._pick.value = ""
        elif len(self._pick.text) > 1:  # the digit that was typed last takes the place of the one before
            self._pick.value = self._pick.text[-1:]
        self._show_picked()

    def on_choice_picked(self, message: Choice.Picked) -> None:
        """Take a clicked value as its digit."""
        message.stop()
        self._pick.value = message.digit

    def _picked(self) -> int | None:
        """Return the place of the value that the digit picks."""
        digit = self._pick.text[-1:]
        place = int(digit) - 1 if digit.isdecimal() else -1
        return place if 0 <= place < len(self._options) else None

    def _show_picked(self) -> None:
        place = self._picked()
        self.query_one("#picked", Static).update(line(self._words.choices[place][0] if place is not None else ""))

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Return what was picked or written."""
        message.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Return the value, or say what is missing."""
        place = self._picked()
        if self._refused is not None:
            return
        if (place is None) == (not self._other.text):
            self._ask("warning")
        elif place is not None:
            self.dismiss(Decision(self._options[place].value))
        else:
            self.dismiss(Decision(self._other.text))

    def _ask(self, meaning: str) -> None:
        asked = _("Pick the value by its digit, or write another, not both.") if self._typed else ""
        self.query_one(Sentence).say(asked or _("Pick the value by its digit."), meaning)
        self.set_focus(self._pick)

    def action_leave(self) -> None:
        """Return nothing."""
        self.dismiss(None)
