"""The audit chain: each change is bound to all before it, and stays verifiable after its values are erased.

link = H(previous link, cid, digest); digest = H(envelope and plain fields, personal digest);
personal digest = H(salt, personal and secret fields). H is SHA-256 over JSON with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

# Made once: json.dumps makes one for each value.
_spelled = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode

FIRST_LINK = bytes(32)
"""What stands before the first change of a terminal's first epoch."""


def canonical_json(value: object) -> bytes:
    """Return the one spelling of a JSON value that both ends hash: sorted keys, no spaces, UTF-8."""
    return _spelled(value).encode()


def personal_digest(salt: bytes, personal: bytes) -> bytes:
    """Return the digest of what erasure takes away (JSON); the 16-byte salt keeps short values from being guessed."""
    return hashlib.sha256(salt + personal).digest()


def change_digest(envelope: Mapping[str, object], fields: bytes, personal: bytes) -> bytes:
    """Return the digest of a change from its envelope (without epoch and seq), plain fields (JSON), personal digest."""
    return hashlib.sha256(b"[%b,%b]%b" % (canonical_json(envelope), fields, personal)).digest()


def next_link(previous: bytes, cid: bytes, digest: bytes) -> bytes:
    """Return the link of the change `cid` that follows `previous`."""
    return hashlib.sha256(previous + cid + digest).digest()
