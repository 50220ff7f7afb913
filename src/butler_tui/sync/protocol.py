"""The protocol of both ends: paths, bodies, codes. HQ and terminal import it from here and from nowhere else.

Requests: `POST /e/{estate}/enrol`, `/hello`, `/push`, `/pull`, `/compare`, `/pins`, `/keys`,
`/offer`, `/erased`, `/blob/…`; JSON, UTF-8,
Content-Encoding zstd or deflate. Bodies are frozen dataclasses with `to_body` and `…_from`; decoding raises ValueError,
and nothing else, for what is not one.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from butler_tui.sync.codes import DESTROY, LAST_PUSH, Code, Reason
from butler_tui.sync.comparing import CompareAsk, compare_from, differing_from
from butler_tui.sync.greeting import (
    MOST_MARKS,
    MOST_TOLD,
    HelloAnswer,
    HelloAsk,
    Told,
    hello_answer_from,
    hello_from,
    take_verdicts,
)
from butler_tui.sync.handing import (
    Handed,
    KeysAsk,
    Pin,
    PinsAsk,
    given_back_from,
    handed_from,
    keys_ask_from,
    pins_answer_from,
    pins_ask_from,
    told_from,
)
from butler_tui.sync.joining import EnrolAnswer, EnrolAsk, enrol_answer_from, enrol_from
from butler_tui.sync.offers import MOST_OFFERED, OfferAnswer, OfferAsk, Offered, offer_answer_from, offer_from
from butler_tui.sync.pages import (
    MOST_IN_PAGE,
    PullAnswer,
    PullAsk,
    Pulled,
    PulledRecord,
    pull_answer_from,
    pull_from,
)
from butler_tui.sync.registers import MOST_ERASED, ErasedAsk, erased_from
from butler_tui.sync.signing import SAID_ONCE, WINDOW_MS, Signed, headers_of, is_signed, sign, signed_of, signing_string
from butler_tui.sync.stick import TO_HQ, TO_TERMINAL, StickHead, new_head, read_head, read_stick, write_stick
from butler_tui.sync.wire import (
    MOST_ASK,
    MOST_ASK_OPENED,
    MOST_BODY,
    MOST_FIELDS,
    MOST_OPENED,
    Body,
    checked_id,
    compact_json,
    is_id,
    pack,
    squeeze,
    take_id,
    take_integer,
    take_list,
    take_object,
    unpack,
)

__all__ = [
    "AUTHORITY_PATH",
    "DESTROY",
    "LAST_PUSH",
    "MOST_ASK",
    "MOST_ASK_OPENED",
    "MOST_BODY",
    "MOST_CHUNK",
    "MOST_CHUNK_OPENED",
    "MOST_ERASED",
    "MOST_FIELDS",
    "MOST_IN_BATCH",
    "MOST_IN_PAGE",
    "MOST_MARKS",
    "MOST_OFFERED",
    "MOST_OPENED",
    "MOST_PICTURE",
    "MOST_TOLD",
    "SAID_ONCE",
    "TO_HQ",
    "TO_TERMINAL",
    "WINDOW_MS",
    "Body",
    "Code",
    "CompareAsk",
    "EnrolAnswer",
    "EnrolAsk",
    "ErasedAsk",
    "GetAsk",
    "Handed",
    "HaveAnswer",
    "HaveAsk",
    "HelloAnswer",
    "HelloAsk",
    "KeysAsk",
    "OfferAnswer",
    "OfferAsk",
    "Offered",
    "Pin",
    "PinsAsk",
    "PullAnswer",
    "PullAsk",
    "Pulled",
    "PulledRecord",
    "PushAnswer",
    "PushAsk",
    "PutAnswer",
    "PutAsk",
    "Reason",
    "Signed",
    "StickHead",
    "Told",
    "checked_id",
    "chunk_answer",
    "compact_json",
    "compare_from",
    "differing_from",
    "enrol_answer_from",
    "enrol_from",
    "erased_from",
    "get_from",
    "given_back_from",
    "handed_from",
    "have_from",
    "headers_of",
    "hello_answer_from",
    "hello_from",
    "is_id",
    "is_signed",
    "keys_ask_from",
    "new_head",
    "offer_answer_from",
    "offer_from",
    "pack",
    "path_of",
    "pins_answer_from",
    "pins_ask_from",
    "pull_answer_from",
    "pull_from",
    "push_answer_from",
    "push_from",
    "put_from",
    "read_head",
    "read_stick",
    "sign",
    "signed_of",
    "signing_string",
    "squeeze",
    "take_id",
    "take_object",
    "told_from",
    "unpack",
    "write_stick",
]

AUTHORITY_PATH = "/authority"
"""Where HQ's own authority can be fetched; what it says is believed only by its fingerprint."""


def path_of(estate_id: str, step: str) -> str:
    """Return the path of a step (`enrol`, `hello`, `push`, `pull`) for an estate."""
    return f"/e/{estate_id}/{step}"


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
        take_verdicts(body, "quarantined"),
    )
