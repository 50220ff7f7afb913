"""Saving what can be read of a damaged file: into a new one beside it, which takes its place once it is whole.

The damaged file is only read, page by page (store/salvage_pages.py), and stays beside the new one under another name.
The new one has the same keys. Up to one renaming nothing has happened; after it whoever opens the file puts the new
one in place, should a power cut have come between.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from butler_tui.domain.fields import TABLES
from butler_tui.errors import FileTrouble, RuleBroken, SetUpWrong
from butler_tui.paths import Home
from butler_tui.private_file import refuse_anothers, sync_folder
from butler_tui.store.backups import Told, beside, one_at_a_time, remove_with_its_own
from butler_tui.store.database import SCHEMA_VERSION, Connection, RawKey, connect, plain_errors, transaction
from butler_tui.store.health import broken_references, damages
from butler_tui.store.journal import migrate
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.keys import Keys, read_keys
from butler_tui.store.local import Store, finish_restore, is_plain, salvaged_file
from butler_tui.store.salvage_mending import Mended, mend
from butler_tui.store.salvage_pages import Pages
from butler_tui.store.salvage_rows import Filling, Tally
from butler_tui.store.salvage_trees import Listed, listed, look_through, shapes_of
from butler_tui.store.schema import create_schema, missing_guards
from butler_tui.store.set_aside import forget_links, in_use, kept_aside, no_sync, synced
from butler_tui.words import N_

STEP_READ = N_("Reading what can be read …")
STEP_MEND = N_("Putting it together …")
STEP_CHECK = N_("Looking at what was saved …")

_LOCK_AT, _LOCK_BYTES = 0x4000_0002, 510
"""The bytes by which SQLite's connections tell each other that they have the file open."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was saved and what was not, by table; `rebuilt` records were written anew from the journal.

    `reissued` changes were gone and are made anew from their records. `pages` could not be read; of `unknown` rows
    nobody can tell the table. `due` changes are offered to HQ again, `unsent` ones are gone and HQ may not have them
    (None: nobody can tell how many). `enrolled` tells whether the enrolment was among what was saved.
    """

    saved: Mapping[str, int]
    lost: Mapping[str, int]
    rebuilt: Mapping[str, int]
    reissued: int
    pages: int
    unknown: int
    due: int
    unsent: int | None
    enrolled: bool
    kept: tuple[Path, ...] = ()


def salvage(home: Home, now_ms: int, told: Told = lambda _words: None) -> Salvaged:
    """Save what can be read of this machine's file at `now_ms` (UTC ms), and put it in the damaged one's place.

    Raises RuleBroken where the file is sound, SetUpWrong (no file, another user's, no key or another's, a newer file),
    FileTrouble (another program has it open, a full disk, nothing to be read), TryLater. Everything is then as it was.
    """
    if not home.database.exists():
        raise SetUpWrong(N_("There is no file {file}: nothing can be saved from it."), file=home.database)
    refuse_anothers(home.database)
    fresh = beside(home.database, "salvaging")
    with one_at_a_time(home.database), no_sync(home), plain_errors(home.database):
        put_in_place(home)
        finish_restore(home)
        keys = read_keys(home.keys)
        plain = is_plain(home.database)
        key = None if plain else RawKey(keys.database, keys.salt)
        _refuse_sound(home, key)
        forget_links(home)
        with _alone(home.database) as stream:
            try:
                told(STEP_READ)
                remove_with_its_own(fresh)
                done = _built(home, fresh, stream, keys, key, now_ms, told)
                kept = kept_aside(home, now_ms)
                fresh.replace(salvaged_file(home))
                sync_folder(home.database.parent)
            finally:
                remove_with_its_own(fresh)
        put_in_place(home)
    return replace(done, kept=kept)


def put_in_place(home: Home) -> None:
    """Put a new file that is whole in the place of the damaged one; the caller keeps others away."""
    ready = salvaged_file(home)
    if ready.exists():
        for ending in ("-wal", "-shm", "-journal"):  # they are of the damaged file, and kept beside it
            home.database.with_name(home.database.name + ending).unlink(missing_ok=True)
        ready.replace(home.database)
        sync_folder(home.database.parent)


def finish_salvage(home: Home) -> None:
    """Put in place what a power cut left ready; raises TryLater where the salvage itself is about to."""
    with one_at_a_time(home.database), plain_errors(home.database):
        put_in_place(home)


def _wal(database: Path) -> Path:
    return database.with_name(database.name + "-wal")


def _refuse_sound(home: Home, key: RawKey | None) -> None:
    """Raise RuleBroken where nothing is wrong with the file, and SetUpWrong where none of it can be opened."""
    with _alone(home.database) as stream:
        pages = Pages(stream, _wal(home.database), key)
        try:
            readable = sum(1 for _page in pages.all())
        finally:
            pages.close()
    if not readable:
        raise SetUpWrong(
            N_("Nothing in {file} opens with this key file: it belongs to another, or nothing is left. Nothing was "
               "changed."),
            file=home.database,
        )  # fmt: skip
    if pages.damaged:
        return
    # All pages are as they were written: the driver may look, and touch nothing that is not sound.
    with suppress(FileTrouble, SetUpWrong):
        connection = connect(home.database, key)
        try:
            with plain_errors(home.database):
                if not damages(connection):
                    raise RuleBroken(N_("The file is not damaged: there is nothing to save. Nothing was changed."))
        finally:
            connection.close()


def _built(
    home: Home, fresh: Path, stream: BinaryIO, keys: Keys, key: RawKey | None, now_ms: int, told: Told
) -> Salvaged:
    """Make the new file beside the damaged one, and return what was saved."""
    pages = Pages(stream, _wal(home.database), key)
    try:
        forest = look_through(pages)
        known = listed(pages, forest)
        version = pages.version()
        _refuse_version(home, version, known)
        fresh.touch(mode=0o600)
        connection = connect(fresh, key)
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")  # nothing of it counts before it is whole
            connection.execute("PRAGMA synchronous = OFF")
            _make_tables(connection, known, version, now_ms)
            with transaction(connection), migrate(connection):
                shapes = shapes_of(known, current=version in (None, SCHEMA_VERSION))
                tally = Filling(connection, pages, forest, known, shapes).run()
            told(STEP_MEND)
            mended = _mended(Store(home, connection, keys, plain=key is None), fresh, tally, version, now_ms)
            told(STEP_CHECK)
            _check(connection, fresh)
            done = _report(connection, tally, mended, pages.damaged)
        finally:
            connection.close()
        synced(fresh)
        return done
    finally:
        pages.close()


def _refuse_version(home: Home, version: int | None, known: Listed) -> None:
    """Raise SetUpWrong for a file of a newer program, FileTrouble for an older one whose list of tables is damaged."""
    if version is not None and version > SCHEMA_VERSION:
        raise SetUpWrong(
            N_("The file {file} was written by a newer version of this program ({version}; this one knows {known}). "
               "Nothing was changed. Install the newer program on this computer."),
            file=home.database, version=version, known=SCHEMA_VERSION,
        )  # fmt: skip
    if version is not None and version < SCHEMA_VERSION and not known.whole:
        raise FileTrouble(
            N_("The file {file} is of an older version, and its list of tables is damaged: only that version of the "
               "program can save what is in it. Nothing was changed."),
            file=home.database,
        )  # fmt: skip


def _make_tables(connection: Connection, known: Listed, version: int | None, now_ms: int) -> None:
    """Make the tables as this version has them; those of an older file as they were, to be brought up to date later."""
    if version in (None, SCHEMA_VERSION):
        create_schema(connection, now_ms)
        return
    with transaction(connection):
        for kind in ("table", "index", "trigger"):
            for this, sql in known.sql:
                if this == kind and not sql.startswith("CREATE TABLE sqlite_"):
                    connection.execute(sql)
        connection.execute(f"PRAGMA user_version = {version:d}")


def _mended(store: Store, fresh: Path, tally: Tally, version: int | None, now_ms: int) -> Mended:
    """Bring an older file up to date, and make it whole."""
    connection = store.connection
    if version not in (None, SCHEMA_VERSION):
        from butler_tui.store.migrations import STEPS

        STEPS.bring_up_to_date(connection, fresh)
    with transaction(connection), migrate(connection):
        return mend(store, tally, now_ms)


def _check(connection: Connection, fresh: Path) -> None:
    """Raise FileTrouble where the new file is not in every way as a file of this program is."""
    if damages(connection) or broken_references(connection) or missing_guards(connection):
        raise FileTrouble(N_("What was saved of {file} did not come out whole. Nothing was changed."), file=fresh)
    verify_chain(connection)


def _report(connection: Connection, tally: Tally, mended: Mended, pages: int) -> Salvaged:
    tables = [*TABLES, "journal", "draft", "staff_pin"]
    counts = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    lost = {name: max(len(tally.missing.get(name, ())), tally.broken[name] - mended.rebuilt[name]) for name in tables}
    terminal_id = connection.execute("SELECT terminal_id FROM terminal").fetchone()[0]
    return Salvaged(
        saved={name: count for name, count in counts.items() if count},
        lost={name: count for name, count in lost.items() if count > 0},
        rebuilt=dict(mended.rebuilt),
        reissued=mended.reissued,
        pages=pages,
        unknown=tally.unknown,
        due=mended.due,
        unsent=mended.unsent,
        enrolled=terminal_id is not None,
    )


@contextmanager
def _alone(file: Path) -> Iterator[BinaryIO]:
    """Open a database for reading while nobody else has it open, or can; raises FileTrouble where somebody has.

    By SQLite's own locks, which hold for a damaged file too, and by which its connections tell that they are there.
    """
    with file.open("r+b") as stream:
        try:
            if sys.platform == "win32":
                import msvcrt

                stream.seek(_LOCK_AT)
                msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, _LOCK_BYTES)
            else:
                import fcntl

                fcntl.lockf(stream, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_BYTES, _LOCK_AT)
        except OSError as error:
            raise in_use() from error
        yield stream
