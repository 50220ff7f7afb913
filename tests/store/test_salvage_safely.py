"""A salvage that is broken off, refused or short of room leaves the damaged file; only a whole new one replaces it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from butler_tui.errors import FileTrouble, RuleBroken, SetUpWrong
from butler_tui.paths import Home
from butler_tui.store import salvaging
from butler_tui.store.database import Connection, RawKey, connect
from butler_tui.store.keys import new_keys, write_keys
from butler_tui.store.local import open_store, salvaged_file
from butler_tui.store.salvaging import salvage
from tests.conftest import Clock, Estate
from tests.damaging import copied, fill, fold_in, leaves_of, overwrite
from tests.store.test_backups_killed import killed_at
from tests.store.test_salvage import reopened

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
