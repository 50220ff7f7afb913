"""HQ in the background: 5 s after a save, else every minute, backing off while it is out of reach."""

from __future__ import annotations

import random
import threading
import time

from textual.app import App
from textual.timer import Timer

from butler_tui import crash_log
from butler_tui.errors import ButlerError, Sealed, TryLater
from butler_tui.store import estates, sync_state
from butler_tui.tui.context import Context
from butler_tui.tui.messages import SyncDone, SyncProgress
from butler_tui.words import _

AFTER_SAVE_S = 5.0
EVERY_S = 60.0
FIRST_S = 2.0
LONGEST_S = 15 * 60.0
_WORTH_TELLING = 500
"""Records or positions from which a person is told how many have come."""


class BackgroundSync:
    """Runs syncs in a thread with a connection of its own, one at a time; reports by message."""

    def __init__(self, app: App[None], context: Context) -> None:
        self._app = app
        self._here = context
        self._timer: Timer | None = None
        self._failures = 0
        self._due_s = 0.0
        self._asked_until_s = 0.0
        self._running = threading.Event()

    def begin(self) -> None:
        """Start looking after HQ."""
        self._after(FIRST_S)

    def soon(self) -> None:
        """Sync a few seconds from now: something was saved. While HQ is out of reach, within a minute instead.

        Never before HQ asked to be left alone until.
        """
        if not self._failures:
            self._after(AFTER_SAVE_S)
            return
        sooner = random.uniform(EVERY_S / 2, EVERY_S)  # noqa: S311 (spreads load, keeps nothing secret)
        if self.left_s > sooner and time.monotonic() + sooner >= self._asked_until_s:
            self._after(sooner)

    @property
    def left_s(self) -> float:
        """How long it is until the next try."""
        return max(0.0, self._due_s - time.monotonic())

    def now(self) -> None:
        """Sync now: a person asked."""
        self._after(0)

    def _after(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._due_s = time.monotonic() + seconds
        self._timer = self._app.set_timer(max(seconds, 0.01), self._run)

    def _run(self) -> None:
        if self._running.is_set():
            self._after(1.0)
            return
        if estates.terminal(self._here.store.connection).terminal_id is None:
            self._after(EVERY_S)
            self._report(_("This computer is not connected to headquarters yet. What you save is kept here."), "")
            return
        self._running.set()
        threading.Thread(target=self._sync, name="sync", daemon=True).start()

    def _sync(self) -> None:
        from butler_tui.sync.syncing import sync_once
        from butler_tui.sync.talk import Tally

        try:
            store = self._here.store.again()
            try:
                tally = Tally(progress=self._on_the_way)
                report = sync_once(store, now_ms=self._here.now_ms, gentle=True, tally=tally)
                held = sync_state.summary(store.connection).quarantined
            finally:
                store.close()
        except TryLater as error:
            self._failed(error.sentence(), "warning", error)
        except Sealed as error:
            self._done(error.sentence(), "bad", EVERY_S, sealed=True)
        except ButlerError as error:
            self._failed(error.sentence(), "bad")
        except Exception as error:
            # Nothing may end the looking after HQ while the screens are open.
            crash_log.keep(self._here.store.home.log, error)
            self._failed(_("The sync stopped at an error; it is tried again. Nothing is lost."), "bad")
        else:
            self._failures = 0
            words = _("Headquarters has everything. Sent now: {count}, fetched: {fetched}.",
                      count=report.pushed, fetched=report.pulled)  # fmt: skip
            if held:
                words = _("Headquarters has everything, but {held} changes it could not apply. "
                          "Sent now: {count}, fetched: {fetched}.",
                          held=held, count=report.pushed, fetched=report.pulled)  # fmt: skip
            if tally.whole:
                words = _("All records are here: this computer is ready to hand out.")
            self._done(words, "warning" if held else "good", EVERY_S)

    def _on_the_way(self, at: int, of: int) -> None:
        """Tell the screens how much has come, where it is more than a page."""
        if of > _WORTH_TELLING and self._app.is_running:
            self._app.post_message(SyncProgress(at, of))

    def _failed(self, sentence: str, meaning: str, error: TryLater | None = None) -> None:
        from butler_tui.sync.failures import retry_after

        self._failures += 1
        asked_s = (retry_after(error) if error else None) or 0
        self._asked_until_s = time.monotonic() + asked_s
        self._done(sentence, meaning, max(asked_s, _backed_off(self._failures)))

    def _done(self, sentence: str, meaning: str, again_s: float, *, sealed: bool = False) -> None:
        self._running.clear()
        if self._app.is_running:
            self._app.call_from_thread(self._finish, sentence, meaning, again_s, sealed=sealed)

    def _finish(self, sentence: str, meaning: str, again_s: float, *, sealed: bool) -> None:
        self._after(again_s)
        self._report(sentence, meaning, sealed=sealed)

    def _report(self, sentence: str, meaning: str, *, sealed: bool = False) -> None:
        self._app.post_message(SyncDone(sentence, meaning, sealed=sealed))


def _backed_off(failures: int) -> float:
    """Return how long to wait after so many failures in a row: full jitter, at most 15 minutes."""
    ceiling = min(EVERY_S * 2.0 ** (failures - 1), LONGEST_S)
    return max(EVERY_S / 2, random.uniform(0, ceiling))  # noqa: S311 (spreads load, keeps nothing secret)
