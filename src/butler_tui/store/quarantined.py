"""What HQ could not apply, told as the record it is about: who, where and when, as far as this terminal has it."""

from __future__ import annotations

from dataclasses import dataclass, field

from butler_tui.domain.changes import MOST_CHANGES, Change
from butler_tui.ids import parse_id
from butler_tui.store.about import OF_A_VISIT, About, about
from butler_tui.store.database import Connection, Row
from butler_tui.store.journal_rows import change_of


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
        " WHERE q.reason <> 'offered' ORDER BY q.at_ms DESC, q.cid LIMIT ?",
        (most,),
    ).fetchall()
    return [_held(connection, row) for row in rows]


def _held(connection: Connection, row: Row) -> Held:
    table = row["tbl"]
    told_by = row["parent_id"] if table in OF_A_VISIT else row["record_id"]
    return Held(table, row["reason"], about(connection, table, told_by))


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """One act that HQ holds apart, whole as it was saved: what it is about, and which visit where it is one."""

    group_id: bytes
    told: Held
    visit_id: bytes | None


def held_groups(connection: Connection, most: int) -> list[HeldGroup]:
    """Return up to `most` acts of this terminal that HQ could not apply, in the order written: what leans on what."""
    rows = connection.execute(
        "SELECT q.reason, j.tbl, j.record_id, j.parent_id, j.group_id FROM quarantine q JOIN journal j USING (cid)"
        " GROUP BY j.group_id ORDER BY min(j.journal_id) LIMIT ?",
        (most,),
    ).fetchall()
    return [HeldGroup(row["group_id"], _held(connection, row), _visit_of(row)) for row in rows]


def _visit_of(row: Row) -> bytes | None:
    if row["tbl"] == "visit":
        return bytes(row["record_id"])
    return bytes(row["parent_id"]) if row["tbl"] in OF_A_VISIT and row["parent_id"] else None


def changes_of(connection: Connection, group_id: bytes) -> list[Change]:
    """Return the changes of an act that HQ holds apart, in the order written; none where it does so no more."""
    found = connection.execute(
        "SELECT min(journal_id) FROM quarantine JOIN journal USING (cid) WHERE group_id = ?", (group_id,)
    ).fetchone()[0]
    if found is None:
        return []
    rows = connection.execute(  # a group stands together: no index by group is needed
        "SELECT * FROM journal WHERE journal_id BETWEEN ? AND ? ORDER BY journal_id",
        (found - MOST_CHANGES, found + MOST_CHANGES),
    ).fetchall()
    return [change_of(row, bytes(16)) for row in rows if bytes(row["group_id"]) == group_id]


def dismiss(connection: Connection, changes: list[Change]) -> None:
    """Take changes off the list of what is held apart."""
    connection.executemany("DELETE FROM quarantine WHERE cid = ?", [(parse_id(one.cid),) for one in changes])
