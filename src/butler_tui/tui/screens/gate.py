"""F2: the gate. Left what is typed, right what it means, below who is on site, and one sentence that rules it all."""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from butler_tui.domain.recognise import Kind
from butler_tui.domain.rights import Act, may
from butler_tui.store import households, known
from butler_tui.store.known import KnownVisitor
from butler_tui.tui import gate_words, known_words
from butler_tui.tui.gate_case import recognised
from butler_tui.tui.gate_scene import Scene
from butler_tui.tui.screens.gate_drafts import GateDrafts
from butler_tui.tui.shown import line
from butler_tui.tui.widgets.check_card import CheckCard
from butler_tui.tui.widgets.check_pane import CheckPane
from butler_tui.tui.widgets.lines import KeyLine
from butler_tui.tui.widgets.visit_form import VisitForm
from butler_tui.tui.widgets.visit_rows import ARRIVAL_FIELDS
from butler_tui.words import _

WIDE = 110
"""Columns from which the list of those on site stands beside the form."""
LEAST = (80, 24)
"""Columns and rows that everything fits into."""


class GateScreen(GateDrafts):
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
        Binding(
            "f8", "park", _("Park"), id="gate.park", tooltip=_("put aside for everyone here; or what is put aside")
        ),
        Binding("ctrl+z", "undo", _("Undo"), id="gate.undo", tooltip=_("take the last act back within 60 s")),
        Binding("f7", "on_site", _("On site"), id="gate.on_site", tooltip=_("who is on site; check out")),
        Binding(
            "ctrl+o",
            "override",
            _("Override"),
            show=False,
            id="gate.override",
            tooltip=_("a shift lead or supervisor lets in, by their PIN"),
        ),
        Binding("ctrl+n", "clear", _("Clear"), show=False, id="gate.clear", tooltip=_("empty the form")),
        Binding("f9", "app.sync_view", _("Sync"), show=False, id="gate.sync", tooltip=_("how it stands with HQ")),
        Binding("f10,ctrl+l", "app.lock", _("Lock"), id="gate.lock", tooltip=_("lock; what is typed stays")),
        Binding("f1", "app.help", _("Help"), id="gate.help", tooltip=_("this help")),
        Binding("escape", "back", _("Back"), show=False, id="gate.back", tooltip=_("back to the form")),
    ]

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
        self._status.show_session(self._here, self._session)
        self.form.show_number_field(False)
        self.form.focus_field("arrival")
        self._show()
        self._bring_back()

    async def on_resize(self, event: events.Resize) -> None:
        """On a wide screen the list moves to a third column; nothing else moves."""
        wide = event.size.width >= WIDE
        self.set_class(wide, "wide")
        await self._on_site.narrow(wide)
        if event.size.width < LEAST[0] or event.size.height < LEAST[1]:
            self._say(_("The window is smaller than 80x24: not everything can be seen."), "warning")

    def on_screen_resume(self) -> None:
        """Show the list of now, and keep it true."""
        self._top.resume()
        self._on_site.resume()

    def on_screen_suspend(self) -> None:
        """Let the clocks of a screen that nobody sees rest."""
        self._top.pause()
        self._on_site.pause()

    def on_descendant_focus(self) -> None:
        """Show the choices of the field that has the focus; what was odd about one that was left is not said on."""
        scene = self._scene()
        self._checks.show_info(scene, self._focused_field)
        if self._doubted not in ("", self._focused_field):
            self._say_what_lacks(scene)

    # What is typed

    def on_visit_form_changed(self, message: VisitForm.Changed) -> None:
        """Look up what the field means, and show it."""
        message.stop()
        self._look_up(message.field)
        self._show()
        self._kept()
        if message.field == "arrival":
            self._say_who_leaves(self.form.text("arrival"))

    def _say_what_lacks(self, scene: Scene) -> None:
        role = self._session.staff.role
        if may(role, Act.REGISTER_VISIT):
            super()._say_what_lacks(scene)
        else:
            self._say(*gate_words.not_registering(role))

    def _say_who_leaves(self, text: str) -> None:
        """Say whose badge, plate or phone it is, where Enter checks them out or takes a missed badge back."""
        found = recognised(text, self._here.policies)
        if found is not None and found.kind is Kind.EMERGENCY:
            self._say(_("{number}: Enter lets the emergency service in at once.", number=found.value), "warning")
        missed, leaving = self._case.missed(text), self._case.leaving(text)
        if missed is not None:
            self._say(gate_words.missed_sentence(missed))
        if leaving is not None:
            self._say(gate_words.leaving_sentence(leaving, self._here))

    def on_visit_form_arrived(self, message: VisitForm.Arrived) -> None:
        """Take what came: check out, admit an emergency service, or fill the field it belongs to."""
        message.stop()
        found = recognised(message.value, self._here.policies)
        if found is None:
            self.form.go_on()
            return
        leaving = self._case.leaving(message.value)
        if leaving is not None:
            self._check_out(leaving.visit_id)
        elif (holder := self._case.missed(message.value)) is not None:
            self._act(lambda: self.deeds.badge_found(holder.visit_id), ends_case=False)
        elif found.kind is Kind.EMERGENCY:
            self._act(lambda: self.deeds.admit_emergency(found.value), ends_case=False)
        elif self.form.is_empty and (visitor := self._case.marked(message.value, found)) is not None:
            self._take_known(visitor, message.value, found.value if found.kind is Kind.DOCUMENT else "")
        elif found.kind is Kind.NAME and any(character.isdigit() for character in found.value):
            self.form.put("arrival", found.value)
            self._say(_("What is {text}? Correct it, or type it into its own field.", text=found.value), "warning")
        elif self._case.doubts_letters(found):
            self.form.put("arrival", found.value)
            self._say(_("Nobody known has the letters {text}. Enter again takes them as a name.", text=found.value),
                      "warning")  # fmt: skip
        elif found.kind is Kind.BADGE and self.deeds.just_came_back(found.value):
            self._say(_("Badge {badge} has just been taken back.", badge=found.value))
        else:
            self._take(ARRIVAL_FIELDS[found.kind], found.value)

    def _take_known(self, visitor: KnownVisitor, typed: str, number: str) -> None:
        """Fill the form from the last visit of a known visitor; one who is on site is only told of."""
        if visitor.inside:
            self.form.put("arrival", typed)
            self._say(known_words.found_sentence(visitor, 1, self._here), "warning")
        else:
            self._fill(visitor, typed, number)

    def take(self, *, visit_id: bytes | None = None, house_id: bytes | None = None) -> None:
        """Take what was found by a search into the form: a visitor who was here before, or a home."""
        connection = self._here.store.connection
        visitor = known.of_visit(connection, visit_id) if visit_id else None
        if visitor is not None and visitor.inside:
            self._say(known_words.found_sentence(visitor, 1, self._here), "warning")
        elif visitor is not None:
            self._fill(visitor, self.form.text("arrival"))
        elif house_id is not None:
            self._take("room", households.room_code(connection, house_id))

    def on_visit_form_marked(self, message: VisitForm.Marked) -> None:
        """Mark another of the visitors or homes."""
        message.stop()
        self._case.move(message.by)
        self._offer_room(only=False)
        self._show()

    def _take(self, field: str, value: str) -> None:
        """Put what came where it belongs, and go on."""
        self.form.put(field, value)
        self._look_up(field)
        self._show()
        self._kept()
        self.form.go_on()
        if field == "badge":
            self._say(_("Badge {badge} is not out; it stands in its field now.", badge=value))

    def on_visit_form_doubted(self, message: VisitForm.Doubted) -> None:
        """Say what is odd about a field before Enter leaves it; a second Enter does."""
        message.stop()
        self._say(_("{words}. Enter again goes on all the same.", words=message.words), "warning")
        self._doubted = message.field

    def action_admit(self) -> None:
        """Admit, once nothing is typed where a digit picks that picks nothing: it would be lost."""
        unread = self.form.unread_choice()
        if unread:
            self.form.doubt(unread)
        else:
            super().action_admit()

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
        self._kept()
        self._checks.card.to_next_open()

    def on_check_card_reopened(self, message: CheckCard.Reopened) -> None:
        """Take a finding back."""
        message.stop()
        self._case.reopen(message.check)
        self._show()
        self._kept()

    def on_check_card_suspected(self, message: CheckCard.Suspected) -> None:
        """Ask for all six, or for what policy asks."""
        message.stop()
        self._case.suspect()
        self._show()
        self._kept()

    def on_check_card_confirmed(self, message: CheckCard.Confirmed) -> None:
        """Take over what was found last time; the cursor stays on admit."""
        message.stop()
        self._case.confirm(self.form.registration())
        self._show()
        self._checks.to()
        self._kept()

    def on_check_card_scanned(self, message: CheckCard.Scanned) -> None:
        """Take what is scanned now in the first field, which sends it where it belongs."""
        message.stop()
        self.form.focus_field("arrival")

    def on_check_card_typed(self, message: CheckCard.Typed) -> None:
        """Let a badge that is scanned now go into its field."""
        message.stop()
        self.form.begin_field("badge", message.character)

    def on_check_card_refused(self, message: CheckCard.Refused) -> None:
        """Say why a key does not fit."""
        message.stop()
        self._say(message.sentence, "warning")

    def on_check_card_admit_asked(self, message: CheckCard.AdmitAsked) -> None:
        """Admit."""
        message.stop()
        self.action_admit()

    # The checks, by key

    def action_checks(self) -> None:
        """Go to the first open check, or from the card back to the form."""
        if self.focused is self._checks.card:
            self.action_back()
        else:
            self._checks.to()

    def action_back(self) -> None:
        """Go from the checks back to the field one came from, from there to the first; what is typed stays.

        In the first field it says that the visitor is none of the known ones.
        """
        if self._case.visitors and self._focused_field == "arrival":
            self._case.dismiss()
            self._show()
            return
        self.form.focus_field(self.form.last_field if self.focused is self._checks.card else "arrival")
