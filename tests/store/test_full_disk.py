"""A full disk: refused in words, nothing saved is lost, and work goes on once there is room."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from butler_tui.errors import FileTrouble
from butler_tui.ids import new_id
from butler_tui.paths import find_home
from butler_tui.store import local
from butler_tui.store.database import Connection, RawKey, connect
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.store.written import Written

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("english")


def add_gate(store: Store, name: str = "南门岗") -> bytes:
    gate_id = new_id(1)
    record(store, [Written("gate", gate_id, {"name": name})], staff_id=None, now_ms=1)
    return gate_id


def add_many_gates(store: Store) -> None:
    for _ in range(400):
        add_gate(store, "北" * 500)


def gate_names(store: Store) -> list[str]:
    return [row[0] for row in store.connection.execute("SELECT name FROM gate ORDER BY rowid")]


def test_a_full_file_refuses_in_words_and_keeps_all_that_was_saved(store: Store) -> None:
    add_gate(store)
    (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
    store.connection.execute(f"PRAGMA max_page_count = {pages}")

    with pytest.raises(FileTrouble, match="The disk is full"):
        add_many_gates(store)

    saved = gate_names(store)
    assert verify_chain(store.connection) == len(saved)
    store.connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    add_gate(store, "北门岗")
    assert gate_names(store) == [*saved, "北门岗"]


PAGE = 4096


@dataclass
class MountedDisk:
    """A disk of 1 MB of its own; one that is full is not quite like a file that is."""

    place: Path

    def fill(self, leave: int, store: Store | None = None) -> None:
        """Leave `leave` bytes free."""
        free = shutil.disk_usage(self.place).free
        (self.place / "ballast").write_bytes(bytes(max(0, free - leave)))

    def make_room(self, store: Store) -> None:
        """Free some space."""
        (self.place / "ballast").unlink()


@dataclass
class LimitedFiles:
    """What stands in for it where nobody may mount one: SQLite's limit of pages, which it reports as a full disk."""

    place: Path
    monkeypatch: pytest.MonkeyPatch

    def fill(self, leave: int, store: Store | None = None) -> None:
        """Let the open file, else each that is opened from now on, take `leave` bytes more."""
        if store is not None:
            (pages,) = store.connection.execute("PRAGMA page_count").fetchone()
            store.connection.execute(f"PRAGMA max_page_count = {pages + leave // PAGE}")
            return

        def connect_limited(file: Path, key: RawKey | None) -> Connection:
            connection = connect(file, key)
            connection.execute(f"PRAGMA max_page_count = {leave // PAGE}")
            return connection

        self.monkeypatch.setattr(local, "connect", connect_limited)

    def make_room(self, store: Store) -> None:
        """Let the open file grow again."""
        store.connection.execute("PRAGMA max_page_count = 100000")


SmallDisk = MountedDisk | LimitedFiles


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """Return a disk that can be filled: a real one where this computer lets us mount it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    mounted = (
        mount is not None
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)], capture_output=True
        ).returncode
    )
    if not mounted:
        yield LimitedFiles(place, monkeypatch)
        return
    yield MountedDisk(place)
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def limited_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LimitedFiles:
    """Return the stand-in, so that it is tried everywhere."""
    return LimitedFiles(tmp_path, monkeypatch)


@pytest.mark.parametrize("kind", ["small_disk", "limited_files"])
def test_a_full_disk_refuses_in_words_loses_nothing_and_goes_on_once_there_is_room(
    request: pytest.FixtureRequest, kind: str, now: Clock
) -> None:
    disk: SmallDisk = request.getfixturevalue(kind)
    store = create_store(find_home({"BUTLER_HOME": str(disk.place)}), now())
    add_gate(store)
    disk.fill(64 * 1024, store)

    with pytest.raises(FileTrouble, match="The disk is full"):
        add_many_gates(store)

    saved = len(gate_names(store))
    disk.make_room(store)
    add_gate(store, "北门岗")
    assert gate_names(store)[-1] == "北门岗"
    assert verify_chain(store.connection) == saved + 1
    store.close()


def test_a_file_that_is_opened_on_a_full_disk_says_that_it_is_full(small_disk: SmallDisk, now: Clock) -> None:
    if isinstance(small_disk, LimitedFiles):
        pytest.skip("no small disk can be mounted here, and what is limited can still be opened")
    home = find_home({"BUTLER_HOME": str(small_disk.place)})
    create_store(home, now()).close()
    small_disk.fill(0)

    with pytest.raises(FileTrouble, match="The disk is full"):
        open_store(home)

    (small_disk.place / "ballast").unlink()
    open_store(home).close()


@pytest.mark.parametrize("kind", ["small_disk", "limited_files"])
def test_setting_up_on_a_full_disk_leaves_nothing_behind(request: pytest.FixtureRequest, kind: str, now: Clock) -> None:
    disk: SmallDisk = request.getfixturevalue(kind)
    disk.fill(8 * 1024)

    with pytest.raises(FileTrouble):
        create_store(find_home({"BUTLER_HOME": str(disk.place / "home")}), now())

    assert [file.name for file in disk.place.rglob("*") if file.is_file() and file.name != "ballast"] == []
