"""Retention in the background: once a day while the screens are open, in a thread with a connection of its own."""

from __future__ import annotations

import threading

from textual.app import App

from butler_tui import crash_log
from butler_tui.store import estates
from butler_tui.tui.context import Context

FIRST_S = 5 * 60.0
"""After the rush of opening."""
EVERY_S = 24 * 3600.0


class BackgroundRetention:
    """Sweeps once a day. What fails is written to the log and tried again: nobody at the gate can mend it."""

    def __init__(self, app: App[None], context: Context) -> None:
        self._app = app
        self._here = context
        self._running = threading.Event()

    def begin(self) -> None:
        """Start looking after what has been kept long enough."""
        self._app.set_timer(FIRST_S, self.now)
        self._app.set_interval(EVERY_S, self.now)

    def now(self) -> None:
        """Sweep now, unless one is under way."""
        if not self._running.is_set():
            self._running.set()
            threading.Thread(target=self._sweep, name="retention", daemon=True).start()

    def _sweep(self) -> None:
        from butler_tui.desk.retention import sweep

        try:
            store = self._here.store.again()
            try:
                sweep(store, estates.policies(store.connection))
            finally:
                store.close()
        except Exception as error:
            crash_log.keep(self._here.store.home.log, error)
        finally:
            self._running.clear()
