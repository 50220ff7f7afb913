"""What HQ could not apply, told as the record it is about: who, where and when, as far as this terminal has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from butler_tui.domain.changes import MOST_CHANGES, Change
from butler_tui.domain.fields import TABLES
from butler_tui.ids import parse_id
from butler_tui.store import reports, staff
from butler_tui.store.about import OF_A_VISIT, About, about
from butler_tui.store.database import Connection, Row
from butler_tui.store.journal_rows import change_of
from butler_tui.store.lost import SETTLED, WAITS
from butler_tui.store.reports import Report
from butler_tui.text import safe


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
        f" WHERE q.{WAITS} ORDER BY q.at_ms DESC, q.cid LIMIT ?",
        (most,),
    ).fetchall()
    return [_held(connection, row) for row in rows]


def _held(connection: Connection, row: Row) -> Held:
    table = row["tbl"]
    told_by = row["parent_id"] if table in OF_A_VISIT else row["record_id"]
    return Held(table, row["reason"], about(connection, table, told_by))


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """An act of another terminal that HQ held back at `at_ms` (UTC ms): from where, by whom, as far as it is known."""

    at_ms: int
    place: str
    who: str
    told: Held


def held_elsewhere(connection: Connection, most: int, since_ms: int) -> list[HeldElsewhere]:
    """Return up to `most` acts of other terminals that HQ has held back since `since_ms`, the newest first.

    What is here by now was let go, or sent again: as far as it is written only once, that can be told.
    """
    found = []
    for report in reports.held_back(connection, most, since_ms):
        named = report.detail.get("held")
        for one in named if isinstance(named, list) else ():
            if (told := _elsewhere(connection, report, one)) is not None:
                found.append(told)
    return found[:most]


def _elsewhere(connection: Connection, report: Report, named: object) -> HeldElsewhere | None:
    if not isinstance(named, list) or len(named) != 4 or not all(isinstance(one, str) for one in named[:3]):
        return None
    table, record, reason, person = named
    try:
        record_id, staff_id = parse_id(record), parse_id(person) if isinstance(person, str) else None
    except ValueError:
        return None
    described = TABLES.get(table)
    if described is not None and described.once:
        statement = f"SELECT 1 FROM {described.name} WHERE {described.key} = ?"
        if connection.execute(statement, (record_id,)).fetchone() is not None:
            return None
    who = staff.by_id(connection, staff_id) if staff_id is not None else None
    told = Held(safe(table), safe(reason), about(connection, table, record_id))
    return HeldElsewhere(report.at_ms, report.place, who.name if who else "", told)


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
        f" WHERE q.{WAITS} GROUP BY j.group_id ORDER BY min(j.journal_id) LIMIT ?",
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
        f"SELECT min(journal_id) FROM quarantine JOIN journal USING (cid) WHERE group_id = ? AND {WAITS}", (group_id,)
    ).fetchone()[0]
    if found is None:
        return []
    rows = connection.execute(  # a group stands together: no index by group is needed
        "SELECT * FROM journal WHERE journal_id BETWEEN ? AND ? ORDER BY journal_id",
        (found - MOST_CHANGES, found + MOST_CHANGES),
    ).fetchall()
    return [change_of(row, bytes(16)) for row in rows if bytes(row["group_id"]) == group_id]


def together_with(connection: Connection, group_id: bytes) -> list[list[Change]]:
    """Return the changes of an act that HQ holds apart, and after them those of later such acts on the same records.

    Sent again alone, an older word would come after a newer one of the same author.
    """
    found = changes_of(connection, group_id)
    groups, keys = ([found] if found else []), {(one.table, one.record_id) for one in found}
    later_ones = connection.execute(
        f"SELECT j.group_id FROM quarantine q JOIN journal j USING (cid) WHERE q.{WAITS} AND j.journal_id >"
        " (SELECT max(journal_id) FROM journal WHERE cid = ?) GROUP BY j.group_id ORDER BY min(j.journal_id)",
        (parse_id(found[-1].cid) if found else b"",),
    ).fetchall()
    for (later,) in later_ones:
        changes = changes_of(connection, later)
        if keys & {(one.table, one.record_id) for one in changes}:
            groups.append(changes)
            keys |= {(one.table, one.record_id) for one in changes}
    return groups


def dismiss(connection: Connection, changes: Sequence[Change]) -> None:
    """Take changes off the list of what is held apart, for good: they stand on top of nothing any more.

    HQ's log may tell once more that it holds them, so that they are not waited for is kept.
    """
    cids = [(SETTLED, parse_id(one.cid)) for one in changes]
    connection.executemany("UPDATE quarantine SET reason = ? WHERE cid = ?", cids)
    connection.executemany(
        "DELETE FROM pending WHERE tbl = ? AND record_id = ? AND journal_id ="
        " (SELECT journal_id FROM journal WHERE cid = ?)",
        [(one.table, parse_id(one.record_id), parse_id(one.cid)) for one in changes],
    )
