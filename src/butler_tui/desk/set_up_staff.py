"""The people who sign in here: taking on, changing, a new PIN. By a supervisor, except the very first one."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from butler_tui.desk.audit import Subject, audit_row
from butler_tui.desk.session import Session, require, require_terminal
from butler_tui.desk.shifts import verifier_of
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.changes import Value
from butler_tui.domain.folding import fold
from butler_tui.domain.pins import PIN_DIGITS, Weakness, weakness
from butler_tui.domain.rights import Act, Role
from butler_tui.errors import RuleBroken
from butler_tui.ids import new_id
from butler_tui.store import staff as staff_store
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.staff import Colleague, Staff
from butler_tui.store.written import Written
from butler_tui.text import safe
from butler_tui.words import N_

LONGEST_NUMBER = 20
LONGEST_NAME = 60
ROLES = (Role.GUARD, Role.SHIFT_LEAD, Role.BUTLER, Role.SUPERVISOR)
"""What a person can be employed as; HQ is none of them."""

_WEAK = {
    Weakness.NOT_SIX_DIGITS: N_("A PIN has six digits."),
    Weakness.SAME_DIGITS: N_("A PIN of one digit only is the first that anybody tries. Choose another."),
    Weakness.IN_A_ROW: N_("Digits in a row are the first that anybody tries. Choose another PIN."),
    Weakness.REPEATED: N_("A PIN that repeats itself is easily guessed. Choose another."),
    Weakness.STAFF_NUMBER: N_("The PIN must not be the staff number. Choose another."),
}


def check_pin(pin: str, number: str) -> None:
    """Raise RuleBroken, saying why, where `pin` will not do for the person with this staff number."""
    weak = weakness(pin, number)
    if weak is not None:
        raise RuleBroken(_WEAK[weak])


def make_pin(number: str) -> str:
    """Return a random PIN to start with, none of the weak ones."""
    while True:
        pin = f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"
        if weakness(pin, number) is None:
            return pin


def read_name(name: str) -> str:
    """Return a name as it is kept; raises RuleBroken where there is none, or one too long for any line."""
    kept = safe(name).strip()
    if not kept:
        raise RuleBroken(N_("The name is missing."))
    if len(kept) > LONGEST_NAME:
        raise RuleBroken(N_("The name is longer than {most} characters."), most=LONGEST_NAME)
    return kept


def read_number(number: str) -> str:
    """Return a staff number as it is kept and typed at sign-in: folded.

    Raises RuleBroken where it is empty, too long, or has spaces.
    """
    kept = fold(safe(number)).strip()
    if not kept or len(kept) > LONGEST_NUMBER or " " in kept:
        raise RuleBroken(N_("A staff number has 1 to {most} characters, without spaces."), most=LONGEST_NUMBER)
    return kept


def take_on(store: Store, session: Session, number: str, name: str, role: Role, pin: str, now_ms: int) -> bytes:
    """Write down a new person with the PIN to start with, and return the id.

    Raises NotAllowed, RuleBroken (number taken, weak PIN, no name); then nothing is saved.
    """
    require(session, Act.MANAGE_STAFF)
    require_terminal(store, Act.MANAGE_STAFF)
    number, name = read_number(number), read_name(name)
    if role not in ROLES:
        raise RuleBroken(N_("Nobody here can be employed as that."))
    check_pin(pin, number)
    verifier = verifier_of(store, pin)
    staff_id = new_id(now_ms)

    def number_is_free() -> None:
        if staff_store.colleague(store.connection, number) is not None:
            raise RuleBroken(N_("The staff number {number} is empty or already taken."), number=number)
        staff_store.keep_verifier(store.connection, staff_id, verifier, now_ms, to_change=True)

    values: dict[str, Value] = {"number": number, "name": name, "role": str(role), "active": 1}
    _save(store, session, staff_id, values, now_ms, number_is_free)
    return staff_id


def people(store: Store, session: Session) -> list[Colleague]:
    """Return everybody who signs in here or did, by number; raises NotAllowed."""
    require(session, Act.MANAGE_STAFF)
    return staff_store.everyone(store.connection)


def change(
    store: Store, session: Session, number: str, now_ms: int, *, role: Role | None = None, active: bool | None = None
) -> None:
    """Give a person another role, end their sign-in, or allow it again; raises NotAllowed or RuleBroken.

    The last active supervisor stays one: without any, nobody could let another in.
    """
    require(session, Act.MANAGE_STAFF)
    require_terminal(store, Act.MANAGE_STAFF)
    person = _person(store, number)
    if role is not None and role not in ROLES:
        raise RuleBroken(N_("Nobody here can be employed as that."))
    values: dict[str, Value] = {}
    if role is not None:
        values["role"] = str(role)
    if active is not None:
        values["active"] = int(active)
    if not values:
        return

    def somebody_stays() -> None:
        supervisors = {one.number for one in staff_store.everyone(store.connection) if _leads(one)}
        stays = active is not False and role in (None, Role.SUPERVISOR)
        if supervisors == {person.number} and not stays:
            raise RuleBroken(N_("{name} is the last supervisor and has to stay one."), name=person.name)

    _save(store, session, person.staff_id, values, now_ms, somebody_stays)


def reset_pin(store: Store, session: Session, number: str, pin: str, now_ms: int) -> Staff:
    """Give a person a new PIN on this machine, with no wait left from wrong tries, and write down who did.

    Somebody else's is one to start with: they choose their own when they next sign in.

    Raises NotAllowed, RuleBroken (nobody has the number, weak PIN), FileTrouble; then the old PIN holds.
    """
    require(session, Act.MANAGE_STAFF)
    person = _person(store, number)
    if not person.active:
        raise RuleBroken(N_("{name} no longer signs in here."), name=person.name)
    check_pin(pin, person.number)
    verifier = verifier_of(store, pin)
    given = person.staff_id != session.staff.staff_id
    record(
        store,
        [audit_row(AuditAct.PIN_RESET, session, now_ms, subject=Subject("staff", person.staff_id))],
        staff_id=session.staff.staff_id,
        now_ms=now_ms,
        provided=lambda: staff_store.keep_verifier(
            store.connection, person.staff_id, verifier, now_ms, to_change=given
        ),
    )
    return Staff(person.staff_id, person.number, person.name, person.role)


def _leads(person: Colleague) -> bool:
    return person.active and person.role is Role.SUPERVISOR


def _person(store: Store, number: str) -> Colleague:
    typed = safe(number).strip()
    person = staff_store.colleague(store.connection, fold(typed)) or staff_store.colleague(store.connection, typed)
    if person is None:
        raise RuleBroken(N_("Nobody here has the staff number {number}."), number=safe(number).strip())
    return person


def _save(
    store: Store, session: Session, staff_id: bytes, values: dict[str, Value], now_ms: int, provided: Callable[[], None]
) -> None:
    written = [Written("staff", staff_id, values)]
    record(store, written, staff_id=session.staff.staff_id, now_ms=now_ms, provided=provided)
