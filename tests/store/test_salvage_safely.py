"""A salvage that is broken off, refused or short of room leaves the damaged file; only a whole new one replaces it."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from butler_tui.errors import ButlerError, FileTrouble, RuleBroken, SetUpWrong
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store import salvaging
from butler_tui.store.database import Connection, RawKey, connect
from butler_tui.store.journal import record
from butler_tui.store.keys import new_keys, write_keys
from butler_tui.store.local import Store, open_store, salvaged_file
from butler_tui.store.salvaging import salvage
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.damaging import PAGE, copied, fill, fold_in, keys_in, leaves_of, overwrite, pages_of, schema_pages
from tests.store.test_backups_killed import killed_at
from tests.store.test_salvage import reopened
from tests.store.test_versions import version_1

__all__ = ["version_1"]
pytestmark = pytest.mark.usefixtures("english")
NOW_MS = 1_800_000_000_000


@pytest.fixture
def damaged(estate: Estate, now: Clock) -> Home:
    """A file of ten visits whose every index is gone."""
    fill(estate, 10, now)
    fold_in(estate.store)
    home = estate.store.home
    overwrite(home.database, leaves_of(home, "sqlite_autoindex_visit_1", "visit_by_name"))
    return home


def visits(home: Home) -> int:
    store = reopened(home)
    try:
        return int(store.connection.execute("SELECT count(*) FROM visit").fetchone()[0])
    finally:
        store.close()


def content_of(home: Home) -> dict[str, bytes]:
    """Return what lies in a home, without locks."""
    return {file.name: file.read_bytes() for file in home.database.parent.iterdir() if "lock" not in file.name}


def test_the_damaged_file_is_kept_byte_for_byte_with_its_key(damaged: Home) -> None:
    before, keys = damaged.database.read_bytes(), damaged.keys.read_bytes()

    done = salvage(damaged, NOW_MS)

    kept, kept_keys = done.kept
    assert kept.name.startswith("butler.db.replaced-")
    assert (kept.read_bytes(), kept_keys.read_bytes(), damaged.keys.read_bytes()) == (before, keys, keys)
    assert damaged.database.read_bytes()[:16] == before[:16]
    assert sorted(content_of(damaged)) == sorted(["butler.db", "butler.key", kept.name, kept_keys.name])
    assert visits(damaged) == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_killed_at_any_step_the_damaged_file_is_there_or_the_finished_one(damaged: Home, tmp_path: Path) -> None:
    before = damaged.database.read_bytes()
    finished = 0
    for step in range(1, 200):
        home = copied(damaged, tmp_path / f"{step}")
        # What was saved last is in the WAL only.
        home.database.with_name("butler.db-wal").write_bytes(b"a WAL without any frame")
        if not killed_at(step, lambda home=home: salvage(home, NOW_MS), (home.database.parent,)):  # type: ignore[misc]
            break
        if home.database.read_bytes() == before and not salvaged_file(home).exists():
            assert home.database.with_name("butler.db-wal").exists()
            salvage(home, NOW_MS)  # the next try works
        else:
            finished += 1
        assert visits(home) == 10
        leftover = ("salvaging", "salvaged", "salvaging-wal", "salvaging-journal")
        assert [name for name in content_of(home) if name.removeprefix("butler.db.") in leftover] == []
        kept = [file for file in home.database.parent.glob("butler.db.replaced-*") if file.read_bytes() == before]
        assert len(kept) == 1, step
    assert step > 10
    assert finished > 2


def test_a_file_that_a_program_has_open_is_left_alone(damaged: Home) -> None:
    """Another process: SQLite's locks tell nothing between connections of one."""
    program = (
        "import sys; from butler_tui.paths import find_home; from butler_tui.store.local import open_store;"
        "store = open_store(find_home({'BUTLER_HOME': sys.argv[1]})); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(damaged.database.parent)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as screens:  # fmt: skip
        assert screens.stdout is not None
        assert screens.stdout.readline() == "open\n"
        before = content_of(damaged)

        with pytest.raises(FileTrouble, match="The program is open on this computer"):
            salvage(damaged, NOW_MS)

        assert content_of(damaged) == before
        screens.communicate()
    assert salvage(damaged, NOW_MS).saved["visit"] == 10


def test_nobody_opens_the_file_while_it_is_being_read(damaged: Home) -> None:
    said = []

    program = (
        "import sys; from sqlcipher3 import dbapi2; connection = dbapi2.connect(sys.argv[1], timeout=0.1)\n"
        "try: connection.execute('SELECT 1 FROM sqlite_schema')\n"
        "except dbapi2.DatabaseError as error: print(error)"
    )

    def look() -> None:
        ran = subprocess.run(
            [sys.executable, "-c", program, str(damaged.database)], capture_output=True, text=True, check=False
        )
        said.append(ran.stdout + ran.stderr)

    salvage(damaged, NOW_MS, lambda words: look() if words == salvaging.STEP_MEND else None)

    assert said == ["database is locked\n"]


@pytest.mark.parametrize("room", [8, 30, 60])
def test_a_full_disk_leaves_everything_as_it_was(damaged: Home, room: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect_limited(file: Path, key: RawKey | None) -> Connection:
        connection = connect(file, key)
        connection.execute(f"PRAGMA max_page_count = {room}")
        return connection

    before = content_of(damaged)
    with monkeypatch.context() as full:
        full.setattr(salvaging, "connect", connect_limited)
        with pytest.raises(FileTrouble, match="The disk is full"):
            salvage(damaged, NOW_MS)

    assert content_of(damaged) == before
    assert salvage(damaged, NOW_MS).saved["visit"] == 10


def test_a_sound_file_is_refused(estate: Estate, now: Clock) -> None:
    fill(estate, 3, now)
    fold_in(estate.store)
    before = content_of(estate.store.home)

    with pytest.raises(RuleBroken, match="not damaged"):
        salvage(estate.store.home, NOW_MS)

    assert content_of(estate.store.home) == before


def test_the_key_of_another_file_is_told_from_damage(damaged: Home) -> None:
    before = damaged.database.read_bytes()
    write_keys(damaged.keys, new_keys())

    with pytest.raises(SetUpWrong, match="belongs to another"):
        salvage(damaged, NOW_MS)
    with pytest.raises(SetUpWrong, match="does not belong"):
        open_store(damaged)

    assert damaged.database.read_bytes() == before


def test_no_file_is_a_sentence(home: Home) -> None:
    with pytest.raises(SetUpWrong, match="There is no file"):
        salvage(home, NOW_MS)


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
