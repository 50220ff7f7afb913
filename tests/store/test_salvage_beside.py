"""What a salvage saves beside the pages of the file: its log, its state, and files of older versions."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from butler_tui.errors import ButlerError
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.salvaging import salvage
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.damaging import PAGE, copied, fill, fold_in, keys_in, leaves_of, overwrite, pages_of, schema_pages
from tests.store.test_salvage import reopened
from tests.store.test_salvage_safely import NOW_MS
from tests.store.test_versions import version_1

__all__ = ["version_1"]

pytestmark = pytest.mark.usefixtures("english")


def in_wal(store: Store, home: Home, to: Path, gates: int) -> Home:
    """Return a copy of an open file with `gates` saved in its WAL only."""
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for number in range(gates):
        record(store, [Written("gate", new_id(1), {"name": f"门{number}"})], staff_id=None, now_ms=NOW_MS)
    return copied(home, to)


def gates(home: Home) -> list[str]:
    store = reopened(home)
    try:
        return [row[0] for row in store.connection.execute("SELECT name FROM gate ORDER BY rowid")]
    finally:
        store.close()


def test_what_is_in_the_wal_only_is_saved_with_the_rest(store: Store, home: Home, tmp_path: Path) -> None:
    copy = in_wal(store, home, tmp_path / "copy", 12)
    overwrite(copy.database, range(1, pages_of(copy.database) + 1))

    done = salvage(copy, NOW_MS)

    assert gates(copy) == [f"门{number}" for number in range(12)]
    assert [file.name.rpartition("-")[2] for file in done.kept].count("wal") == 1


@pytest.mark.parametrize("harm", ["head", "a frame", "salts of a frame"])
def test_a_damaged_wal_does_not_hide_what_was_saved_after_the_damage(
    store: Store, home: Home, tmp_path: Path, harm: str
) -> None:
    copy = in_wal(store, home, tmp_path / "copy", 12)
    wal = copy.database.with_name("butler.db-wal")
    frame = PAGE + 24
    third = 32 + 10 * frame
    with wal.open("r+b") as stream:
        at, length = {"head": (0, 32), "a frame": (third + 24, PAGE), "salts of a frame": (third + 8, 8)}[harm]
        stream.seek(at)
        stream.write(random.Random(1).randbytes(length))
    overwrite(copy.database, [2])

    salvage(copy, NOW_MS)

    assert gates(copy) == [f"门{number}" for number in range(12)]


def test_what_was_never_committed_is_not_saved(store: Store, home: Home, tmp_path: Path) -> None:
    store.connection.execute("PRAGMA cache_size = 1")
    copy = in_wal(store, home, tmp_path / "copy", 2)
    store.connection.execute("BEGIN IMMEDIATE")
    store.connection.execute("INSERT INTO permit (door) VALUES ('record')")
    store.connection.execute("UPDATE gate SET name = '未'")
    for number in range(300):
        values = (new_id(number), bytes(16), "字" * 500)
        store.connection.execute("INSERT INTO draft VALUES (?, ?, 'gate', ?, 0, 1)", values)
    wal = home.database.with_name("butler.db-wal").read_bytes()
    assert len(wal) > 3 * copy.database.with_name("butler.db-wal").stat().st_size, "nothing spilled"
    copy.database.with_name("butler.db-wal").write_bytes(wal)
    store.connection.execute("ROLLBACK")
    overwrite(copy.database, [2])

    salvage(copy, NOW_MS)

    assert gates(copy) == ["门0", "门1"]


def test_without_the_state_everything_is_offered_and_the_rest_begins_anew(estate: Estate, now: Clock) -> None:
    fill(estate, 10, now)
    home, journal = estate.store.home, keys_in(estate.store.connection)["journal"]
    fold_in(estate.store)
    overwrite(home.database, leaves_of(home, "sync_state", "epoch", "terminal", "staff_pin"))

    done = salvage(home, NOW_MS)

    store = reopened(home)
    state = store.connection.execute("SELECT * FROM sync_state").fetchone()
    assert (state["epoch_no"], state["last_seq"], state["acked_seq"], state["pos"]) == (2, len(journal), 0, 0)
    assert state["hlc_ms"] == store.connection.execute("SELECT max(hlc_ms) FROM journal").fetchone()[0]
    assert (done.enrolled, done.due, done.unsent) == (False, len(journal), None)
    record(store, [Written("gate", new_id(1), {"name": "南门岗"})], staff_id=None, now_ms=NOW_MS)
    store.close()


def test_the_next_pull_begins_at_the_beginning_with_own_changes_on_top(estate: Estate) -> None:
    connection, home = estate.store.connection, estate.store.home
    own = keys_in(connection)["journal"]
    connection.execute("UPDATE sync_state SET pos = 70, pos_cid = ?, acked_seq = last_seq, scope_gen = 3", (new_id(1),))
    connection.execute("INSERT INTO pull_mark (pos, cid) VALUES (70, ?)", (new_id(1),))
    connection.execute("DELETE FROM pending")  # HQ's log has brought them back
    fold_in(estate.store)
    overwrite(home.database, leaves_of(home, "search_key"))

    salvage(home, NOW_MS)

    store = reopened(home)
    state = store.connection.execute("SELECT * FROM sync_state").fetchone()
    assert (state["pos"], state["pos_cid"], state["scope_gen"], state["whole_after"]) == (0, None, 0, "")
    assert store.connection.execute("SELECT count(*) FROM pull_mark").fetchone()[0] == 0
    pending = {row[0] for row in store.connection.execute("SELECT journal_id FROM pending")}
    assert len(pending) == len(own) - 1  # the last one that HQ has stays where it was
    assert pending <= keys_in(store.connection)["journal"]
    store.close()


def test_a_file_of_an_older_version_is_saved_and_brought_up_to_date(version_1: Home) -> None:
    store_pages = pages_of(version_1.database)
    overwrite(version_1.database, leaves_of(version_1, "sqlite_autoindex_journal_1"))
    assert store_pages == pages_of(version_1.database)

    salvage(version_1, NOW_MS)

    store = reopened(version_1)
    row = store.connection.execute("SELECT name, badge, badge_out FROM visit").fetchone()
    assert tuple(row) == ("单晓", "A009", 1)
    store.close()


def test_an_older_file_without_its_list_of_tables_is_left_to_its_own_version(version_1: Home) -> None:
    overwrite(version_1.database, set(schema_pages(version_1)) - {1})
    before = version_1.database.read_bytes()

    with pytest.raises(ButlerError, match="only that version"):
        salvage(version_1, NOW_MS)

    assert version_1.database.read_bytes() == before
