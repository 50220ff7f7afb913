"""The challenges that a guard's screen has shown, and the wrong codes typed for them: a restart forgets neither."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.store.database import Connection, Row

_COLUMNS = "challenge, visit_id, facts, made_ms, wrong_tries, allowed_by, used"


@dataclass(frozen=True, slots=True)
class Challenge:
    """Eight digits, bound to a visit (by id) and to a keyed hash of all that was written and found about it.

    `allowed_by` is whose code was typed; `used`: the visit was saved by it. Times are UTC ms.
    """

    challenge: str
    visit_id: bytes
    facts: bytes
    made_ms: int
    wrong_tries: int = 0
    allowed_by: bytes | None = None
    used: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """How many wrong codes were typed here since one was right, and when the last was (UTC ms)."""

    tries: int
    last_ms: int


def called(connection: Connection, challenge: str) -> Challenge | None:
    """Return a challenge by its digits, whatever has become of it."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM override_challenge WHERE challenge = ?", (challenge,)).fetchone()
    return _challenge(row) if row else None


def of_visit(connection: Connection, visit_id: bytes) -> Challenge | None:
    """Return the last challenge of a visit."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM override_challenge WHERE visit_id = ? ORDER BY rowid DESC LIMIT 1", (visit_id,)
    ).fetchone()
    return _challenge(row) if row else None


def add(connection: Connection, new: Challenge, forget_before_ms: int) -> None:
    """Keep a new challenge; those made before `forget_before_ms` (UTC ms) are forgotten."""
    connection.execute("DELETE FROM override_challenge WHERE made_ms < ?", (forget_before_ms,))
    connection.execute(
        "INSERT INTO override_challenge (challenge, visit_id, facts, made_ms) VALUES (?, ?, ?, ?)",
        (new.challenge, new.visit_id, new.facts, new.made_ms),
    )


def wrong(connection: Connection) -> Wrong:
    """Return how many wrong codes were typed since the last visitor was let in by one, whatever they were for."""
    row = connection.execute(
        "SELECT coalesce(sum(wrong_tries), 0), coalesce(max(wrong_ms), 0) FROM override_challenge"
        " WHERE rowid > coalesce((SELECT max(rowid) FROM override_challenge WHERE used = 1), 0)"
    ).fetchone()
    return Wrong(row[0], row[1])


def count_wrong(connection: Connection, challenge: str, now_ms: int) -> None:
    """Count a wrong code."""
    connection.execute(
        "UPDATE override_challenge SET wrong_tries = wrong_tries + 1, wrong_ms = ? WHERE challenge = ?",
        (now_ms, challenge),
    )


def allow(connection: Connection, challenge: str, staff_id: bytes) -> None:
    """Write down whose code was right."""
    connection.execute("UPDATE override_challenge SET allowed_by = ? WHERE challenge = ?", (staff_id, challenge))


def use(connection: Connection, challenge: str) -> None:
    """Write down that the visit was saved: the challenge is good for nothing any more."""
    connection.execute("UPDATE override_challenge SET used = 1 WHERE challenge = ?", (challenge,))


def _challenge(row: Row) -> Challenge:
    return Challenge(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6]))
