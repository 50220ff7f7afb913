"""Changes that are gone though their records are there: written anew from the records, in the place they had.

HQ would never hear of such a record, and would hold back whatever belongs to it. Only changes that HQ had not taken
yet are written anew: one that it has would come twice, under two cids.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from butler_tui.domain.changes import Value
from butler_tui.domain.fields import TABLES, Table
from butler_tui.domain.hlc import Stamp, following
from butler_tui.ids import id_text, ms_of, new_id
from butler_tui.store.database import Connection, Row
from butler_tui.store.journal_rows import journal_id, keep, list_changed
from butler_tui.store.written import Head, Written, change_for

_TIMES = ("registered_ms", "at_ms")


class _Record(NamedTuple):
    """A record without any change: when it was written (UTC ms), with which visit, and what stands in it."""

    at_ms: int
    together: bytes
    order: int
    table: Table
    record_id: bytes
    values: Mapping[str, Value]
    staff_id: bytes | None


def reissue(connection: Connection, gone: Iterable[int], now_ms: int) -> int:
    """Fill the numbers `gone` of the present epoch, which HQ has not taken, as far as records tell what stood there.

    Returns how many changes were written anew. Runs behind an open door, before the new epoch is rolled.
    """
    (epoch_no,) = connection.execute("SELECT epoch_no FROM sync_state").fetchone()
    due = sorted(_without_change(connection))
    written = 0
    for first, last in _ranges(gone):
        before, after = _stamps_around(connection, epoch_no, first, last)
        fitting = [one for one in due if before.ms <= one.at_ms <= after][: last - first + 1]
        due = [one for one in due if one not in fitting]
        stamp = before if before.ms else Stamp(fitting[0].at_ms if fitting else now_ms, 0)
        groups = {one.together: new_id(now_ms) for one in fitting}
        for place, one in enumerate(fitting):
            stamp = following(stamp)
            head = Head(epoch_no, bytes(16), first + place - 1, bytes(32), stamp, 0)
            _write(connection, one, head, groups[one.together])
        written += len(fitting)
    return written


def _write(connection: Connection, one: _Record, head: Head, group_id: bytes) -> None:
    """Write the change of a record as the one after `head`; its link is made when the epoch is rolled."""
    written, now_ms = Written(one.table.name, one.record_id, one.values), head.stamp.ms
    made = change_for(written, head, (id_text(new_id(now_ms)), group_id), one.staff_id, now_ms)
    keep(connection, journal_id(head.epoch_no, made.seq), made, head.link)


def _ranges(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield runs of consecutive numbers, first and last."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[-1] + 1:
            yield run[0], run[-1]
            run = []
        run.append(number)
    if run:
        yield run[0], run[-1]


def _stamps_around(connection: Connection, epoch_no: int, first: int, last: int) -> tuple[Stamp, int]:
    """Return the stamp of the change before a gap, and the time (UTC ms) of the one after it."""
    before = connection.execute(
        "SELECT hlc_ms, hlc_counter FROM journal WHERE journal_id < ? ORDER BY journal_id DESC LIMIT 1",
        (journal_id(epoch_no, first),),
    ).fetchone()
    after = connection.execute(
        "SELECT hlc_ms FROM journal WHERE journal_id > ? ORDER BY journal_id LIMIT 1", (journal_id(epoch_no, last),)
    ).fetchone()
    return Stamp(*before) if before else Stamp(0, 0), after[0] if after else 2**62


def _without_change(connection: Connection) -> Iterator[_Record]:
    """Yield this terminal's own records of which the journal has no change."""
    list_changed(connection)
    (gate_id,) = connection.execute("SELECT gate_id FROM terminal").fetchone()
    visits: dict[bytes, int] = {}
    for order, table in enumerate(TABLES.values()):
        rows = connection.execute(
            f"SELECT * FROM {table.name} t WHERE NOT EXISTS (SELECT 1 FROM changed WHERE record_id = t.{table.key})"
            " AND NOT EXISTS (SELECT 1 FROM base b WHERE b.tbl = ?"
            f" AND b.record_id = t.{table.key})",
            (table.name,),
        ).fetchall()
        for row in rows:
            if "gate_id" in row.keys() and table.key != "gate_id" and row["gate_id"] not in (gate_id, None):  # noqa: SIM118
                continue  # what another gate wrote came from HQ
            one = _record(table, row, order, visits)
            if table.name == "visit":
                visits[one.record_id] = one.at_ms
            yield one


def _record(table: Table, row: Row, order: int, visits: Mapping[bytes, int]) -> _Record:
    names = set(row.keys())
    record_id = bytes(row[table.key])
    times = [row[name] for name in _TIMES if name in names]
    visit_id = bytes(row["visit_id"]) if "visit_id" in names else record_id
    at_ms: int = times[0] if times else visits.get(visit_id, ms_of(record_id))
    # Only what was written with the visit itself is of one act with it.
    together = visit_id if visits.get(visit_id) == at_ms else record_id
    values = {field.name: row[field.name] for field in table.fields}
    staff_id = row["staff_id"] if "staff_id" in names and table.key != "staff_id" else None
    return _Record(at_ms, together, order, table, record_id, values, staff_id)
