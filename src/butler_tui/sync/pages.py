"""The bodies of a pull: pages of HQ's log, or of records as they are now, filtered to what a terminal may see.

A page of the log has whole groups only, in order of position. A page of records has them by table and id, each with
the position of its last change, so that what comes twice is known by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from butler_tui.domain.changes import Change, WireValue
from butler_tui.sync.batch import MOST_IN_BATCH, change_body, change_from, stamp_from
from butler_tui.sync.wire import (
    Body,
    checked_id,
    checked_name,
    maybe,
    take_id,
    take_integer,
    take_list,
    take_object,
    take_text,
    values_from,
    without_nulls,
)

MOST_IN_PAGE = 1000
"""Changes or records in one page, at most, but for the rest of a group."""
_MOST_TERMINALS = 10_000


@dataclass(frozen=True, slots=True)
class PullAsk:
    """What a terminal asks for: the log after `pos`, or, where `whole_after` is said, records after that one.

    `pos_cid` is the change at `pos`: where HQ has another one there, its log is not the one that was pulled.
    `whole_after` is "" for the first records, else what the page before said; `whole_upto` is the position that the
    first page named. With `whole_until` only records before that one come, those that this file wrote among them.
    """

    epoch: str
    hq_gen: str
    scope_gen: int
    pos: int
    pos_cid: str | None = None
    whole_after: str | None = None
    whole_upto: int | None = None
    whole_until: str | None = None

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return without_nulls(
            {
                "epoch": self.epoch,
                "hq_gen": self.hq_gen,
                "scope_gen": self.scope_gen,
                "pos": self.pos,
                "pos_cid": self.pos_cid,
                "whole_after": self.whole_after,
                "whole_upto": self.whole_upto,
                "whole_until": self.whole_until,
            }
        )


def pull_from(body: Body) -> PullAsk:
    """Return what a terminal asks for."""
    return PullAsk(
        take_id(body, "epoch"),
        take_text(body, "hq_gen"),
        take_integer(body, "scope_gen"),
        take_integer(body, "pos"),
        maybe(take_id, body, "pos_cid"),
        maybe(take_text, body, "whole_after"),
        maybe(take_integer, body, "whole_upto"),
        maybe(take_text, body, "whole_until"),
    )


@dataclass(frozen=True, slots=True)
class Pulled:
    """One change of HQ's log: with its canonical stamp, at its position, from a terminal; `reason` where it is held."""

    change: Change
    pos: int
    terminal: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PulledRecord:
    """One record as it is at HQ; `stamps` and `kept` as domain/merge.py reads them, None for what is written once.

    `erased` says that what was personal in it was erased: where it is merely not there, HQ lacks it. `registered`, that
    this was for a person: whoever hears of it keeps it in mind, should HQ forget.
    """

    table: str
    record_id: str
    values: Mapping[str, WireValue]
    pos: int
    stamps: Sequence[Any] | None = None
    kept: Mapping[str, Any] | None = None
    erased: bool = False
    registered: bool = False


@dataclass(frozen=True, slots=True)
class PullAnswer:
    """A page: everything that the terminal may see up to `upto`, where HQ's log has the change `upto_cid`.

    `head` is where the log ends. `whole_after` is said where more records follow, and goes into the next request.
    `terminals` names those that wrote, by id. `total` is said with records: how many there are in all, about.
    """

    head: int
    upto: int
    upto_cid: str | None
    changes: tuple[Pulled, ...] = ()
    records: tuple[PulledRecord, ...] = ()
    whole_after: str | None = None
    terminals: Mapping[str, str] = field(default_factory=dict)
    total: int | None = None
    held: tuple[str, ...] | None = None
    """With the last records: which changes of this epoch (cids) HQ holds back; None where it does not say."""

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return without_nulls(
            {
                "head": self.head,
                "upto": self.upto,
                "upto_cid": self.upto_cid,
                "groups": list(_groups(self.changes)) or None,
                "records": [_record_body(one) for one in self.records] or None,
                "whole_after": self.whole_after,
                "terminals": dict(self.terminals) or None,
                "total": self.total,
                "held": None if self.held is None else list(self.held),
            }
        )


def pull_answer_from(body: Body) -> PullAnswer:
    """Return a page."""
    changes: list[Pulled] = []
    for group in take_list(body, "groups", MOST_IN_PAGE):
        changes.extend(_group_from(group))
    terminals = take_object(body, "terminals")
    if len(terminals) > _MOST_TERMINALS:
        raise ValueError("terminals")
    return PullAnswer(
        take_integer(body, "head"),
        take_integer(body, "upto"),
        maybe(take_id, body, "upto_cid"),
        tuple(changes),
        tuple(_record_from(one) for one in take_list(body, "records", MOST_IN_PAGE)),
        maybe(take_text, body, "whole_after"),
        {checked_id(one): take_text(terminals, one) for one in terminals},
        maybe(take_integer, body, "total"),
        tuple(map(checked_id, take_list(body, "held", MOST_IN_BATCH))) if "held" in body else None,
    )


def _groups(changes: Sequence[Pulled]) -> Iterator[dict[str, Any]]:
    for _, together in groupby(changes, lambda one: (one.change.group_id, one.terminal, one.reason)):
        members = list(together)
        first = members[0].change
        yield without_nulls(
            {
                "group_id": first.group_id,
                "terminal": members[0].terminal,
                "epoch": first.epoch,
                "staff_id": first.staff_id,
                "schema_v": first.schema_v,
                "reason": members[0].reason,
                "changes": [_pulled_body(one) for one in members],
            }
        )


def _pulled_body(one: Pulled) -> dict[str, Any]:
    change = one.change
    return {**change_body(change, change.hlc), "pos": one.pos, "seq": change.seq, "seen": change.seen}


def _group_from(group: Any) -> Iterator[Pulled]:
    if not isinstance(group, dict):
        raise ValueError("group")
    common = (take_id(group, "group_id"), maybe(take_id, group, "staff_id"), take_integer(group, "schema_v"))
    epoch, terminal = take_id(group, "epoch"), take_id(group, "terminal")
    reason = maybe(take_text, group, "reason")
    for body in take_list(group, "changes", MOST_IN_PAGE):
        if not isinstance(body, dict):
            raise ValueError("change")
        seq, seen, stamp = take_integer(body, "seq"), take_integer(body, "seen"), stamp_from(body)
        change = change_from(body, epoch, seq, common, seen, stamp, take_id(body, "cid"))
        yield Pulled(change, take_integer(body, "pos", 1), terminal, reason)


def _record_body(one: PulledRecord) -> dict[str, Any]:
    return without_nulls(
        {
            "table": one.table,
            "id": one.record_id,
            "fields": dict(one.values),
            "pos": one.pos,
            "stamps": None if one.stamps is None else list(one.stamps),
            "kept": None if one.kept is None else dict(one.kept),
            "erased": one.erased or None,
            "registered": one.registered or None,
        }
    )


def _record_from(body: Any) -> PulledRecord:
    if not isinstance(body, dict):
        raise ValueError("record")
    stamps = take_list(body, "stamps", 200) if "stamps" in body else None
    return PulledRecord(
        checked_name(body.get("table")),
        take_id(body, "id"),
        values_from(take_object(body, "fields")),
        take_integer(body, "pos"),
        stamps,
        take_object(body, "kept") if "kept" in body else None,
        body.get("erased") is True,
        body.get("registered") is True,
    )
