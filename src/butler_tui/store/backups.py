"""Making a backup: a copy of the file under a key of its own, sealed for its recipients, looked at before it counts.

Nothing of it is ever on a disk in the clear. The key that opens the file in use is not in the backup, nor are the
months' keys: what was to be forgotten is forgotten in every backup too (PROTOCOL, erasure). Nor are drafts: they are
this machine's unfinished things, and may hold a document's number as it was typed.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from butler_tui.domain.fields import TABLES
from butler_tui.errors import FileTrouble, RuleBroken, TryLater
from butler_tui.private_file import sync_folder
from butler_tui.sealed_file import KEY_BYTES, PIECE, Head, Recipient
from butler_tui.sealed_writing import refuse_other_files, verify_sealed, write_sealed
from butler_tui.store import estates
from butler_tui.store.database import Connection, DatabaseError, RawKey, connect, plain_errors
from butler_tui.store.local import Store
from butler_tui.words import N_

Told = Callable[[str], None]
"""What is told, in words still to be translated, of the step that begins."""

STEP_COPY = N_("Copying the records …")
STEP_SEAL = N_("Sealing the backup …")
STEP_VERIFY = N_("Reading the backup again …")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What of a key file goes with a backup, sealed: its copy's key, and who the terminal is; raw bytes as in Keys.

    `peppers` are those of other machines, one after the other: without them, PINs that HQ handed would not hold.
    """

    database: bytes
    salt: bytes
    match: bytes
    pepper: bytes
    sign: bytes
    box: bytes
    peppers: bytes = b""

    def raw(self) -> RawKey:
        """Return what opens the copy."""
        return RawKey(self.database, self.salt)

    def to_bytes(self) -> bytes:
        """Return them as they stand before the copy, with their length."""
        text = json.dumps({name: getattr(self, name).hex() for name in self.__slots__}).encode()
        return len(text).to_bytes(4, "big") + text


def secrets_from(text: bytes) -> Secrets:
    """Return the secrets in their JSON; raises ValueError, KeyError or TypeError where they are not whole."""
    loaded = json.loads(text)
    return Secrets(**{name: bytes.fromhex({"peppers": "", **loaded}[name]) for name in Secrets.__slots__})


def write_backup(
    store: Store, target: Path, recipients: tuple[Recipient, ...], now_ms: int, told: Told = lambda _words: None
) -> Head:
    """Write a backup of the whole file to `target`, in one step, and return its head; `now_ms` is UTC ms.

    A backup that is there is only replaced once the new one was written to disk, read again and found whole. Raises
    RuleBroken (an unencrypted demo, a target that is something else), TryLater (another backup runs), FileTrouble
    (damage, a disk that refuses); then nothing is left of it, and what was at `target` is as it was.
    """
    if store.plain:
        raise RuleBroken(N_("The unencrypted demo is not backed up."))
    with plain_errors(target):
        refuse_other_files(target)
    copy = beside(store.home.database, "for-backup")
    fresh = target.with_name(target.name + ".new")
    secrets = Secrets(os.urandom(32), os.urandom(16), store.keys.match, store.keys.pepper, store.keys.sign,
                      store.keys.box, b"".join(store.keys.peppers.values()))  # fmt: skip
    with one_at_a_time(store.home.database):
        try:
            told(STEP_COPY)
            head = _copied(store, copy, secrets, recipients, now_ms)
            told(STEP_SEAL)
            with plain_errors(target):
                content_key = os.urandom(KEY_BYTES)
                digest = write_sealed(fresh, head, content_key, _content(copy, secrets))
                told(STEP_VERIFY)
                verify_sealed(fresh, content_key, digest)
                fresh.replace(target)
                sync_folder(target.parent)
        finally:
            remove_with_its_own(copy)
            with plain_errors(target):
                fresh.unlink(missing_ok=True)
    return head


def _copied(store: Store, copy: Path, secrets: Secrets, recipients: tuple[Recipient, ...], now_ms: int) -> Head:
    """Make `copy` under the secrets' key, look at it, and return the head of its backup."""
    remove_with_its_own(copy)
    with plain_errors(store.home.database):
        before = counts(store.connection)
        copy.touch(mode=0o600)
        store.connection.execute("VACUUM INTO ?", (str(copy),))
        settled = before == counts(store.connection)
        change_key(copy, RawKey(store.keys.database, store.keys.salt), secrets.raw())
        connection = connect(copy, secrets.raw())
        try:
            check_whole(connection, copy)
            connection.execute("DELETE FROM draft")
            if settled and counts(connection) != before:
                raise FileTrouble(N_("The copy of {file} does not hold all records."), file=store.home.database)
            return _head(connection, recipients, now_ms)
        finally:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.close()


def _head(connection: Connection, recipients: tuple[Recipient, ...], now_ms: int) -> Head:
    estate = estates.estate(connection)
    epoch, seq = connection.execute("SELECT epoch, last_seq FROM sync_state JOIN epoch USING (epoch_no)").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    return Head(
        estate.estate_id if estate else None,
        estates.terminal(connection).terminal_id,
        now_ms,
        schema,
        epoch,
        seq,
        recipients,
    )


def _content(copy: Path, secrets: Secrets) -> Iterator[bytes]:
    yield secrets.to_bytes()
    with copy.open("rb") as stream:
        while part := stream.read(PIECE):
            yield part


def counts(connection: Connection) -> dict[str, int]:
    """Return how many rows each synced table and the journal have, from one look."""
    names = [*TABLES, "journal"]
    row = connection.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in names)).fetchone()
    return dict(zip(names, row, strict=True))


def check_whole(connection: Connection, file: Path) -> None:
    """Raise FileTrouble where the pages of an open file are not sound.

    What other tools did to rows and guards does not keep anybody from having a backup: `butler doctor` tells of it.
    """
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise FileTrouble(
            N_("The file {file} is damaged. Copy it aside, do not delete it, and restore the last backup."), file=file
        )


def change_key(file: Path, old: RawKey, new: RawKey) -> None:
    """Encrypt a file that nobody else has open anew, every page of it, under `new`; OSError where the disk is full.

    The driver calls a disk that is full a wrong key: what room is left tells it apart.
    """
    connection = connect(file, old)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute(new.pragma().replace("PRAGMA key", "PRAGMA rekey", 1))
    except DatabaseError as error:
        if shutil.disk_usage(file.parent).free < file.stat().st_size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    finally:
        connection.close()


def beside(database: Path, word: str) -> Path:
    """Return the file `butler.db.WORD` in the database's folder."""
    return database.with_name(f"{database.name}.{word}")


def remove_with_its_own(file: Path) -> None:
    """Remove a database that served its turn, and what the driver keeps beside it."""
    for ending in ("", "-wal", "-shm", "-journal"):
        file.with_name(file.name + ending).unlink(missing_ok=True)


@contextmanager
def one_at_a_time(database: Path) -> Iterator[None]:
    """Keep other backups and restores of this file away for a block; raises TryLater where one is running."""
    lock = FileLock(beside(database, "backup-lock"), timeout=0)
    with plain_errors(database):
        database.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise TryLater(N_("A backup, restore or salvage of this terminal is running already.")) from error
    try:
        yield
    finally:
        lock.release()
