"""A PIN that nobody else knows: who was given one to start with chooses their own before anything is done with it."""

from __future__ import annotations

from butler_tui.desk.set_up_staff import check_pin
from butler_tui.desk.shifts import is_pin, verifier_of
from butler_tui.errors import RuleBroken
from butler_tui.store import staff as staff_store
from butler_tui.store.database import plain_errors
from butler_tui.store.local import Store
from butler_tui.store.staff import Staff
from butler_tui.words import N_


def has_own_pin(store: Store, staff: Staff) -> bool:
    """Tell whether a person signs in with a PIN that they chose themselves."""
    return not staff_store.pin_to_change(store.connection, staff.staff_id)


def require_own_pin(store: Store, staff: Staff) -> None:
    """Raise RuleBroken where another knows the PIN by which somebody acts: their name would stand under it."""
    if not has_own_pin(store, staff):
        raise RuleBroken(N_("This PIN was given to start with. Sign in on the screens once, and choose your own."))


def choose_pin(store: Store, staff: Staff, pin: str, now_ms: int) -> None:
    """Take the PIN that a person chose in place of the one they were given; takes 0.4 s by design of argon2.

    Raises RuleBroken where it is a weak one or the same again, FileTrouble where it cannot be written.
    """
    check_pin(pin, staff.number)
    if is_pin(store, staff.staff_id, pin):
        raise RuleBroken(N_("That is the PIN you were given. Choose another, which nobody else knows."))
    verifier = verifier_of(store, pin)
    with plain_errors(store.home.database):
        staff_store.keep_verifier(store.connection, staff.staff_id, verifier, now_ms)
