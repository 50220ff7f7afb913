"""The first start: an application of its own that leads from an empty computer to the sign-in screen.

Imported only where there is no estate to sign in to yet, or where its set-up was cut off half way.
"""

from __future__ import annotations

import os
import shlex
import sys

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")  # as in tui/app.py

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from butler_tui import crash_log
from butler_tui.desk.set_up_file import Stage, stage_of
from butler_tui.errors import ButlerError, SetUpWrong
from butler_tui.ids import id_text
from butler_tui.paths import Home
from butler_tui.settings import Settings
from butler_tui.store import estates
from butler_tui.store.database import plain_errors
from butler_tui.store.local import open_store
from butler_tui.tui.context import Clock
from butler_tui.tui.input_bytes import take_any_bytes
from butler_tui.tui.key_queue import KeyQueue
from butler_tui.tui.letter_keys import LetterKeys
from butler_tui.tui.looks import Looks
from butler_tui.tui.screens.first_start import ask_hq, ways
from butler_tui.tui.screens.first_start.answers import Answers
from butler_tui.tui.screens.first_start.choice import ChoiceScreen, Picked
from butler_tui.tui.screens.first_start.step import StepScreen
from butler_tui.tui.screens.first_start.steps import HQ, IN_HQS_ESTATE, JOIN, NEW_ESTATE, Step
from butler_tui.tui.screens.first_start.writing import WritingScreen
from butler_tui.tui.steady import EXPECTED, Steady, Trouble
from butler_tui.tui.sync_words import fetching_words
from butler_tui.tui.widgets.lines import Sentence
from butler_tui.words import N_, _


class Outcome(StrEnum):
    """How the first start ended."""

    READY = "ready"
    DEMO = "demo"
    LEFT = "left"


NOT_SET_UP = N_("This computer is not set up yet. Set it up with butler init, or try butler demo.")


