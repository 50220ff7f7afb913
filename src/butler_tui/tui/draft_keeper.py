"""Keeps what is being typed: a thread with a connection of its own writes each change, and no key waits for it."""

from __future__ import annotations

import threading

from butler_tui import crash_log
from butler_tui.errors import ButlerError, FileTrouble
from butler_tui.store import drafts
from butler_tui.store.database import plain_errors
from butler_tui.store.drafts import Draft
from butler_tui.store.local import Store
from butler_tui.words import N_

BREATH_S = 0.025
"""For so long a change waits for the next one: what a key has changed is painted first, and a scan is written once."""


class DraftKeeper:
    """Writes the newest state of each draft soon after it has changed.

    Where the disk refuses, `trouble` says why until a later write succeeds; the draft goes with the next change.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.trouble: ButlerError | None = None
        self._refused: dict[bytes, Draft | None] = {}
        self._due: dict[bytes, Draft | None] = {}
        self._changed = threading.Condition()
        self._busy = False
        self._ending = False
        self._hurried = False
        self._thread: threading.Thread | None = None

    def keep(self, draft: Draft) -> None:
        """Keep a draft as it is now; returns at once."""
        self._put(draft.draft_id, draft)

    def drop(self, draft_id: bytes) -> None:
        """Forget a draft; returns at once."""
        self._put(draft_id, None)

    def forget(self, draft_id: bytes) -> None:
        """Write nothing more of a draft: somebody else keeps it from now on."""
        with self._changed:
            self._due.pop(draft_id, None)
            self._refused.pop(draft_id, None)

    def flush(self, patience_s: float = 5.0) -> None:
        """Return once everything due is written, or the disk has refused it; at most so many seconds."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._due and not self._busy, patience_s)
            self._hurried = False

    def close(self) -> None:
        """Write what is due, and end."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(5.0)

    def _put(self, draft_id: bytes, draft: Draft | None) -> None:
        with self._changed:
            self._due = {**self._refused, **self._due, draft_id: draft}
            self._refused = {}
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="drafts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            store = self._store.again()
        except Exception as error:
            self._give_up(error)
            return
        try:
            while True:
                with self._changed:
                    self._changed.wait_for(lambda: self._due or self._ending)
                    self._changed.wait_for(lambda: self._hurried or self._ending, BREATH_S)
                    if not self._due and self._ending:
                        return
                    due, self._due, self._busy = self._due, {}, True
                self._write(store, due)
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        except Exception as error:
            self._give_up(error)
        finally:
            store.close()

    def _give_up(self, error: Exception) -> None:
        """End this thread, say why, and let the next change begin another."""
        crash_log.keep(self._store.home.log, error)
        with self._changed:
            self.trouble = FileTrouble(N_("What is being typed cannot be kept on the disk now: {why}."), why=error)
            self._thread, self._busy = None, False
            self._refused, self._due = {**self._refused, **self._due}, {}
            self._changed.notify_all()

    def _write(self, store: Store, due: dict[bytes, Draft | None]) -> None:
        refused: dict[bytes, Draft | None] = {}
        trouble = None
        for draft_id, draft in due.items():
            try:
                with plain_errors(store.home.database):
                    if draft is None:
                        drafts.drop(store.connection, draft_id)
                    else:
                        drafts.keep(store.connection, draft)
            except ButlerError as error:
                trouble = error
                refused[draft_id] = draft
        with self._changed:
            earlier = {draft_id: draft for draft_id, draft in self._refused.items() if draft_id not in due}
            self._refused, self.trouble = earlier | refused, trouble
