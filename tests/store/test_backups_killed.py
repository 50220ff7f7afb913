"""Killed (SIGKILL) at each step of a backup and of a restore: what was there stays good, and the next try works.

A child is forked for each step and kills itself as it is about to open, rename, link or remove its n-th file.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from butler_tui.desk import backups
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store.backups import change_key
from butler_tui.store.database import RawKey, connect
from butler_tui.store.journal import record
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.keys import read_keys
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.store.written import Written
from tests.keeping import PASSPHRASE, another_home, back_up, files_of, quick_passphrases, restore

__all__ = ["quick_passphrases"]
pytestmark = [
    pytest.mark.usefixtures("english", "quick_passphrases"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork"),
]

_FILE_EVENTS = ("open", "os.rename", "os.link", "os.remove")
_MOST_STEPS = 200


def killed_at(step: int, work: Callable[[], object], places: tuple[Path, ...]) -> bool:
    """Do `work` in a child that is killed before its `step`-th touch of a file in `places`; tell whether it was."""
    child = os.fork()
    if child == 0:
        touched = 0

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal touched
            if event in _FILE_EVENTS and any(str(arguments[0]).startswith(str(place)) for place in places):
                touched += 1
                if touched == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    __, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, f"step {step} failed"
    return os.WIFSIGNALED(status)


def gates(home: Home) -> list[str]:
    """Return the names of the gates in a file that opens, whole, with a chain that verifies."""
    store = open_store(home)
    try:
        assert store.connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
        verify_chain(store.connection)
        return [row[0] for row in store.connection.execute("SELECT name FROM gate ORDER BY rowid")]
    finally:
        store.close()


def write(store: Store, name: str) -> None:
    record(store, [Written("gate", new_id(1), {"name": name})], staff_id=None, now_ms=1)


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """Return a folder with a backup of two gates."""
    place = tmp_path / "stick"
    place.mkdir()
    return place


@pytest.fixture
def backed_up(tmp_path: Path, stick: Path) -> Home:
    """Return a terminal that has a third gate, and a backup from before that one on the stick."""
    store = create_store(another_home(tmp_path / "home"), 1)
    write(store, "一")
    write(store, "二")
    back_up(store, stick / "butler.bak")
    write(store, "三")
    store.close()
    return store.home


def test_a_backup_killed_at_any_step_leaves_the_old_one_or_the_new_one(
    backed_up: Home, stick: Path, tmp_path: Path
) -> None:
    def work() -> None:
        store = open_store(backed_up)
        backups.back_up(store, stick / "butler.bak", 1)

    folders = (backed_up.database.parent, stick)
    steps = 0
    for step in range(1, _MOST_STEPS):
        if not killed_at(step, work, folders):
            break
        steps = step
        assert gates(backed_up) == ["一", "二", "三"], step
        home = another_home(tmp_path / f"new{step}")
        restore(home, stick / "butler.bak")
        assert gates(home) in (["一", "二"], ["一", "二", "三"]), step
    assert steps > 8
    assert [file.name for file in stick.iterdir()] == ["butler.bak"]
    assert files_of(backed_up) == ["butler.db", "butler.key"]
    home = another_home(tmp_path / "last")
    restore(home, stick / "butler.bak")
    assert gates(home) == ["一", "二", "三"]


def test_a_restore_killed_at_any_step_leaves_the_old_file_or_the_restored_one(
    backed_up: Home, stick: Path, tmp_path: Path
) -> None:
    folder = backed_up.database.parent
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    outcomes = []
    for step in range(1, _MOST_STEPS):
        for file in folder.iterdir():
            file.unlink()
        for name, content in before.items():
            (folder / name).write_bytes(content)
            (folder / name).chmod(0o600)
        killed = killed_at(step, lambda: restore(backed_up, stick / "butler.bak", replace=True), (folder, stick))
        outcomes.append(gates(backed_up))
        assert outcomes[-1] in (["一", "二", "三"], ["一", "二"]), step
        if outcomes[-1] == ["一", "二"]:
            _the_old_file_is_kept(backed_up)
        if not killed:
            break
        restore(backed_up, stick / "butler.bak", replace=True)
        assert gates(backed_up) == ["一", "二"], step
        assert not any("restored" in name for name in files_of(backed_up)), step
        kept = {file.stat().st_ino for file in folder.glob("butler.db.replaced-*")}
        assert backed_up.database.stat().st_ino not in kept, step
    assert outcomes.count(["一", "二", "三"]) > 8
    assert outcomes.count(["一", "二"]) > 2, "no kill fell between the database and its keys"


def _the_old_file_is_kept(home: Home) -> None:
    """Check that what was replaced can be opened under the name that says when."""
    folder = home.database.parent
    (database,) = [file for file in folder.glob("butler.db.replaced-*") if not file.name.endswith(("-wal", "-shm"))]
    (keys,) = folder.glob("butler.key.replaced-*")
    kept = read_keys(keys)
    connection = connect(database, RawKey(kept.database, kept.salt))
    names = [row[0] for row in connection.execute("SELECT name FROM gate ORDER BY rowid")]
    connection.close()
    assert names == ["一", "二", "三"]


def test_a_first_restore_killed_at_any_step_can_be_done_again(stick: Path, backed_up: Home, tmp_path: Path) -> None:
    for step in range(1, _MOST_STEPS):
        home = another_home(tmp_path / f"new{step}")
        if not killed_at(step, lambda: restore(home, stick / "butler.bak"), (home.database.parent, stick)):  # noqa: B023
            break
        restore(home, stick / "butler.bak", replace=True)
        assert gates(home) == ["一", "二"], step
    assert step > 8


def test_a_file_that_is_open_elsewhere_is_not_replaced(backed_up: Home, stick: Path) -> None:
    from butler_tui.errors import FileTrouble

    held = open_store(backed_up)
    with pytest.raises(FileTrouble, match="The program is open"):
        restore(backed_up, stick / "butler.bak", replace=True)
    write(held, "四")
    held.close()

    assert gates(backed_up) == ["一", "二", "三", "四"]
    assert files_of(backed_up) == ["butler.db", "butler.key"]


def test_records_are_not_replaced_unless_it_is_said(backed_up: Home, stick: Path) -> None:
    from butler_tui.errors import RuleBroken

    with pytest.raises(RuleBroken, match="--replace"):
        restore(backed_up, stick / "butler.bak")

    assert gates(backed_up) == ["一", "二", "三"]


def test_a_file_whose_key_is_lost_is_kept_with_all_that_lies_beside_it(backed_up: Home, stick: Path) -> None:
    store = open_store(backed_up)
    write(store, "四")
    there = [Path(f"{backed_up.database}{ending}") for ending in ("", "-wal")]
    content = [file.read_bytes() for file in there]
    store.close()
    for file, before in zip(there, content, strict=True):
        file.write_bytes(before)
    backed_up.keys.unlink()

    done = restore(backed_up, stick / "butler.bak", replace=True)

    assert gates(backed_up) == ["一", "二"]
    assert [file.read_bytes() for file in done.kept] == content


def test_changing_a_key_leaves_no_page_under_the_old_one(backed_up: Home) -> None:
    keys = read_keys(backed_up.keys)
    old, new = RawKey(keys.database, keys.salt), RawKey(bytes(range(32)), bytes(range(16)))
    before = backed_up.database.read_bytes()

    change_key(backed_up.database, old, new)

    after = backed_up.database.read_bytes()
    pages = [at for at in range(0, len(before), 4096) if before[at : at + 4096] == after[at : at + 4096]]
    assert pages == []
    assert after[:16] == new.salt
    assert PASSPHRASE.encode() not in after


def killed_after(seconds: float, work: Callable[[], object]) -> bool:
    """Do `work` in a child that is killed after so many seconds, in the middle of anything; tell whether it was."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    __, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_at_any_moment_the_driver_s_own_work_included(backed_up: Home, stick: Path, tmp_path: Path) -> None:
    chance = random.Random(41)
    store = open_store(backed_up)
    for _act in range(4):
        many = [Written("gate", new_id(1), {"name": chance.randbytes(120).hex()}) for _gate in range(200)]
        record(store, many, staff_id=None, now_ms=1)
    now = gates(backed_up)
    began = time.monotonic()
    backups.back_up(store, stick / "large.bak", 1)
    store.close()
    longest, struck = time.monotonic() - began, 0

    def backup_again() -> None:
        backups.back_up(open_store(backed_up), stick / "large.bak", 1)

    for round_no in range(8):
        struck += killed_after(chance.uniform(0, longest), backup_again)
        assert gates(backed_up) == now, round_no
    for round_no in range(8):
        delay = chance.uniform(0, 4 * longest)
        struck += killed_after(delay, lambda: restore(backed_up, stick / "large.bak", replace=True))
        assert gates(backed_up) == now, round_no
    assert struck > 0
    restore(another_home(tmp_path / "new"), stick / "large.bak")
    assert gates(another_home(tmp_path / "new")) == now
