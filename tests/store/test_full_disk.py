"""A full disk: refused in words, nothing saved is lost, and work goes on once there is room."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from butler_tui.errors import FileTrouble
from butler_tui.ids import new_id
from butler_tui.paths import find_home
from butler_tui.store.journal import Written, record, verify_chain
from butler_tui.store.local import Store, create_store

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


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """Return the mount point of a disk of 1 MB of its own; a disk that is full is not like a file that is."""
    import subprocess

    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs root on Linux to mount a small tmpfs")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    return place


def test_a_full_disk_refuses_in_words_loses_nothing_and_goes_on_once_there_is_room(
    small_disk: Path, now: Clock
) -> None:
    import subprocess

    store = create_store(find_home({"BUTLER_HOME": str(small_disk)}), now())
    try:
        ballast = small_disk / "ballast"
        add_gate(store)
        _fill(ballast, leave=64 * 1024)

        with pytest.raises(FileTrouble, match="The disk is full"):
            add_many_gates(store)

        saved = len(gate_names(store))
        ballast.unlink()
        add_gate(store, "北门岗")
        assert gate_names(store)[-1] == "北门岗"
        assert verify_chain(store.connection) == saved + 1
    finally:
        store.close()
        subprocess.run(["umount", str(small_disk)], check=True)


def _fill(file: Path, leave: int) -> None:
    free = shutil.disk_usage(file.parent).free
    file.write_bytes(bytes(max(0, free - leave)))


def test_setting_up_on_a_full_disk_leaves_nothing_behind(small_disk: Path, now: Clock) -> None:
    import subprocess

    try:
        _fill(small_disk / "ballast", leave=8 * 1024)

        with pytest.raises(FileTrouble):
            create_store(find_home({"BUTLER_HOME": str(small_disk / "home")}), now())

        assert [file.name for file in small_disk.rglob("*") if file.is_file()] == ["ballast"]
    finally:
        subprocess.run(["umount", str(small_disk)], check=True)
