"""What ends a visitor's case at the gate: admit, turn away, check out, undo, clear; and how it all is shown."""

from __future__ import annotations

from collections.abc import Callable

from textual.screen import Screen

from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check
from butler_tui.domain.visits import in_the_way
from butler_tui.errors import ButlerError
from butler_tui.tui import gate_words
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.dialogs.turn_away import Answer, TurnAwayDialog
from butler_tui.tui.gate_case import Found, GateCase, called
from butler_tui.tui.messages import Saved
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.check_pane import CheckPane
from butler_tui.tui.widgets.lines import Sentence, StatusLine, TopLine
from butler_tui.tui.widgets.on_site import OnSitePanel
from butler_tui.tui.widgets.visit_form import MISSING_FIELDS, VisitForm
from butler_tui.words import _

Typed = tuple[dict[str, str], Found]
"""What a guard typed for one visitor, and found."""


class GateActs(Steady, Screen[None]):
    """The gate's widgets, the case in front of the guard, and the acts; GateScreen lays them out and reads the keys."""

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._case = GateCase(context, session)
        self._cleared: Typed | None = None
        self._ended: Typed | None = None
        """What was typed for the visitor of the last act: undoing it brings that back."""
        self._turn_away_typed = ("", "")
        self.form = VisitForm(context.policies)
        self._checks = CheckPane()
        self._on_site = OnSitePanel(context)
        self._sentence = Sentence()
        self._top = TopLine(context, "gate")
        self._status = StatusLine()

    def _show(self) -> None:
        """Bring everything beside the form up to what is typed."""
        scene = self._scene()
        if scene.registration.keeps_number != self.form.keeps_number:
            self.form.show_number_field(scene.registration.keeps_number)
            scene = self._scene()
        for field, (words, meaning) in gate_words.hints(scene).items():
            self.form.hint(field, words, meaning)
        self._checks.show(scene, self._focused_field)
        self._say(*gate_words.sentence(scene, empty=self.form.is_empty))

    def _scene(self) -> gate_words.Scene:
        return self._case.scene(self.form.registration(), self.form.snapshot())

    @property
    def _focused_field(self) -> str:
        return self.focused.id or "" if self.focused is not None else ""

    def _say(self, text: str, meaning: str = "") -> None:
        self._sentence.say(text, meaning)

    def _look_up(self, field: str) -> None:
        text = self.form.text(field)
        if field == "room":
            before = self._case.household
            self._case.look_up_room(text)
            if self._case.household != before and self.form.text("confirm"):
                self.form.put("confirm", "")  # it was another household that confirmed
                self._case.note_confirmation(False)
            self.form.household = self._case.household
            self.form.only_room = self._case.rooms[0] if len(self._case.rooms) == 1 else ""
        elif field == "phone":
            self._case.look_up_phone(text)
        elif field == "confirm":
            self._case.note_confirmation(self.form.registration().confirmed_how is not None)

    def action_admit(self) -> None:
        """Save and admit; where something stands in the way, say what and go there."""
        registration = self._case.registration(self.form.registration())
        obstacles = in_the_way(registration)
        if not obstacles:
            self._act(lambda: self._case.admit(self.form.registration()), ends_case=True)
            return
        self._say(gate_words.obstacle_sentence(registration, obstacles[0]), "warning")
        if isinstance(obstacles[0], Check):
            self._checks.to(obstacles[0])
        else:
            self.form.focus_field(MISSING_FIELDS[obstacles[0]])

    def action_turn_away(self) -> None:
        """Ask why, then save as turned away."""
        typed = self.form.registration()
        if not (typed.name or typed.looks or typed.plate or typed.phone):
            self._say(_("First write down who it is: a name, a plate, or what they look like."), "warning")
            return

        def decided(answer: Answer | None) -> None:
            if answer is None:
                return
            self._turn_away_typed = answer.typed
            if answer.reason is not None:
                reason, note = answer.reason, answer.typed[1]
                self._act(lambda: self._case.turn_away(self.form.registration(), reason, note), ends_case=True)

        self.app.push_screen(TurnAwayDialog(called(typed), self._turn_away_typed), decided)

    def action_on_site(self) -> None:
        """Show who is on site; whoever is chosen there leaves."""

        def chosen(visit_id: bytes | None) -> None:
            if visit_id is not None:
                self._check_out(visit_id)

        self.app.push_screen(OnSiteDialog(self._here), chosen)

    def _check_out(self, visit_id: bytes) -> None:
        self._act(lambda: self._case.check_out(visit_id), ends_case=False)

    def action_undo(self) -> None:
        """Bring a cleared form back, or take the last act back."""
        if self._cleared is not None and self.form.is_empty:
            self._restore(self._cleared)
            return
        ended = self._ended
        if self._act(self._case.undo, ends_case=False) and ended is not None and self.form.is_empty:
            said = self._sentence.words
            self._restore(ended)
            self._say(*said)

    def _restore(self, typed: Typed) -> None:
        values, found = typed
        self._cleared = self._ended = None
        self.form.restore(values)
        for name in ("room", "phone"):
            self._look_up(name)
        self.form.put("confirm", values["confirm"])  # the look-up of another room takes it out
        self._case.found = found
        self._show()

    def action_clear(self) -> None:
        """Empty the form; Ctrl+Z brings it back."""
        if not self.form.is_empty:
            self._cleared = (self.form.snapshot(), self._case.found)
            self._new_case()
            self.form.focus_field("arrival")
            self._say(_("The form is empty. Ctrl+Z brings back what was typed."))

    def _act(self, act: Callable[[], str], *, ends_case: bool) -> bool:
        """Do an act and say what was done, or why not; then stand in the first field of the next case."""
        try:
            done = act()
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return False
        self._cleared = None
        self._ended = (self.form.snapshot(), self._case.found) if ends_case else None
        if ends_case:
            self._new_case()
        self._on_site.reload()
        self.form.focus_field("arrival")
        self._say(done, "good")
        self.post_message(Saved())
        return True

    def _new_case(self) -> None:
        self._case.clear()
        self._turn_away_typed = ("", "")
        self._checks.notes.clear()
        self.form.clear()
        self._show()
