"""Giving a terminal what HQ would send it, without one: changes at the next positions of a log of their own."""

from __future__ import annotations

from collections.abc import Iterable

from butler_tui.domain.changes import Change
from butler_tui.domain.merge import FieldStamp
from butler_tui.ids import id_text, new_id
from butler_tui.store import sync_state
from butler_tui.store.local import Store
from butler_tui.store.pulled import LogChange, Upto, take_changes

OTHER = id_text(new_id(1))
"""The terminal that wrote it all."""


def apply(store: Store, changes: Iterable[Change]) -> None:
    """Let a terminal pull these changes of another one, in this order."""
    pos = sync_state.position(store.connection).pos
    log = []
    for change in changes:
        pos += 1
        place = (change.epoch, change.seq, change.cid, pos, change.seen, OTHER, change.staff_id)
        stamp = FieldStamp(change.hlc.ms, change.hlc.counter, *place)
        values = {**change.fields, **(change.personal or {})}
        log.append(LogChange(change.table, change.record_id, change.op, values, stamp, change.resolves, None))
    take_changes(store, log, Upto(pos, log[-1].stamp.cid if log else None), {OTHER: "东门岗"}, now_ms=1)
