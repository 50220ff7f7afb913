"""Six digits over the phone: how a shift lead or supervisor who is not at the gate lets one visitor in.

The guard's screen shows a challenge of eight digits, which the guard reads out; the lead's own terminal makes six
digits from it, by the lead's key and the number of the guard who asks; the guard types them. Both ends work without
HQ. The digits are cut from HMAC-SHA256 as RFC 4226 cuts them. Everything here is pure: chance is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from enum import Enum

from butler_tui.domain.folding import compact, fold
from butler_tui.domain.visits import Registration

CHALLENGE_DIGITS = 8
CODE_DIGITS = 6
TRIES = 3
"""Codes that a challenge takes; after as many wrong ones it is void."""
FIRST_DELAY_MS = 30_000
"""*Ours*: what a void challenge costs before the next one is made; twice as much each time."""
LONGEST_DELAY_MS = 15 * 60_000
_GATE_DIGITS = 2
_CHANCE = 10 ** (CHALLENGE_DIGITS - _GATE_DIGITS)
_PURPOSE = b"butler override 1\0"


def challenge_of(chance: int, gate_id: bytes) -> str:
    """Return the eight digits of a challenge: six by `chance` (any number), two that tell the gate."""
    return f"{chance % _CHANCE:06d}{_gate_digits(gate_id)}"


def gates_meant(challenge: str, gate_ids: Iterable[bytes]) -> list[bytes]:
    """Return those of the gates from which a challenge may come: rarely more than one, none where it is mistyped."""
    return [gate_id for gate_id in gate_ids if challenge[-_GATE_DIGITS:] == _gate_digits(gate_id)]


def _gate_digits(gate_id: bytes) -> str:
    return f"{int.from_bytes(hashlib.sha256(gate_id).digest()[:4]) % 10**_GATE_DIGITS:0{_GATE_DIGITS}d}"


def spoken(challenge: str) -> str:
    """Return a challenge as it is shown and read out: "1234 5678"."""
    return f"{challenge[:4]} {challenge[4:]}"


def read_digits(text: str, length: int) -> str | None:
    """Return the digits that somebody typed, spaces and dashes left out, or None where they are not `length`."""
    digits = compact(text)
    return digits if len(digits) == length and digits.isascii() and digits.isdigit() else None


def code_of(key: bytes, challenge: str, guard_number: str) -> str:
    """Return the six digits for a challenge that the guard with this staff number reads out.

    `key` is the 32-byte key of whoever allows it: who has it can say yes in their name, and nobody else.
    """
    message = _PURPOSE + f"{challenge}\0{fold(guard_number).strip()}".encode()
    digest = hmac.digest(key, message, hashlib.sha256)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFF_FFFF
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def is_code(key: bytes, challenge: str, guard_number: str, typed: str) -> bool:
    """Tell whether `typed` is the code; takes as long for a wrong one."""
    return hmac.compare_digest(code_of(key, challenge, guard_number).encode(), typed.encode("utf-8", "replace"))


def delay_ms(void: int) -> int:
    """Return how long no new challenge is made once `void` of them have been guessed at in a row."""
    return min(FIRST_DELAY_MS << min(void - 1, 10), LONGEST_DELAY_MS) if void > 0 else 0


def facts_of(registration: Registration) -> bytes:
    """Return all that is written about a visitor and found so far, as bytes to be hashed: one change, another text."""
    return json.dumps(_plain(registration), sort_keys=True, separators=(",", ":")).encode()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(str(_plain(one)) for one in value)
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.hex() if isinstance(value, bytes) else value
