"""What a terminal signs, and how HQ checks it: Ed25519 over method, path, body, time, nonce and epoch."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from butler_tui.sync.wire import MOST_INTEGER, checked_id

TERMINAL = "butler-terminal"
TIME = "butler-time"
NONCE = "butler-nonce"
EPOCH = "butler-epoch"
SIGNATURE = "butler-signature"

WINDOW_MS = 5 * 60 * 1000
"""How far a request's time may be from HQ's, either way."""
MOST_NONCE = 64
SAID_ONCE = (TERMINAL, TIME, NONCE, EPOCH, SIGNATURE, "content-encoding")
"""Headers by which a request is judged: where one stands twice, somebody else may have judged by the other."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What stands in a request's headers; `terminal_id` is empty at enrolment, `time_ms` is UTC ms."""

    terminal_id: str
    time_ms: int
    nonce: str
    epoch: str
    signature: str


def signing_string(method: str, path: str, body: bytes, time_ms: int, nonce: str, epoch: str) -> bytes:
    """Return the bytes that are signed: one value a line, the body as its SHA-256."""
    return "\n".join((method, path, hashlib.sha256(body).hexdigest(), str(time_ms), nonce, epoch)).encode()


def sign(private: bytes, message: bytes) -> str:
    """Return the Ed25519 signature of `message` under a raw private key, as base64."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return base64.b64encode(Ed25519PrivateKey.from_private_bytes(private).sign(message)).decode()


def is_signed(public: bytes, message: bytes, signature: str) -> bool:
    """Tell whether `signature` (base64) is that of `message` under the raw public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def headers_of(signed: Signed) -> dict[str, str]:
    """Return the headers that carry a signature."""
    return {
        TERMINAL: signed.terminal_id,
        TIME: str(signed.time_ms),
        NONCE: signed.nonce,
        EPOCH: signed.epoch,
        SIGNATURE: signed.signature,
    }


def signed_of(headers: Mapping[str, str]) -> Signed:
    """Return the signature in a request's headers (names in lower case); ValueError where one is absent or off."""
    time_ms = headers.get(TIME, "")
    nonce = headers.get(NONCE, "")
    signature = headers.get(SIGNATURE, "")
    terminal_id = headers.get(TERMINAL, "")
    if not (time_ms.isascii() and time_ms.isdigit() and len(time_ms) < 19 and int(time_ms) <= MOST_INTEGER):
        raise ValueError(TIME)
    if not (0 < len(nonce) <= MOST_NONCE and nonce.isascii() and nonce.isalnum()):
        raise ValueError(NONCE)
    if not 0 < len(signature) <= 100:
        raise ValueError(SIGNATURE)
    return Signed(
        terminal_id and checked_id(terminal_id), int(time_ms), nonce, checked_id(headers.get(EPOCH)), signature
    )
