"""When a terminal's nightly job starts: 02:00 plus a stable offset of up to two hours (PROTOCOL, load)."""

from __future__ import annotations

import hashlib

NIGHT_BEGINS_S = 2 * 3600
"""Seconds after midnight, by the clock on the wall, at which the first terminal may start."""
SPREAD_S = 2 * 3600
"""Seconds over which terminals spread, so that HQ is not asked by all of them at once."""


def offset_s(identity: bytes) -> int:
    """Return by how many seconds (0 to 7199) whoever is called `identity` starts later: the same each night."""
    return int.from_bytes(hashlib.sha256(b"butler night\0" + identity).digest()[:8], "big") % SPREAD_S


def starts_at(identity: bytes) -> tuple[int, int, int]:
    """Return hour, minute and second of the clock on the wall at which the job of `identity` starts."""
    at = NIGHT_BEGINS_S + offset_s(identity)
    return at // 3600, at // 60 % 60, at % 60
