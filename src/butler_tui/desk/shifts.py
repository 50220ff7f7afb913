"""Signing in by staff number and six-digit PIN, and setting a PIN.

The PIN is peppered with a key from the key file, then hashed with argon2id: a copied database alone is no help in
guessing one million PINs. Wrong tries are counted in the file, so a restart does not forget them; those of numbers
that nobody has too, so that the delay does not tell which numbers there are.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from butler_tui.errors import ButlerError, FileTrouble, RuleBroken
from butler_tui.store import staff as staff_store
from butler_tui.store.database import plain_errors, transaction
from butler_tui.store.local import Store
from butler_tui.store.staff import PinState, Staff
from butler_tui.words import N_

_PIN = re.compile(r"[0-9]{6}")
FREE_TRIES = 5
"""Wrong PINs in a row before a delay (ours)."""
FIRST_DELAY_MS = 30_000
LONGEST_DELAY_MS = 15 * 60_000


class Cost(NamedTuple):
    """What argon2id spends on one PIN."""

    passes: int
    kib: int
    lanes: int


COST = Cost(passes=3, kib=65_536, lanes=4)
"""The second choice of RFC 9106, section 4."""


class WrongPin(ButlerError):
    """Number or PIN is wrong: the sentence does not say which, so that numbers cannot be fished for."""


def sign_in(store: Store, number: str, pin: str, now_ms: int) -> Staff:
    """Return who has this number and PIN.

    Raises WrongPin for either being wrong or while a delay after wrong tries runs. Takes 0.2 s by design of argon2:
    call it off the screen's thread.
    """
    person = staff_store.by_number(store.connection, number)
    state = staff_store.pin_state(store.connection, person.staff_id) if person else None
    tries_of = person.staff_id if person else b""
    if person is None or state is None:
        person, tries_of = None, _stranger(store, number)
        state = staff_store.pin_state(store.connection, tries_of) or PinState(_of_nobody(), 0, 0)
    trouble: FileTrouble | None = None
    try:
        state = _taken(store, tries_of, state, now_ms)
    except FileTrouble as error:  # on a full disk whoever is right must still get to the screens
        trouble = error
    if _verify(store, state, pin) and person:
        if trouble is None:
            _forgive(store, tries_of)
        return person
    if trouble is not None:
        raise trouble
    if state.wrong_tries >= FREE_TRIES:
        raise WrongPin(
            N_("Staff number or PIN is not right. Please wait {seconds} s."),
            seconds=_delay_ms(state.wrong_tries) // 1000,
        )
    raise WrongPin(N_("Staff number or PIN is not right. Please try again."))


def _taken(store: Store, tries_of: bytes, state: PinState, now_ms: int) -> PinState:
    """Count this try as wrong before it is looked at, so that tries at the same time count each; return the new state.

    Raises WrongPin while a delay runs, and FileTrouble where the count cannot be written.
    """
    with plain_errors(store.home.database), transaction(store.connection):
        state = staff_store.pin_state(store.connection, tries_of) or state
        wait_ms = min(state.not_before_ms - now_ms, LONGEST_DELAY_MS)
        tries = state.wrong_tries + 1
        if wait_ms > 0:  # one that a clock set back has made too long is cut to the longest there is
            counted = replace(state, not_before_ms=now_ms + wait_ms)
        else:
            counted = replace(
                state, wrong_tries=tries, not_before_ms=now_ms + _delay_ms(tries) if tries >= FREE_TRIES else 0
            )
        if counted != state:
            staff_store.count_tries(store.connection, tries_of, counted)
    if wait_ms > 0:
        raise WrongPin(N_("Too many wrong tries. Please wait {seconds} s."), seconds=(wait_ms + 999) // 1000)
    return counted


def _forgive(store: Store, tries_of: bytes) -> None:
    """Count no wrong tries any more; a disk that is full by now keeps nobody out whose PIN was right."""
    with suppress(FileTrouble), plain_errors(store.home.database):
        staff_store.forgive_tries(store.connection, tries_of)


def _stranger(store: Store, number: str) -> bytes:
    """Return the id under which wrong tries of a number that nobody has are counted: it keeps no number readable."""
    return hmac.digest(store.keys.pepper, b"number:" + number.encode("utf-8", "replace"), hashlib.sha256)[:16]


def is_pin(store: Store, staff_id: bytes, pin: str) -> bool:
    """Tell whether `pin` is that of a person who has just signed in by it: no try is counted."""
    state = staff_store.pin_state(store.connection, staff_id)
    return state is not None and _verify(store, state, pin)


def set_pin(store: Store, staff_id: bytes, pin: str, now_ms: int = 0) -> None:
    """Keep the verifier of `pin`, set at `now_ms` (UTC ms); raises RuleBroken where it is not six digits."""
    verifier = verifier_of(store, pin)
    with plain_errors(store.home.database):
        staff_store.keep_verifier(store.connection, staff_id, verifier, now_ms)


def verifier_of(store: Store, pin: str) -> str:
    """Return what `pin` is checked against later; raises RuleBroken where it is not six digits. Takes 0.2 s."""
    if not _PIN.fullmatch(pin):
        raise RuleBroken(N_("A PIN has six digits."))
    return _hash(store, pin)


def _delay_ms(tries: int) -> int:
    return min(FIRST_DELAY_MS << min(tries - FREE_TRIES, 10), LONGEST_DELAY_MS)


def _peppered(pepper: bytes, pin: str) -> bytes:
    return hmac.digest(pepper, pin.encode("utf-8", "replace"), hashlib.sha256)


def _hash(store: Store, pin: str) -> str:
    from argon2 import PasswordHasher

    return PasswordHasher(COST.passes, COST.kib, COST.lanes).hash(_peppered(store.keys.pepper, pin))


def _pepper(store: Store, state: PinState) -> bytes:
    """Return the pepper of a verifier; where it has not come here, the terminal's own, which fits no PIN then."""
    if store.keys.pepper_called(state.pepper_id) is None:
        store.refresh_keys()  # a sync may have brought it meanwhile
    return store.keys.pepper_called(state.pepper_id) or store.keys.pepper


def _verify(store: Store, state: PinState, pin: str) -> bool:
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return PasswordHasher().verify(state.verifier, _peppered(_pepper(store, state), pin))
    except (VerificationError, InvalidHashError):
        return False


def _of_nobody() -> str:
    """Return a verifier that fits nobody, so that an unknown number takes as long as a wrong PIN."""
    return f"$argon2id$v=19$m={COST.kib},t={COST.passes},p={COST.lanes}${'A' * 22}${'A' * 43}"
