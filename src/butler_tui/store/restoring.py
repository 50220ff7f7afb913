"""Putting a backup in the place of this terminal's file: all of it is looked at before anything there is touched.

The restored file gets keys of its own. They are written down beside the key file first; then one renaming of the
database decides, and `store/local.py` gives them their name where a power cut came between. What was there is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from dataclasses import replace as changed
from pathlib import Path

from butler_tui.errors import ButlerError, RuleBroken
from butler_tui.paths import Home
from butler_tui.private_file import refuse_anothers, sync_folder
from butler_tui.sealed_file import damaged, opened_pieces
from butler_tui.store import erasing
from butler_tui.store.backups import (
    Secrets,
    Told,
    beside,
    change_key,
    check_whole,
    one_at_a_time,
    remove_with_its_own,
    secrets_from,
)
from butler_tui.store.database import (
    SCHEMA_VERSION,
    Connection,
    DatabaseError,
    RawKey,
    check_version,
    connect,
    plain_errors,
    transaction,
)
from butler_tui.store.epochs import roll_epoch
from butler_tui.store.keys import Keys, new_keys, pepper_id_of, read_keys, write_keys
from butler_tui.store.local import finish_restore, is_plain, restored_keys, salvaged_file
from butler_tui.store.set_aside import forget_links, in_use, kept_aside, no_sync, synced
from butler_tui.words import N_

STEP_OPEN = N_("Opening the backup …")
STEP_CHECK = N_("Looking at what is in it …")
STEP_PLACE = N_("Putting it in place …")


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: changes that are due for HQ again, and the files in which what was there is kept."""

    due: int
    kept: tuple[Path, ...]


def restore_backup(
    home: Home, file: Path, content_key: bytes, *, replace: bool, now_ms: int, told: Told = lambda _words: None
) -> Restored:
    """Make the terminal's file and keys anew from the backup `file`; `now_ms` is UTC ms.

    Raises RuleBroken where there are records and `replace` is not said, FileTrouble (a damaged backup, a disk that
    refuses, another program that holds the file), SetUpWrong (a newer file, another
    user's). The terminal is then as it was.
    """
    refuse_anothers(home.database)
    restored = beside(home.database, "restored")
    with one_at_a_time(home.database), no_sync(home):
        if salvaged_file(home).exists():
            from butler_tui.store.salvaging import put_in_place

            put_in_place(home)
        finish_restore(home)
        if not replace and _has_records(home):
            raise RuleBroken(
                N_("This computer has records. To put the backup in their place, add --replace: they are kept aside.")
            )
        try:
            told(STEP_OPEN)
            with plain_errors(restored):
                forget_links(home)
                secrets = _unpacked(file, content_key, restored)
            told(STEP_CHECK)
            keys = _keys(home, secrets)
            due = _made_ready(home, restored, secrets, keys, now_ms)
            told(STEP_PLACE)
            with plain_errors(home.database):
                kept = _put_in_place(home, restored, keys, now_ms)
        finally:
            _clear(home, restored)
    return Restored(due, kept)


def _unpacked(file: Path, content_key: bytes, restored: Path) -> Secrets:
    """Write the copy in a backup to `restored`, still encrypted as it was copied, and return its secrets."""
    remove_with_its_own(restored)
    pieces = opened_pieces(file, content_key)
    first = next(pieces)
    length = int.from_bytes(first[:4], "big")
    try:
        secrets = secrets_from(first[4 : 4 + length])
    except (ValueError, KeyError, TypeError) as error:
        raise damaged(file) from error
    descriptor = os.open(restored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(first[4 + length :])
        for piece in pieces:
            stream.write(piece)
    return secrets


def _keys(home: Home, secrets: Secrets) -> Keys:
    """Return the restored terminal's keys: new ones for the file, its own identity.

    The months' keys are in no backup. Those of a key file that is still there are kept, where it is this terminal's.
    """
    fresh = new_keys()
    joined = secrets.peppers
    peppers = [joined[at : at + 32] for at in range(0, len(joined), 32)]
    own = changed(fresh, match=secrets.match, pepper=secrets.pepper, sign=secrets.sign, box=secrets.box,
                  peppers={pepper_id_of(one): one for one in peppers})  # fmt: skip
    with suppress(ButlerError):
        present = read_keys(home.keys)
        if present.sign == secrets.sign:
            return changed(own, months=present.months, named=present.named, by_hq=present.by_hq)
    return own


def _made_ready(home: Home, restored: Path, secrets: Secrets, keys: Keys, now_ms: int) -> int:
    """Look at the restored file, bring it up to date, begin its new epoch, and encrypt it under its own keys.

    What was erased since it was written is erased in it too.
    """
    with plain_errors(restored):
        connection = connect(restored, secrets.raw())
        try:
            version = check_version(connection, restored)
            check_whole(connection, restored)
            if version < SCHEMA_VERSION:
                from butler_tui.store.migrations import STEPS

                STEPS.bring_up_to_date(connection, restored)
            with transaction(connection):
                due = roll_epoch(connection, now_ms)
                erasing.apply_register(home, connection)
        finally:
            connection.close()
        change_key(restored, secrets.raw(), RawKey(keys.database, keys.salt))
        synced(restored)
    return due


def _has_records(home: Home) -> bool:
    """Tell whether there is a file here that anybody would miss; one that does not open is."""
    if not home.database.exists():
        return False
    with _present(home) as connection:
        if connection is None:
            return True
        try:
            return bool(connection.execute("SELECT last_seq > 0 OR epoch_no > 1 FROM sync_state").fetchone()[0])
        except DatabaseError:
            return True


@contextmanager
def _present(home: Home) -> Iterator[Connection | None]:
    """Open the file that is there for a block, as it is; None where there is none, or it does not open."""
    connection = None
    if home.database.exists():
        with suppress(ButlerError):
            keys = read_keys(home.keys)
            connection = connect(home.database, None if is_plain(home.database) else RawKey(keys.database, keys.salt))
    try:
        yield connection
    finally:
        if connection is not None:
            connection.close()


def _put_in_place(home: Home, restored: Path, keys: Keys, now_ms: int) -> tuple[Path, ...]:
    with _held(home):
        kept = kept_aside(home, now_ms)
        write_keys(restored_keys(home), keys)
        for ending in ("-wal", "-shm", "-journal"):
            home.database.with_name(home.database.name + ending).unlink(missing_ok=True)
        restored.replace(home.database)
    sync_folder(home.database.parent)
    finish_restore(home)
    return kept


@contextmanager
def _held(home: Home) -> Iterator[None]:
    """Keep other programs from the present file for a block, with all that was saved in it and nothing beside it.

    One that does not open, or is damaged, nobody works with.
    """
    with _present(home) as connection:
        if connection is not None:
            try:
                connection.execute("PRAGMA busy_timeout = 1000")
                connection.execute("PRAGMA journal_mode = DELETE")
                connection.execute("BEGIN EXCLUSIVE")
            except DatabaseError as error:
                if "locked" in str(error):
                    raise in_use() from error
        yield


def _clear(home: Home, restored: Path) -> None:
    """Remove what a restore made for itself: after it, and after one that was broken off."""
    forget_links(home)
    for left in restored.parent.glob(f"{restored.name}*"):
        left.unlink(missing_ok=True)
    if restored_keys(home).exists():
        finish_restore(home)
        restored_keys(home).unlink(missing_ok=True)
