"""Ids: 16 bytes, time-ordered (UUIDv7, RFC 9562), or made by a rule so that two terminals make the same one."""

from __future__ import annotations

import hashlib
import os


def new_id(now_ms: int) -> bytes:
    """Return a fresh UUIDv7 of 16 bytes for `now_ms` (UTC ms)."""
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | (random[0] & 0x0F)
    random[2] = 0x80 | (random[2] & 0x3F)
    return now_ms.to_bytes(6, "big") + bytes(random)


def id_after(text: str) -> str:
    """Return the id (text) that follows: those made at once may count up (RFC 9562, 6.2)."""
    return id_text(((int.from_bytes(parse_id(text), "big") + 1) % 2**128).to_bytes(16, "big"))


def ms_of(record_id: bytes) -> int:
    """Return the time in an id (UTC ms), as far as it was made by `new_id`."""
    return int.from_bytes(record_id[:6], "big")


def least_id(now_ms: int) -> bytes:
    """Return what no id made at `now_ms` (UTC ms) or later is below."""
    return now_ms.to_bytes(6, "big") + bytes(10)


def ruled_id(*parts: bytes | str) -> bytes:
    """Return the id of a record that a rule makes: the first 16 bytes of SHA-256 over the length-marked parts."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.digest()[:16]


def id_text(record_id: bytes) -> str:
    """Return the text form of an id, as it stands on the wire and in links."""
    text = record_id.hex()
    if len(text) != 32:
        raise ValueError(text)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def parse_id(text: str) -> bytes:
    """Return the 16 bytes of an id's text form, in either case; ValueError where it is none."""
    try:
        record_id = bytes.fromhex(text.replace("-", ""))
    except ValueError:
        record_id = b""
    if len(record_id) != 16 or len(text) != 36 or not text[8] == text[13] == text[18] == text[23] == "-":
        raise ValueError("badly formed id")
    return record_id
