"""What ends a visitor's case at the gate: admit, override, turn away, check out, undo, clear; and how it is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from textual.screen import Screen

from butler_tui.desk.gate import Override
from butler_tui.desk.session import Session
from butler_tui.domain.documents import mask_phone
from butler_tui.domain.gate_check import Check
from butler_tui.domain.visits import Registration, in_the_way
from butler_tui.errors import ButlerError
from butler_tui.store.known import KnownVisitor
from butler_tui.tui import gate_hints, gate_words, known_words
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.dialogs.turn_away import Answer, TurnAwayDialog
from butler_tui.tui.draft_body import Typed
from butler_tui.tui.gate_case import GateCase
from butler_tui.tui.gate_deeds import GateDeeds, called
from butler_tui.tui.gate_reading import fields_from
from butler_tui.tui.gate_scene import Scene
from butler_tui.tui.key_names import key_called
from butler_tui.tui.messages import Saved
from butler_tui.tui.painting import paint_changes_only
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.check_pane import CheckPane
from butler_tui.tui.widgets.lines import Sentence, StatusLine, TopLine
from butler_tui.tui.widgets.on_site import OnSitePanel
from butler_tui.tui.widgets.visit_form import VisitForm
from butler_tui.tui.widgets.visit_rows import CHOICES
from butler_tui.words import _


class GateActs(Steady, Screen[None]):
    """The gate's widgets, the case in front of the guard, and the acts; GateScreen lays them out and reads the keys."""

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__()
        paint_changes_only(self)
        self._here = context
        self._session = session
        self._case = GateCase(context, session)
        self.deeds = GateDeeds(context, session)
        self._cleared: Typed | None = None
        """What stood in the form before it was emptied or filled from a known visitor."""
        self._ended: Typed | None = None
        """What was typed for the visitor of the last act: undoing it brings that back."""
        self._filled = False
        """Whether the form was filled from an earlier visit: that is taken back before the last act is."""
        self._turn_away_typed = ("", "")
        self._doubted = ""
        """The field that the sentence says is odd; empty where it says something else."""
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
        for field, (words, meaning) in gate_hints.hints(scene).items():
            self.form.hint(field, words, meaning)
        self.form.choosing = len(scene.visitors) > 1 or len(scene.homes) > 1
        self._checks.show(scene, self._focused_field)
        self._say_what_lacks(scene)

    def _say_what_lacks(self, scene: Scene) -> None:
        """Say what stands in the way, or first that what is typed in the field in focus picks nothing there."""
        field = self._focused_field
        odd = self.form.odd(field) if field in CHOICES else ""
        lacks = (_("{words}.", words=odd), "warning") if odd else gate_words.sentence(scene, empty=self.form.is_empty)
        self._say(*lacks)
        self._doubted = field if odd else ""

    def _scene(self) -> Scene:
        return self._case.scene(self.form.registration(), self.form.snapshot())

    @property
    def _focused_field(self) -> str:
        return self.focused.id or "" if self.focused is not None else ""

    def _say(self, text: str, meaning: str = "") -> None:
        self._doubted = ""
        self._sentence.say(text, meaning)

    def _look_up(self, field: str) -> None:
        text = self.form.text(field)
        if field == "arrival":
            self._case.look_up_arrival(text, alone=self.form.is_empty_but("arrival"))
        elif field == "room":
            before = self._case.household
            self._case.look_up_room(text)
            if self._case.household != before and self.form.text("confirm"):
                self.form.put("confirm", "")  # it was another household that confirmed
                self._case.note_confirmation(False)
            self.form.household = self._case.household
            self._offer_room(only=True)
        elif field == "phone":
            self._case.look_up_phone(text)
        elif field == "confirm":
            self._case.note_confirmation(self.form.registration().confirmed_how is not None)

    def _offer_room(self, *, only: bool) -> None:
        """Let Enter complete the room that is marked; with `only`, where there is no other."""
        homes = self._case.homes
        offered = homes and (len(homes) == 1 or not only)
        self.form.only_room = homes[self._case.chosen].room_code if offered else ""

    # A known visitor

    def _fill(self, known: KnownVisitor, typed: str, number: str = "") -> None:
        """Fill the form from the last visit of whoever is known by `typed`, and go where one key confirms it."""
        self._cleared = self._typed(arrival=typed)
        habit = self._case.habit_of(known)
        same_home = habit.times < 2 or habit.same_home  # a courier comes to another home each time: it is asked
        self.form.clear()
        room = known.room_code if same_home else ""
        for field, value in fields_from(known, self._here.policies, room=room, number=number).items():
            self.form.put(field, value)
        if known.phone:
            self.form.put_masked("phone", mask_phone(known.phone), known.phone)
        for field in ("room", "phone"):
            self._look_up(field)
        self._filled = True
        self._case.take(known, self.form.registration())
        self._show()
        if known.refused_ms is not None:
            self._checks.to()
            self._say(known_words.found_sentence(known, 1, self._here), "warning")
        elif same_home or not known.room_code:
            self._checks.to()
        else:
            self.form.focus_field("room")
            self._say(_("{who} comes to several homes: which one today?", who=called(self.form.registration())))
        self._kept()

    def _typed(self, **instead: str) -> Typed:
        """Return what is typed and found, so that it can be brought back; `instead` are fields that say otherwise."""
        return {**self.form.snapshot(), **instead}, replace(self._case.found, masked=self.form.masked)

    def _kept(self) -> None:
        """Take note that what is typed or found has changed."""

    # The acts

    def action_admit(self) -> None:
        """Save and admit; where something stands in the way, say what and go there."""
        scene = self._scene()
        registration = scene.registration
        obstacles = in_the_way(registration)
        if not obstacles and scene.wearer is None:
            self._admit_once(registration)
            return
        self._say(*gate_words.sentence(scene, empty=False))
        by_hand = [one for one in obstacles if one not in scene.suggested]
        if not obstacles:
            self.form.focus_field("badge")  # it is still out with somebody else
        elif not by_hand:
            self._checks.to()
        elif isinstance(by_hand[0], Check):
            self._checks.to(by_hand[0])
        else:
            self.form.focus_missing(by_hand)

    def _admit_once(self, registration: Registration) -> None:
        """Admit, unless the same visitor was registered minutes ago: then say so, and do it at the second time."""
        twice = self._case.double(registration)
        if twice is not None:
            self._case.twice = twice.visit_id
            self._say(gate_words.double_sentence(twice, self._here), "warning")
            return
        self._act(lambda: self.deeds.admit(registration, self._case.draft_id), ends_case=True)

    def action_override(self) -> None:
        """Let a shift lead or supervisor admit in spite of the check, by their own PIN or a code over the phone."""
        from butler_tui.tui.dialogs.override_by_code import Held
        from butler_tui.tui.gate_override import ask_override

        registration = self._scene().registration
        obstacles = in_the_way(registration)
        if not obstacles or not all(isinstance(one, Check) for one in obstacles):
            self._say(*gate_words.no_override(registration, obstacles))
            self.form.focus_missing(obstacles)
            return

        def allowed(override: Override) -> None:
            self._act(lambda: self.deeds.admit(registration, self._case.draft_id, override), ends_case=True)

        found = gate_words.checks_words(registration, obstacles)
        held = Held(called(registration), found, self._case.begin(), registration)
        ask_override(self, self._here, self._session, held, allowed)

    def action_turn_away(self) -> None:
        """Ask why, then save as turned away."""
        typed = self.form.registration()
        if not (typed.name or typed.looks or typed.plate or typed.phone):
            self._say(_("First write down who it is: a name, a plate, or what they look like."), "warning")
            self.form.focus_field("name")
            return

        def decided(answer: Answer | None) -> None:
            if answer is None:
                return
            self._turn_away_typed = answer.typed
            if answer.reason is not None:
                reason, note = answer.reason, answer.typed[1]
                registration = self._case.registration(self.form.registration())
                deed = lambda: self.deeds.turn_away(registration, reason, note, self._case.draft_id)  # noqa: E731
                self._act(deed, ends_case=True)

        self.app.push_screen(TurnAwayDialog(called(typed), self._turn_away_typed), decided)

    def action_on_site(self) -> None:
        """Show who is on site; whoever is chosen there leaves."""

        def chosen(visit_id: bytes | None) -> None:
            if visit_id is not None:
                self._check_out(visit_id)

        self.app.push_screen(OnSiteDialog(self._here), chosen)

    def _check_out(self, visit_id: bytes) -> None:
        self._act(lambda: self.deeds.check_out(visit_id), ends_case=False)

    def action_undo(self) -> None:
        """Bring back what stood in the form before it was emptied or filled, or take the last act back."""
        if self._cleared is not None and (self.form.is_empty or self._filled):
            self._restore(self._cleared)
            return
        ended = self._ended
        if self._act(self.deeds.undo, ends_case=False) and ended is not None and self.form.is_empty:
            said = self._sentence.words
            self._restore(ended)
            self._say(*said)

    def _restore(self, typed: Typed) -> None:
        values, found = typed
        self._cleared, self._ended, self._filled = None, None, False
        self.form.clear()
        self.form.restore(values)
        for name in ("room", "phone", "arrival"):
            self._look_up(name)
        self.form.put("confirm", values.get("confirm", ""))  # the look-up of another room takes it out
        if "phone" in found.masked:
            self.form.put_masked("phone", mask_phone(values["phone"]), values["phone"])
        self._case.bring_back(found, self.form.registration())
        self._show()
        self._kept()

    def action_clear(self) -> None:
        """Empty the form; Ctrl+Z brings it back."""
        if not self.form.is_empty:
            self._cleared = self._typed()
            self._new_case()
            self.form.focus_field("arrival")
            self._say(_("The form is empty. {key} brings back what was typed.", key=key_called("gate.undo")))

    def _act(self, act: Callable[[], str], *, ends_case: bool) -> bool:
        """Do an act and say what was done, or why not; then stand in the first field of the next case."""
        try:
            done = act()
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return False
        self._cleared = None
        self._ended = self._typed() if ends_case else None
        if ends_case:
            self._new_case()
        else:
            self._look_up("arrival")
            self._show()
            self._kept()
        self._on_site.reload()
        self.form.focus_field("arrival")
        self._say(done, "good")
        self.set_timer(self._here.policies.undo_s or 1, self._show_again)
        self.post_message(Saved())
        return True

    def _show_again(self) -> None:
        """Once an act cannot be taken back any more, say again what is to be done now."""
        if self._sentence.words[1] == "good" and not self.deeds.may_undo():
            self._show()

    def _new_case(self) -> None:
        self._case.clear()
        self._turn_away_typed = ("", "")
        self._filled = False
        self._checks.notes.clear()
        self.form.clear()
        self._show()