class FirstStartApp(Steady, LetterKeys[Outcome], Looks[Outcome]):
    """One screen a step; what is typed stays when one goes back and forward."""

    CSS_PATH: ClassVar[Any] = ["styles/app.tcss", "styles/first_start.tcss"]
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", show=False, priority=True, id="first_start.end", tooltip=_("end the program")),
    ]
    TITLE = "butler"

    def __init__(self, home: Home, settings: Settings, now_ms: Clock) -> None:
        take_any_bytes()
        super().__init__()
        self._home = home
        self._now_ms = now_ms
        self._keys = KeyQueue(self, super().on_event, self._action_failed)
        self._answers = Answers()
        self._steps: tuple[Step, ...] = NEW_ESTATE
        self._floor = 1
        self.take_looks(settings)

    async def on_event(self, event: events.Event) -> None:
        """Give keys out one at a time, so that keys typed ahead land in the step they were meant for."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keys.put(event)
            return
        await super().on_event(event)

    async def keys_settled(self) -> None:
        """Return once every key typed so far has had all its consequences."""
        await self._keys.settled()

    def get_default_screen(self) -> Screen[Any]:
        """Begin where the set-up of this computer stands."""
        found = stage_of(self._home)
        if found is Stage.UNFINISHED:
            return self._rest()
        if found is Stage.NO_GATE:
            return self._where() if ways.gates_to_stand_at(self._home) else self._enrolled()
        return ChoiceScreen(_("Welcome"), _("This computer is not set up yet."), ways.FIRST_WAYS)

    def _rest(self) -> Screen[Any]:
        facts = ((_("Estate"), self._read_file().name), ("", _("The set-up was cut off; what is missing is written.")))
        return WritingScreen(self._home, self._now_ms, _("Set-up goes on"), facts, None, "")

    def _enrolled(self) -> Screen[Any]:
        estate = self._read_file()
        self._answers.known = (estate.name, estate.time_zone)
        return ChoiceScreen(_("Enrolled"), *ways.enrolled_ways(self._home, estate.name))

    def _where(self) -> Screen[Any]:
        """Ask at which of HQ's gates this computer stands; a butler's laptop has one too."""
        estate = self._read_file().name
        words = _("This computer is enrolled at HQ for {estate}. At which gate does it stand?", estate=estate)
        return ChoiceScreen(_("The gate"), words, ways.gate_ways(ways.gates_to_stand_at(self._home)))

    def _place(self, gate_id: str) -> None:
        ways.place_at(self._home, gate_id)
        self.exit(Outcome.READY)

    def _read_file(self) -> estates.Estate:
        store = open_store(self._home)
        try:
            return estates.estate(store.connection) or estates.Estate(b"", "", "UTC")
        finally:
            store.close()

    async def on_picked(self, message: Picked) -> None:
        """Take the way that was picked."""
        known: dict[str, Callable[[], Any]] = {
            "new": partial(self._begin, NEW_ESTATE),
            "here": partial(self._begin, IN_HQS_ESTATE),
            "join": partial(self._show_step, JOIN),
            "demo": partial(self.exit, Outcome.DEMO),
            "again": self._ask_again,
        }
        if not self._busy():
            going = known.get(message.name, partial(self._place, message.name))()
            if going is not None:
                await going

    async def _begin(self, steps: tuple[Step, ...]) -> None:
        self._steps = steps
        await self._show_step(steps[0])

    async def _show_step(self, step: Step, words: str = "") -> None:
        place = ""
        if step in self._steps:
            place = _("step {at} of {all}", at=self._steps.index(step) + 1, all=len(self._steps))
        await self.push_screen(StepScreen(step, self._answers, place, words))

    async def on_step_screen_answered(self, message: StepScreen.Answered) -> None:
        """Go on to the step after it."""
        step = message.step
        if step in (JOIN, HQ):
            self._to_hq(step)
            return
        after = self._steps.index(step) + 1
        if after < len(self._steps):
            await self._show_step(self._steps[after])
        else:
            await self.push_screen(self._summary())

    def _summary(self) -> WritingScreen:
        facts = (*self._answers.facts(), (_("File"), str(self._home.database)))
        new, pin = self._answers.new_estate(), self._answers.said("pin")
        return WritingScreen(self._home, self._now_ms, _("Is this right?"), facts, new, pin)

    async def on_step_screen_back(self, message: StepScreen.Back) -> None:
        """Go a step back; not into what is written already."""
        if len(self.screen_stack) > self._floor:
            await self.pop_screen()
        else:
            self._say(_("This is written already; go on with Enter."), "warning")

    async def on_writing_screen_written(self, message: WritingScreen.Written) -> None:
        """Offer enrolment, where there is none yet."""
        for name in ("pin", "again"):
            self._answers.typed.pop(name, None)
        if message.enrolled:
            self.exit(Outcome.READY)
            return
        words = _(
            "Everything is written. Is there an HQ? It adds this estate with:\nbutler hq estate add {name} --id {id}\n"
            "and prints a line for this computer: type or paste it. Enter alone: later.",
            name=shlex.quote(message.estate.name),
            id=id_text(message.estate.estate_id),
        )
        await self._stand_on(StepScreen(HQ, self._answers, words=words))

    def _to_hq(self, step: Step) -> None:
        if step is HQ and not self._answers.said("url"):
            self.exit(Outcome.READY)
            return
        if isinstance(self.screen, StepScreen):
            self.screen.wait(_("Asking HQ…"))
        self._enrol(step, *self._answers.hq())

    @work(thread=True, exclusive=True, group="hq")
    def _enrol(self, step: Step, address: str, code: str) -> None:
        self.post_message(ask_hq.enrol(self._home, address, code, step, self._now_ms))

    async def on_enrolled(self, message: ask_hq.Enrolled) -> None:
        """Go on to sign-in, or say what a computer without gates and staff can do."""
        if message.step is HQ:
            self.exit(Outcome.READY)
        else:
            await self._stand_on(self._enrolled())
            self._ask_again()

    def _ask_again(self) -> None:
        if isinstance(self.screen, ChoiceScreen):
            self.screen.wait(_("Asking HQ…"))
        self._sync()

    @work(thread=True, exclusive=True, group="hq")
    def _sync(self) -> None:
        self.post_message(ask_hq.sync_again(self._home, self._now_ms, partial(self.call_from_thread, self._fetching)))

    def _fetching(self, at: int, of: int) -> None:
        self._say(fetching_words(at, of), "")

    async def on_answered(self, message: ask_hq.Answered) -> None:
        """Ask for the gate, then go on to sign-in; or say what is still missing."""
        gates = ways.gates_to_stand_at(self._home)
        if len(gates) == 1:
            self._place(gates[0].gate_id.hex())
        elif gates:
            await self._stand_on(self._where())
        elif isinstance(self.screen, ChoiceScreen):
            await self._stand_on(self._enrolled())
            self._say(ways.NO_PINS if message.gates else ways.NOTHING_YET, "warning")

    def on_refused(self, message: ask_hq.Refused) -> None:
        """Say why HQ did not do what was asked."""
        if isinstance(self.screen, StepScreen):
            self.screen.refuse(message.error)
        elif isinstance(self.screen, ChoiceScreen):
            self.screen.say(message.error.sentence(), "bad")

    async def _stand_on(self, screen: Screen[Any]) -> None:
        """Make `screen` the only one: from here there is no way back."""
        while len(self.screen_stack) > 1:
            await self.pop_screen()
        await self.push_screen(screen)
        self._floor = len(self.screen_stack)

    def _busy(self) -> bool:
        return bool(getattr(self.screen, "busy", False))

    async def action_quit(self) -> None:
        """End the program; what is being written or asked is waited for."""
        if self._busy():
            self._say(_("One moment: this has to be finished first."), "warning")
        else:
            self.exit(Outcome.LEFT)

    def action_help_quit(self) -> None:
        """Leave Ctrl+C without effect."""

    def _action_failed(self, error: Exception) -> None:
        if isinstance(error, EXPECTED):
            self.post_message(Trouble(error))
        else:
            self._handle_exception(error)

    def on_trouble(self, message: Trouble) -> None:
        """Say on the screen in front what is wrong; nothing that is typed is touched."""
        try:
            with plain_errors(self._home.database):
                raise message.error
        except ButlerError as known:
            self._say(known.sentence(), "bad")

    def _say(self, words: str, meaning: str) -> None:
        for sentence in self.screen.query(Sentence):
            sentence.say(words, meaning)

    def _fatal_error(self) -> None:
        """End without printing what was on screen: names are in it."""
        if self._exception is not None:
            crash_log.keep(self._home.log, self._exception)
        self._close_messages_no_wait()


def run_first_start(home: Home, settings: Settings, now_ms: Clock) -> Outcome:
    """Lead through the set-up; raises SetUpWrong or FileTrouble before anything is drawn, ButlerError after a crash."""
    stage_of(home)
    if sys.__stdin__ is None or not sys.__stdin__.isatty():
        raise SetUpWrong(NOT_SET_UP)
    app = FirstStartApp(home, settings, now_ms)
    outcome = app.run()
    if app.return_code:
        raise ButlerError(
            N_("The program had to stop. What was saved is saved. Please pass on this file: {log}"), log=home.log
        )
    return outcome or Outcome.LEFT
