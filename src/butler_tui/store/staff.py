"""Reading staff, and keeping their PIN verifiers, which never leave this machine."""

from __future__ import annotations

from collections.abc import Iterable
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
    """A verifier with its count of wrong tries; before `not_before_ms` (UTC ms) no try is taken.

    `pepper_id` says which pepper of the key file the PIN was peppered with; None: this terminal's own.
    """

    verifier: str
    wrong_tries: int
    not_before_ms: int
    pepper_id: str | None = None


@dataclass(frozen=True, slots=True)
class Verifier:
    """By what a person's PIN is checked, under which pepper (None: this terminal's own), since when (UTC ms).

    `to_change` tells that another has given it to start with.
    """

    staff_id: bytes
    verifier: str
    pepper_id: str | None
    set_ms: int
    to_change: bool = False


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
        "SELECT verifier, wrong_tries, not_before_ms, pepper_id FROM staff_pin WHERE staff_id = ?", (staff_id,)
    ).fetchone()
    return PinState(row[0], row[1], row[2], row[3]) if row else None


def keep_verifier(
    connection: Connection, staff_id: bytes, verifier: str, set_ms: int = 0, *, to_change: bool = False
) -> None:
    """Keep the verifier of a PIN that was set here; wrong tries start again from none.

    `set_ms` is UTC ms. It holds over every earlier one, whatever the clock says. `to_change` tells that another has
    given it.
    """
    connection.execute(
        "INSERT INTO staff_pin (staff_id, verifier, set_ms, to_change) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (staff_id) DO UPDATE SET"
        " verifier = excluded.verifier, wrong_tries = 0, not_before_ms = 0, pepper_id = NULL,"
        " set_ms = max(excluded.set_ms, set_ms + 1), to_change = excluded.to_change",
        (staff_id, verifier, set_ms, to_change),
    )


def pin_to_change(connection: Connection, staff_id: bytes) -> bool:
    """Tell whether the PIN of a person was given by another, who therefore knows it."""
    row = connection.execute("SELECT to_change FROM staff_pin WHERE staff_id = ?", (staff_id,)).fetchone()
    return bool(row and row[0])


def take_verifiers(connection: Connection, verifiers: Iterable[Verifier]) -> None:
    """Keep verifiers that HQ handed, each where none is known that was set as late; tries are counted on."""
    connection.executemany(
        "INSERT INTO staff_pin (staff_id, verifier, pepper_id, set_ms, to_change) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (staff_id) DO UPDATE SET verifier = excluded.verifier, pepper_id = excluded.pepper_id,"
        " set_ms = excluded.set_ms, to_change = excluded.to_change WHERE excluded.set_ms > set_ms",
        [(one.staff_id, one.verifier, one.pepper_id, one.set_ms, one.to_change) for one in verifiers],
    )


def own_verifiers(connection: Connection) -> list[Verifier]:
    """Return the verifiers of PINs that were set on this terminal, of people who sign in, by id."""
    rows = connection.execute(
        "SELECT p.staff_id, p.verifier, p.pepper_id, p.set_ms, p.to_change"
        " FROM staff_pin p JOIN staff s USING (staff_id)"
        " WHERE p.pepper_id IS NULL AND s.active = 1 ORDER BY p.staff_id"
    )
    return [Verifier(row[0], row[1], row[2], row[3], bool(row[4])) for row in rows]


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
