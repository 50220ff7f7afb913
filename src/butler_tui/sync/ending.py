"""The end of this terminal, once HQ has revoked it: what waits goes there once more, then its keys are destroyed."""

from __future__ import annotations

from butler_tui.errors import Sealed, TryLater
from butler_tui.store import month_keys, sealing_off, sync_state
from butler_tui.store.database import plain_errors, transaction
from butler_tui.store.local import Store
from butler_tui.sync.agreeing import hello
from butler_tui.sync.failures import OUT_OF_REACH
from butler_tui.sync.push import push_all
from butler_tui.sync.talk import Talk
from butler_tui.words import _

_MOST_TRIES = 4


def end(talk: Talk) -> None:
    """Ask HQ to be done with once it has everything, and destroy the keys on its word; raises Sealed then.

    From before the question until the keys are gone nobody can write here: nothing is saved that HQ will never see.
    Raises TryLater where people keep writing meanwhile, or HQ does not agree on what it has.
    """
    store = talk.store
    for __ in range(_MOST_TRIES):
        with transaction(store.connection):
            if not sync_state.waiting(store.connection):
                try:
                    talk.farewell()
                except Sealed:
                    destroy_keys(store, talk.now_ms())
                    raise
        push_all(talk, hello(talk))
    raise TryLater(OUT_OF_REACH, reason=_("it does not agree on where we stand"))


def destroy_keys(store: Store, now_ms: int) -> None:
    """Destroy every key of this terminal, as HQ has said; raises FileTrouble where the disk refuses. Twice is once."""
    if sealing_off.mark_of(store.home.keys).exists():
        return
    with month_keys.changing_keys(store), plain_errors(store.home.keys):
        sealing_off.destroy(store.home.keys, now_ms)
