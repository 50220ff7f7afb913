"""Enrolling a computer that may have no file yet: a wrong code leaves it as it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from butler_tui.desk.set_up_file import set_up_file
from butler_tui.errors import ButlerError, Sealed, TryLater
from butler_tui.paths import Home
from butler_tui.store import sealing_off, set_up_plan
from butler_tui.store.database import plain_driver_errors, plain_errors
from butler_tui.store.local import is_set_up, open_store
from butler_tui.store.set_aside import kept_aside, no_sync
from butler_tui.sync import enrol
from butler_tui.sync.protocol import EnrolAnswer


def enrol_here(
    home: Home, url: str, code: str, *, ca_file: Path | None = None, now_ms: Callable[[], int]
) -> EnrolAnswer:
    """Enrol this computer with HQ, making its file where there is none; raises as `enrol.ask` and `enrol.keep` do.

    A file whose keys HQ had destroyed is kept aside: nobody can open it, and this computer begins anew.
    """
    enrol.read_address(url)
    if sealing_off.mark_of(home.keys).exists():
        _begin_anew(home, now_ms())
    fresh = not is_set_up(home)
    if fresh or set_up_plan.mark(home).exists():
        with set_up_file(home, now_ms()):
            """Only made: a cut while it is made is mended at the next start."""
    store = open_store(home)
    accepted = None
    try:
        try:
            with plain_driver_errors(store.home.database):
                accepted = enrol.ask(store, url, code, ca_file=ca_file, now_ms=now_ms)
                return enrol.keep(store, accepted, now_ms)
        finally:
            store.close()
    except ButlerError as error:
        # Once the code is used, or may be, HQ knows this terminal by these keys and no others.
        if fresh and accepted is None and not isinstance(error, TryLater):
            _forget(home)
        raise


def _begin_anew(home: Home, now_ms: int) -> None:
    """Keep what is sealed under another name, so that this computer is as one that was never set up."""
    with plain_errors(home.database), no_sync(home):
        with suppress(Sealed):
            sealing_off.refuse_sealed(home.keys)  # first what a power cut has left of the keys
        kept_aside(home, now_ms)
        _forget(home)
        sealing_off.mark_of(home.keys).unlink(missing_ok=True)


def _forget(home: Home) -> None:
    """Remove the file and its keys: it was made only to enrol, or has another name by now."""
    for name in ("", "-wal", "-shm"):
        home.database.with_name(home.database.name + name).unlink(missing_ok=True)
    home.keys.unlink(missing_ok=True)
