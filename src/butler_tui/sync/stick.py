"""The file that a stick carries between a terminal and HQ: the bodies of requests or answers, for one reader only.

Layout: a magic line, a line of JSON that says between whom and which way, then the bodies, each compressed and
encrypted (AES-256-GCM) behind its length. The key comes from both ends' X25519 keys, so whoever opens a file knows who
wrote it. Each body is bound to the head, its number, and whether it is the last: none can be changed, moved, or left
out unseen.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from butler_tui.errors import FileTrouble, SetUpWrong
from butler_tui.private_file import sync_folder
from butler_tui.sync.wire import MOST_OPENED, Body, checked_id, compact_json, squeeze, take_integer, unpack
from butler_tui.words import N_

_MAGIC = b"BUTLER-STICK-1\n"
_MOST_HEAD = 4096
_MOST_PIECE = 16 * 1024 * 1024
TO_HQ, TO_TERMINAL = "hq", "terminal"


@dataclass(frozen=True, slots=True)
class StickHead:
    """Between whom a file goes (ids as UUID text), which way, when it was made (UTC ms), and its salt (hex)."""

    estate: str
    terminal: str
    to: str
    made_ms: int
    salt: str

    def line(self) -> bytes:
        """Return its line."""
        named = {name: getattr(self, name) for name in ("estate", "terminal", "to", "made_ms", "salt")}
        return json.dumps(named, sort_keys=True).encode() + b"\n"


def new_head(estate: str, terminal: str, to: str, now_ms: int) -> StickHead:
    """Return the head of a new file."""
    return StickHead(estate, terminal, to, now_ms, os.urandom(16).hex())


def write_stick(file: Path, head: StickHead, private: bytes, public: bytes, bodies: Iterable[Body]) -> int:
    """Write bodies for the owner of the X25519 key `public`, durably, and return how many; raises OSError.

    A file of that name is only replaced once all of the new one is on the disk.
    """
    unfinished = file.with_name(f"{file.name}.part")
    cipher = _cipher(head, private, public)
    bound = hashlib.sha256(head.line()).digest()
    count = 0
    try:
        with unfinished.open("wb") as stream:
            unfinished.chmod(0o600)
            stream.write(_MAGIC + head.line())
            for count, (piece, last) in enumerate(_marked(bodies), 1):
                content, encoding = squeeze(compact_json(piece))
                sealed = cipher.encrypt(_nonce(count, last=last), (encoding or "-").encode() + b"\n" + content, bound)
                stream.write(len(sealed).to_bytes(4, "big") + sealed)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(file)
        sync_folder(file.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    return count


def read_head(file: Path) -> StickHead:
    """Return between whom a file goes; raises SetUpWrong for what is no such file, OSError."""
    with file.open("rb") as stream:
        return _head(stream, file)


def read_stick(file: Path, private: bytes, public: bytes) -> Iterator[Body]:
    """Yield the bodies of a file that the owner of `public` wrote.

    Raises SetUpWrong where it was not written by and for these two, FileTrouble where it is damaged or cut short.
    """
    from cryptography.exceptions import InvalidTag

    with file.open("rb") as stream:
        head = _head(stream, file)
        try:
            cipher, bound = _cipher(head, private, public), hashlib.sha256(head.line()).digest()
        except ValueError as error:  # a key with which everybody has the same secret
            raise _foreign(file) from error
        number, piece = 1, _piece(stream, file)
        while True:
            following = _piece(stream, file)
            try:
                opened = cipher.decrypt(_nonce(number, last=not following), piece, bound)
            except InvalidTag as error:
                raise _foreign(file) if number == 1 and following else _damaged(file) from error
            encoding, _, content = opened.partition(b"\n")
            try:
                yield unpack(content, encoding.decode().replace("-", ""), MOST_OPENED)
            except ValueError as error:
                raise _damaged(file) from error
            if not following:
                return
            number, piece = number + 1, following


def _marked(bodies: Iterable[Body]) -> Iterator[tuple[Body, bool]]:
    pending: Body | None = None
    for body in bodies:
        if pending is not None:
            yield pending, False
        pending = body
    if pending is not None:
        yield pending, True


def _head(stream: BinaryIO, file: Path) -> StickHead:
    if stream.read(len(_MAGIC)) != _MAGIC:
        raise SetUpWrong(N_("{file} is no file of a stick between terminals and HQ."), file=file)
    try:
        told: Mapping[str, Any] = json.loads(stream.readline(_MOST_HEAD))
        if told["to"] not in (TO_HQ, TO_TERMINAL) or len(bytes.fromhex(told["salt"])) != 16:
            raise ValueError("head")
        made_ms = take_integer(told, "made_ms")
        return StickHead(checked_id(told["estate"]), checked_id(told["terminal"]), told["to"], made_ms, told["salt"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _damaged(file) from error


def _piece(stream: BinaryIO, file: Path) -> bytes:
    size = int.from_bytes(stream.read(4), "big")
    if size > _MOST_PIECE:
        raise _damaged(file)
    piece = stream.read(size)
    if len(piece) < size:
        raise _damaged(file)
    return piece


def _cipher(head: StickHead, private: bytes, public: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    return AESGCM(
        HKDF(SHA256(), 32, salt=bytes.fromhex(head.salt), info=b"butler stick 1 " + head.line()).derive(shared)
    )


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _foreign(file: Path) -> SetUpWrong:
    return SetUpWrong(
        N_("{file} was not written between this terminal and this HQ, or it was changed on the way."), file=file
    )


def _damaged(file: Path) -> FileTrouble:
    return FileTrouble(N_("{file} is damaged or cut short. Have it written anew."), file=file)
