"""The body of a push: groups of changes, what is common to a group said once, and the chain around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from butler_tui.domain.changes import MOST_BYTES, MOST_CHANGES, Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import MOST_COUNTER, Stamp
from butler_tui.ids import id_after
from butler_tui.sync.wire import (
    Body,
    checked_id,
    checked_name,
    maybe,
    take_bytes,
    take_id,
    take_integer,
    take_list,
    take_object,
    take_text,
    to_base64,
    values_from,
    without_nulls,
)

MOST_IN_BATCH = 1000
"""Changes in one push, at most."""
_MOST_MS = 2**48 - 1
_NUMBER, _ID = 8, 36


@dataclass(frozen=True, slots=True)
class PushAsk:
    """One batch: consecutive changes of one epoch, whole groups only, between two links (32 bytes each).

    `seen_most` is said of changes written before HQ was restored: up to that position its log is still the one their
    author had pulled, whatever they say they had seen.
    """

    epoch: str
    hq_gen: str
    link_before: bytes
    link_after: bytes
    changes: tuple[Change, ...]
    seen_most: int | None = None

    def to_body(self) -> dict[str, Any]:
        """Return the JSON of this batch; what follows by itself is left out."""
        most = {} if self.seen_most is None else {"seen_most": self.seen_most}
        return {
            **most,
            "epoch": self.epoch,
            "hq_gen": self.hq_gen,
            "first_seq": self.changes[0].seq,
            "link_before": to_base64(self.link_before),
            "link_after": to_base64(self.link_after),
            "groups": list(_groups(self.changes)),
        }


def _common(change: Change) -> tuple[str, str | None, int, int]:
    return change.group_id, change.staff_id, change.schema_v, change.seen


def _groups(changes: Sequence[Change]) -> Iterator[dict[str, Any]]:
    for (group_id, staff_id, schema_v, seen), together in groupby(changes, _common):
        members = list(together)
        bodies = []
        stamp, cid = members[0].hlc, group_id
        for change in members:
            bodies.append(change_body(change, change.hlc if change.hlc != stamp else None, change.cid != cid))
            stamp, cid = Stamp(change.hlc.ms, change.hlc.counter + 1), id_after(change.cid)
        yield without_nulls(
            {
                "group_id": group_id,
                "hlc": list(members[0].hlc),
                "changes": bodies,
                "staff_id": staff_id,
                "schema_v": schema_v,
                "seen": seen or None,
            }
        )


def change_body(change: Change, hlc: Stamp | None, with_cid: bool = True) -> dict[str, Any]:
    """Return the JSON of one change, without what is said of its group or follows from the one before (hlc, cid)."""
    return without_nulls(
        {
            "cid": change.cid if with_cid else None,
            "table": change.table,
            "record_id": change.record_id,
            "parent_id": change.parent_id,
            "op": None if change.op is Op.PUT else str(change.op),
            "fields": dict(change.fields) or None,
            "personal": None if change.personal is None else dict(change.personal),
            "salt": change.salt,
            "personal_digest": change.personal_digest,
            "hlc": None if hlc is None else list(hlc),
            "resolves": list(change.resolves) or None,
        }
    )


def push_from(body: Body) -> PushAsk:
    """Return the batch in a push's JSON; ValueError where it is not one."""
    epoch = take_id(body, "epoch")
    seq = take_integer(body, "first_seq", 1)
    changes: list[Change] = []
    groups = take_list(body, "groups", MOST_IN_BATCH)
    for group in groups:
        changes.extend(_group_from(group, epoch, seq + len(changes)))
    if len({change.group_id for change in changes}) != len(groups):
        raise ValueError("groups")
    if not 0 < len(changes) <= MOST_IN_BATCH or len({change.cid for change in changes}) != len(changes):
        raise ValueError("changes")
    return PushAsk(
        epoch,
        take_text(body, "hq_gen"),
        take_bytes(body, "link_before", 32, 32),
        take_bytes(body, "link_after", 32, 32),
        tuple(changes),
        maybe(take_integer, body, "seen_most"),
    )


def _group_from(group: Any, epoch: str, seq: int) -> list[Change]:
    if not isinstance(group, dict):
        raise ValueError("group")
    bodies = take_list(group, "changes", MOST_CHANGES)
    if not bodies:
        raise ValueError("group")
    common = (take_id(group, "group_id"), maybe(take_id, group, "staff_id"), take_integer(group, "schema_v"))
    seen = take_integer(group, "seen") if "seen" in group else 0
    stamp, cid = stamp_from(group), common[0]
    changes: list[Change] = []
    for body in bodies:
        if not isinstance(body, dict):
            raise ValueError("change")
        stamp = stamp_from(body) if "hlc" in body else stamp
        if stamp.counter > MOST_COUNTER:
            raise ValueError("hlc")
        cid = take_id(body, "cid") if "cid" in body else cid
        changes.append(change_from(body, epoch, seq + len(changes), common, seen, stamp, cid))
        stamp, cid = Stamp(stamp.ms, stamp.counter + 1), id_after(cid)
    if sum(map(_size, changes)) > 2 * MOST_BYTES:
        raise ValueError("group")
    return changes


def _size(change: Change) -> int:
    """Return how much a change says, about: a group has its bounds, however it is spelled."""
    parts = (*change.fields.items(), *(change.personal or {}).items())
    said = sum(len(name) + (len(value) if isinstance(value, str) else _NUMBER) for name, value in parts)
    return said + _ID * len(change.resolves)


def stamp_from(body: Body) -> Stamp:
    """Return the stamp in a body."""
    named = dict(zip(Stamp._fields, take_list(body, "hlc", 2), strict=False))
    return Stamp(take_integer(named, "ms", 0, _MOST_MS), take_integer(named, "counter", 0, MOST_COUNTER))


def change_from(
    body: Body, epoch: str, seq: int, common: tuple[str, str | None, int], seen: int, stamp: Stamp, cid: str
) -> Change:
    """Return one change; `common` are its group, author (staff_id) and schema."""
    personal = values_from(take_object(body, "personal")) if "personal" in body else None
    salt = _base64(body, "salt", 16)
    digest = _base64(body, "personal_digest", 32)
    if digest is not None and (personal is not None or salt is not None):
        raise ValueError("personal_digest")
    return Change(
        cid=cid,
        group_id=common[0],
        epoch=epoch,
        seq=seq,
        table=checked_name(body.get("table")),
        record_id=take_id(body, "record_id"),
        parent_id=maybe(take_id, body, "parent_id"),
        op=Op(take_text(body, "op")) if "op" in body else Op.PUT,
        fields=values_from(take_object(body, "fields")),
        personal=personal,
        salt=salt,
        hlc=stamp,
        seen=seen,
        staff_id=common[1],
        schema_v=common[2],
        personal_digest=digest,
        resolves=tuple(checked_id(cid) for cid in take_list(body, "resolves", MOST_CHANGES)),
    )


def _base64(body: Body, name: str, length: int) -> str | None:
    if name not in body:
        return None
    take_bytes(body, name, length, length)
    return str(body[name])
