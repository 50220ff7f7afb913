"""What the changes of HQ's log amount to, record by record: HQ's rows of records are this and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import FieldStamp, RecordState, merged
from butler_tui.hq.engines import LogRow
from butler_tui.text import safe_values

APPLIED = "applied"
QUARANTINED = "quarantined"
RELEASED = "released"
SEEN_MOST = "seen_most"
RELEASES = "releases"


def after(state: RecordState, row: LogRow) -> RecordState:
    """Return what a record amounts to after one more change of the log."""
    body: dict[str, Any] = json.loads(row.body)
    values = safe_values({**body.get("fields", {}), **(body.get("personal") or {})})
    return merged(state, Op(row.op), values, stamp_of(row, body), body.get("resolves", ()))


def cid_of(row: LogRow, body: Mapping[str, Any]) -> str:
    """Return which change a row of the log is: one that is let go has a row of its own, which names it."""
    return str(body.get(RELEASES, row.cid))


def stamp_of(row: LogRow, body: Mapping[str, Any]) -> FieldStamp:
    """Return who wrote a change of the log."""
    place = (row.hlc_ms, row.hlc_counter, row.epoch, row.seq, cid_of(row, body), row.pos)
    return FieldStamp(*place, seen_of(row, body), row.terminal_id, row.staff_id)


def seen_of(row: LogRow, body: Mapping[str, Any]) -> int:
    """Return up to which position of this log the author of a change had pulled.

    Before HQ was restored it may have pulled more, of another log: `seen_most` is up to where both are the same.
    """
    return min(row.seen, int(body.get(SEEN_MOST, row.seen)))


def replayed(rows: Iterable[LogRow]) -> dict[tuple[str, str], RecordState]:
    """Return every record (table, id) that the changes, in order of position, amount to."""
    states: dict[tuple[str, str], RecordState] = {}
    for row in rows:
        if row.verdict == APPLIED:
            key = (row.tbl, row.record_id)
            states[key] = after(states.get(key, RecordState()), row)
    return states


def change_at(row: LogRow, body: Mapping[str, Any]) -> Change:
    """Return a change of the log as its author sent it."""
    return Change(
        cid=row.cid,
        group_id=row.group_id,
        epoch=row.epoch,
        seq=row.seq,
        table=row.tbl,
        record_id=row.record_id,
        parent_id=row.parent_id,
        op=Op(row.op),
        fields=body.get("fields", {}),
        personal=body.get("personal"),
        salt=body.get("salt"),
        hlc=Stamp(row.claimed_ms, row.claimed_counter),
        seen=row.seen,
        staff_id=row.staff_id,
        schema_v=row.schema_v,
        personal_digest=body.get("personal_digest"),
        resolves=tuple(body.get("resolves", ())),
    )
