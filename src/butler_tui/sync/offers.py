"""The bodies of an offer: what a terminal holds of others that a restored HQ may have lost.

Of what is written more than once it is a write: the fields that a change wrote and that still tell of it, with who
wrote them. What is written once is offered as it is; its id says which it is, whoever offers it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from butler_tui.domain.changes import WireValue
from butler_tui.domain.merge import FieldStamp
from butler_tui.sync.wire import (
    MOST_INTEGER,
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

MOST_OFFERED = 500
"""Writes in one offer, at most."""
_MOST_MS = 2**48 - 1


@dataclass(frozen=True, slots=True)
class Offered:
    """One write of a record; `stamp` as HQ had placed it in the log it lost, None for what is written once."""

    table: str
    record_id: str
    values: Mapping[str, WireValue]
    stamp: FieldStamp | None = None


@dataclass(frozen=True, slots=True)
class OfferAsk:
    """What a terminal offers; its log and HQ's are the same up to `seen_most`."""

    epoch: str
    hq_gen: str
    seen_most: int
    offered: tuple[Offered, ...]

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "epoch": self.epoch,
            "hq_gen": self.hq_gen,
            "seen_most": self.seen_most,
            "offered": [_body(one) for one in self.offered],
        }


def offer_from(body: Body) -> OfferAsk:
    """Return an offer; ValueError where it is none."""
    offered = tuple(_offered(one) for one in take_list(body, "offered", MOST_OFFERED))
    return OfferAsk(take_id(body, "epoch"), take_text(body, "hq_gen"), take_integer(body, "seen_most"), offered)


@dataclass(frozen=True, slots=True)
class OfferAnswer:
    """Of which records (table, id) HQ has nothing but what was offered, and which were erased for a person."""

    apart: tuple[tuple[str, str], ...]
    erased: tuple[tuple[str, str], ...] = ()

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"apart": [list(key) for key in self.apart], "erased": [list(key) for key in self.erased]}


def offer_answer_from(body: Body) -> OfferAnswer:
    """Return HQ's answer to an offer; ValueError where it is none. An HQ of before says nothing of what was erased."""
    return OfferAnswer(_keys(body, "apart"), _keys(body, "erased"))


def _keys(body: Body, name: str) -> tuple[tuple[str, str], ...]:
    found = []
    for key in take_list(body, name, MOST_OFFERED):
        if not isinstance(key, list) or len(key) != 2:
            raise ValueError(name)
        found.append((checked_name(key[0]), checked_id(key[1])))
    return tuple(found)


def _body(one: Offered) -> dict[str, Any]:
    return without_nulls(
        {
            "table": one.table,
            "record_id": one.record_id,
            "values": dict(one.values),
            "stamp": list(one.stamp) if one.stamp else None,
        }
    )


def _offered(body: Any) -> Offered:
    if not isinstance(body, dict):
        raise ValueError("offered")
    values = values_from(take_object(body, "values"))
    if not values:
        raise ValueError("values")
    stamp = _stamp(body["stamp"]) if "stamp" in body else None
    return Offered(checked_name(body.get("table")), take_id(body, "record_id"), values, stamp)


def _stamp(parts: Any) -> FieldStamp:
    if not isinstance(parts, list) or len(parts) != len(FieldStamp._fields):
        raise ValueError("stamp")
    named = dict(zip(FieldStamp._fields, parts, strict=True))
    return FieldStamp(
        take_integer(named, "ms", 0, _MOST_MS),
        take_integer(named, "counter", 0, 2**31 - 1),
        take_id(named, "epoch"),
        take_integer(named, "seq"),
        take_id(named, "cid"),
        take_integer(named, "pos"),
        take_integer(named, "seen", 0, MOST_INTEGER),
        take_id(named, "terminal"),
        maybe(take_id, named, "staff"),
    )
