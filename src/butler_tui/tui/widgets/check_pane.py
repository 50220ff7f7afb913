"""The right side of the gate: how the six checks stand, and under them what the field in focus means."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from butler_tui import labels
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.visits import in_the_way
from butler_tui.tui import gate_words
from butler_tui.tui.dialogs.note import Note, NoteDialog
from butler_tui.tui.gate_scene import Scene
from butler_tui.tui.shown import line, put
from butler_tui.tui.widgets.check_card import CheckCard
from butler_tui.tui.widgets.rows import Rows
from butler_tui.words import _


class CheckPane(Vertical):
    """Title, card and the household or the choices; asks for the guard's words where a check is not passed."""

    class Found(Message):
        """The guard settled one check, with a note where it is doubtful or failed."""

        def __init__(self, check: Check, outcome: Outcome, note: str) -> None:
            super().__init__()
            self.check = check
            self.outcome = outcome
            self.note = note

    def __init__(self) -> None:
        super().__init__()
        self.card = CheckCard()
        self.notes: dict[Check, str] = {}
        """What was typed about each check, kept or not."""
        self._title = Static(classes="title")
        self._info = Rows(id="info")

    def compose(self) -> ComposeResult:
        """Lay out title, card and what is known."""
        yield self._title
        yield self.card
        yield self._info

    def show(self, scene: Scene, field: str) -> None:
        """Show how the checks stand, and what `field` (in focus) means."""
        check = scene.registration.check
        self.card.check = check
        self.card.suggested = scene.suggested
        self.card.facts = gate_words.facts(scene)
        self.card.ready = not in_the_way(scene.registration)
        left = check.in_the_way()
        still_open = sum(check.outcome(one) is Outcome.OPEN for one in left)
        state = _("{count} to settle", count=still_open) if still_open else _("{count} not passed", count=len(left))
        if scene.suggested:
            state = _("from the last visit")
        title = (state, "$warning") if left else (_("all settled"), "$success")
        put(self._title, line(_("Gate check"), "  ", title))
        self.show_info(scene, field)

    def show_info(self, scene: Scene, field: str) -> None:
        """Show what `field` (in focus) means: its choices, or the household."""
        self._info.show_rows(map(line, gate_words.info(scene, field)))

    def to(self, check: Check | None = None) -> None:
        """Go to one check, or to the first open one."""
        if check is None:
            self.card.to_first_open()
        else:
            self.card.to(check)
        self.screen.set_focus(self.card)

    def on_check_card_settled(self, message: CheckCard.Settled) -> None:
        """Pass a finding on; a doubtful or failed one with the guard's words."""
        message.stop()
        check, outcome = message.check, message.outcome
        if outcome not in (Outcome.DOUBTFUL, Outcome.FAILED):
            self.post_message(self.Found(check, outcome, ""))
            return

        def noted(note: Note | None) -> None:
            if note is not None:
                self.notes[check] = note.text
            if note is not None and note.kept:
                self.post_message(self.Found(check, outcome, note.text))

        title = f"{labels.label(check)}  {labels.label(outcome)}"
        self.app.push_screen(NoteDialog(title, self.notes.get(check, "")), noted)
