"""What is said about pictures, after the rows that name them: which HQ has, and their chunks, either way.

`POST /e/{estate}/blob/have`, `/blob/put`, `/blob/get`, signed as every request. A chunk travels as base64 with its
SHA-256; compression takes back what base64 adds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from butler_tui.blob_folder import CHUNK
from butler_tui.sync.wire import Body, checked_id, take_bytes, take_id, take_integer, take_list, to_base64

MOST_ASKED = 50
"""Pictures in one question, at most."""
MOST_CHUNK = 384 * 1024
"""Bytes of a compressed body with one chunk, at most."""
MOST_CHUNK_OPENED = 400 * 1024
MOST_PICTURE = 32 * 1024 * 1024
"""Bytes of one picture, at most, whatever an estate's policy says."""


@dataclass(frozen=True, slots=True)
class HaveAsk:
    """Which of these pictures HQ has."""

    attachments: tuple[str, ...]

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"attachments": list(self.attachments)}


def have_from(body: Body) -> HaveAsk:
    """Return the question which pictures HQ has."""
    return HaveAsk(_ids(body, "attachments"))


@dataclass(frozen=True, slots=True)
class HaveAnswer:
    """Which of them HQ has whole, of which it has so many chunks of this terminal's, and which no record names."""

    whole: tuple[str, ...]
    begun: tuple[tuple[str, int], ...]
    unknown: tuple[str, ...]

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {
            "whole": list(self.whole),
            "begun": [list(pair) for pair in self.begun],
            "unknown": list(self.unknown),
        }


def have_answer_from(body: Body) -> HaveAnswer:
    """Return HQ's answer which pictures it has."""
    begun = []
    for pair in take_list(body, "begun", MOST_ASKED):
        if not isinstance(pair, list) or len(pair) != 2:
            raise ValueError("begun")
        begun.append((checked_id(pair[0]), take_integer({"parts": pair[1]}, "parts", 1)))
    return HaveAnswer(_ids(body, "whole"), tuple(begun), _ids(body, "unknown"))


@dataclass(frozen=True, slots=True)
class PutAsk:
    """One chunk of a picture, by its number from 0."""

    attachment_id: str
    number: int
    chunk: bytes

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"attachment_id": self.attachment_id, "number": self.number, **_chunk_body(self.chunk)}


def put_from(body: Body) -> PutAsk:
    """Return a chunk that a terminal sends."""
    return PutAsk(take_id(body, "attachment_id"), take_integer(body, "number", 0, MOST_PICTURE), chunk_from(body))


@dataclass(frozen=True, slots=True)
class PutAnswer:
    """How many chunks HQ has now, durably; `whole`: it is verified, and in its place."""

    parts: int
    whole: bool

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"parts": self.parts, "whole": int(self.whole)}


def put_answer_from(body: Body) -> PutAnswer:
    """Return HQ's answer to a chunk."""
    return PutAnswer(take_integer(body, "parts"), take_integer(body, "whole", 0, 1) == 1)


@dataclass(frozen=True, slots=True)
class GetAsk:
    """The wish for one chunk of a picture, by its number from 0."""

    attachment_id: str
    number: int

    def to_body(self) -> dict[str, Any]:
        """Return its JSON."""
        return {"attachment_id": self.attachment_id, "number": self.number}


def get_from(body: Body) -> GetAsk:
    """Return the wish for a chunk."""
    return GetAsk(take_id(body, "attachment_id"), take_integer(body, "number", 0, MOST_PICTURE))


def chunk_answer(chunk: bytes) -> dict[str, Any]:
    """Return the JSON of HQ's answer to the wish for a chunk."""
    return _chunk_body(chunk)


def chunk_from(body: Body) -> bytes:
    """Return the chunk in a body; ValueError where it does not fit its hash."""
    chunk = take_bytes(body, "chunk", 1, CHUNK)
    if hashlib.sha256(chunk).digest() != take_bytes(body, "sha256", 32, 32):
        raise ValueError("sha256")
    return chunk


def _chunk_body(chunk: bytes) -> dict[str, Any]:
    return {"chunk": to_base64(chunk), "sha256": to_base64(hashlib.sha256(chunk).digest())}


def _ids(body: Body, name: str) -> tuple[str, ...]:
    return _checked(take_list(body, name, MOST_ASKED))


def _checked(ids: Iterable[object]) -> tuple[str, ...]:
    return tuple(checked_id(one) for one in ids)
