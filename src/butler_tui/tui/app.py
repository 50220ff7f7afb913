"""The terminal's screens: who is in front, the lock, and HQ in the background."""

from __future__ import annotations

import os

os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")  # input methods lose or double text under that protocol

import time
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen

from butler_tui import crash_log
from butler_tui.errors import ButlerError, SetUpWrong
from butler_tui.paths import Home
from butler_tui.settings import Settings
from butler_tui.store import estates, set_up_plan
from butler_tui.store.database import DatabaseError, plain_driver_errors, plain_errors
from butler_tui.store.local import Store, is_set_up, open_store
from butler_tui.tui.context import Clock, Context
from butler_tui.tui.input_bytes import take_any_bytes
from butler_tui.tui.key_names import use_keys
from butler_tui.tui.key_queue import KeyQueue
from butler_tui.tui.letter_keys import LetterKeys
from butler_tui.tui.looks import Looks
from butler_tui.tui.messages import HearsOfSync, Saved, SyncAsked, SyncDone
from butler_tui.tui.screens.sign_in import SignInScreen
from butler_tui.tui.searching import Searching
from butler_tui.tui.steady import EXPECTED, Steady, Trouble
from butler_tui.tui.themes import other_theme
from butler_tui.tui.widgets.lines import Sentence
from butler_tui.words import N_, _

BEHIND_SIGN_IN = frozenset({"search", "home"})
LOAD_AFTER_S = 0.5
"""How long after the first painting the rest is loaded: the first key of a quick hand is answered before."""
IDLE_LOOK_S = 5.0
"""How often it is looked whether the screens should lock."""


class ButlerApp(Steady, Searching, LetterKeys[None], Looks[None]):
    """One terminal. Each person has screens of their own, which outlive a lock."""

    CSS_PATH: ClassVar[str] = "styles/app.tcss"
    ENABLE_COMMAND_PALETTE = False
    # With priority: no dialog and no field may stand between a guard and the lock.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f10,ctrl+l", "lock", show=False, priority=True, id="app.lock"),
        Binding("f1", "help", show=False, priority=True, id="app.help"),
        Binding("ctrl+q", "quit", show=False, priority=True, id="app.quit", tooltip=_("lock; at sign-in: quit")),
        Binding("ctrl+k", "search", show=False, priority=True, id="app.search", tooltip=_("search everything")),
        Binding("slash", "search", show=False, key_display="/", id="app.slash", tooltip=_("search everything")),
        Binding("ctrl+g", "home", show=False, id="app.home", tooltip=_("home: how it all stands")),
        Binding("f12", "theme", show=False, priority=True, id="app.theme", tooltip=_("dark or light")),
    ]
    TITLE = "butler"

    def __init__(self, context: Context, settings: Settings) -> None:
        take_any_bytes()
        super().__init__()
        self.here = context
        self._keys = KeyQueue(self, super().on_event, self._action_failed)
        self._last_input = time.monotonic()
        self._settings = settings
        self.take_looks(settings)
        self._background: Any = None

    def action_theme(self) -> None:
        """Go from dark to light, or back, until the program is closed; the settings say how it begins."""
        self.theme = other_theme(self.theme)

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Give keys out one at a time; any key or click keeps the screens awake."""
        if isinstance(event, events.Key | events.MouseDown | events.Paste) and not event.is_forwarded:
            self._last_input = time.monotonic()
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keys.put(event)
            return
        await super().on_event(event)

    async def keys_settled(self) -> None:
        """Return once every key typed so far has had all its consequences."""
        await self._keys.settled()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer at sign-in only what works there: nothing of the estate is looked up before somebody signs in."""
        if action in BEHIND_SIGN_IN and self.screen_stack and self.locked:
            return False
        return super().check_action(action, parameters)

    # Screens

    def get_default_screen(self) -> Screen[Any]:
        """Stand on the sign-in screen: a blank one under it would cost a tenth of the way to the first key."""
        return SignInScreen(self.here)

    async def on_mount(self) -> None:
        """Begin at sign-in."""
        self._take_settings()
        self.set_interval(IDLE_LOOK_S, self._lock_when_idle)
        self.call_after_refresh(self._begin_background)

    def _take_settings(self) -> None:
        """Take the keys of the settings; what cannot be is named on the first screen, and the default stays."""
        use_keys({})
        chosen, file = self._settings, self.here.store.home.settings
        if chosen == Settings(lang=chosen.lang):
            return
        from butler_tui.tui.settings_taken import refused_looks, warning

        refused = refused_looks(chosen, self.available_themes, file)
        if chosen.keys:
            from butler_tui.tui.keymap import keymap

            found = keymap(chosen.keys, file)
            use_keys(found.keys)
            self.set_keymap(found.keys)
            refused += found.refused
        if refused:
            self.call_after_refresh(lambda: self.screen.query_one(Sentence).say(warning(refused), "warning"))

    def _begin_background(self) -> None:
        """Load what the keys after sign-in need, and start looking after HQ; the first screen is painted."""
        import threading

        from butler_tui.tui.background import BackgroundSync
        from butler_tui.tui.background_retention import BackgroundRetention
        from butler_tui.tui.loading import load_rest
        from butler_tui.tui.scroll_bars import use_plain_scroll_bars

        use_plain_scroll_bars()
        self.set_timer(LOAD_AFTER_S, threading.Thread(target=load_rest, name="loading", daemon=True).start)
        self._background = BackgroundSync(self, self.here)
        self._background.begin()
        BackgroundRetention(self, self.here).begin()

    async def action_lock(self) -> None:
        """Cover everything with the sign-in screen; what is typed stays for who typed it."""
        if not self.locked:
            await self.push_screen(SignInScreen(self.here))

    async def _lock_when_idle(self) -> None:
        if time.monotonic() - self._last_input > self.here.policies.idle_lock_min * 60:
            await self.action_lock()

    async def action_quit(self) -> None:
        """End the program, from sign-in only: elsewhere it locks, so that no slip ends a half-typed form."""
        if self.locked:
            self.exit()
        else:
            await self.action_lock()

    def action_help_quit(self) -> None:
        """Leave Ctrl+C without effect: nothing here is for a slip of the hand to end."""

    def action_help(self) -> None:
        """Show what can be done on the screen in front."""
        from butler_tui.tui.dialogs.help import HelpDialog
        from butler_tui.tui.widgets.lines import shown_bindings

        if isinstance(self.screen, HelpDialog):
            self.screen.dismiss(None)
            return
        self.push_screen(HelpDialog(getattr(self.screen, "GUIDE", ()), shown_bindings(self.screen)))

    # Headquarters

    def on_saved(self, message: Saved) -> None:
        """Tell HQ soon."""
        self.show_hq()
        if self._background is not None:
            self._background.soon()

    def on_sync_asked(self, message: SyncAsked) -> None:
        """Tell HQ now."""
        self.sync_now()

    def until_sync_s(self) -> float:
        """Return how long it is until HQ is tried again."""
        return self._background.left_s if self._background is not None else 0.0

    def sync_now(self) -> None:
        """Start a sync now, and say how it went when it is done."""
        if self._background is not None:
            self._background.now()

    def show_hq(self) -> None:
        """Bring the status line of the screen in front up to date."""
        from butler_tui.tui.sync_words import hq_words, standing_for
        from butler_tui.tui.widgets.lines import StatusLine

        words = hq_words(standing_for(self.here.store, self.session), self.here.now_ms(), self.here.zone)
        for screen in self.screen_stack:
            for line in screen.query(StatusLine):
                line.show_hq(*words)

    async def on_sync_done(self, message: SyncDone) -> None:
        """Show how a sync went; where the keys are gone, lock for good: nobody can sign in any more."""
        if message.sealed:
            await self.action_lock()
            self.screen.query_one(Sentence).say(message.sentence, "bad")
            return
        self.show_hq()
        if isinstance(self.screen, HearsOfSync):
            self.screen.after_sync(message.sentence, message.meaning)

    # Trouble

    def _action_failed(self, error: Exception) -> None:
        if isinstance(error, EXPECTED):
            self.post_message(Trouble(error))
        else:
            self._handle_exception(error)

    def on_trouble(self, message: Trouble) -> None:
        """Say on the screen in front what is wrong and what to do; nothing that is typed is touched."""
        error = message.error
        try:
            with plain_errors(self.here.store.home.database):
                raise error
        except ButlerError as known:
            for sentence in self.screen.query(Sentence):
                sentence.say(known.sentence(), "bad")

    # The end

    def raise_if_database_failed(self) -> None:
        """Raise what ended the screens, where it was the database's."""
        if isinstance(self._exception, DatabaseError):
            raise self._exception

    def _fatal_error(self) -> None:
        """End without printing what was on screen or in variables: names are in them."""
        if self._exception is not None:
            crash_log.keep(self.here.store.home.log, self._exception)
        self._close_messages_no_wait()


