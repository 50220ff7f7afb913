"""The format of a backup: a head that anyone may read, then a body that only its recipients can open.

Both ends use it: a terminal writes and opens backups, HQ unlocks those that were sealed to it. Layout: a magic line,
the head's length (4 bytes, big-endian), the head (JSON), its SHA-256, then the body in pieces of 1 MiB, each
AES-256-GCM under a content key that is fresh for every backup and stands in the head only sealed to each recipient.
Every piece is bound to the head, its number, and whether it is the last: nothing can be changed, moved, left out or
cut off unseen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from butler_tui.errors import FileTrouble, SetUpWrong
from butler_tui.ids import id_text, parse_id
from butler_tui.sealing import open_sealed, public_box_key, seal_to
from butler_tui.words import N_

_FAMILY = b"BUTLER-BACKUP-"
MAGIC = _FAMILY + b"1\n"
_MOST_HEAD = 64 * 1024
PIECE = 1024 * 1024
_TAG = 16
_PURPOSE = "terminal backup"
KEY_BYTES = 32


class BackupOf(StrEnum):
    """Whose records a backup holds."""

    TERMINAL = "terminal"
    HQ = "hq"


class RecipientKind(StrEnum):
    """For whom a backup is sealed."""

    PASSPHRASE = "passphrase"
    HQ = "hq"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who can open a backup: an X25519 public key, and for a passphrase the salt it was derived with."""

    kind: RecipientKind
    public: bytes
    salt: bytes = b""
    sealed: bytes = b""
    """The content key, sealed to `public`; empty until the backup is written."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself to anyone: no names, only which terminal's file it is and how far it goes.

    `made_ms` is UTC ms; `schema` the version of the file in it; `epoch` (16 bytes) and `seq` where its journal ends.
    One of HQ names no estate and no terminal; its `epoch` is a number of its own, its `seq` 0.
    """

    estate_id: bytes | None
    terminal_id: bytes | None
    made_ms: int
    schema: int
    epoch: bytes
    seq: int
    recipients: tuple[Recipient, ...]
    check: bytes = b""
    """By which the right content key is known before anything is opened with it; empty until written."""
    of: BackupOf = BackupOf.TERMINAL

    def recipient(self, kind: RecipientKind) -> Recipient | None:
        """Return the recipient of this kind, or None where the backup was not made for one."""
        return next((one for one in self.recipients if one.kind is kind), None)


def sealed_head(head: Head, content_key: bytes) -> bytes:
    """Return what stands before the body: `head` with the content key sealed to each of its recipients."""
    recipients = [
        {
            "kind": str(one.kind),
            "public": _text(one.public),
            "salt": _text(one.salt),
            "sealed": _text(seal_to(one.public, content_key, purpose=_PURPOSE)),
        }
        for one in head.recipients
    ]
    body = json.dumps(
        {
            "of": str(head.of),
            "estate": id_text(head.estate_id) if head.estate_id else None,
            "terminal": id_text(head.terminal_id) if head.terminal_id else None,
            "made_ms": head.made_ms,
            "schema": head.schema,
            "epoch": id_text(head.epoch),
            "seq": head.seq,
            "recipients": recipients,
            "check": _text(_check(content_key)),
        }
    ).encode()
    return MAGIC + len(body).to_bytes(4, "big") + body + hashlib.sha256(body).digest()


def sealed_pieces(content: Iterable[bytes], content_key: bytes, head: bytes) -> Iterator[bytes]:
    """Yield the body of a backup: `content` in sealed pieces, bound to `head` (as `sealed_head` returned it)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher, bound = AESGCM(content_key), hashlib.sha256(head).digest()
    pending, number = b"", 0
    for part in content:
        pending += part
        while len(pending) > PIECE:  # never the whole of it: the last piece is marked, and is not empty
            yield cipher.encrypt(_nonce(number, last=False), pending[:PIECE], bound)
            pending, number = pending[PIECE:], number + 1
    yield cipher.encrypt(_nonce(number, last=True), pending, bound)


def read_head(file: Path) -> Head:
    """Return what a backup says of itself.

    Raises SetUpWrong for what is not a backup or of a newer program, FileTrouble for a damaged one, OSError for one
    that cannot be read.
    """
    with file.open("rb") as stream:
        return _head(stream, file)[0]


def opened_pieces(file: Path, content_key: bytes) -> Iterator[bytes]:
    """Yield the content of a backup; raises FileTrouble as soon as anything is not as it was written."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    cipher = AESGCM(content_key)
    with file.open("rb") as stream:
        bound = hashlib.sha256(_head(stream, file)[1]).digest()
        number, piece = 0, stream.read(PIECE + _TAG)
        while True:
            following = stream.read(PIECE + _TAG)
            try:
                yield cipher.decrypt(_nonce(number, last=not following), piece, bound)
            except InvalidTag as error:
                raise damaged(file) from error
            if not following:
                return
            number, piece = number + 1, following


