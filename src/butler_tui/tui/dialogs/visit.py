"""One visit wholly: what was written, the six outcomes, and all that has happened to it; masked values open here."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from butler_tui.desk.gate import Done
from butler_tui.desk.session import Session
from butler_tui.desk.unmask import open_document, open_phone
from butler_tui.domain.rights import Act, may
from butler_tui.errors import ButlerError
from butler_tui.labels import column_label, greeting
from butler_tui.store.local import Store
from butler_tui.store.visit_story import WholeVisit, whole_visit
from butler_tui.tui.context import Context
from butler_tui.tui.dialogs.unmask import Purpose, UnmaskDialog
from butler_tui.tui.messages import Saved
from butler_tui.tui.shown import line
from butler_tui.tui.steady import Steady
from butler_tui.tui.visit_words import NOTHING, history, outcomes, state_words, written
from butler_tui.tui.widgets.facts import Facts
from butler_tui.tui.widgets.lines import KeyLine, Sentence
from butler_tui.words import N_, _

WIDE = 110
"""Columns from which the history stands in a column of its own."""
_OPENERS: dict[str, Callable[..., str]] = {"phone": open_phone, "document_number": open_document}
_RIGHTS = {"phone": Act.UNMASK, "document_number": Act.UNMASK_NUMBER}
_ASKED = {"phone": N_("Open the phone of {who}"), "document_number": N_("Open the document number of {who}")}


class VisitDialog(Steady, ModalScreen[None]):
    """Shows one visit; what was opened is masked again when this closes, and when the screens lock."""

    CSS_PATH: ClassVar[str] = "../styles/search.tcss"

    GUIDE = (
        _("Phone and document are masked. Opening one asks for a reason, and is recorded."),
        _("The number of a document is opened by a shift lead or supervisor."),
        _("What is opened is masked again when you go back."),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "correct", _("Correct"), id="visit.correct", tooltip=_("put something right, with a reason")),
        Binding("p", "unmask('phone')", _("Phone"), id="visit.phone", tooltip=_("open the phone, with a reason")),
        Binding(
            "d",
            "unmask('document_number')",
            _("Document"),
            id="visit.document",
            tooltip=_("open the document number, with a reason"),
        ),
        Binding("f1", "app.help", _("Help"), id="visit.help", tooltip=_("this help")),
        Binding("escape,enter", "leave", _("Back"), key_display="Esc", id="visit.leave", tooltip=_("back to the list")),
    ]

    def __init__(self, context: Context, session: Session, visit_id: bytes) -> None:
        super().__init__()
        self._here = context
        self._session = session
        self._visit_id = visit_id
        self._visit: WholeVisit | None = None
        self._opened: dict[str, str] = {}
        self._typed: dict[str, tuple[str, str]] = {}
        self._title = Static(id="who", classes="title")
        self._state = Static(id="state")
        self._facts, self._outcomes, self._history = Facts(), Facts(), Facts()
        self._sentence = Sentence()

    def compose(self) -> ComposeResult:
        """Lay out who and where it stands, then the columns."""
        with Horizontal(id="head"):
            yield self._title
            yield self._state
        with VerticalScroll(id="story"), Horizontal(id="columns"):
            with Vertical(id="left"):
                yield self._facts
            with Vertical(id="right"):
                yield self._outcomes
                yield self._history
        yield self._sentence
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the visit."""
        self._look()
        self.query_one(VerticalScroll).focus()

    def on_resize(self, event: events.Resize) -> None:
        """Give the history its own column on a wide screen."""
        self.set_class(event.size.width >= WIDE, "wide")
        self._show()

    def on_screen_suspend(self) -> None:
        """Mask everything again when the screens lock."""
        if getattr(self.app, "locked", False) and self._opened:
            self._opened.clear()
            self._show()

    def _look(self) -> None:
        self._visit = whole_visit(self._here.store.connection, self._visit_id)
        if self._visit is None:
            self._sentence.say(_("This visit is not here any more."), "warning")
        self._show()

    def _show(self) -> None:
        visit = self._visit
        if visit is None:
            return
        name = visit.text("name") or greeting("", visit.sex)
        self._title.update(line(" ", (_("This visit"), "$dim"), "  ", name))
        words, meaning = state_words(visit, self._here)
        self._state.set_classes(meaning)
        self._state.update(line(f"{words} "))
        self._facts.show(written(visit, self._here, self._opened))
        self._outcomes.show(outcomes(visit))
        self._history.show([*(() if self.has_class("wide") else (NOTHING,)), *history(visit, self._here)])
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open only what there is, is not open yet, and is this person's to open."""
        visit = self._visit
        if action != "unmask":
            return True
        there = {
            "phone": visit is not None and visit.has_phone,
            "document_number": visit is not None and visit.has_number,
        }
        what = str(parameters[0])
        return there[what] and what not in self._opened and may(self._session.staff.role, _RIGHTS[what])

    def action_unmask(self, what: str) -> None:
        """Ask for the reason, record it, and show the value here."""
        visit = self._visit
        if visit is None:
            return

        def decided(purpose: Purpose | None) -> None:
            if purpose is not None:
                self._typed[what] = purpose.typed
                if purpose.reason is not None:
                    self._open(what, purpose)

        who = visit.text("name") or greeting("", visit.sex)
        self.app.push_screen(UnmaskDialog(_(_ASKED[what], who=who), self._typed.get(what, ("", ""))), decided)

    def _open(self, what: str, purpose: Purpose) -> None:
        here, opener = self._here, _OPENERS[what]
        store: Store = here.store
        try:
            value = opener(store, self._session, self._visit_id, purpose.reason, purpose.typed[1], here.now_ms())
        except ButlerError as error:
            self._sentence.say(error.sentence(), "bad")
            return
        self._opened[what] = value
        self._show()
        self._sentence.say(_("{what} is open until you go back; this is recorded.", what=_column(what)), "good")
        self.post_message(Saved())

    def action_correct(self) -> None:
        """Put something right: an event of its own, after which the history shows it."""
        from butler_tui.desk.corrections import require_correctable
        from butler_tui.tui.dialogs.correct import CorrectDialog

        here = self._here
        try:
            require_correctable(here.store, self._session, self._visit_id, here.policies, here.now_ms())
        except ButlerError as error:  # before anything is typed
            self._sentence.say(error.sentence(), "warning")
            return

        def corrected(done: Done | None) -> None:
            if done is not None:
                self._look()
                self._sentence.say(_("Corrected. What stood there before is in the history."), "good")
                self.post_message(Saved())

        self.app.push_screen(CorrectDialog(here, self._session, self._visit_id), corrected)

    def action_leave(self) -> None:
        """Close."""
        self.dismiss(None)


def _column(what: str) -> str:
    return column_label({"document_number": "document_masked"}.get(what, what))
