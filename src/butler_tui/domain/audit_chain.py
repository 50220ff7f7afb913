"""The audit chain: each change is bound to all before it, and stays verifiable after its values are erased.

link = H(previous link, cid, digest); digest = H(envelope and plain fields, personal digest);
personal digest = H(salt, personal and secret fields). H is SHA-256 over JSON with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

FIRST_LINK = bytes(32)
"""What stands before the first change of a terminal's first epoch."""


def canonical_json(value: object) -> bytes:
    """Return the one spelling of a JSON value that both ends hash: sorted keys, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def personal_digest(salt: bytes, personal: Mapping[str, object]) -> bytes:
    """Return the digest of what erasure takes away; the 16-byte salt keeps short values from being guessed."""
    return hashlib.sha256(salt + canonical_json(personal)).digest()


def change_digest(envelope: Mapping[str, object], fields: Mapping[str, object], personal: bytes) -> bytes:
    """Return the digest of a change from its envelope (without epoch and seq), plain fields, personal digest."""
    return hashlib.sha256(canonical_json([envelope, fields]) + personal).digest()


def next_link(previous: bytes, cid: bytes, digest: bytes) -> bytes:
    """Return the link of the change `cid` that follows `previous`."""
    return hashlib.sha256(previous + cid + digest).digest()
