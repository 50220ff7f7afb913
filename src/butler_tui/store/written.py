"""What an act writes to one record, and the change that follows from it: stamped, split, in its place in the chain."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass

from butler_tui.domain.changes import Change, Value, to_wire
from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.domain.hlc import Stamp, tick
from butler_tui.ids import id_text
from butler_tui.store.database import SCHEMA_VERSION


@dataclass(frozen=True, slots=True)
class Written:
    """What a use case writes to one record: column values as they are stored, by name.

    `resolves` are the changes (cids, 16 bytes) in conflict between which it decides.
    """

    table: str
    record_id: bytes
    values: Mapping[str, Value]
    resolves: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Head:
    """Where the journal stands: the state that the next change follows."""

    epoch_no: int
    epoch: bytes
    seq: int
    link: bytes
    stamp: Stamp
    seen: int


def follow(head: Head, change: Change) -> Head:
    """Return where the journal stands after a change."""
    return Head(head.epoch_no, head.epoch, change.seq, change.link(head.link), change.hlc, head.seen)


def change_for(one: Written, head: Head, ids: tuple[str, bytes], staff_id: bytes | None, now_ms: int) -> Change:
    """Return the change of one record that follows `head`, by `staff_id` at `now_ms` (UTC ms).

    `ids` are its cid (text) and its group's: those of one group count up from the group's own, which need not travel.
    """
    cid, group_id = ids
    table = TABLES[one.table]
    plain: dict[str, str | int | None] = {}
    personal: dict[str, str | int | None] = {}
    for field in table.fields:
        if field.name in one.values:
            part = plain if field.privacy is Privacy.PLAIN else personal
            part[field.name] = to_wire(field.kind, one.values[field.name])
    parent = one.values.get(table.parent) if table.parent else None
    return Change(
        cid=cid,
        group_id=id_text(group_id),
        epoch=id_text(head.epoch),
        seq=head.seq + 1,
        table=one.table,
        record_id=id_text(one.record_id),
        parent_id=id_text(parent) if isinstance(parent, bytes) else None,
        op=table.op,
        fields=plain,
        personal=personal or None,
        salt=base64.b64encode(os.urandom(16)).decode() if personal else None,
        hlc=tick(head.stamp, now_ms),
        seen=head.seen,
        staff_id=id_text(staff_id) if staff_id else None,
        schema_v=SCHEMA_VERSION,
        resolves=tuple(map(id_text, one.resolves)),
    )
