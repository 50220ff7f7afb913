"""A backup of HQ: all estates' rows as they are at one moment, whichever engine keeps them, its keys, its pictures.

It is sealed for a recovery passphrase, read again to its end, and only then told to the estates' terminals as durable.
It holds the keys that HQ had when it was made: whoever keeps one keeps what opens the document numbers of then.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from butler_tui.errors import TryLater
from butler_tui.hq.admin import opened
from butler_tui.hq.backup_stream import Counts, Taker, read, written
from butler_tui.hq.engines import Engine, Everything, PositionRow, Writing
from butler_tui.hq.engines.sqlite import SCHEMA_VERSION
from butler_tui.hq.keys import Folder
from butler_tui.hq.placing import files_of
from butler_tui.ids import new_id
from butler_tui.passphrases import recipient_of
from butler_tui.private_file import sync_folder
from butler_tui.sealed_file import KEY_BYTES, BackupOf, Head, damaged, opened_pieces
from butler_tui.sealed_writing import refuse_other_files, verify_sealed, write_sealed
from butler_tui.store.database import plain_errors
from butler_tui.words import N_

Told = Callable[[str], None]
"""What is told, in words still to be translated, of the step that begins."""

STEP_WRITE = N_("Copying and sealing the records …")
STEP_VERIFY = N_("Reading the backup again …")


def back_up(
    folder: Folder,
    target: Path,
    passphrase: Callable[[], str],
    now_ms: int,
    *,
    blobs: Path | None = None,
    with_pictures: bool = True,
    told: Told = lambda _words: None,
) -> Counts:
    """Write a backup of HQ to `target`, in one step, and return how much it holds; works beside a running server.

    `passphrase` is asked once HQ is open; pictures lie in `blobs`, None for the folder's own place; `now_ms` is UTC ms.
    Once all of it was read again, each estate's `durable_pos` is what the backup has. Raises SetUpWrong (no HQ),
    RuleBroken (a weak passphrase, a target that is something else), TryLater (out of reach, another backup runs),
    FileTrouble (a disk that refuses): then nothing is left of it, and what was at `target` is as it was.
    """
    fresh = target.with_name(target.name + ".new")
    with opened(folder) as (engine, _keys), _one_at_a_time(folder):
        with disk_errors(target):
            refuse_other_files(target)
        recipient = recipient_of(passphrase())
        head = Head(None, None, now_ms, SCHEMA_VERSION, new_id(now_ms), 0, (recipient,), of=BackupOf.HQ)
        try:
            with disk_errors(target):
                counts, positions = _written(engine, folder, fresh, head, _pictures(blobs, folder, with_pictures), told)
                fresh.replace(target)
                sync_folder(target.parent)
        finally:
            with disk_errors(target):
                fresh.unlink(missing_ok=True)
        _note_durable(engine, positions)
    return counts


def _written(
    engine: Engine, folder: Folder, fresh: Path, head: Head, pictures: Iterator[Path], told: Told
) -> tuple[Counts, dict[str, PositionRow]]:
    """Write the backup to `fresh` and read it again; return how much it holds and where each estate's log stood."""
    content_key, counts = os.urandom(KEY_BYTES), Counts()
    told(STEP_WRITE)

    def write(everything: Everything) -> tuple[bytes, dict[str, PositionRow]]:
        positions = {one.estate_id: everything.position(one.estate_id) for one in everything.estates()}
        content = written(everything, _files(folder), pictures, head.made_ms, counts)
        return write_sealed(fresh, head, content_key, content), positions

    digest, positions = engine.read_all(write)
    told(STEP_VERIFY)
    verify_sealed(fresh, content_key, digest)
    try:
        again = read(opened_pieces(fresh, content_key), Taker())
    except ValueError as error:
        raise damaged(fresh) from error
    if again != counts:
        raise damaged(fresh)
    return counts, positions


def _note_durable(engine: Engine, positions: dict[str, PositionRow]) -> None:
    for estate_id, where in positions.items():
        engine.write(partial(_note, estate_id, where)).result()


def _note(estate_id: str, where: PositionRow, rows: Writing) -> None:
    rows.note_durable(estate_id, where.hq_gen, where.next_pos - 1)


@contextmanager
def disk_errors(file: Path) -> Iterator[None]:
    """Turn what the disk says about `file` into sentences, and leave what the database says to who opened it."""
    try:
        yield
    except OSError as error:
        with plain_errors(file):
            raise error


def _files(folder: Folder) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in files_of(folder) if file != folder.address or file.exists()}


def _pictures(blobs: Path | None, folder: Folder, wanted: bool) -> Iterator[Path]:
    """Yield the whole pictures; parts of others are sent again. Only looked for once the rows have been read."""
    if wanted:
        yield from sorted((blobs or folder.blobs).glob("*/*.blob"))


@contextmanager
def _one_at_a_time(folder: Folder) -> Iterator[None]:
    lock = FileLock(folder.file("hq.backup-lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise TryLater(N_("A backup of this HQ is running already.")) from error
    try:
        yield
    finally:
        lock.release()
