"""The protocol of both ends: paths, bodies, codes. HQ and terminal import it from here and from nowhere else.

Requests: `POST /e/{estate}/enrol`, `/hello`, `/push`, `/blob/…`; JSON, UTF-8, Content-Encoding zstd or deflate. Bodies
are frozen dataclasses with `to_body` and `…_from`; decoding raises ValueError, and nothing else, for what is not one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from butler_tui.sync.batch import MOST_IN_BATCH, PushAsk, push_from
from butler_tui.sync.blob_wire import (
    MOST_CHUNK,
    MOST_CHUNK_OPENED,
    MOST_PICTURE,
    GetAsk,
    HaveAnswer,
    HaveAsk,
    PutAnswer,
    PutAsk,
    chunk_answer,
    get_from,
    have_from,
    put_from,
)
from butler_tui.sync.codes import Code, Reason
from butler_tui.sync.handing import Handed, Pin, PinsAsk, handed_from, pins_answer_from, pins_ask_from, told_from
from butler_tui.sync.joining import EnrolAnswer, EnrolAsk, enrol_answer_from, enrol_from
from butler_tui.sync.signing import WINDOW_MS, Signed, headers_of, is_signed, sign, signed_of, signing_string
from butler_tui.sync.wire import (
    MOST_ASK,
    MOST_ASK_OPENED,
    MOST_BODY,
    MOST_OPENED,
    Body,
    checked_id,
    compact_json,
    maybe,
    pack,
    squeeze,
    take_id,
    take_integer,
    take_list,
    take_object,
    take_text,
    unpack,
    without_nulls,
)

__all__ = [
    "AUTHORITY_PATH",
    "MOST_ASK",
    "MOST_ASK_OPENED",
    "MOST_BODY",
    "MOST_CHUNK",
    "MOST_CHUNK_OPENED",
    "MOST_IN_BATCH",
    "MOST_OPENED",
    "MOST_PICTURE",
    "WINDOW_MS",
    "Body",
    "Code",
    "EnrolAnswer",
    "EnrolAsk",
    "GetAsk",
    "Handed",
    "HaveAnswer",
    "HaveAsk",
    "HelloAnswer",
    "HelloAsk",
    "Pin",
    "PinsAsk",
    "PushAnswer",
    "PushAsk",
    "PutAnswer",
    "PutAsk",
    "Reason",
    "Signed",
    "checked_id",
    "chunk_answer",
    "compact_json",
    "enrol_answer_from",
    "enrol_from",
    "get_from",
    "handed_from",
    "have_from",
    "headers_of",
    "hello_answer_from",
    "hello_from",
    "is_signed",
    "pack",
    "path_of",
    "pins_answer_from",
    "pins_ask_from",
    "push_answer_from",
    "push_from",
    "put_from",
    "sign",
    "signed_of",
    "signing_string",
    "squeeze",
    "told_from",
    "unpack",
]

AUTHORITY_PATH = "/authority"
"""Where HQ's own authority can be fetched; what it says is believed only by its fingerprint."""


def path_of(estate_id: str, step: str) -> str:
    """Return the path of a step (`enrol`, `hello`, `push`) for an estate."""
    return f"/e/{estate_id}/{step}"


@dataclass(frozen=True, slots=True)
class HelloAsk:
    """Where a terminal stands; `clock` is its own UTC ms, `waiting` how many changes it has yet to push.

    `handed` names the keys that HQ handed it last (sync/handing.py); none for one that was handed nothing yet.
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
    )


@dataclass(frozen=True, slots=True)
class HelloAnswer:
    """Where HQ stands with this terminal's epoch; `server_time` is UTC ms.

    `quarantined` are (cid, reason) of this epoch after the terminal's `acked_seq`: verdicts whose answer was lost.
    """

    hq_gen: str
    last_seq: int
    last_cid: str | None
    pos: int
    durable_pos: int
    server_time: int
    min_schema: int
    scope_gen: int
    quarantined: tuple[tuple[str, str], ...] = ()
    retention: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[Any, ...] = ()

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
                "quarantined": [list(pair) for pair in self.quarantined] or None,
                "retention": dict(self.retention),
                "keys": list(self.keys),
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
        _pairs(body, "quarantined"),
        take_object(body, "retention"),
        tuple(take_list(body, "keys", 100)),
    )


@dataclass(frozen=True, slots=True)
class PushAnswer:
    """What became of a batch: every `cid` of it is applied, but for those listed; HQ stands at `last_seq` now."""

    last_seq: int
    last_cid: str
    pos: int
    duplicates: tuple[str, ...] = ()
    quarantined: tuple[tuple[str, str], ...] = ()

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "last_seq": self.last_seq,
            "last_cid": self.last_cid,
            "pos": self.pos,
            "duplicates": list(self.duplicates),
            "quarantined": [list(pair) for pair in self.quarantined],
        }


def push_answer_from(body: Body) -> PushAnswer:
    """Return HQ's answer to a push."""
    return PushAnswer(
        take_integer(body, "last_seq", 1),
        take_id(body, "last_cid"),
        take_integer(body, "pos"),
        tuple(checked_id(cid) for cid in take_list(body, "duplicates", MOST_IN_BATCH)),
        _pairs(body, "quarantined"),
    )


def _pairs(body: Body, name: str) -> tuple[tuple[str, str], ...]:
    pairs = []
    for pair in take_list(body, name, MOST_IN_BATCH):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError(name)
        pairs.append((checked_id(pair[0]), take_text({name: pair[1]}, name)))
    return tuple(pairs)
