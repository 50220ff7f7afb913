"""Saving what can be read of a damaged file: real encrypted files, pages written over, held against other readers."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from butler_tui.errors import FileTrouble
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.store.health import damages
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from butler_tui.store.salvage_trees import listed, look_through, rows_in, shapes_of
from butler_tui.store.salvaging import Salvaged, salvage
from butler_tui.store.schema import missing_guards
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.damaging import (
    KEYS,
    PAGE,
    copied,
    fill,
    fold_in,
    keys_in,
    leaves_of,
    opened_pages,
    overwrite,
    pages_of,
    read_by_halves,
    schema_pages,
    where_rows_are,
)

pytestmark = pytest.mark.usefixtures("english")
VISITS = 60
NOW_MS = 1_800_000_000_000


def values_of(store: Store) -> dict[str, dict[object, tuple[object, ...]]]:
    """Return all that was put into the counted tables but the journal, by key."""
    return {
        table: {row[key]: tuple(row) for row in store.connection.execute(f"SELECT * FROM {table}")}
        for table, key in KEYS.items()
        if table != "journal"
    }


def cids(store: Store) -> set[bytes]:
    return {row[0] for row in store.connection.execute("SELECT cid FROM journal")}


@pytest.fixture
def busy(estate: Estate, now: Clock) -> Estate:
    fill(estate, VISITS, now)
    return estate


def sound(store: Store) -> None:
    """See that a file is in every way as one of this program."""
    assert damages(store.connection) == []
    assert missing_guards(store.connection) == []
    assert store.connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (count,) = store.connection.execute("SELECT last_seq FROM sync_state").fetchone()
    assert verify_chain(store.connection) == count
    (keys,) = store.connection.execute("SELECT count(*) FROM search_key WHERE kind = 'name'").fetchone()
    (names,) = store.connection.execute("SELECT count(DISTINCT name) FROM visit").fetchone()
    assert keys >= names


def reopened(home: Home) -> Store:
    store = open_store(home)
    sound(store)
    return store


def test_every_row_of_a_sound_file_is_read_as_the_driver_reads_it(busy: Estate) -> None:
    """Also what is only in the WAL yet, and a text that goes on in other pages."""
    store = busy.store
    record(store, [Written("gate", new_id(1), {"name": "门" * 9000})], staff_id=None, now_ms=NOW_MS)
    with opened_pages(store.home) as pages:
        forest = look_through(pages)
        known = listed(pages, forest)
        shapes = shapes_of(known, current=True)
        assert (pages.damaged, known.whole, pages.version()) == (0, True, SCHEMA_VERSION)
        trees = forest.trees()
        tables = [name for name, shape in shapes.items() if not shape.is_index and name in known.roots]
        assert len(tables) > 20
        for name in tables:
            shape = shapes[name]
            read = {
                tuple(row.rowid if at == shape.alias else value for at, value in enumerate(row.values or ()))
                for number in trees.get(known.roots[name], ())
                for row in rows_in(pages, number)
            }
            columns = ", ".join(column.name for column in shape.columns)
            assert read == {tuple(row) for row in store.connection.execute(f"SELECT {columns} FROM {name}")}, name


def saved_of(damaged: Home, whole: Home, bad: set[int], where: dict[str, dict[bytes | int, int]]) -> Salvaged:
    """Salvage a file and hold it against an ideal reader and the driver; return what it said of itself."""
    by_driver = read_by_halves(copied(damaged, damaged.database.parent.with_name("for-the-driver")))
    original = open_store(whole)
    before, values, journal = keys_in(original.connection), values_of(original), cids(original)
    original.close()

    done = salvage(damaged, NOW_MS)

    assert done.pages == len(bad)
    store = reopened(damaged)
    after, saved = keys_in(store.connection), values_of(store)
    for table, kept in saved.items():
        ideal = {key for key, page in where[table].items() if page not in bad}
        assert ideal <= after[table] <= before[table], table
        assert by_driver[table] <= after[table], table
        gone = len(before[table]) - len(after[table])
        assert done.lost.get(table, 0) <= gone, table
        assert all(kept[key] == values[table][key] for key in kept if key in ideal), table
    ideal_journal = sum(page not in bad for page in where["journal"].values())
    assert len(cids(store)) == ideal_journal + done.reissued
    assert len(cids(store) & journal) == ideal_journal
    assert done.due == ideal_journal + done.reissued
    store.close()
    return done


@pytest.mark.parametrize("seed", range(4))
def test_what_an_ideal_reader_could_save_is_saved(busy: Estate, tmp_path: Path, seed: int) -> None:
    home = busy.store.home
    fold_in(busy.store)
    where, chance = where_rows_are(home), random.Random(seed)
    damaged = copied(home, tmp_path / "damaged")
    bad = chance.sample(range(1, pages_of(home.database) + 1), (1, 4, 12, 40)[seed])
    overwrite(damaged.database, bad, seed)

    saved_of(damaged, home, set(bad), where)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_thousands_of_visits_and_damage_of_every_size(estate: Estate, now: Clock, tmp_path: Path, seed: int) -> None:
    fill(estate, 2000, now)
    home = estate.store.home
    fold_in(estate.store)
    where, chance = where_rows_are(home), random.Random(seed)
    count = pages_of(home.database)
    for share in (1, 10, count // 50, count // 10):
        damaged = copied(home, tmp_path / f"damaged-{share}" / "home")
        bad = chance.sample(range(1, count + 1), share)
        overwrite(damaged.database, bad, seed)
        done = saved_of(damaged, home, set(bad), where)
        assert sum(done.saved[table] for table in ("visit", "visit_event")) >= 0.97 * 5800


def test_roots_and_inner_pages_that_are_gone_cost_nothing(busy: Estate, tmp_path: Path) -> None:
    """The driver reads nothing at all of a table whose root does not verify."""
    home = busy.store.home
    fold_in(busy.store)
    where = where_rows_are(home)
    with opened_pages(home) as pages:
        forest = look_through(pages)
        known = listed(pages, forest)
        bad = {known.roots[name] for name in KEYS} & set(forest.below)
    assert len(bad) >= 3
    damaged = copied(home, tmp_path / "damaged")
    overwrite(damaged.database, bad)

    done = saved_of(damaged, home, bad, where)

    assert (done.saved["visit"], done.lost, done.unknown) == (VISITS, {}, 0)


def test_the_whole_list_of_tables_may_be_gone(busy: Estate, tmp_path: Path) -> None:
    home = busy.store.home
    fold_in(busy.store)
    where, bad = where_rows_are(home), set(schema_pages(home))
    assert len(bad) > 4
    damaged = copied(home, tmp_path / "damaged")
    overwrite(damaged.database, bad)

    done = saved_of(damaged, home, bad, where)

    assert (done.unknown, done.enrolled, done.rebuilt) == (0, False, {})
    store = open_store(damaged)
    original = open_store(home)
    for table in ("estate", "policy", "gate", "terminal", "staff_pin", "epoch"):
        sql = f"SELECT count(*) FROM {table}"
        assert (store.connection.execute(sql).fetchone()[0] - (table == "epoch")) == (
            original.connection.execute(sql).fetchone()[0]
        ), table
    store.close()
    original.close()


@pytest.mark.parametrize("head", [100, PAGE])
def test_a_head_that_is_gone_is_made_anew(busy: Estate, tmp_path: Path, head: int) -> None:
    """The salt stands there, and in the key file."""
    home = busy.store.home
    fold_in(busy.store)
    where = where_rows_are(home)
    damaged = copied(home, tmp_path / "damaged")
    with damaged.database.open("r+b") as stream:
        stream.write(random.Random(1).randbytes(head))
    with pytest.raises(FileTrouble, match="run butler salvage"):
        open_store(damaged)

    saved_of(damaged, home, {1}, where)


def test_a_file_that_was_cut_gives_what_is_left(busy: Estate, tmp_path: Path) -> None:
    home = busy.store.home
    fold_in(busy.store)
    where, count = where_rows_are(home), pages_of(home.database)
    damaged = copied(home, tmp_path / "damaged")
    os.truncate(damaged.database, count // 2 * PAGE + 100)

    saved_of(damaged, home, set(range(count // 2 + 1, count + 1)), where)


def test_a_record_whose_page_is_gone_is_written_anew_from_the_journal(busy: Estate, tmp_path: Path) -> None:
    home = busy.store.home
    expected = values_of(busy.store)
    fold_in(busy.store)
    damaged = copied(home, tmp_path / "damaged")
    overwrite(damaged.database, leaves_of(home, "visit", "visit_event", "companion", "resident"))

    done = salvage(damaged, NOW_MS)

    store = reopened(damaged)
    assert values_of(store) == expected
    assert done.rebuilt == {"resident": 23, "visit": VISITS, "visit_event": 114, "companion": VISITS}
    assert done.lost == {}
    store.close()


def test_what_is_lost_is_told_by_table_and_number(busy: Estate, tmp_path: Path) -> None:
    """With the journal gone as well, the indexes tell what there was."""
    home = busy.store.home
    before = keys_in(busy.store.connection)
    fold_in(busy.store)
    where = where_rows_are(home)
    damaged = copied(home, tmp_path / "damaged")
    bad = {*leaves_of(home, "journal"), *(sorted(set(where[name].values()))[1] for name in ("visit", "visit_event"))}
    overwrite(damaged.database, bad)

    done = salvage(damaged, NOW_MS)

    store = reopened(damaged)
    after = keys_in(store.connection)
    gone = {table: len(before[table]) - len(after[table]) for table in KEYS}
    assert gone["visit"] > 0 < gone["visit_event"]
    assert {**done.lost, "journal": gone["journal"]} == {table: count for table, count in gone.items() if count}
    assert done.lost["journal"] == len(before["journal"])
    assert gone["journal"] + done.reissued == len(before["journal"])
    assert done.reissued > 200
    assert done.unsent == gone["journal"]
    store.close()
