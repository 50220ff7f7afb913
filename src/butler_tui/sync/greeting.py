"""The bodies of a hello: where a terminal stands, and where HQ stands with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from butler_tui.sync.batch import MOST_IN_BATCH
from butler_tui.sync.wire import (
    Body,
    checked_id,
    maybe,
    take_id,
    take_integer,
    take_list,
    take_object,
    take_text,
    without_nulls,
)

Told = tuple[str, int, str, str, str]
"""A report: its id, UTC ms, kind, the terminal's name ("" for none), detail as JSON (hq/reports.py)."""
MOST_TOLD = 20
"""Reports in one answer, at most, the newest."""
MOST_MARKS = 64
"""Positions that a terminal keeps and says where HQ was restored, at most."""


@dataclass(frozen=True, slots=True)
class HelloAsk:
    """Where a terminal stands; `clock` is its own UTC ms, `waiting` how many changes it has yet to push.

    `handed` names the keys that HQ handed it last (sync/handing.py); none for one that was handed nothing yet.
    `marks` are (position, cid) up to which it has pulled at some time: said only where HQ asks for them. `told` is the
    last report that a supervisor's terminal was given.
    """

    epoch: str
    max_seq: int
    acked_seq: int
    acked_cid: str | None
    hq_gen: str | None
    pos: int
    pos_cid: str | None
    scope_gen: int
    schema_v: int
    clock: int
    version: str
    waiting: int
    handed: str | None = None
    hole: tuple[str, int, int, int, bool] | None = None
    """(epoch, first, last, gone): numbers that HQ lost when it was restored, and this terminal had let go of."""
    marks: tuple[tuple[int, str], ...] = ()
    told: str | None = None
    ends: bool = False
    """A revoked terminal has nothing left to bring, writes nothing more, and asks to be done with."""

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return without_nulls(
            {
                "epoch": self.epoch,
                "max_seq": self.max_seq,
                "acked": without_nulls({"seq": self.acked_seq, "cid": self.acked_cid}),
                "hq_gen": self.hq_gen,
                "pos": self.pos,
                "pos_cid": self.pos_cid,
                "scope_gen": self.scope_gen,
                "schema_v": self.schema_v,
                "clock": self.clock,
                "version": self.version,
                "waiting": self.waiting,
                "handed": self.handed,
                "hole": list(self.hole[:4]) if self.hole else None,
                "marks": [list(mark) for mark in self.marks] or None,
                "told": self.told,
                "ends": 1 if self.ends else None,
            }
        )


def hello_from(body: Body) -> HelloAsk:
    """Return a hello."""
    acked = take_object(body, "acked")
    return HelloAsk(
        take_id(body, "epoch"),
        take_integer(body, "max_seq"),
        take_integer(acked, "seq"),
        maybe(take_id, acked, "cid"),
        maybe(take_text, body, "hq_gen"),
        take_integer(body, "pos"),
        maybe(take_id, body, "pos_cid"),
        take_integer(body, "scope_gen"),
        take_integer(body, "schema_v"),
        take_integer(body, "clock"),
        take_text(body, "version", 40),
        take_integer(body, "waiting"),
        maybe(take_text, body, "handed"),
        _hole(take_list(body, "hole", 4)),
        tuple(_mark(one) for one in take_list(body, "marks", MOST_MARKS)),
        maybe(take_id, body, "told"),
        bool(maybe(take_integer, body, "ends")),
    )


def _hole(parts: list[Any]) -> tuple[str, int, int, int, bool] | None:
    if not parts:
        return None
    if len(parts) != 4:
        raise ValueError("hole")
    numbers = dict(zip(("first", "last", "gone"), parts[1:], strict=True))
    first, last, gone = (take_integer(numbers, name, 1) for name in numbers)
    return checked_id(parts[0]), first, last, gone, False


def _mark(mark: Any) -> tuple[int, str]:
    if not isinstance(mark, list) or len(mark) != 2:
        raise ValueError("mark")
    return take_integer({"pos": mark[0]}, "pos", 1), checked_id(mark[1])


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """Where HQ stands with this terminal's epoch; `server_time` is UTC ms.

    `quarantined` are (cid, reason) of this epoch after the terminal's `acked_seq`: verdicts whose answer was lost.
    `scope` is what the terminal is enrolled as. `fork` is said where HQ's log is not the one that the terminal pulled:
    the last position up to which both agree.
    """

    hq_gen: str
    last_seq: int
    last_cid: str | None
    pos: int
    durable_pos: int
    server_time: int
    min_schema: int
    scope_gen: int
    scope: str
    fork: int | None = None
    quarantined: tuple[tuple[str, str], ...] = ()
    retention: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[Any, ...] = ()
    reports: tuple[Told, ...] = ()
    ending: str | None = None
    """Said to a revoked terminal only: `last_push` (sync/codes.py)."""

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return without_nulls(
            {
                "hq_gen": self.hq_gen,
                "last_seq": self.last_seq,
                "last_cid": self.last_cid,
                "pos": self.pos,
                "durable_pos": self.durable_pos,
                "server_time": self.server_time,
                "min_schema": self.min_schema,
                "scope_gen": self.scope_gen,
                "scope": self.scope,
                "fork": self.fork,
                "quarantined": [list(pair) for pair in self.quarantined] or None,
                "retention": dict(self.retention),
                "keys": list(self.keys),
                "reports": [list(one) for one in self.reports] or None,
                "ending": self.ending,
            }
        )


def hello_answer_from(body: Body) -> HelloAnswer:
    """Return HQ's answer to a hello."""
    return HelloAnswer(
        take_text(body, "hq_gen"),
        take_integer(body, "last_seq"),
        maybe(take_id, body, "last_cid"),
        take_integer(body, "pos"),
        take_integer(body, "durable_pos"),
        take_integer(body, "server_time"),
        take_integer(body, "min_schema"),
        take_integer(body, "scope_gen"),
        take_text(body, "scope"),
        maybe(take_integer, body, "fork"),
        take_verdicts(body, "quarantined"),
        take_object(body, "retention"),
        tuple(take_list(body, "keys", 100)),
        tuple(_told(one) for one in take_list(body, "reports", MOST_TOLD)),
        maybe(take_text, body, "ending"),
    )


def _told(row: Any) -> Told:
    if not isinstance(row, list) or len(row) != 5:
        raise ValueError("report")
    named = {str(place): value for place, value in enumerate(row)}
    return (
        take_id(named, "0"),
        take_integer(named, "1"),
        take_text(named, "2", 40),
        take_text(named, "3"),
        take_text(named, "4", 10_000),
    )


def take_verdicts(body: Body, name: str) -> tuple[tuple[str, str], ...]:
    """Return the changes that HQ holds back, as (cid, reason)."""
    pairs = []
    for pair in take_list(body, name, MOST_IN_BATCH):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(name)
        pairs.append((checked_id(pair[0]), take_text({name: pair[1]}, name)))
    return tuple(pairs)
