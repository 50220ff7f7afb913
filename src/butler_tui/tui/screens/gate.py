"""F2: the gate. Left what is typed, right what it means, below who is on site, and one sentence that rules it all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.screen import Screen
from textual.widgets import Static

from butler_tui import labels
from butler_tui.desk.session import Session
from butler_tui.domain.gate_check import Check
from butler_tui.domain.recognise import Kind, recognise
from butler_tui.domain.visits import in_the_way
from butler_tui.errors import ButlerError
from butler_tui.tui import gate_words
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.on_site import OnSiteDialog
from butler_tui.tui.dialogs.turn_away import TurnAwayDialog, TurnedAway
from butler_tui.tui.gate_case import Found, GateCase, called
from butler_tui.tui.messages import Saved
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.widgets.check_card import CheckCard
from butler_tui.tui.widgets.check_pane import CheckPane
from butler_tui.tui.widgets.lines import KeyLine, Sentence, StatusLine, TopLine
from butler_tui.tui.widgets.on_site import OnSitePanel
from butler_tui.tui.widgets.visit_form import ARRIVAL_FIELDS, MISSING_FIELDS, VisitForm
from butler_tui.words import _

WIDE = 110
"""Columns from which the list of those on site stands beside the form."""


class GateScreen(Steady, Screen[None]):
    """Registers who comes, checks out who goes."""

    CSS_PATH: ClassVar[list[str | PurePath] | None] = ["../styles/desks.tcss", "../styles/gate.tcss"]

    GUIDE = (
        _("Type or scan a plate, phone, name or badge into the first field; Enter goes on."),
        _("The badge or plate of somebody inside checks them out at Enter."),
        _("On the check card digits settle a check; at the end Enter admits."),
        _("119, 120 or 110 in the first field admits an emergency service at once."),
        _("Start the bay with V for valet parking."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "checks", _("Checks"), id="gate.checks", tooltip=_("to the six checks, or back")),
        Binding("ctrl+s", "admit", _("Admit"), id="gate.admit", tooltip=_("save and admit")),
        Binding("ctrl+r", "turn_away", _("Turn away"), id="gate.turn_away", tooltip=_("save as not let in")),
        Binding("ctrl+z", "undo", _("Undo"), id="gate.undo", tooltip=_("take the last act back within 60 s")),
        Binding("f7", "on_site", _("On site"), id="gate.on_site", tooltip=_("who is on site; check out")),
        Binding("ctrl+n", "clear", _("Clear"), show=False, id="gate.clear", tooltip=_("empty the form")),
        Binding("f9", "app.sync_view", _("Sync"), show=False, id="gate.sync", tooltip=_("how it stands with HQ")),
        Binding("f10,ctrl+l", "app.lock", _("Lock"), id="gate.lock", tooltip=_("lock; what is typed stays")),
        Binding("f1", "app.help", _("Help"), id="gate.help", tooltip=_("this help")),
        Binding("escape", "back", _("Back"), show=False, id="gate.back", tooltip=_("back to the form")),
    ]

    def __init__(self, context: Context, session: Session) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._case = GateCase(context, session)
        self._cleared: tuple[dict[str, str], Found] | None = None
        self.form = VisitForm(context.policies)
        self._checks = CheckPane()
        self._on_site = OnSitePanel(context)
        self._sentence = Sentence()
        self._top = TopLine(context, "gate")
        self._status = StatusLine()

    def compose(self) -> ComposeResult:
        """Lay out form, card and list."""
        yield self._top
        with Container(id="body"):
            with Vertical(id="left"):
                yield Static(line(f" {_('Register a visit')}"), classes="title")
                yield self.form
            yield self._checks
            yield self._on_site
        yield self._sentence
        yield self._status
        yield KeyLine()

    def on_mount(self) -> None:
        """Stand in the first field."""
        person = self._session.staff
        self._status.show_place(self._here.estate.name, self._here.gate.name, person.name, labels.label(person.role))
        self.form.show_number_field(False)
        self.form.focus_field("arrival")
        self._show()

    async def on_resize(self, event: events.Resize) -> None:
        """On a wide screen the list moves to a third column; nothing else moves."""
        wide = event.size.width >= WIDE
        self.set_class(wide, "wide")
        await self._on_site.narrow(wide)

    def on_screen_resume(self) -> None:
        """Show the list of now, and keep it true."""
        self._top.resume()
        self._on_site.resume()

    def on_screen_suspend(self) -> None:
        """Let the clocks of a screen that nobody sees rest."""
        self._top.pause()
        self._on_site.pause()

    # What is shown

    def _show(self) -> None:
        """Bring everything beside the form up to what is typed."""
        scene = self._case.scene(self.form.registration())
        if scene.registration.keeps_number != self.form.keeps_number:
            self.form.show_number_field(scene.registration.keeps_number)
            scene = self._case.scene(self.form.registration())
        for field, (words, meaning) in gate_words.hints(scene).items():
            self.form.hint(field, words, meaning)
        self._checks.show(scene, self._focused_field)
        self._say(*gate_words.sentence(scene, empty=self.form.is_empty))

    @property
    def _focused_field(self) -> str:
        return self.focused.id or "" if self.focused is not None else ""

    def _say(self, text: str, meaning: str = "") -> None:
        self._sentence.say(text, meaning)

    def on_descendant_focus(self) -> None:
        """Show the choices of the field that has the focus."""
        self._checks.show_info(self._case.scene(self.form.registration()), self._focused_field)

    # What is typed

    def on_visit_form_changed(self, message: VisitForm.Changed) -> None:
        """Look up what the field means, and show it."""
        message.stop()
        self._look_up(message.field)
        self._show()
        leaving = self._case.leaving(self.form.text("arrival"))
        if leaving is not None:
            self._say(gate_words.leaving_sentence(leaving, self._here))

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

    def on_visit_form_arrived(self, message: VisitForm.Arrived) -> None:
        """Take what came: check out, admit an emergency service, or fill the field it belongs to."""
        message.stop()
        found = recognise(message.value, self._here.policies.badge_pattern)
        if found is None:
            self.form.go_on()
            return
        leaving = self._case.leaving(message.value)
        if leaving is not None:
            self._check_out(leaving.visit_id)
        elif found.kind is Kind.EMERGENCY:
            self._act(self._case.admit_emergency, ends_case=False)
        else:
            field = ARRIVAL_FIELDS[found.kind]
            self.form.put(field, found.value)
            self._look_up(field)
            self._show()
            self.form.go_on()

    def on_visit_form_finished(self, message: VisitForm.Finished) -> None:
        """From the last field to the first open check."""
        message.stop()
        self._checks.to()

    # The checks

    def on_check_pane_found(self, message: CheckPane.Found) -> None:
        """Write a finding in, and go on to the next open check."""
        message.stop()
        self._case.settle(self.form.registration(), message.check, message.outcome, message.note)
        self._show()
        self._checks.card.to_next_open()

    def on_check_card_reopened(self, message: CheckCard.Reopened) -> None:
        """Take a finding back."""
        message.stop()
        self._case.reopen(message.check)
        self._show()

    def on_check_card_suspected(self, message: CheckCard.Suspected) -> None:
        """Ask for all six, or for what policy asks."""
        message.stop()
        self._case.suspect()
        self._show()

    def on_check_card_refused(self, message: CheckCard.Refused) -> None:
        """Say why a key does not fit."""
        message.stop()
        self._say(message.sentence, "warning")

    def on_check_card_admit_asked(self, message: CheckCard.AdmitAsked) -> None:
        """Admit."""
        message.stop()
        self.action_admit()

    # The acts

    def action_checks(self) -> None:
        """Go to the first open check, or from the card back to the form."""
        if self.focused is self._checks.card:
            self.action_back()
        else:
            self._checks.to()

    def action_back(self) -> None:
        """Go from the checks back to the form; what is typed stays."""
        self.form.focus_field("arrival")

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

        def decided(answer: TurnedAway | None) -> None:
            if answer is not None:
                self._act(lambda: self._case.turn_away(self.form.registration(), *answer), ends_case=True)

        self.app.push_screen(TurnAwayDialog(called(typed)), decided)

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
            values, found = self._cleared
            self._cleared = None
            self.form.restore(values)
            for name in ("room", "phone"):
                self._look_up(name)
            self._case.found = found
            self._show()
            return
        self._act(self._case.undo, ends_case=False)

    def action_clear(self) -> None:
        """Empty the form; Ctrl+Z brings it back."""
        if not self.form.is_empty:
            self._cleared = (self.form.snapshot(), self._case.found)
            self._new_case()
            self.form.focus_field("arrival")
            self._say(_("The form is empty. Ctrl+Z brings back what was typed."))

    def _act(self, act: Callable[[], str], *, ends_case: bool) -> None:
        """Do an act and say what was done, or why not; then stand in the first field of the next case."""
        try:
            done = act()
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return
        self._cleared = None
        if ends_case:
            self._new_case()
        self._on_site.reload()
        self.form.focus_field("arrival")
        self._say(done, "good")
        self.post_message(Saved())

    def _new_case(self) -> None:
        self._case.clear()
        self.form.clear()
        self._show()
