"""What HQ could not apply, told as the record it is about: who, where and when, as far as this terminal has it."""

from __future__ import annotations

from dataclasses import dataclass, field

from butler_tui.store.about import OF_A_VISIT, About, about
from butler_tui.store.database import Connection, Row


@dataclass(frozen=True, slots=True)
class Held:
    """One change that HQ holds apart; `table` is None where its journal row is gone."""

    table: str | None
    reason: str
    about: About = field(default_factory=About)


def held(connection: Connection, most: int) -> list[Held]:
    """Return up to `most` changes that HQ could not apply, the newest first."""
    rows = connection.execute(
        "SELECT q.reason, j.tbl, j.record_id, j.parent_id FROM quarantine q LEFT JOIN journal j USING (cid)"
        " ORDER BY q.at_ms DESC, q.cid LIMIT ?",
        (most,),
    ).fetchall()
    return [_held(connection, row) for row in rows]


def _held(connection: Connection, row: Row) -> Held:
    table = row["tbl"]
    told_by = row["parent_id"] if table in OF_A_VISIT else row["record_id"]
    return Held(table, row["reason"], about(connection, table, told_by))
