"""How changes become the present state of a record: the last writer wins, field by field. Pure; both ends use it.

Order is `(hlc_ms, hlc_counter, epoch, seq, cid)` on canonical stamps; `pos` stands beside it for "had seen".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from butler_tui.domain.changes import WireValue
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp


class FieldStamp(NamedTuple):
    """Who wrote a field last: canonical time (UTC ms, counter), epoch and seq, cid, and HQ's position of it."""

    ms: int
    counter: int
    epoch: str
    seq: int
    cid: str
    pos: int

    def order(self) -> tuple[int, int, str, int, str]:
        """Return what decides between two writers."""
        return self[:5]


@dataclass(frozen=True, slots=True)
class RecordState:
    """One record: its values by field, and who wrote each."""

    values: Mapping[str, WireValue] = field(default_factory=dict)
    stamps: Mapping[str, FieldStamp] = field(default_factory=dict)


def merged(state: RecordState, op: Op, values: Mapping[str, WireValue], stamp: FieldStamp) -> RecordState:
    """Return `state` after one change: a put wins where its stamp is later, an event only adds what is not there."""
    new_values = dict(state.values)
    new_stamps = dict(state.stamps)
    for name, value in values.items():
        standing = state.stamps.get(name)
        if standing is None or (op is not Op.EVENT and stamp.order() > standing.order()):
            new_values[name] = value
            new_stamps[name] = stamp
    return RecordState(new_values, new_stamps)


def highest_seen(state: RecordState, names: Iterable[str], seen: int) -> Stamp | None:
    """Return the latest stamp of the fields `names` that an author who had pulled up to position `seen` knew."""
    known = [state.stamps[name] for name in names if name in state.stamps]
    return max((Stamp(stamp.ms, stamp.counter) for stamp in known if stamp.pos <= seen), default=None)


def stamps_json(state: RecordState) -> str:
    """Return the stamps as JSON: one list a writer, then its fields; null for the fields not named elsewhere."""
    by_writer: dict[FieldStamp, list[str]] = {}
    for name, stamp in state.stamps.items():
        by_writer.setdefault(stamp, []).append(name)
    most = max(by_writer, key=lambda stamp: len(by_writer[stamp]), default=None)
    rows = [[*stamp, None if stamp == most else names] for stamp, names in by_writer.items()]
    return json.dumps(rows, separators=(",", ":"))


def state_from(values: str, stamps: str) -> RecordState:
    """Return a record's state from its two JSON texts."""
    loaded: dict[str, WireValue] = json.loads(values)
    by_field: dict[str, FieldStamp] = {}
    rest: FieldStamp | None = None
    for *stamp, names in json.loads(stamps):
        if names is None:
            rest = FieldStamp(*stamp)
        else:
            by_field.update(dict.fromkeys(names, FieldStamp(*stamp)))
    if rest is not None:
        by_field = {name: by_field.get(name, rest) for name in loaded}
    return RecordState(loaded, by_field)
