"""Writing a backup to a disk that may lie: in one step, durably, and read again before it counts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from butler_tui.errors import FileTrouble, RuleBroken
from butler_tui.sealed_file import MAGIC, Head, opened_pieces, sealed_head, sealed_pieces
from butler_tui.words import N_


def refuse_other_files(target: Path) -> None:
    """Raise RuleBroken where something that is not a backup would be overwritten; OSError where that is not known."""
    if not target.exists():
        return
    if target.is_dir():
        raise RuleBroken(N_("{file} is a folder: name the file that the backup is to be."), file=target)
    with target.open("rb") as stream:
        if stream.read(len(MAGIC)) != MAGIC:
            raise RuleBroken(N_("{file} is not a backup, and is not overwritten."), file=target)


def write_sealed(fresh: Path, head: Head, content_key: bytes, content: Iterable[bytes]) -> bytes:
    """Write a new backup to `fresh`, durably, and return the SHA-256 of what was sealed; OSError where it fails."""
    digest = hashlib.sha256()

    def counted() -> Iterator[bytes]:
        for part in content:
            digest.update(part)
            yield part

    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        first = sealed_head(head, content_key)
        stream.write(first)
        for piece in sealed_pieces(counted(), content_key, first):
            stream.write(piece)
        stream.flush()
        os.fsync(stream.fileno())
        if hasattr(os, "posix_fadvise"):  # what is read again should come from the stick, not from memory
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return digest.digest()


def verify_sealed(fresh: Path, content_key: bytes, digest: bytes) -> None:
    """Read a backup again to its end; raises FileTrouble where it is not what was written."""
    again = hashlib.sha256()
    for part in opened_pieces(fresh, content_key):
        again.update(part)
    if again.digest() != digest:
        raise FileTrouble(N_("What was written to {file} is not what can be read there."), file=fresh)
