"""How changes become the present state of a record: the last writer wins, field by field. Pure; both ends use it.

Order is `(hlc_ms, hlc_counter, epoch, seq, cid)` on canonical stamps; `pos` and `seen` stand beside it for "had seen".
Where two writers of a field had not seen each other, the loser is kept until a change says that it decides between
them. One that says the same as what stands is kept too, unasked: what stands may be replaced by who had not seen it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from butler_tui.domain.changes import WireValue
from butler_tui.domain.fields import Op, Standing, Table
from butler_tui.domain.hlc import Stamp

_spelled = json.JSONEncoder(separators=(",", ":")).encode  # made once, not per record


class FieldStamp(NamedTuple):
    """Who wrote a field: canonical time (UTC ms, counter), epoch and seq, cid, HQ's position of it.

    `seen` is the position up to which its author had pulled, `terminal` where it was written, `staff` by whom (None:
    set-up); ids are UUID text.
    """

    ms: int
    counter: int
    epoch: str
    seq: int
    cid: str
    pos: int
    seen: int = 0
    terminal: str = ""
    staff: str | None = None

    def order(self) -> tuple[int, int, str, int, str]:
        """Return what decides between two writers."""
        return self[:5]

    def apart_from(self, other: FieldStamp) -> bool:
        """Tell whether two writes were made in different files, neither knowing of the other.

        A copied file writes under its terminal's name and knows nothing of the original: epochs decide.
        """
        return self.epoch != other.epoch and self.pos > other.seen and other.pos > self.seen


class Kept(NamedTuple):
    """A write in conflict with the one that won."""

    value: WireValue
    stamp: FieldStamp


@dataclass(frozen=True, slots=True)
class RecordState:
    """One record: its values by field, who wrote each, and the writes that are in conflict with them."""

    values: Mapping[str, WireValue] = field(default_factory=dict)
    stamps: Mapping[str, FieldStamp] = field(default_factory=dict)
    kept: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)

    def asked(self) -> dict[str, tuple[Kept, ...]]:
        """Return the kept writes that somebody must decide about, by field: one that says the same is kept unasked."""
        differing = {
            name: tuple(one for one in losers if one.value != self.values.get(name))
            for name, losers in self.kept.items()
        }
        return {name: losers for name, losers in differing.items() if losers}


def merged(
    state: RecordState, op: Op, values: Mapping[str, WireValue], stamp: FieldStamp, resolves: Collection[str] = ()
) -> RecordState:
    """Return `state` after one change, which HQ took after all that are in it.

    A put wins where its stamp is later, and of the fields it writes, what it decides between (`resolves`, cids) is no
    longer kept; an event only adds what is not there.
    """
    if not state.values and not state.kept:
        return RecordState(dict(values), dict.fromkeys(values, stamp))
    new_values = dict(state.values)
    new_stamps = dict(state.stamps)
    kept = _undecided(state.kept, values, resolves)
    for name, value in values.items():
        standing = state.stamps.get(name)
        thought_better = name in kept and _take_back(kept, name, state.values.get(name), stamp)
        if standing is None:
            new_values[name], new_stamps[name] = value, stamp
        elif op is not Op.EVENT:
            wins = stamp.order() > standing.order()
            before = Kept(state.values[name], standing)
            loser = before if wins else Kept(value, stamp)
            apart = stamp.apart_from(standing) and not thought_better
            if apart and loser.stamp.cid not in resolves:
                kept[name] = (*kept.get(name, ()), loser)
            if wins:
                new_values[name], new_stamps[name] = value, stamp
    return RecordState(new_values, new_stamps, kept)


def _undecided(
    kept: Mapping[str, tuple[Kept, ...]], written: Collection[str], resolves: Collection[str]
) -> dict[str, tuple[Kept, ...]]:
    """Return what is still in conflict: a decision is about the fields it writes, its losers wrote others as well."""
    left = {
        name: tuple(one for one in losers if name not in written or one.stamp.cid not in resolves)
        for name, losers in kept.items()
    }
    return {name: losers for name, losers in left.items() if losers}


def _take_back(kept: dict[str, tuple[Kept, ...]], name: str, value: WireValue, stamp: FieldStamp) -> bool:
    """Forget what a write of a field ends: what its own file wrote before, since its author has thought better of it,
    and what said the same as the standing `value` and was known to its author, who writes over all of that.

    Tell whether it is this one that they have thought better of: it was held back, and let go after a later word.
    """
    order = stamp.order()
    left = tuple(
        one
        for one in kept.pop(name)
        if (one.stamp.epoch != stamp.epoch or one.stamp.order() > order)
        and (one.value != value or one.stamp.pos > stamp.seen)
    )
    if left:
        kept[name] = left
    return any(one.stamp.epoch == stamp.epoch for one in left)


def holding(table: Table, state: RecordState) -> dict[str, WireValue]:
    """Return the values that hold: the latest writes, or of fields for safety what all the undecided amount to."""
    values = dict(state.values)
    for name, losers in state.kept.items():
        described = table.field(name)
        if described is not None and name in values:
            together = [values[name], *(one.value for one in losers)]
            values[name] = _HOLDING[described.standing](together)
    return values


def _least(values: list[WireValue]) -> WireValue:
    return min(value if isinstance(value, int) else 0 for value in values)


def _all(values: list[WireValue]) -> WireValue:
    texts = sorted({value for value in values if isinstance(value, str) and value})
    return "；".join(texts) or None


_HOLDING: dict[Standing, Any] = {
    Standing.LATEST: lambda values: values[0],
    Standing.LEAST: _least,
    Standing.ALL: _all,
}


def highest_seen(state: RecordState, names: Iterable[str], seen: int) -> Stamp | None:
    """Return the latest stamp of the fields `names` that an author who had pulled up to position `seen` knew."""
    known = [state.stamps[name] for name in names if name in state.stamps]
    return max((Stamp(stamp.ms, stamp.counter) for stamp in known if stamp.pos <= seen), default=None)


def seen_without(state: RecordState, hidden: Iterable[str], epoch: str, seen: int) -> int:
    """Return up to which position an author knew a record who had pulled up to `seen` and was not shown `hidden`.

    That is before the first write of others in these fields that still stands or is in conflict; what the same file
    (`epoch`) wrote there it knows.
    """
    stamps = [state.stamps[name] for name in hidden if name in state.stamps]
    stamps += [one.stamp for name in hidden for one in state.kept.get(name, ())]
    return min((stamp.pos - 1 for stamp in stamps if stamp.epoch != epoch and stamp.pos <= seen), default=seen)


def stamps_json(state: RecordState) -> str:
    """Return the stamps as JSON: one list a writer, then its fields; null for the fields not named elsewhere."""
    writers = iter(state.stamps.values())
    if (only := next(writers, None)) is not None and all(one is only for one in writers):
        return _spelled([[*only, None]])
    by_writer: dict[FieldStamp, list[str]] = {}
    for name, stamp in state.stamps.items():
        by_writer.setdefault(stamp, []).append(name)
    most = max(by_writer, key=lambda stamp: len(by_writer[stamp]), default=None)
    rows = [[*stamp, None if stamp == most else names] for stamp, names in by_writer.items()]
    return _spelled(rows)


def kept_json(state: RecordState) -> str | None:
    """Return the writes in conflict as JSON, None where there are none."""
    if not state.kept:
        return None
    rows = {name: [[one.value, *one.stamp] for one in losers] for name, losers in sorted(state.kept.items())}
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False)


def state_from(values: str, stamps: str, kept: str | None = None) -> RecordState:
    """Return a record's state from its JSON texts."""
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
    losers: dict[str, Any] = json.loads(kept) if kept else {}
    by_loser = {name: tuple(Kept(one[0], FieldStamp(*one[1:])) for one in rows) for name, rows in losers.items()}
    return RecordState(loaded, by_field, by_loser)
