"""The check card: the six of 三问三查 as cells, one key each, and behind them the decision."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.labels import label
from butler_tui.text import safe
from butler_tui.tui.key_queue import ActsByDigit
from butler_tui.tui.shown import line, lines, shortened
from butler_tui.words import _

_BY_KEY = {"1": Outcome.PASSED, "2": Outcome.DOUBTFUL, "3": Outcome.FAILED, "4": Outcome.NOT_APPLICABLE}
_MEANING = {
    Outcome.PASSED: "$success",
    Outcome.DOUBTFUL: "$warning",
    Outcome.FAILED: "$error",
    Outcome.NOT_APPLICABLE: "$dim",
    Outcome.NOT_ASKED: "$dim",
    Outcome.OPEN: "$foreground",
}
_FINDING_KEYS = frozenset("12345")
_ORDER = tuple(Check)
_ADMIT = len(_ORDER)
_NAME_CELLS = max(cell_len(label(check)) for check in _ORDER) + 1
_OUTCOME_CELLS = max(cell_len(label(outcome)) for outcome in Outcome) + 2
"""With the cell on each side in which the brackets of the cursor stand."""


class CheckCard(ActsByDigit, Widget, can_focus=True):
    """Six cells and the decision; digits settle the cell under the cursor, arrows move, Enter admits at the end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", _("Up"), show=False, id="check.up", tooltip=_("the check above")),
        Binding("down", "move(1)", _("Down"), show=False, id="check.down", tooltip=_("the check below")),
        Binding("1", "settle('1')", _("passed"), id="check.passed", tooltip=_("this check is passed")),
        Binding("2", "settle('2')", _("doubtful"), id="check.doubtful", tooltip=_("in doubt; a note is asked for")),
        Binding("3", "settle('3')", _("failed"), id="check.failed", tooltip=_("failed; a note is asked for")),
        Binding("4", "settle('4')", _("n/a"), id="check.na", tooltip=_("does not apply, where policy allows it")),
        Binding(
            "5", "suspect", _("all six"), id="check.suspect", tooltip=_("a suspicious person gets all six, by hand")
        ),
        Binding("backspace,delete", "reopen", _("reopen"), show=False, id="check.reopen", tooltip=_("open it again")),
        Binding("ctrl+t", "screen.back", _("Back"), id="check.back", tooltip=_("back to the form")),
        Binding("enter", "enter", _("Next"), show=False, id="check.enter", tooltip=_("next open check, or admit")),
    ]

    check: reactive[GateCheck] = reactive(GateCheck())
    facts: reactive[dict[Check, str]] = reactive(dict)
    """What is known beside each outcome: 维修 空调, 陈太太 电话, the plate."""
    ready: reactive[bool] = reactive(False)
    """Whether nothing stands in the way."""
    cursor: reactive[int] = reactive(0)
    suggested: reactive[frozenset[Check]] = reactive(frozenset[Check]())
    """The open checks that are filled in from the last visit: Enter confirms them all."""

    class Settled(Message):
        """The guard settled one check."""

        def __init__(self, check: Check, outcome: Outcome) -> None:
            super().__init__()
            self.check = check
            self.outcome = outcome

    class Reopened(Message):
        """The guard took one finding back."""

        def __init__(self, check: Check) -> None:
            super().__init__()
            self.check = check

    class Suspected(Message):
        """The guard wants all six, or no longer."""

    class Confirmed(Message):
        """Enter where checks are suggested."""

    class Typed(Message):
        """A letter: a badge is being scanned, or the guard types on."""

        def __init__(self, character: str) -> None:
            super().__init__()
            self.character = character

    class Scanned(Message):
        """A scanner begins to type: what it reads is no finding."""

    class AdmitAsked(Message):
        """Enter on the decision."""

    class Refused(Message):
        """A key that does not fit the cell; `sentence` says why."""

        def __init__(self, sentence: str) -> None:
            super().__init__()
            self.sentence = sentence

    def to_first_open(self) -> None:
        """Put the cursor on the first open check, or on the decision where none is open."""
        self.cursor = next((index for index in range(_ADMIT) if self._is_open(index)), _ADMIT)

    def to_next_open(self) -> None:
        """Put the cursor on the next open check below, else the first one, else on the decision."""
        below = (index for index in range(self.cursor + 1, _ADMIT) if self._is_open(index))
        anywhere = (index for index in range(_ADMIT) if self._is_open(index))
        self.cursor = next(below, next(anywhere, _ADMIT))

    def _is_open(self, index: int) -> bool:
        return self.check.outcome(_ORDER[index]) is Outcome.OPEN and _ORDER[index] not in self.suggested

    def to(self, check: Check) -> None:
        """Put the cursor on one check."""
        self.cursor = _ORDER.index(check)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.cursor = min(max(self.cursor + by, 0), _ADMIT)

    def action_settle(self, key: str) -> None:
        """Settle the cell under the cursor."""
        outcome = _BY_KEY[key]
        if self.cursor == _ADMIT:
            return
        check = _ORDER[self.cursor]
        if outcome is Outcome.NOT_APPLICABLE and not self.check.may_skip(check):
            self.post_message(self.Refused(_("{check} cannot be left out here.", check=label(check))))
            return
        self.post_message(self.Settled(check, outcome))

    def action_reopen(self) -> None:
        """Take the finding under the cursor back."""
        if self.cursor != _ADMIT:
            self.post_message(self.Reopened(_ORDER[self.cursor]))

    def action_suspect(self) -> None:
        """Ask for all six, or no longer."""
        self.post_message(self.Suspected())

    def is_scan(self, typed: str) -> bool:
        """Tell a scan from findings typed ahead: there are six checks, and digits up to five."""
        return len(typed) > len(_ORDER) or (len(typed) > 2 and not set(typed) <= _FINDING_KEYS)

    def make_way(self) -> None:
        """Let the scan go into the form."""
        self.post_message(self.Scanned())

    def action_enter(self) -> None:
        """Go to the next open check, or admit."""
        if self.cursor != _ADMIT:
            self.to_first_open()
        elif self.suggested:
            self.post_message(self.Confirmed())
        else:
            self.post_message(self.AdmitAsked())

    def on_key(self, event: events.Key) -> None:
        """Pass letters on: digits settle checks, but a badge begins with a letter."""
        if event.character is not None and event.character.isalpha():
            event.stop()
            self.post_message(self.Typed(event.character))

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line; a double click on the decision admits, on a check it does nothing."""
        self.focus()
        if event.y <= _ADMIT:
            self.cursor = event.y
        if event.chain == 2 and event.y == _ADMIT:
            self.action_enter()

    def render(self) -> Content:
        """Return the seven lines."""
        rows = [self._line(index, check) for index, check in enumerate(_ORDER)]
        return lines([*rows, self._decision()])

    def _line(self, index: int, check: Check) -> Content:
        outcome = self.check.outcome(check)
        word = label(Outcome.PASSED if check in self.suggested else outcome)
        here = index == self.cursor and self.has_focus
        word = f"[{word}]" if here else f" {word} "
        meaning = "$dim" if check in self.suggested else _MEANING[outcome]
        style = f"{meaning} bold reverse" if here else meaning
        note = self.check.notes.get(check) or self.facts.get(check, "")
        gap = max(1, _OUTCOME_CELLS - cell_len(word))
        return line(
            (_padded(label(check), _NAME_CELLS), "$foreground" if here else "$dim"),
            (word, style),
            " " * gap,
            (shortened(safe(note), self.size.width - _NAME_CELLS - gap - cell_len(word)), "$foreground"),
        )

    def _decision(self) -> Content:
        here = self.cursor == _ADMIT and self.has_focus
        style = "$success bold" if self.ready else "$accent bold" if self.suggested else "$dim"
        if self.suggested:
            word = _("[ Confirm all ]") if here else _("  Confirm all  ")
        else:
            word = _("[ Admit ]") if here else _("  Admit  ")
        return line((word, f"{style} reverse" if here else style))


def _padded(text: str, cells: int) -> str:
    return text + " " * max(1, cells - cell_len(text))
