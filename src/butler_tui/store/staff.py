"""Reading staff, and keeping their PIN verifiers, which never leave this machine."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.domain.rights import Role
from butler_tui.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Staff:
    """One person who signs in here."""

    staff_id: bytes
    number: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Colleague:
    """One person as a supervisor sees them: also whether they still sign in, and have a PIN on this machine."""

    staff_id: bytes
    number: str
    name: str
    role: Role
    active: bool
    has_pin: bool


@dataclass(frozen=True, slots=True)
class PinState:
    """A verifier with its count of wrong tries; before `not_before_ms` (UTC ms) no try is taken."""

    verifier: str
    wrong_tries: int
    not_before_ms: int


def by_number(connection: Connection, number: str) -> Staff | None:
    """Return the active person with this staff number, or None."""
    row = connection.execute(
        "SELECT staff_id, number, name, role FROM staff WHERE number = ? AND active = 1", (number,)
    ).fetchone()
    return Staff(row[0], row[1], row[2], Role(row[3])) if row else None


def by_id(connection: Connection, staff_id: bytes) -> Staff | None:
    """Return one person, active or not, or None."""
    row = connection.execute(
        "SELECT staff_id, number, name, role FROM staff WHERE staff_id = ?", (staff_id,)
    ).fetchone()
    return Staff(row[0], row[1], row[2], Role(row[3])) if row else None


_COLLEAGUES = (
    "SELECT s.staff_id, s.number, s.name, s.role, s.active, p.staff_id IS NOT NULL FROM staff s"
    " LEFT JOIN staff_pin p USING (staff_id)"
)


def colleague(connection: Connection, number: str) -> Colleague | None:
    """Return the person with this staff number, an active one before one who has left, or None."""
    row = connection.execute(f"{_COLLEAGUES} WHERE s.number = ? ORDER BY s.active DESC LIMIT 1", (number,)).fetchone()
    return _colleague(row) if row else None


def everyone(connection: Connection) -> list[Colleague]:
    """Return everybody who signs in here or did, by number."""
    return [_colleague(row) for row in connection.execute(f"{_COLLEAGUES} ORDER BY s.number, s.staff_id")]


def _colleague(row: Row) -> Colleague:
    return Colleague(row[0], row[1], row[2], Role(row[3]), bool(row[4]), bool(row[5]))


def pin_state(connection: Connection, staff_id: bytes) -> PinState | None:
    """Return the verifier and its tries, or None for somebody without a PIN on this machine."""
    row = connection.execute(
        "SELECT verifier, wrong_tries, not_before_ms FROM staff_pin WHERE staff_id = ?", (staff_id,)
    ).fetchone()
    return PinState(row[0], row[1], row[2]) if row else None


def keep_verifier(connection: Connection, staff_id: bytes, verifier: str) -> None:
    """Keep the verifier of a new PIN; wrong tries start again from none."""
    connection.execute(
        "INSERT INTO staff_pin (staff_id, verifier) VALUES (?, ?) ON CONFLICT (staff_id) DO UPDATE SET"
        " verifier = excluded.verifier, wrong_tries = 0, not_before_ms = 0",
        (staff_id, verifier),
    )


def count_tries(connection: Connection, staff_id: bytes, state: PinState) -> None:
    """Write down the wrong tries and the delay of `state`; its verifier only where there is none for this id yet."""
    connection.execute(
        "INSERT INTO staff_pin (staff_id, verifier, wrong_tries, not_before_ms) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (staff_id) DO UPDATE SET wrong_tries = excluded.wrong_tries,"
        " not_before_ms = excluded.not_before_ms",
        (staff_id, state.verifier, state.wrong_tries, state.not_before_ms),
    )


def forgive_tries(connection: Connection, staff_id: bytes) -> None:
    """Count no wrong tries of this id any more, and let the next one through at once."""
    connection.execute("UPDATE staff_pin SET wrong_tries = 0, not_before_ms = 0 WHERE staff_id = ?", (staff_id,))
