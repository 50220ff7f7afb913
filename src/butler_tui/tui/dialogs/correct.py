"""Puts a saved visit right: type over what is wrong, pick why, save; what has happened stands beside it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui import labels
from butler_tui.desk.corrections import correct
from butler_tui.desk.gate import Done
from butler_tui.desk.session import Session
from butler_tui.desk.visit_words import history_words
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.entries import pick
from butler_tui.errors import ButlerError
from butler_tui.store import visit_history
from butler_tui.tui.context import Context
from butler_tui.tui.correct_fields import FIELDS, Now, hint_words, typed_first
from butler_tui.tui.key_names import key_called
from butler_tui.tui.shown import line, lines
from butler_tui.tui.steady import Steady, Trouble
from butler_tui.tui.widgets.choices import Choice
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from butler_tui.words import _


class CorrectDialog(Steady, ModalScreen[Done | None]):
    """Returns what was done, None where nothing was. It saves itself: what is refused must stay on the screen."""

    CSS_PATH = ["../styles/dialogs.tcss", "../styles/correct.tcss"]

    GUIDE = (
        _("Type over what is wrong, pick why by its digit, and save; what stood there before stays in the history."),
        _("What is half typed when the screens lock is given back to you when you come to this visit again."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "keep", _("Save"), id="correct.keep", tooltip=_("save what was corrected")),
        Binding("up", "step(-1)", _("Up"), id="correct.up", show=False, tooltip=_("the field above")),
        Binding("down", "step(1)", _("Down"), id="correct.down", show=False, tooltip=_("the field below")),
        Binding("escape", "leave", _("Back"), id="correct.leave", tooltip=_("back, nothing is saved")),
    ]

    def __init__(self, context: Context, session: Session, visit_id: bytes) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._visit_id = visit_id
        self._now = Now.of(context, visit_id)
        self._first = typed_first(self._now)
        self._fields = {name: self._field(name) for name in (*self._first, "why", "note")}
        # As the fields took it: what is longer than a field is not typed over by looking at it.
        self._first = {name: self._fields[name].text for name in self._first}
        self._hints = {name: Static(classes="hint") for name in self._first}
        self._leaving = False
        self._settled = False

    @property
    def _mine(self) -> tuple[bytes, bytes]:
        return self._session.staff.staff_id, self._visit_id

    def _field(self, name: str) -> ScanInput:
        known = FIELDS.get(name)
        field = ScanInput(id=name, folded=bool(known and known.folded), longest=1 if name == "why" else 200)
        field.set_class(name == "why" or bool(known and known.short), "short")
        field.value = self._first.get(name, "")
        return field

    def compose(self) -> ComposeResult:
        """Lay out fields left, history right."""
        with Vertical(id="correct"):
            yield Static(line(_("Correct the visit of {who}", who=self._now.who)), classes="title")
            with Horizontal(id="columns"):
                with VerticalScroll(id="fields", can_focus=False):
                    for name in self._first:
                        with Horizontal():
                            yield Static(line(_(FIELDS[name].label)), classes="label")
                            yield self._fields[name]
                            yield self._hints[name]
                    for name, label in (("why", _("Why")), ("note", _("In words"))):
                        with Horizontal(classes="apart" if name == "why" else ""):
                            yield Static(line(label), classes="label")
                            yield self._fields[name]
                            yield Static(id=f"{name}-picked", classes="hint")
                with VerticalScroll(id="told", can_focus=False):
                    yield Static(line((_("Why it is corrected"), "$accent")))
                    for number, reason in enumerate(CorrectionReason, 1):
                        yield Choice(str(number), labels.label(reason))
                    yield Static(self._told())
            yield Sentence()
            yield KeyLine()

    def _told(self) -> Content:
        """Return what has happened, the latest first."""
        shown = [line(""), line((_("What has happened"), "$accent"))]
        told = visit_history.history(self._here.store.connection, self._visit_id)
        for headline, more in reversed(history_words(told, self._here.now_ms(), self._here.zone)):
            shown.append(line(headline))
            shown += [line((f"  {words}", "$dim")) for words in more]
        return lines(shown)

    def on_mount(self) -> None:
        """Begin in the first field."""
        for name in self._first:
            self._hint(name)
        self._say(_("Type over what is wrong, then pick why."))
        self._give_back()
        self.set_focus(next(iter(self._fields.values())))

    def _give_back(self) -> None:
        """Put back what this person had half typed for this visit."""
        typed = self._here.corrections.pop(self._mine, {})
        for name, text in typed.items():
            with self._fields[name].prevent(ScanInput.Changed):  # by itself nothing moves on
                self._fields[name].value = text
            self._hint(name)
        if typed:
            self._say(_("What you had typed is back. It is not saved yet."), "warning")

    def on_unmount(self) -> None:
        """Keep what is typed where the screens go away with it half done, as they do when another signs in."""
        typed = self._typed()
        if typed and not self._settled:
            self._here.corrections[self._mine] = typed

    def _typed(self) -> dict[str, str]:
        """Return what is typed and not yet saved, by field."""
        return {name: one.text for name, one in self._fields.items() if one.text != self._first.get(name, "")}

    def on_input_changed(self, message: ScanInput.Changed) -> None:
        """Show what is read from the field."""
        message.stop()
        self._leaving = False
        name = message.input.id or ""
        self._hint(name)
        if name == "why" and self._reason() is not None:
            self.set_focus(self._fields["note"])

    def on_choice_picked(self, message: Choice.Picked) -> None:
        """Take a clicked reason as its digit."""
        message.stop()
        self._fields["why"].value = message.digit

    def _hint(self, name: str) -> None:
        if name == "why":
            reason = self._reason()
            self.query_one("#why-picked", Static).update(line(labels.label(reason) if reason else ""))
        if name not in self._hints:
            return
        changed = self._fields[name].text != self._first[name]
        words = hint_words(name, self._fields[name].text, self._now)
        self._hints[name].update(line((words, "$warning" if changed else "$dim")))

    def on_scan_input_entered(self, message: ScanInput.Entered) -> None:
        """Enter goes on; in the last field it saves."""
        message.stop()
        if message.field.id == "note":
            self.action_keep()
        else:
            self.action_step(1)

    def action_step(self, by: int) -> None:
        """Go to the next field or the one before."""
        names = list(self._fields)
        at = names.index(self.focused.id or "") if self.focused is not None and self.focused.id in names else 0
        self.set_focus(self._fields[names[min(max(at + by, 0), len(names) - 1)]])

    def _reason(self) -> CorrectionReason | None:
        return pick(self._fields["why"].text, list(CorrectionReason))

    def action_keep(self) -> None:
        """Save what differs, or say what stands in the way; what is typed stays."""
        changed, wrong = self._now.changed({name: self._fields[name].text for name in self._first}, self._first)
        if wrong is not None:
            self._stop_at(wrong, _("This cannot be read: {what}.", what=_(FIELDS[wrong].label)))
            return
        reason = self._reason()
        if changed and reason is None:
            self._stop_at("why", _("Pick why it is corrected, by its digit."))
            return
        try:
            done = correct(
                self._here.store,
                self._session,
                self._visit_id,
                changed,
                reason or CorrectionReason.TYPING_ERROR,
                self._fields["note"].text,
                self._here.policies,
                self._here.now_ms(),
            )
        except ButlerError as error:
            self._say(error.sentence(), "bad")
            return
        self._settled = True
        self.dismiss(done)

    def _stop_at(self, name: str, words: str) -> None:
        self._say(words, "warning")
        self.set_focus(self._fields[name])

    def action_leave(self) -> None:
        """Go back; where something was typed, only when asked again."""
        if self._typed() and not self._leaving:
            self._leaving = True
            self._say(
                _("Not saved yet. Esc again goes back without it; {key} saves.", key=key_called("correct.keep")),
                "warning",
            )
            return
        self._settled = True
        self.dismiss(None)

    def on_trouble(self, message: Trouble) -> None:
        """Say what is wrong with the file."""
        message.stop()
        error = message.error
        words = error.sentence() if isinstance(error, ButlerError) else _("The file cannot be read now. Try again.")
        self._say(words, "bad")

    def _say(self, words: str, meaning: str = "") -> None:
        self.query_one(Sentence).say(words, meaning)
