"""A terminal's file with many visits and an estate of 20,000 households, made fast, and kept for the next run.

The rows are those that real saves leave, written behind the `migrate` door without waiting for the disk: visits with
their events, companions and document hashes, and the search keys of all names, plates and phones. There are no
journal rows for them: HQ has had them, and they are pruned. A month at such a gate has 60,000 visits.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from bench.crowd import Crowd, Row, day_of_visits, rows_of_houses
from butler_tui.demo.houses import SHOWN_HOME, plan_houses
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.paths import Home, find_home
from butler_tui.store import search_keys
from butler_tui.store.database import SCHEMA_VERSION, Connection
from butler_tui.store.journal import migrate
from butler_tui.store.local import Store, open_store
from butler_tui.store.readings import readings
from butler_tui.store.schema import schema_file

FEW, MANY = 10_000, 1_000_000
HOUSEHOLDS = 20_000
NOW_MS = 1_794_527_880_000
"""When the last of them came: 2026-11-13 07:58 in Shanghai."""
_RECIPE = "1"
_AT_ONCE = 20_000
_SAMPLES = "samples.json"

Samples = dict[str, list[str]]
"""Values as they stand in the file, by what they are: usual ones, and those that most visits have."""


def home_of(visits: int, households: int = HOUSEHOLDS) -> Home:
    """Return the home of a file with so many visits: the one of an earlier run where there is one, else a new one."""
    folder = keep_folder() / f"{visits}-{households}-v{SCHEMA_VERSION}-{recipe()}"
    if not folder.exists():
        for stale in keep_folder().glob(f"{visits}-{households}-*"):
            shutil.rmtree(stale)
        begun = time.perf_counter()
        made = Path(tempfile.mkdtemp(prefix="making-", dir=keep_folder()))
        try:
            make(_home(made), visits, households)
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made)
            raise
        size = _home(folder).database.stat().st_size / 2**20
        took = time.perf_counter() - begun
        print(f"made {visits:,} visits in {took:.0f} s: {size:,.0f} MB in {folder}", file=sys.stderr)
    return _home(folder)


def samples_of(home: Home) -> Samples:
    """Return values that stand in the file of `home`."""
    found: Samples = json.loads((home.database.parent / _SAMPLES).read_text("utf-8"))
    return found


def _home(folder: Path) -> Home:
    return find_home({"BUTLER_HOME": str(folder)})


def keep_folder() -> Path:
    """Return the folder for what is kept for the next run; SystemExit where it is somebody else's."""
    folder = Path(tempfile.gettempdir()) / f"butler-bench-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise SystemExit(f"{folder} is somebody else's: remove it, or set TMPDIR.")
    return folder


def recipe() -> str:
    """Return what changes with the schema and with how rows are made."""
    parts = (schema_file(), Path(__file__).with_name("crowd.py"), Path(search_keys.__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts) + _RECIPE.encode()).hexdigest()[:12]


def make(home: Home, visits: int, households: int) -> None:
    """Make the file in an empty `home`."""
    store = make_demo(home, Wanted(households=1, visits=0), NOW_MS, lambda _done, _total: None)
    try:
        connection = store.connection
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -400000")
        _fill(store, visits, households)
        samples = _sampled(connection, Random(3))
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        store.close()
    (home.database.parent / _SAMPLES).write_text(json.dumps(samples, ensure_ascii=False), "utf-8")
    open_store(home).close()


def _fill(store: Store, visits: int, households: int) -> None:
    connection = store.connection
    crowd = Crowd(Random(7))
    houses = [one for one in plan_houses(crowd, households) if one.room_code != SHOWN_HOME]
    gate_ids = [row[0] for row in connection.execute("SELECT gate_id FROM gate ORDER BY gate_id")]
    staff_ids = [row[0] for row in connection.execute("SELECT staff_id FROM staff WHERE role = 'guard'")]
    homes = rows_of_houses(crowd.random, houses, NOW_MS)
    for table, rows in homes.items():
        _write(connection, table, iter(rows))
    # An index is made faster from what is there than kept while it comes.
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type = 'index'"
        " AND tbl_name IN ('visit', 'visit_event', 'companion', 'document_secret')"
    ).fetchall()
    for name, _sql in indexes:
        connection.execute(f"DROP INDEX {name}")
    for rows_by_table in day_of_visits(crowd, homes, visits, NOW_MS, gate_ids, staff_ids, store.keys.match, _AT_ONCE):
        for table, rows in rows_by_table.items():
            _write(connection, table, iter(rows))
    with migrate(connection):
        for _name, sql in indexes:
            connection.execute(sql)
        search_keys.make_all(connection)


def _write(connection: Connection, table: str, rows: Iterator[Row]) -> None:
    while some := list(islice(rows, _AT_ONCE)):
        names = list(some[0])
        sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        with migrate(connection):
            connection.executemany(sql, [tuple(row.values()) for row in some])


def _sampled(connection: Connection, random: Random) -> Samples:
    """Return usual values, and under `most_…` those that most visits or people have."""

    def column(sql: str, *values: Any) -> list[str]:
        return [row[0] for row in connection.execute(sql, values)]

    (last,) = connection.execute("SELECT max(rowid) FROM visit").fetchone()
    picked = [random.randrange(1, last + 1) for _ in range(400)]
    rows = [connection.execute("SELECT name, phone, plate, room_code FROM visit WHERE rowid = ?", (one,)).fetchone()
            for one in picked]  # fmt: skip

    def usual(place: int) -> list[str]:
        return list(dict.fromkeys(row[place] for row in rows if row[place]))[:40]

    most = "SELECT {0} FROM visit WHERE {0} IS NOT NULL GROUP BY {0} ORDER BY count(*) DESC LIMIT 2"
    return {
        "name": usual(0),
        "phone": usual(1),
        "plate": usual(2),
        "room": usual(3),
        "inside_name": column("SELECT name FROM visit WHERE state = 'inside' AND name > '' LIMIT 20"),
        "inside_badge": column("SELECT badge FROM visit WHERE state = 'inside' AND badge > '' LIMIT 20"),
        "inside_plate": column("SELECT plate FROM visit WHERE state = 'inside' AND plate > '' LIMIT 20"),
        "home_plate": column("SELECT plate FROM vehicle ORDER BY vehicle_id LIMIT 20"),
        "home_name": column("SELECT name FROM resident ORDER BY resident_id LIMIT 20"),
        "most_name": column(most.format("name")),
        "most_phone": column(most.format("phone")),
        "most_plate": column(most.format("plate")),
        "most_room": column(most.format("room_code")),
        "most_tail": column(
            "SELECT key FROM search_key WHERE kind = 'phone' GROUP BY key ORDER BY count(*) DESC LIMIT 2"
        ),
        "most_surname": column(
            "SELECT substr(value, 1, 1) FROM search_key WHERE kind = 'name' AND key = value"
            " GROUP BY 1 ORDER BY count(*) DESC LIMIT 2"
        ),
        "most_initials": column(
            "SELECT key FROM search_key WHERE kind = 'name' AND length(key) IN (2, 3)"
            " GROUP BY key ORDER BY count(*) DESC LIMIT 3"
        ),
    }


def pinyin_of(name: str) -> tuple[str, str]:
    """Return a name's initials and its full pinyin, as a guard types them."""
    read = [(readings(character) or (character,))[0] for character in name]
    return "".join(one[:1] for one in read).lower(), "".join(read).lower()
