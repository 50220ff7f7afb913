"""A change as a row of HQ's log: its envelope in columns, its values as they were spelled when they were hashed."""

from __future__ import annotations

from typing import NamedTuple

from butler_tui.domain.changes import Change, Spelled
from butler_tui.domain.hlc import Stamp
from butler_tui.hq.engines import LogRow, TerminalRow
from butler_tui.hq.replay import APPLIED, QUARANTINED, SEEN_MOST
from butler_tui.sync.protocol import compact_json

NO_LINK = bytes(32)
"""The link of what stands in the log at no number of any chain."""


class Placed(NamedTuple):
    """Where a change of a terminal stands: its position, its canonical stamp, what its author had seen of this log."""

    terminal: TerminalRow
    pos: int
    stamp: Stamp
    seen: int
    taken_ms: int


def log_row(change: Change, spelled: Spelled, link: bytes, placed: Placed, reason: str | None) -> LogRow:
    """Return the row of a change; `reason` says why it is held in quarantine, None where it is applied."""
    return LogRow(
        estate_id=placed.terminal.estate_id,
        pos=placed.pos,
        cid=change.cid,
        terminal_id=placed.terminal.terminal_id,
        epoch=change.epoch,
        seq=change.seq,
        group_id=change.group_id,
        tbl=change.table,
        record_id=change.record_id,
        parent_id=change.parent_id,
        op=str(change.op),
        staff_id=change.staff_id,
        schema_v=change.schema_v,
        seen=change.seen,
        hlc_ms=placed.stamp.ms,
        hlc_counter=placed.stamp.counter,
        claimed_ms=change.hlc.ms,
        claimed_counter=change.hlc.counter,
        body=_body(change, spelled, placed.seen),
        link=link,
        verdict=APPLIED if reason is None else QUARANTINED,
        reason=reason,
        taken_ms=placed.taken_ms,
    )


def _body(change: Change, spelled: Spelled, seen: int) -> str:
    """Return what is kept of a change beside its envelope, as JSON; its values are spelled already."""
    parts = {
        SEEN_MOST: str(seen) if seen < change.seen else None,
        "fields": spelled.fields,
        "personal": spelled.personal,
        "salt": f'"{change.salt}"' if change.salt is not None else None,  # base64, as was checked when it was read
        "personal_digest": f'"{change.personal_digest}"' if change.personal_digest is not None else None,
        "resolves": compact_json(change.resolves).decode() if change.resolves else None,
    }
    return "{" + ",".join(f'"{name}":{part}' for name, part in parts.items() if part is not None) + "}"
