"""Opening the one encrypted file of a terminal, and saying in a sentence why it does not open.

The only place that imports the driver; `sqlite_utils` runs on it through `as_sqlite_utils`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sqlcipher3 import dbapi2 as driver

from butler_tui.errors import ButlerError, FileTrouble, SetUpWrong, system_words
from butler_tui.words import N_

if TYPE_CHECKING:
    from sqlite_utils import Database as SqliteUtilsDatabase

Connection = driver.Connection
Row = driver.Row
DatabaseError = driver.DatabaseError
IntegrityError = driver.IntegrityError

SCHEMA_VERSION = 3
"""`PRAGMA user_version` of a file this program writes; a higher one is from a newer program."""


DAMAGED = N_(
    # What to do comes first: on a screen the line ends after it.
    "The file is damaged. Do not delete it. Close the program, run butler salvage: it saves what can be read, and "
    "keeps the damaged file. ({file})"
)
_DAMAGED_HQ = N_("The file {file} is damaged. Copy it aside, do not delete it, and restore the last backup.")
_HQ_FILE = "hq.db"
_LEAST_ROOM = 64 * 1024
"""Bytes; what the driver puts beside a file to begin with takes half of it."""


class RawKey(NamedTuple):
    """What opens an encrypted file: a 32-byte key and the 16-byte salt that stands at the file's head."""

    key: bytes
    salt: bytes

    def pragma(self) -> str:
        """Return the statement that hands the key to SQLCipher."""
        return f"PRAGMA key = \"x'{self.key.hex()}{self.salt.hex()}'\""


def connect(file: Path, key: RawKey | None) -> Connection:
    """Return a connection to `file` with the house's pragmas; creates the file where it is absent.

    `key` None opens it in the clear (`butler demo --plain`). Raises SetUpWrong for a wrong key, FileTrouble for a
    damaged file or a disk that refuses.
    """
    with plain_errors(file, key):
        connection = driver.connect(str(file), isolation_level=None, check_same_thread=False, timeout=5.0)
        try:
            if key is not None:
                connection.execute("PRAGMA cipher_log_level = NONE")  # it writes over the screens
                connection.execute(key.pragma())
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            connection.execute("PRAGMA journal_mode = WAL")
            for pragma in (
                "synchronous = FULL",
                "foreign_keys = ON",
                "busy_timeout = 5000",
                "secure_delete = ON",
                "trusted_schema = OFF",
                "temp_store = MEMORY",
            ):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        connection.row_factory = driver.Row
    return connection


def in_memory() -> Connection:
    """Return an empty database that is never on a disk."""
    return driver.connect(":memory:", isolation_level=None)


def check_version(connection: Connection, file: Path, known: int = SCHEMA_VERSION) -> int:
    """Return the schema version of an open file; raises SetUpWrong where it is newer than `known`."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > known:
        raise SetUpWrong(
            N_(
                "The file {file} was written by a newer version of this program ({version}; this one knows {known}). "
                "Nothing was changed. Install the newer program on this computer."
            ),
            file=file,
            version=version,
            known=known,
        )
    return version


def statements(sql: str) -> Iterator[str]:
    """Yield the statements of `sql` one by one, each complete."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if driver.complete_statement(pending):
            yield pending
            pending = ""


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """Run a block as one write transaction (BEGIN IMMEDIATE): all of it is durable at the end, or none."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


@contextmanager
def reading(connection: Connection) -> Iterator[Connection]:
    """Run a block that only reads, all of it from the file as it was at its first statement."""
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def plain_errors(file: Path, key: RawKey | None = None) -> Iterator[None]:
    """Turn the driver's errors and the disk's about `file` into sentences: wrong key, damage, full disk, permission."""
    try:
        with plain_driver_errors(file, key):
            yield
    except OSError as error:
        raise FileTrouble(
            N_("The file {file} cannot be used: {reason}. Nothing was changed."),
            file=file,
            reason=system_words(error),
        ) from error


@contextmanager
def plain_driver_errors(file: Path, key: RawKey | None = None) -> Iterator[None]:
    """Turn the driver's errors about `file` into sentences: around all of a command, whose OSErrors may be others'."""
    try:
        yield
    except driver.DatabaseError as error:
        raise _explained(error, file, key) from error


def _explained(error: Exception, file: Path, key: RawKey | None) -> ButlerError:
    reason = str(error)
    if "full" in reason or ("I/O error" in reason and _no_room(file)):
        return FileTrouble(
            # What to do comes first: on a screen the line ends somewhere in the path.
            N_("The disk is full: free some space and try again. Nothing is lost; {file} cannot be written now."),
            file=file,
        )
    if "I/O error" in reason:
        return FileTrouble(
            N_("The disk cannot be read or written: try again, and have it looked at. Nothing was changed. ({file})"),
            file=file,
        )
    if "not a database" in reason and key is not None and _is_anothers(file, key):
        return SetUpWrong(
            N_("The key file does not belong to {file}. Put the key file that was made with it in its place."),
            file=file,
        )
    if "not a database" in reason or "malformed" in reason or "corrupt" in reason:
        return FileTrouble(_DAMAGED_HQ if file.name == _HQ_FILE else DAMAGED, file=file)
    if "unable to open" in reason or "readonly" in reason:
        return FileTrouble(N_("The file cannot be opened: check its folder and permissions. ({file})"), file=file)
    if "locked" in reason or "busy" in reason:
        return FileTrouble(N_("Another program holds the file. Nothing was saved: try again. ({file})"), file=file)
    return FileTrouble(N_("The file {file} cannot be used: {reason}. Nothing was changed."), file=file, reason=reason)


def _no_room(file: Path) -> bool:
    """Tell whether a disk that fails is simply full: the driver says so only of the file and its log, once begun."""
    import shutil

    try:
        return shutil.disk_usage(file.parent).free < _LEAST_ROOM
    except OSError:
        return False


def _is_anothers(file: Path, key: RawKey) -> bool:
    """Tell whether a file that does not open was made with another key: then no page of it opens."""
    if _head(file) == key.salt:
        return False
    from butler_tui.store.salvage_pages import any_opens

    return not any_opens(file, key)


def _head(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return stream.read(16)
    except OSError:
        return b""


def as_sqlite_utils(connection: Connection) -> SqliteUtilsDatabase:
    """Return a `sqlite_utils.Database` on `connection`; it takes our driver in place of its own."""
    sys.modules.setdefault("pysqlite3", sys.modules["sqlcipher3"])
    sys.modules.setdefault("pysqlite3.dbapi2", driver)
    import sqlite_utils

    return sqlite_utils.Database(connection)
