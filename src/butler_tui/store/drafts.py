"""Half-typed forms: their author's alone until parked, then everybody's on this terminal; never synced.

A draft has the id of the visit it will become, and goes in the transaction that saves that visit.
"""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.store.database import Connection, transaction

GATE = "gate"
"""The desk whose forms are visits."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One form as typed: `body` is JSON that its desk writes and reads; `changed_ms` is UTC ms."""

    draft_id: bytes
    staff_id: bytes
    desk: str
    body: str
    parked: bool
    changed_ms: int


_COLUMNS = "draft_id, staff_id, desk, body, parked, changed_ms"


def keep(connection: Connection, draft: Draft) -> None:
    """Write a draft as it is now; one whose visit has been saved meanwhile stays gone."""
    with transaction(connection):
        connection.execute(
            f"INSERT INTO draft ({_COLUMNS}) SELECT ?, ?, ?, ?, ?, ?"
            " WHERE NOT EXISTS (SELECT 1 FROM visit WHERE visit_id = ?1)"
            " ON CONFLICT (draft_id) DO UPDATE SET staff_id = excluded.staff_id, body = excluded.body,"
            " parked = excluded.parked, changed_ms = excluded.changed_ms",
            (draft.draft_id, draft.staff_id, draft.desk, draft.body, int(draft.parked), draft.changed_ms),
        )


def drop(connection: Connection, draft_id: bytes) -> None:
    """Forget a draft; in a transaction that is open already, with it."""
    connection.execute("DELETE FROM draft WHERE draft_id = ?", (draft_id,))


def of_author(connection: Connection, staff_id: bytes, desk: str) -> Draft | None:
    """Return what a person left half-typed last, or None."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM draft WHERE staff_id = ? AND desk = ? AND parked = 0"
        " ORDER BY changed_ms DESC, draft_id DESC LIMIT 1",
        (staff_id, desk),
    ).fetchone()
    return _draft(row) if row else None


def parked(connection: Connection, desk: str) -> list[Draft]:
    """Return what is parked on this terminal, whoever parked it, the oldest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM draft WHERE desk = ? AND parked = 1 ORDER BY changed_ms, draft_id", (desk,)
    )
    return [_draft(row) for row in rows]


def count_parked(connection: Connection, desk: str) -> int:
    """Return how many forms are parked on this terminal."""
    row = connection.execute("SELECT count(*) FROM draft WHERE desk = ? AND parked = 1", (desk,)).fetchone()
    return int(row[0])


def take(connection: Connection, draft_id: bytes, staff_id: bytes) -> Draft | None:
    """Make a parked draft a person's own and return it; None where somebody else has taken it meanwhile."""
    with transaction(connection):
        done = connection.execute(
            "UPDATE draft SET staff_id = ?, parked = 0 WHERE draft_id = ? AND parked = 1", (staff_id, draft_id)
        )
        if not done.rowcount:
            return None
        row = connection.execute(f"SELECT {_COLUMNS} FROM draft WHERE draft_id = ?", (draft_id,)).fetchone()
    return _draft(row)


def _draft(row: tuple[bytes, bytes, str, str, int, int]) -> Draft:
    return Draft(row[0], row[1], row[2], row[3], bool(row[4]), row[5])
