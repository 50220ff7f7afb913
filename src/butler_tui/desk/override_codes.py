"""Letting a visitor in by a one-time code over the phone: the challenge at the booth, the code at the lead's terminal.

Neither needs HQ at that moment: HQ has handed both the key of whoever may allow it (sync/handing.py). What was guessed
at, and the wait for it, stand in the file, so a restart forgets neither. The code itself is written nowhere.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from butler_tui.desk.audit import Subject, note
from butler_tui.desk.session import Session, require
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.folding import fold
from butler_tui.domain.override_codes import (
    CHALLENGE_DIGITS,
    CODE_DIGITS,
    LONGEST_DELAY_MS,
    TRIES,
    challenge_of,
    code_of,
    delay_ms,
    facts_of,
    gates_meant,
    is_code,
    read_digits,
    spoken,
)
from butler_tui.domain.retention import DAY_MS
from butler_tui.domain.rights import Act, may
from butler_tui.domain.visits import Registration
from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.sealing import match_key
from butler_tui.store import estates, override_challenges
from butler_tui.store import staff as staff_store
from butler_tui.store.database import plain_errors, transaction
from butler_tui.store.local import Store
from butler_tui.store.override_challenges import Challenge
from butler_tui.store.staff import Staff
from butler_tui.text import safe
from butler_tui.words import N_

_KEPT_MS = 180 * DAY_MS
"""*Ours*: for how long a used or void challenge is not shown again."""


class WrongCode(ButlerError):
    """The code is not right, or no more is taken for this challenge."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a challenge that was read out over the phone is about: which guard asks, and which gate it may be."""

    challenge: str
    guard: Staff | None
    number: str
    gates: tuple[str, ...]


# At the booth


def challenge_for(
    store: Store, session: Session, visit_id: bytes, registration: Registration, now_ms: int
) -> Challenge:
    """Return the challenge for a visitor as written down and checked now; the same one until something of it changes.

    Raises RuleBroken where nobody's codes can be checked here, WrongCode while a wait after wrong codes runs,
    FileTrouble. `now_ms` is UTC ms.
    """
    require(session, Act.REGISTER_VISIT)
    store.refresh_keys()  # a sync may have brought them meanwhile
    if not store.keys.overrides:
        raise RuleBroken(N_("This computer has no keys for codes yet: they come from headquarters with a sync."))
    connection, facts = store.connection, _facts(store, registration)
    last = override_challenges.of_visit(connection, visit_id)
    if last is not None and last.facts == facts and not last.used and last.wrong_tries < TRIES:
        return last
    _wait(store, now_ms)
    with plain_errors(store.home.database), transaction(connection):
        new = Challenge(_fresh(store, session.gate_id), visit_id, facts, now_ms)
        override_challenges.add(connection, new, now_ms - _KEPT_MS)
    return new


def allowed(store: Store, session: Session, challenge: str, number: str, code: str, now_ms: int) -> Staff:
    """Return who allows it: the shift lead or supervisor with this staff number, whose code it is.

    A wrong code is counted, durably, before this raises WrongCode: after three the challenge is void, and each time
    it takes longer until the next. Raises RuleBroken for anybody else's number, or one whose key has not come here.
    """
    person = _may_allow(store, number)
    key = store.keys.overrides[person.staff_id.hex()]
    _wait(store, now_ms)
    with plain_errors(store.home.database), transaction(store.connection):
        known = override_challenges.called(store.connection, challenge)
        open_still = known is not None and not known.used and known.wrong_tries < TRIES
        right = open_still and is_code(key, challenge, session.staff.number, read_digits(code, CODE_DIGITS) or "")
        if right:
            override_challenges.allow(store.connection, challenge, person.staff_id)
        elif open_still:
            override_challenges.count_wrong(store.connection, challenge, now_ms)
    if known is None or not open_still:
        raise WrongCode(_VOID)
    if not right:
        _refuse(store, session, known, now_ms)
    return person


def use(store: Store, challenge: str, by: Staff, visit_id: bytes, registration: Registration) -> None:
    """Use a challenge up, in the transaction that saves the visit; raises RuleBroken where it does not allow just this.

    That is where anything about the visitor has changed since, or it was used before.
    """
    known = override_challenges.called(store.connection, challenge)
    holds = (
        known is not None
        and not known.used
        and known.wrong_tries < TRIES
        and (known.allowed_by, known.visit_id, known.facts) == (by.staff_id, visit_id, _facts(store, registration))
    )
    if not holds:
        raise RuleBroken(N_("Something about this visitor has changed since the code was made: ask for a new one."))
    override_challenges.use(store.connection, challenge)


