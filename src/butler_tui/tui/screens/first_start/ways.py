"""What can be picked at the first start, and what is said where there is nothing to pick yet."""

from __future__ import annotations

from collections.abc import Sequence

from butler_tui.desk.set_up_file import is_ready_to_hand_out
from butler_tui.paths import Home
from butler_tui.store import estates, sync_state
from butler_tui.store.estates import Gate
from butler_tui.store.local import open_store
from butler_tui.tui.screens.first_start.choice import Way
from butler_tui.words import _

FIRST_WAYS = (
    Way("new", _("Set up a new estate"), _("gates, supervisor, houses")),
    Way("join", _("Join an HQ"), _("with the line that HQ printed")),
    Way("demo", _("Look at the demo"), _("invented people, in a folder of its own")),
)
ENROLLED_WAYS = (
    Way("here", _("Set up gates and supervisor here"), _("on a supervisor's PC")),
    Way("again", _("Ask HQ again"), _("once HQ has them")),
)
FETCHING_WAYS = (Way("again", _("Go on fetching"), _("what has come stays")),)
NOTHING_YET = _("HQ answers, and still has no gates and staff for this computer.")
NO_PINS = _("Gates and staff have come, their PINs not yet: let a supervisor's terminal sync, then ask again.")
_MOST_GATES = 9
"""Gates that one digit picks from."""


def gate_ways(gates: Sequence[Gate]) -> tuple[Way, ...]:
    """Return the gates as ways, each by its id."""
    return tuple(Way(one.gate_id.hex(), one.name, "") for one in gates[:_MOST_GATES])


def enrolled_ways(home: Home, estate: str) -> tuple[str, tuple[Way, ...]]:
    """Return what is said at an enrolled computer where nobody can sign in yet, and its ways on."""
    store = open_store(home)
    try:
        fetching = sync_state.summary(store.connection).fetching
    finally:
        store.close()
    if fetching:
        words = _("This computer is enrolled at HQ for {estate}. Not all records have come yet.", estate=estate)
        return words, FETCHING_WAYS
    words = _("This computer is enrolled at HQ for {estate}, but HQ has sent no gates and staff yet.", estate=estate)
    return words, ENROLLED_WAYS


def gates_to_stand_at(home: Home) -> list[Gate]:
    """Return the gates that came from HQ, none as long as nobody could sign in there."""
    store = open_store(home)
    try:
        return estates.gates(store.connection) if is_ready_to_hand_out(store) else []
    finally:
        store.close()


def place_at(home: Home, gate_id: str) -> None:
    """Write down at which gate (hex) this computer stands."""
    store = open_store(home)
    try:
        estates.place_at_gate(store.connection, bytes.fromhex(gate_id))
    finally:
        store.close()