def content_key_for(recipient: Recipient, private: bytes) -> bytes | None:
    """Return the content key where the X25519 key `private` is the recipient's, else None."""
    if public_box_key(private) != recipient.public:
        return None
    try:
        return open_sealed(private, recipient.sealed, purpose=_PURPOSE)
    except ValueError:
        return None


def is_content_key(head: Head, content_key: bytes) -> bool:
    """Tell whether `content_key` is the one of the backup with this head."""
    return hmac.compare_digest(head.check, _check(content_key))


def unlock_words(content_key: bytes) -> str:
    """Return a content key as HQ hands it over, for one backup: groups of four that can be read out and typed."""
    text = base64.b32encode(content_key + _sum(content_key)).decode()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def content_key_from(words: str) -> bytes:
    """Return the content key in what `unlock_words` made; ValueError where it was mistyped."""
    text = "".join(words.split()).replace("-", "").upper().replace("0", "O").replace("1", "I").replace("8", "B")
    raw = base64.b32decode(text)
    key, told = raw[:KEY_BYTES], raw[KEY_BYTES:]
    if _sum(key) != told:
        raise ValueError("mistyped")
    return key


def _sum(content_key: bytes) -> bytes:
    return hashlib.sha256(b"butler unlock" + content_key).digest()[:3]


def _check(content_key: bytes) -> bytes:
    return hashlib.sha256(b"butler backup check" + content_key).digest()


def damaged(file: Path) -> FileTrouble:
    """Return what is said of a backup that is not as it was written."""
    return FileTrouble(
        N_("The backup {file} is damaged or was cut short. Nothing was changed: use another backup."), file=file
    )


def _nonce(number: int, *, last: bool) -> bytes:
    """Return the nonce of a piece: the content key seals nothing else, so a count is enough."""
    return number.to_bytes(8, "big") + b"\0\0\0" + bytes([last])


def _head(stream: BinaryIO, file: Path) -> tuple[Head, bytes]:
    magic = stream.read(len(MAGIC))
    if magic != MAGIC:
        if magic.startswith(_FAMILY):
            raise SetUpWrong(
                N_("The backup {file} was made by a newer version of this program: install that one first."), file=file
            )
        raise SetUpWrong(N_("{file} is not a backup of this program."), file=file)
    size = stream.read(4)
    length = int.from_bytes(size, "big")
    if len(size) < 4 or length > _MOST_HEAD:
        raise damaged(file)
    body, told = stream.read(length), stream.read(32)
    if hashlib.sha256(body).digest() != told:
        raise damaged(file)
    try:
        return _head_from(json.loads(body)), magic + size + body + told
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(file) from error


def _head_from(loaded: dict[str, Any]) -> Head:
    recipients: Sequence[dict[str, str]] = loaded["recipients"]
    return Head(
        parse_id(loaded["estate"]) if loaded["estate"] else None,
        parse_id(loaded["terminal"]) if loaded["terminal"] else None,
        int(loaded["made_ms"]),
        int(loaded["schema"]),
        parse_id(loaded["epoch"]),
        int(loaded["seq"]),
        tuple(
            Recipient(
                RecipientKind(one["kind"]),
                *(base64.b64decode(one[name], validate=True) for name in ("public", "salt", "sealed")),
            )
            for one in recipients
        ),
        base64.b64decode(loaded["check"], validate=True),
        BackupOf(loaded.get("of", BackupOf.TERMINAL)),
    )


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()
