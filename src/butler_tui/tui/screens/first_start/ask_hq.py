"""What the first start asks HQ, off the screens' thread: to enrol this computer, whether gates and staff have come."""

from __future__ import annotations

from collections.abc import Callable

from textual.message import Message

from butler_tui.errors import ButlerError
from butler_tui.paths import Home
from butler_tui.store import estates
from butler_tui.store.database import plain_errors
from butler_tui.store.local import open_store
from butler_tui.tui.context import Clock
from butler_tui.tui.screens.first_start.steps import Step


class Enrolled(Message):
    """HQ knows this computer from now on; `step` is where it was asked."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class Refused(Message):
    """HQ did not do what was asked, or is out of reach."""

    def __init__(self, error: ButlerError) -> None:
        super().__init__()
        self.error = error


class Answered(Message):
    """HQ answered a sync: whether there are gates by now."""

    def __init__(self, *, gates: bool) -> None:
        super().__init__()
        self.gates = gates


def enrol(home: Home, address: str, code: str, step: Step, now_ms: Clock) -> Message:
    """Enrol this computer, and return what to tell the screens."""
    from butler_tui.sync.first_enrol import enrol_here

    try:
        with plain_errors(home.database):
            enrol_here(home, address, code, now_ms=now_ms)
    except ButlerError as error:
        return Refused(error)
    return Enrolled(step)


def sync_again(home: Home, now_ms: Clock, progress: Callable[[int, int], None]) -> Message:
    """Sync once, and return what to tell the screens; `progress` is told how much has come, and of how much."""
    from butler_tui.sync.syncing import sync_once
    from butler_tui.sync.talk import Tally

    try:
        with plain_errors(home.database):
            store = open_store(home)
            try:
                sync_once(store, now_ms=now_ms, tally=Tally(progress=progress))
                return Answered(gates=bool(estates.gates(store.connection)))
            finally:
                store.close()
    except ButlerError as error:
        return Refused(error)
