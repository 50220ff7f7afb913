"""A busy terminal's file, damage to it, and what two other readers make of what is left."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from butler_tui.desk.gate import admit, check_out
from butler_tui.desk.set_up import NewHouse, NewResident, add_house
from butler_tui.domain.people import Sex
from butler_tui.domain.rights import Role
from butler_tui.errors import ButlerError
from butler_tui.paths import Home, find_home
from butler_tui.store.database import Connection, DatabaseError, RawKey, connect
from butler_tui.store.keys import read_keys
from butler_tui.store.local import Store
from butler_tui.store.salvage_pages import Pages
from butler_tui.store.salvage_trees import listed, look_through, rows_in, shapes_of
from tests.conftest import Clock, Estate

PAGE = 4096
KEYS = {
    "house": "house_id", "household": "household_id", "resident": "resident_id", "staff": "staff_id",
    "visit": "visit_id", "visit_event": "event_id", "companion": "companion_id", "journal": "journal_id",
}  # fmt: skip
"""The tables that are counted, with their keys."""


def fill(estate: Estate, visits: int, clock: Clock) -> None:
    """Let so many visitors come, each with a companion, and most of them go; and twenty homes be lived in."""
    for number in range(20):
        residents = (NewResident(f"赵{number}", Sex.MALE, "owner", f"1380001{number:04}", may_confirm=True),)
        home = NewHouse(f"5-1-{number:04}", "5", "1", "", "赵宅", "门铃轻按" * 20, residents)
        add_house(estate.store, home, clock.advance(seconds=1))
    session = estate.sessions[Role.GUARD]
    for number in range(visits):
        registration = estate.registration(
            name=f"李文{number}", badge="", phone=f"139{number:08}", companions=1, companion_names=(f"同行{number}",),
            reason_note="空调" * (number % 7),
        )  # fmt: skip
        done = admit(estate.store, session, registration, estate.policies, clock.advance(seconds=40))
        if number % 10:
            check_out(estate.store, session, done.visit_id, clock.advance(seconds=40))


def fold_in(store: Store) -> None:
    """Write all that is in the WAL into the file, and close it."""
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()


def copied(home: Home, to: Path) -> Home:
    """Return the places of a copy of a terminal that nobody has open."""
    shutil.copytree(home.database.parent, to)
    return find_home({"BUTLER_HOME": str(to)})


def overwrite(database: Path, pages: Iterable[int], seed: int = 1) -> None:
    """Write over whole pages (numbers from 1), as a disk that lost them would read."""
    chance = random.Random(seed)
    with database.open("r+b") as stream:
        for page in pages:
            stream.seek((page - 1) * PAGE)
            stream.write(chance.choice((bytes(PAGE), chance.randbytes(PAGE))))


def pages_of(database: Path) -> int:
    """Return how many pages a file has."""
    return database.stat().st_size // PAGE


@contextmanager
def opened_pages(home: Home) -> Iterator[Pages]:
    """Open the pages of a file for a block."""
    keys = read_keys(home.keys)
    with home.database.open("rb") as stream:
        wal = home.database.with_name(home.database.name + "-wal")
        pages = Pages(stream, wal, RawKey(keys.database, keys.salt))
        try:
            yield pages
        finally:
            pages.close()


def where_rows_are(home: Home) -> dict[str, dict[bytes | int, int]]:
    """Return of a sound file in which page each row of `KEYS` stands: what an ideal reader can save is known by it."""
    found: dict[str, dict[bytes | int, int]] = {name: {} for name in KEYS}
    with opened_pages(home) as pages:
        forest = look_through(pages)
        known = listed(pages, forest)
        shapes = shapes_of(known, current=True)
        names = {root: name for name, root in known.roots.items() if name in KEYS}
        for top, numbers in forest.trees().items():
            if top in names:
                shape = shapes[names[top]]
                for number in numbers:
                    for row in rows_in(pages, number):
                        assert row.values is not None
                        key = row.rowid if shape.alias == 0 else row.values[0]
                        assert isinstance(key, bytes | int)
                        found[names[top]][key] = number
    return found


def schema_pages(home: Home) -> list[int]:
    """Return the pages that hold the list of tables."""
    with opened_pages(home) as pages:
        forest = look_through(pages)
        return [number for number in forest.kinds if forest.top(number) == 1]


def leaves_of(home: Home, *names: str) -> list[int]:
    """Return the pages, roots included, of some tables or indexes; all of them without a name."""
    with opened_pages(home) as pages:
        forest = look_through(pages)
        roots = {root for name, root in listed(pages, forest).roots.items() if not names or name in names}
        return [number for number in forest.kinds if forest.top(number) in roots]


def keys_in(connection: Connection) -> dict[str, set[object]]:
    """Return the keys of all rows, by table."""
    return {table: {row[0] for row in connection.execute(f"SELECT {key} FROM {table}")} for table, key in KEYS.items()}


def read_by_halves(home: Home) -> dict[str, set[object]]:
    """Return the keys of the rows that the driver itself reads, by rowid ranges halved around the errors."""
    keys = read_keys(home.keys)
    found: dict[str, set[object]] = {name: set() for name in KEYS}
    try:
        connection = connect(home.database, RawKey(keys.database, keys.salt))
    except ButlerError:
        return found
    try:
        for name in ("house", "household", "resident", "staff", "visit"):
            found[name] = set(_between(connection, name, 1, 1 << 14))
    finally:
        connection.close()
    return found


def _between(connection: Connection, table: str, first: int, last: int) -> Iterator[object]:
    sql = f"SELECT {KEYS[table]}, * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ?"
    try:
        yield from [row[0] for row in connection.execute(sql, (first, last)).fetchall()]
    except (DatabaseError, MemoryError):
        if first < last:
            half = (first + last) // 2
            yield from _between(connection, table, first, half)
            yield from _between(connection, table, half + 1, last)