def wall_clock() -> int:
    """Return now as UTC ms."""
    return time.time_ns() // 1_000_000


def make_context(store: Store, now_ms: Clock) -> Context:
    """Return what the screens need to know; raises SetUpWrong for a file whose set-up is not through."""
    estate = estates.estate(store.connection)
    gate = estates.gate_of_terminal(store.connection)
    if estate is None or gate is None or set_up_plan.left(store.connection) is not None:
        raise SetUpWrong(N_("This computer is not set up yet. Set it up with butler init, or try butler demo."))
    return Context(store, estate, gate, now_ms)


def run_screens(home: Home, settings: Settings) -> bool:
    """Open this machine's file and run the screens until they are closed; set it up first where that is not done.

    Returns whether the person at an empty computer would rather see the demo. Raises SetUpWrong or FileTrouble, each
    a sentence, before anything is drawn, and ButlerError after a crash: what was saved is saved, and the log says
    where it happened.
    """
    with plain_driver_errors(home.database):  # damage, where only reading comes upon it
        context = _context_of(home)
    if context is None:
        from butler_tui.tui.first_start import Outcome, run_first_start

        outcome = run_first_start(home, settings, wall_clock)
        if outcome is not Outcome.READY:
            return outcome is Outcome.DEMO
        context = make_context(open_store(home), wall_clock)
    try:
        app = ButlerApp(context, settings)
        app.run()
    finally:
        context.store.close()
    if app.return_code:
        with plain_errors(home.database):
            app.raise_if_database_failed()
        raise ButlerError(
            N_("The program had to stop. What was saved is saved. Please pass on this file: {log}"), log=home.log
        )
    return False


def _context_of(home: Home) -> Context | None:
    """Return what the screens need to know, or None where nobody can sign in here yet; raises as `open_store` does."""
    if not is_set_up(home) or set_up_plan.mark(home).exists():
        return None
    store = open_store(home)
    try:
        return make_context(store, wall_clock)
    except BaseException as error:
        store.close()
        if isinstance(error, SetUpWrong):
            return None
        raise