_VOID = N_("This challenge is void: go back and ask again with a new one.")


def _refuse(store: Store, session: Session, before: Challenge, now_ms: int) -> None:
    """Say how many tries are left; a challenge that was guessed at until it is void is written down for supervisors."""
    left = TRIES - before.wrong_tries - 1
    if left:
        raise WrongCode(N_("The code is not right. {left} more tries."), left=left)
    subject = Subject("visit", before.visit_id)
    note(store, AuditAct.OVERRIDE_CODES_WRONG, session, now_ms, subject=subject, reason=spoken(before.challenge))
    raise WrongCode(_VOID)


def _wait(store: Store, now_ms: int) -> None:
    """Raise WrongCode while a wait runs: each third wrong code in a row, for whichever visitor, begins a longer one."""
    wrong = override_challenges.wrong(store.connection)
    rounds, begun = divmod(wrong.tries, TRIES)
    until_ms = wrong.last_ms + delay_ms(rounds) if not begun else 0
    wait_ms = min(until_ms - now_ms, LONGEST_DELAY_MS)  # a clock set back must not make it longer
    if wait_ms > 0:
        raise WrongCode(
            N_("Too many wrong codes. Please wait {seconds} s, then press Enter."), seconds=(wait_ms + 999) // 1000
        )


def _fresh(store: Store, gate_id: bytes) -> str:
    while True:
        challenge = challenge_of(secrets.randbelow(1 << 64), gate_id)
        if override_challenges.called(store.connection, challenge) is None:
            return challenge


def _facts(store: Store, registration: Registration) -> bytes:
    return match_key(store.keys.match, "override", facts_of(registration).decode())


def _may_allow(store: Store, number: str) -> Staff:
    person = staff_store.by_number(store.connection, fold(safe(number)).strip())
    if person is None or not may(person.role, Act.OVERRIDE):
        raise RuleBroken(N_("Nobody with this number may allow it: ask a shift lead or supervisor for theirs."))
    store.refresh_keys()
    if person.staff_id.hex() not in store.keys.overrides:
        raise RuleBroken(
            N_("The key of {name} has not come to this computer yet: it comes from headquarters with a sync."),
            name=person.name,
        )
    return person


# At the terminal of whoever allows it


def asked(store: Store, session: Session, challenge: str, guard_number: str) -> Asked:
    """Return what a challenge is about, so that it can be said in words before anything is allowed.

    Raises NotAllowed, RuleBroken (not eight digits, no number).
    """
    require(session, Act.OVERRIDE)
    digits = read_digits(safe(challenge), CHALLENGE_DIGITS)
    if digits is None:
        raise RuleBroken(N_("A challenge has eight digits: have it read out again."))
    number = fold(safe(guard_number)).strip()
    if not number:
        raise RuleBroken(N_("The staff number of the guard who asks is missing."))
    gates = {gate.gate_id: gate.name for gate in estates.gates(store.connection)}
    meant = tuple(gates[gate_id] for gate_id in gates_meant(digits, gates))
    return Asked(digits, staff_store.by_number(store.connection, number), number, meant)


def code_for(store: Store, session: Session, asked_for: Asked, why: str, now_ms: int) -> str:
    """Return the six digits to tell the guard, once it is written down who allowed what, and why.

    They are good for that challenge only, typed by that guard. Raises NotAllowed, RuleBroken (no reason given, no key
    here yet), FileTrouble; then there is no code.
    """
    require(session, Act.OVERRIDE)
    if not safe(why).strip():
        raise RuleBroken(N_("Say who is let in, and why: it is written down."))
    store.refresh_keys()
    key = store.keys.overrides.get(session.staff.staff_id.hex())
    if key is None:
        raise RuleBroken(N_("Your key has not come to this computer yet: it comes from headquarters with a sync."))
    subject = Subject("staff", asked_for.guard.staff_id) if asked_for.guard else None
    reason = f"{spoken(asked_for.challenge)} {safe(why).strip()}"
    note(store, AuditAct.OVERRIDE_CODE_MADE, session, now_ms, subject=subject, reason=reason)
    return code_of(key, asked_for.challenge, asked_for.number)
