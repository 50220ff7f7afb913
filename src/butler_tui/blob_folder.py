"""A folder of pictures, encrypted, at either end: parts that arrive one by one, and whole ones.

A picture lies under the id of the record that names it, told to nobody: its file is called by a keyed hash. It is
AES-256-GCM in chunks of 256 KiB under a key of its own, made from the folder's key; a chunk's number, and whether it
is the last, are bound to it. Whatever is written goes to a new file, is synced to disk, and then renamed into place:
a power cut leaves it there or not. Parts lie in a folder a picture and sender until they make a whole.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from butler_tui.private_file import sync_folder
from butler_tui.sealing import seal, unseal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CHUNK = 256 * 1024
"""Bytes of a chunk before encryption; the last one may be shorter."""
_MAGIC = b"BUTLER-BLOB-1\n"
_SALT, _TAG = 16, 16
_HEAD = len(_MAGIC) + _SALT
_WHOLE, _PARTS, _FRESH = ".blob", ".parts", ".new"


def chunks_in(size: int) -> int:
    """Return how many chunks `size` bytes make."""
    return -(-size // CHUNK)


def length_of(number: int, size: int) -> int:
    """Return how many bytes chunk `number` (from 0) of a picture of `size` bytes has; 0 for one that it has not."""
    return max(0, min(CHUNK, size - number * CHUNK))


class BlobFolder:
    """The pictures in `path`, under a key made from `secret`; none of the folder need exist yet.

    Ids are 16 bytes. Raises OSError where the disk refuses, ValueError for what does not open as it was written.
    """

    def __init__(self, path: Path, secret: bytes) -> None:
        self.path = path
        self._key = hmac.digest(secret, b"butler blobs 1", hashlib.sha256)
        self._name_key = hmac.digest(secret, b"butler blob names 1", hashlib.sha256)

    def has(self, record_id: bytes) -> bool:
        """Tell whether the whole picture lies here."""
        return self._whole(record_id).exists()

    def these(self, record_ids: Iterable[bytes]) -> set[bytes]:
        """Return of which of these the whole picture lies here, from one look at the folder."""
        found = {one.name for one in self._entries()}
        return {record_id for record_id in record_ids if self._whole(record_id).name in found}

    def write(self, record_id: bytes, content: bytes) -> None:
        """Keep a whole picture durably."""
        salt = os.urandom(_SALT)
        cipher = self._cipher(record_id, salt)
        pieces = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
        sealed = (
            cipher.encrypt(_nonce(number, last=number == len(pieces) - 1), piece, _bound(record_id, number))
            for number, piece in enumerate(pieces)
        )
        self._put(self._whole(record_id), b"".join((_MAGIC, salt, *sealed)))

    def chunk(self, record_id: bytes, number: int) -> bytes:
        """Return one chunk of a whole picture; raises FileNotFoundError, or ValueError where it was tampered with."""
        from cryptography.exceptions import InvalidTag

        with self._whole(record_id).open("rb") as stream:
            head = stream.read(_HEAD)
            count = -(-(os.fstat(stream.fileno()).st_size - _HEAD) // (CHUNK + _TAG))
            stream.seek(_HEAD + number * (CHUNK + _TAG))
            sealed = stream.read(CHUNK + _TAG)
        if head[: len(_MAGIC)] != _MAGIC or len(sealed) < _TAG:
            raise ValueError("no such chunk")
        cipher = self._cipher(record_id, head[len(_MAGIC) :])
        try:
            return cipher.decrypt(_nonce(number, last=number == count - 1), sealed, _bound(record_id, number))
        except InvalidTag as error:
            raise ValueError("not as it was written") from error

    def content(self, record_id: bytes) -> bytes:
        """Return a whole picture; raises as `chunk` does."""
        size = self._whole(record_id).stat().st_size - _HEAD
        return b"".join(self.chunk(record_id, number) for number in range(-(-size // (CHUNK + _TAG))))

    def put_part(self, record_id: bytes, sender: str, number: int, chunk: bytes) -> None:
        """Keep a chunk that arrived, durably, until there are all."""
        sealed = seal(self._key, chunk, record_id=record_id, field=f"part {number}")
        self._put(self._parts(record_id, sender) / str(number), sealed)

    def parts(self, record_id: bytes, sender: str) -> int:
        """Return how many chunks from the first on have arrived without a gap."""
        folder, number = self._parts(record_id, sender), 0
        while (folder / str(number)).exists():
            number += 1
        return number

    def joined(self, record_id: bytes, sender: str, count: int) -> bytes:
        """Return the `count` chunks that have arrived as one."""
        folder = self._parts(record_id, sender)
        return b"".join(
            unseal(self._key, (folder / str(number)).read_bytes(), record_id=record_id, field=f"part {number}")
            for number in range(count)
        )

    def drop_parts(self, record_id: bytes, sender: str) -> None:
        """Forget the chunks that have arrived."""
        shutil.rmtree(self._parts(record_id, sender), ignore_errors=True)

    def forget(self, record_id: bytes) -> bool:
        """Take a picture and all chunks of it away, durably; tell whether there was anything."""
        return self.forget_these([record_id])

    def forget_these(self, record_ids: Iterable[bytes]) -> bool:
        """Take all of these pictures away, from one look at the folder; tell whether there was anything."""
        names = {self._name(record_id) for record_id in record_ids}
        found = [one.path for one in self._entries() if one.name.partition(".")[0] in names]
        for file in found:
            _remove(Path(file))
        if found:
            sync_folder(self.path)
        return bool(found)

    def forget_all(self) -> None:
        """Take the whole folder away, durably."""
        if self.path.exists():
            shutil.rmtree(self.path)
            sync_folder(self.path.parent)

    def used(self) -> int:
        """Return how many bytes all of it takes; each file is looked at, so whoever asks often should add up."""
        return sum(_size(one) for one in self._entries())

    def clean(self, before_ms: int) -> int:
        """Take away what broken transfers left before then (UTC ms); return how many things."""
        broken = (one for one in self._entries() if one.name.endswith((_PARTS, _FRESH)))
        old = [one.path for one in broken if _is_before(one, before_ms)]
        for file in old:
            _remove(Path(file))
        return len(old)

    def forget_others(self, record_ids: set[bytes], before_ms: int) -> int:
        """Take away whole pictures that no record names, written before then (UTC ms); return how many."""
        named = {self._whole(record_id).name for record_id in record_ids}
        strays = [
            one.path
            for one in self._entries()
            if one.name.endswith(_WHOLE) and one.name not in named and _is_before(one, before_ms)
        ]
        for file in strays:
            _remove(Path(file))
        return len(strays)

    def _entries(self) -> list[os.DirEntry[str]]:
        """Return what lies in the folder: there may be tens of thousands, and to glob them takes ten times as long."""
        try:
            with os.scandir(self.path) as entries:
                return list(entries)
        except FileNotFoundError:
            return []

    def _name(self, record_id: bytes) -> str:
        return hmac.digest(self._name_key, record_id, hashlib.sha256)[:16].hex()

    def _whole(self, record_id: bytes) -> Path:
        return self.path / (self._name(record_id) + _WHOLE)

    def _parts(self, record_id: bytes, sender: str) -> Path:
        by = hmac.digest(self._name_key, record_id + sender.encode(), hashlib.sha256)[:8].hex()
        return self.path / f"{self._name(record_id)}.{by}{_PARTS}"

    def _cipher(self, record_id: bytes, salt: bytes) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(hmac.digest(self._key, salt + record_id, hashlib.sha256))

    def _put(self, file: Path, content: bytes) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.parent.mkdir(exist_ok=True, mode=0o700)
        fresh = self.path / f"{file.name}.{secrets.token_hex(6)}{_FRESH}"
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(file)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(file.parent)


def _size(entry: os.DirEntry[str]) -> int:
    """Return the bytes of a file, or of the parts in a folder; none of what has gone meanwhile."""
    try:
        if entry.is_dir():
            with os.scandir(entry.path) as parts:
                return sum(part.stat().st_size for part in parts)
        return entry.stat().st_size
    except FileNotFoundError:
        return 0


def _is_before(entry: os.DirEntry[str], ms: int) -> bool:
    """Tell whether something was written before then (UTC ms); what has gone meanwhile was not."""
    try:
        return entry.stat().st_mtime_ns // 1_000_000 < ms
    except FileNotFoundError:
        return False


def _remove(file: Path) -> None:
    if file.is_dir():
        shutil.rmtree(file, ignore_errors=True)
    else:
        with suppress(FileNotFoundError):
            file.unlink()


def _bound(record_id: bytes, number: int) -> bytes:
    return record_id + number.to_bytes(8, "big")


def _nonce(number: int, *, last: bool) -> bytes:
    """Return the nonce of a chunk: the key of a file seals nothing else, so a count is enough."""
    return number.to_bytes(8, "big") + b"\0\0\0" + bytes([last])
