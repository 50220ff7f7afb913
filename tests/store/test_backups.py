"""A backup is whole or refused in words; making one leaves nothing behind, and nothing of it is ever in the clear."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from butler_tui.desk import backups
from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.sealed_file import read_head
from butler_tui.store import drafts, recovery
from butler_tui.store.backups import beside, one_at_a_time
from butler_tui.store.database import RawKey, connect
from butler_tui.store.drafts import GATE, Draft
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from tests.conftest import Estate
from tests.keeping import (
    PASSPHRASE,
    add_gates,
    another_home,
    back_up,
    backup,
    files_of,
    quick_passphrases,
    restore,
    stick,
)

__all__ = ["backup", "quick_passphrases", "stick"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


def test_a_backup_brings_every_row_back(estate: Estate, backup: Path, tmp_path: Path) -> None:
    home = another_home(tmp_path / "new")
    restore(home, backup)

    restored = open_store(home)
    for table in ("estate", "gate", "staff", "house", "household", "resident", "policy"):
        ours = [tuple(row) for row in estate.store.connection.execute(f"SELECT * FROM {table} ORDER BY 1")]
        assert [tuple(row) for row in restored.connection.execute(f"SELECT * FROM {table} ORDER BY 1")] == ours
    assert ours == []
    restored.close()


def test_nothing_of_a_backup_is_readable_and_the_key_in_use_is_not_in_it(estate: Estate, backup: Path) -> None:
    raw = backup.read_bytes()
    keys = estate.store.keys

    for text in ("陈国栋", "东门岗", "13800000001", "云栖玫瑰园", "SQLite format 3", "CREATE TABLE"):
        assert text.encode() not in raw
    for key in (keys.database, keys.salt, keys.match, keys.pepper, keys.sign, keys.box):
        assert key not in raw
        assert key.hex().encode() not in raw
    assert backup.stat().st_mode & 0o777 == 0o600


def test_the_key_in_use_opens_no_copy_in_a_backup_and_the_months_keys_are_in_none(
    estate: Estate, stick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from butler_tui.store import restoring
    from butler_tui.store.keys import with_month_key

    estate.store.change_keys(with_month_key(estate.store.keys, b"m" * 16, b"k" * 32))
    file = back_up(estate.store, stick / "butler.bak")
    seen: list[bytes] = []
    unpacked = restoring._unpacked

    def looked_at(*arguments: object) -> object:
        secrets = unpacked(*arguments)  # type: ignore[arg-type]
        seen.append(secrets.to_bytes())
        with pytest.raises(ButlerError):
            connect(arguments[2], RawKey(estate.store.keys.database, estate.store.keys.salt))  # type: ignore[arg-type]
        return secrets

    monkeypatch.setattr(restoring, "_unpacked", looked_at)
    home = another_home(tmp_path / "new")
    restore(home, file)

    assert seen
    assert b"6d6d6d6d" not in seen[0]
    assert (b"k" * 32).hex().encode() not in seen[0]
    store = open_store(home)
    assert dict(store.keys.months) == {}
    store.close()


def test_what_a_restore_makes_and_keeps_only_its_owner_may_read(estate: Estate, backup: Path) -> None:
    home = estate.store.home
    estate.store.close()
    done = restore(home, backup, replace=True)

    files = [home.database, home.keys, *done.kept]
    assert len(files) == 4
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600"] * 4


def test_the_months_keys_of_a_key_file_that_is_still_there_are_kept(estate: Estate, stick: Path) -> None:
    from butler_tui.store.keys import with_month_key

    file = back_up(estate.store, stick / "butler.bak")
    estate.store.change_keys(with_month_key(estate.store.keys, b"m" * 16, b"k" * 32))
    estate.store.close()
    estate.store.home.database.unlink()

    restore(estate.store.home, file)

    store = open_store(estate.store.home)
    assert dict(store.keys.months) == {(b"m" * 16).hex(): b"k" * 32}
    store.close()


def test_making_one_leaves_nothing_beside_the_file_or_the_backup(estate: Estate, backup: Path, stick: Path) -> None:
    assert files_of(estate.store.home) == ["butler.db", "butler.key"]
    assert [file.name for file in stick.iterdir()] == ["butler.bak"]
    assert recovery.recovery(estate.store.connection).backup_ms == read_head(backup).made_ms


def test_a_backup_for_nobody_is_refused_and_says_what_to_do(store: Store, stick: Path) -> None:
    with pytest.raises(SetUpWrong, match="--set-passphrase"):
        backups.back_up(store, stick / "butler.bak", 1)

    assert list(stick.iterdir()) == []


def test_a_passphrase_means_the_same_in_full_width_and_with_other_spaces(backup: Path, tmp_path: Path) -> None:
    home = another_home(tmp_path / "new")
    restore(home, backup, PASSPHRASE.replace("17", "１７").replace(" ", "　 "))

    open_store(home).close()


def test_what_another_tool_did_to_guards_keeps_nobody_from_a_backup(
    estate: Estate, stick: Path, tmp_path: Path
) -> None:
    estate.store.connection.execute("DROP TRIGGER guard_visit_insert")
    estate.store.connection.execute("PRAGMA foreign_keys = OFF")
    estate.store.connection.execute("INSERT INTO permit (door) VALUES ('record')")
    home = another_home(tmp_path / "new")

    restore(home, back_up(estate.store, stick / "butler.bak"))

    open_store(home).close()


def test_two_backups_at_once_are_one(estate: Estate, stick: Path) -> None:
    backups.set_passphrase(estate.store, lambda: PASSPHRASE, None)
    with one_at_a_time(estate.store.home.database), pytest.raises(TryLater):
        backups.back_up(estate.store, stick / "butler.bak", 1)


def test_what_a_broken_off_backup_left_is_cleared_by_the_next(estate: Estate, stick: Path) -> None:
    left = beside(estate.store.home.database, "for-backup")
    left.write_bytes(b"half a copy")
    (stick / "butler.bak.new").write_bytes(b"half a backup")

    back_up(estate.store, stick / "butler.bak")

    assert not left.exists()
    assert [file.name for file in stick.iterdir()] == ["butler.bak"]


def test_a_backup_beside_a_guard_who_goes_on_saving_is_whole(store: Store, stick: Path, tmp_path: Path) -> None:
    add_gates(store, 600)
    stopped, saved = threading.Event(), []

    def save() -> None:
        other = store.again()
        while not stopped.is_set():
            add_gates(other, 100)
            saved.append(100)
            time.sleep(0.02)  # as a guard would
        other.close()

    writer = threading.Thread(target=save)
    writer.start()
    try:
        files = [back_up(store, stick / f"{number}.bak") for number in range(3)]
    finally:
        stopped.set()
        writer.join()

    assert sum(saved) > 0
    seen = []
    for number, file in enumerate(files):
        home = another_home(tmp_path / f"new{number}")
        restore(home, file)
        restored = open_store(home)
        gates = restored.connection.execute("SELECT count(*) FROM gate").fetchone()[0]
        assert gates == restored.connection.execute("SELECT count(*) FROM journal WHERE tbl = 'gate'").fetchone()[0]
        assert verify_chain(restored.connection) > 0
        restored.close()
        seen.append(gates)
    assert seen == sorted(seen)
    assert 600 <= seen[0] <= 600 + sum(saved)


def test_no_draft_and_so_no_typed_number_goes_into_a_backup(estate: Estate, stick: Path, tmp_path: Path) -> None:
    body = '{"number": "330106199003071234"}'
    drafted = Draft(b"d" * 16, b"s" * 16, GATE, body, parked=False, changed_ms=1)
    drafts.keep(estate.store.connection, drafted)
    home = another_home(tmp_path / "new")
    restore(home, back_up(estate.store, stick / "butler.bak"))

    restored = open_store(home)
    assert restored.connection.execute("SELECT count(*) FROM draft").fetchone()[0] == 0
    restored.close()
    assert drafts.of_author(estate.store.connection, b"s" * 16, GATE) is not None, "here it stays"
