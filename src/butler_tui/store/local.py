"""The terminal's file and its keys together: what every function of `store/` and `desk/` is handed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from butler_tui.errors import FileTrouble, SetUpWrong
from butler_tui.paths import Home
from butler_tui.private_file import refuse_anothers, sync_folder
from butler_tui.store.database import SCHEMA_VERSION, Connection, RawKey, check_version, connect, plain_errors
from butler_tui.store.keys import Keys, create_keys, new_keys, read_keys, write_keys
from butler_tui.words import N_

_PLAIN_HEAD = b"SQLite format 3\0"


class Store:
    """One thread's connection to the terminal's file, with the keys that go with it."""

    def __init__(self, home: Home, connection: Connection, keys: Keys, *, plain: bool = False) -> None:
        self.home = home
        self.connection = connection
        self.keys = keys
        self.plain = plain
        self._place = _place_of(home.database)

    def require_in_place(self) -> None:
        """Raise FileTrouble where another file, or none, has the name of the one that was opened.

        What is written then is gone once the program is closed; the driver looks for that without a log (WAL) only.
        """
        if _place_of(self.home.database) != self._place:
            raise FileTrouble(
                N_(
                    "{file} was moved, removed or replaced while this program was open. Nothing was saved: have it put "
                    "back, then close the program and open it again."
                ),
                file=self.home.database,
            )

    def again(self) -> Store:
        """Return the same file on a connection of its own, for another thread.

        Its head is not looked at again: closing a file takes from all of a process the locks that it holds on it.
        """
        return open_store(self.home, plain=self.plain)

    def change_keys(self, keys: Keys) -> None:
        """Keep `keys` durably from now on; raises FileTrouble where the disk refuses."""
        with plain_errors(self.home.keys):
            write_keys(self.home.keys, keys)
        self.keys = keys

    def refresh_keys(self) -> None:
        """Read the key file again: another thread may have added a month's key."""
        self.keys = read_keys(self.home.keys)

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def _place_of(file: Path) -> tuple[int, int] | None:
    """Return by what the system knows the file that has this name, None where there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def is_set_up(home: Home) -> bool:
    """Tell whether this machine has a terminal's file, or had: its keys are here. Raises FileTrouble."""
    with plain_errors(home.database):
        return home.database.exists() or home.keys.exists()


def _require_set_up(home: Home) -> None:
    """Raise SetUpWrong where the records are not there, and say whether they ever were."""
    if not is_set_up(home):
        raise SetUpWrong(
            N_("This computer is not set up yet: {file} is not there. To try the program, run: butler demo"),
            file=home.database,
        )
    if not home.database.exists():
        raise SetUpWrong(
            N_(
                "The records {file} are not there, though their key file is. Connect the disk they lie on, put them "
                "back, or restore a backup: butler restore BACKUP"
            ),
            file=home.database,
        )


def open_store(home: Home, *, plain: bool | None = None) -> Store:
    """Open this machine's file; the demo's unencrypted one is told by its head, where `plain` does not say so.

    Raises SetUpWrong (not set up, another user's, wrong or missing key, newer file) or FileTrouble (damage, disk), each
    a sentence.
    """
    _require_set_up(home)
    refuse_anothers(home.database)
    if salvaged_file(home).exists():
        from butler_tui.store.salvaging import finish_salvage

        finish_salvage(home)
    finish_restore(home)
    keys = read_keys(home.keys)
    plain = is_plain(home.database) if plain is None else plain
    connection = connect(home.database, None if plain else _raw(keys))
    try:
        with plain_errors(home.database):
            version = check_version(connection, home.database)
        if version == 0:
            raise SetUpWrong(
                N_(
                    "The file {file} is empty: it was never finished. "
                    "Put it and its key file aside, and set this computer up again."
                ),
                file=home.database,
            )
        if version < SCHEMA_VERSION:
            from butler_tui.store.migrations import STEPS

            STEPS.bring_up_to_date(connection, home.database)
    except BaseException:
        connection.close()
        raise
    return Store(home, connection, keys, plain=plain)


def salvaged_file(home: Home) -> Path:
    """Return where a salvage puts the new file that is about to take the damaged one's place (store/salvaging.py)."""
    return home.database.with_name(home.database.name + ".salvaged")


def restored_keys(home: Home) -> Path:
    """Return where a restore puts the keys of the file that it is about to put in place (store/restoring.py)."""
    return home.keys.with_name(home.keys.name + ".restored")


def finish_restore(home: Home) -> None:
    """Give the keys of a restored file their name, where a power cut came before that; else leave all as it is.

    Which file is there is told by the salt at its head.
    """
    waiting = restored_keys(home)
    if not waiting.exists() or not home.database.exists():
        return
    with plain_errors(home.database):
        with home.database.open("rb") as stream:
            head = stream.read(16)
        if read_keys(waiting).salt == head:
            with suppress(FileNotFoundError):  # another program came first
                waiting.replace(home.keys)
            sync_folder(home.keys.parent)


def create_store(home: Home, now_ms: int, *, plain: bool = False) -> Store:
    """Make a new, empty file with fresh keys and open it; nothing of it is left behind where that fails.

    Raises SetUpWrong where there is a file or a key already: neither is ever overwritten, nor removed, even where two
    set up the same place at once.
    """
    if home.database.exists():
        raise _there_already(home.database)
    keys = new_keys()
    with plain_errors(home.database):
        _claim(home.keys, lambda: create_keys(home.keys, keys))
    try:
        with plain_errors(home.database):
            home.database.parent.mkdir(parents=True, exist_ok=True)
            # Before it has content: what lies beside it takes the same mode.
            _claim(home.database, lambda: home.database.touch(mode=0o600, exist_ok=False))
        try:
            connection = _filled(home, None if plain else _raw(keys), now_ms)
        except BaseException:
            _remove(home.database)
            raise
    except BaseException:
        _remove(home.keys)
        raise
    return Store(home, connection, keys, plain=plain)


def _claim(file: Path, create: Callable[[], None]) -> None:
    """Make `file` by `create`, which makes a new one or none; raises SetUpWrong where somebody was there before."""
    try:
        create()
    except FileExistsError as error:
        raise _there_already(file) from error


def _there_already(file: Path) -> SetUpWrong:
    return SetUpWrong(N_("{file} is there already and is not overwritten."), file=file)


def _filled(home: Home, key: RawKey | None, now_ms: int) -> Connection:
    from butler_tui.store.schema import create_schema

    connection = connect(home.database, key)
    try:
        with plain_errors(home.database):
            create_schema(connection, now_ms)
    except BaseException:
        connection.close()
        raise
    return connection


def is_plain(database: Path) -> bool:
    """Tell whether a file is unencrypted (`butler demo --plain`); raises FileTrouble where it cannot be read."""
    with plain_errors(database), database.open("rb") as stream:
        return stream.read(len(_PLAIN_HEAD)) == _PLAIN_HEAD


def _raw(keys: Keys) -> RawKey:
    return RawKey(keys.database, keys.salt)


def _remove(file: Path) -> None:
    for name in (file, file.with_name(file.name + "-wal"), file.with_name(file.name + "-shm")):
        name.unlink(missing_ok=True)
