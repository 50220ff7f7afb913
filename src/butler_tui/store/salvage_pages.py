"""The pages of a damaged file, each by itself: decrypted here, so that one bad page hides no other.

The driver reads a table from its root downwards, and gives up where a page on the way does not verify: a damaged root
or list of tables would hide all that lies below. A page of SQLCipher carries its own check (HMAC-SHA512 over content
and number), so each of them is sound or is not, whatever happened beside it. Nothing is written, nothing decrypted
ever reaches a disk. The layout is SQLite's file format and SQLCipher 4's defaults; a test holds both against files
that the driver made.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple

from butler_tui.store.database import RawKey

PAGE = 4096
"""Bytes of a page: SQLCipher's default, and the driver's."""
_IV, _MAC = 16, 64
_HEAD = b"SQLite format 3\0"
_WAL_HEAD, _FRAME_HEAD = 32, 24
_MOST_CUT = 64


class Page(NamedTuple):
    """A sound page in the clear, and its age: 0 in the file itself, else the number of its frame in the WAL."""

    content: bytes
    age: int


class Cipher:
    """Opens single pages; `key` None takes them as they are (`butler demo --plain`)."""

    def __init__(self, key: RawKey | None) -> None:
        self._key = key
        self.reserved = 0 if key is None else _IV + _MAC
        if key is not None:
            self._mac_key = hashlib.pbkdf2_hmac("sha512", key.key, bytes(one ^ 0x3A for one in key.salt), 2, 32)

    def opened(self, number: int, raw: bytes) -> bytes | None:
        """Return page `number` in the clear, None where it is not as it was written."""
        if len(raw) < PAGE:
            return None
        if self._key is None:
            return raw
        begins = len(_HEAD) if number == 1 else 0  # the salt stands there in the clear; the key file has it too
        body, iv, mac = raw[begins : -self.reserved], raw[-self.reserved : -_MAC], raw[-_MAC:]
        right = hmac.digest(self._mac_key, body + iv + number.to_bytes(4, "little"), "sha512")
        if not hmac.compare_digest(right, mac):
            return None
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes
        from cryptography.hazmat.primitives.ciphers import algorithms, modes

        decryptor = Aes(algorithms.AES(self._key.key), modes.CBC(iv)).decryptor()
        return _HEAD[:begins] + decryptor.update(body) + decryptor.finalize() + bytes(self.reserved)


@dataclass(frozen=True, slots=True)
class _Frame:
    """One page in the WAL: which, where its content begins, and whether a transaction ends with it."""

    page: int
    at: int
    pages_after: int


class Pages:
    """All pages of an open file and its WAL, by number from 1; of each the newest version that is sound."""

    def __init__(self, stream: BinaryIO, wal: Path, key: RawKey | None) -> None:
        self._stream = stream
        self.cipher = Cipher(key)
        self.usable = PAGE - self.cipher.reserved
        self._wal = wal.open("rb") if wal.exists() else None
        stream.seek(0, 2)
        self._in_file = stream.tell() // PAGE
        cut = stream.tell() % PAGE > 0
        self._frames: dict[int, list[tuple[int, int]]] = {}
        self.damaged = 0
        """How many pages, as far as they were looked at by `all`, are not as they were last written."""
        self.count = self._read_wal()
        first = self.page(1)
        said = int.from_bytes(first.content[28:32], "big") if first else 0
        if said <= _MOST_CUT * (self.count + 1):  # else it is damage, in a file that nothing vouches for
            self.count = max(self.count, said, self._in_file + cut)

    def close(self) -> None:
        """Let go of the WAL; the file itself is the caller's."""
        if self._wal is not None:
            self._wal.close()

    def page(self, number: int) -> Page | None:
        """Return the newest sound version of a page, or None."""
        return self._newest(number)[0]

    def all(self) -> Iterator[tuple[int, Page]]:
        """Yield every page of which there is a sound version, and count those that are not as they were last."""
        self.damaged = 0
        for number in range(1, self.count + 1):
            found, is_last = self._newest(number)
            self.damaged += not is_last
            if found is not None:
                yield number, found

    def version(self) -> int | None:
        """Return the schema version of the file; None where its first page is gone."""
        first = self.page(1)
        return None if first is None else int.from_bytes(first.content[60:64], "big")

    def _newest(self, number: int) -> tuple[Page | None, bool]:
        """Return the newest sound version of a page, and whether it is the last that was written."""
        versions = self._frames.get(number, ())
        for tried, (age, at) in enumerate(reversed(versions)):
            assert self._wal is not None
            self._wal.seek(at)
            content = self.cipher.opened(number, self._wal.read(PAGE))
            if content is not None:
                return Page(content, age), tried == 0
        self._stream.seek((number - 1) * PAGE)
        content = self.cipher.opened(number, self._stream.read(PAGE))
        return (None if content is None else Page(content, 0)), content is not None and not versions

    def _read_wal(self) -> int:
        """Note the frames up to the end of the last transaction in the WAL; return how many pages there are then.

        The driver stops at the first frame that does not fit; what was saved after it is read here all the same.
        """
        frames = list(self._frames_of_wal())
        most = self._in_file + len(frames)
        ends = [at for at, frame in enumerate(frames) if 0 < frame.pages_after <= most]
        if not ends:
            return self._in_file
        for age, frame in enumerate(frames[: ends[-1] + 1], 1):
            self._frames.setdefault(frame.page, []).append((age, frame.at))
        return frames[ends[-1]].pages_after

    def _frames_of_wal(self) -> Iterator[_Frame]:
        """Yield the frames of the WAL's present round: those that bear its salts, whichever are damaged."""
        if self._wal is None:
            return
        head = self._wal.read(_WAL_HEAD)
        salts = head[16:24] if _checks(head) else None
        at = _WAL_HEAD
        while len(frame := self._wal.read(_FRAME_HEAD)) == _FRAME_HEAD:
            salts = frame[8:16] if salts is None else salts
            if len(self._wal.read(PAGE)) < PAGE:
                return
            page, pages_after = int.from_bytes(frame[:4], "big"), int.from_bytes(frame[4:8], "big")
            if frame[8:16] == salts and 0 < page < 2**31:
                yield _Frame(page, at + _FRAME_HEAD, pages_after)
            at += _FRAME_HEAD + PAGE


def any_opens(file: Path, key: RawKey) -> bool:
    """Tell whether any page of a file was written under `key`: a damaged first one alone does not say."""
    try:
        with file.open("rb") as stream:
            cipher = Cipher(key)
            numbers = range(1, file.stat().st_size // PAGE + 1)
            return any(cipher.opened(number, stream.read(PAGE)) is not None for number in numbers)
    except OSError:
        return False


def _checks(head: bytes) -> bool:
    """Tell whether the WAL's own head is sound."""
    if len(head) < _WAL_HEAD or head[:3] != b"\x37\x7f\x06":
        return False
    order = "big" if head[3] & 1 else "little"
    first = second = 0
    for at in range(0, 24, 8):
        first = (first + int.from_bytes(head[at : at + 4], order) + second) & 0xFFFFFFFF  # type: ignore[arg-type]
        second = (second + int.from_bytes(head[at + 4 : at + 8], order) + first) & 0xFFFFFFFF  # type: ignore[arg-type]
    return head[24:32] == first.to_bytes(4, "big") + second.to_bytes(4, "big")
