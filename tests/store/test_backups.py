"""A backup is whole or refused in words; making one leaves nothing behind, and nothing of it is ever in the clear."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from butler_tui.desk import backups
from butler_tui.errors import ButlerError, FileTrouble, RuleBroken, SetUpWrong, TryLater
from butler_tui.ids import new_id
from butler_tui.sealed_file import MAGIC, PIECE, read_head
from butler_tui.store import recovery
from butler_tui.store.backups import beside, one_at_a_time
from butler_tui.store.database import RawKey, connect
from butler_tui.store.journal import Written, record, verify_chain
from butler_tui.store.local import Store, create_store, open_store
from tests.conftest import Clock, Estate
from tests.keeping import PASSPHRASE, another_home, back_up, files_of, quick_passphrases, restore
from tests.store.test_full_disk import MountedDisk, SmallDisk, small_disk

__all__ = ["quick_passphrases", "small_disk"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


def add_gates(store: Store, count: int) -> None:
    for _act in range(0, count, 100):
        gates = [Written("gate", new_id(1), {"name": os.urandom(150).hex()}) for _gate in range(100)]
        record(store, gates, staff_id=None, now_ms=1)


@pytest.fixture
def backup(estate: Estate, tmp_path: Path) -> Path:
    """Return a backup of the small estate."""
    return back_up(estate.store, tmp_path / "stick" / "butler.bak")


@pytest.fixture(autouse=True)
def stick(tmp_path: Path) -> Path:
    """Return the folder for backups."""
    place = tmp_path / "stick"
    place.mkdir()
    return place


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

    for text in ("陈", "东门岗", "13800000001", "云栖玫瑰园", "SQLite format 3", "CREATE TABLE"):
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


@pytest.mark.parametrize("weak", ["short", "a" * 30, "1212 1212 1212", "            "])
def test_a_weak_passphrase_is_refused(store: Store, weak: str) -> None:
    with pytest.raises(RuleBroken):
        backups.set_passphrase(store, lambda: weak, None)

    assert not recovery.recovery(store.connection).is_set


def test_a_passphrase_means_the_same_in_full_width_and_with_other_spaces(backup: Path, tmp_path: Path) -> None:
    home = another_home(tmp_path / "new")
    restore(home, backup, PASSPHRASE.replace("17", "１７").replace(" ", "　 "))

    open_store(home).close()


def test_a_wrong_passphrase_is_said_and_nothing_is_made(backup: Path, tmp_path: Path) -> None:
    home = another_home(tmp_path / "new")

    with pytest.raises(backups.WrongPassphrase, match="does not open"):
        restore(home, backup, "四季 桂花 竹影 青石 18")

    assert not home.database.parent.exists()


def test_a_flipped_bit_anywhere_is_refused(estate: Estate, backup: Path, tmp_path: Path) -> None:
    whole = backup.read_bytes()
    head = len(MAGIC) + 4 + int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 4], "big") + 32
    places = [*range(0, head, 7), *range(head, head + 40, 3), *range(head, len(whole), len(whole) // 60), -17, -1]
    home = another_home(tmp_path / "new")
    for place in places:
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        backup.write_bytes(broken)
        with pytest.raises(ButlerError):
            restore(home, backup)
        assert not home.database.exists(), place
        assert not home.keys.exists(), place
        assert not home.database.parent.exists() or files_of(home) == [], place


def test_a_cut_backup_is_refused_wherever_it_was_cut(store: Store, stick: Path, tmp_path: Path) -> None:
    add_gates(store, 6000)
    file = back_up(store, stick / "butler.bak")
    whole = file.read_bytes()
    head = len(MAGIC) + 4 + int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 4], "big") + 32
    first = head + PIECE + 16
    assert len(whole) > first + PIECE, "the backup needs three pieces for this"
    home = another_home(tmp_path / "new")
    second = first + PIECE + 16
    for length in (0, 3, len(MAGIC), len(MAGIC) + 2, head - 1, head, head + 1, first - 1, first, second, -1):
        file.write_bytes(whole[:length])
        with pytest.raises(ButlerError):
            restore(home, file)
        assert not home.database.exists(), length
    swapped = whole[:head] + whole[first:second] + whole[head:first] + whole[second:]
    for content in (swapped, whole + b"\0", whole + whole[head:first]):
        file.write_bytes(content)
        with pytest.raises(FileTrouble, match="damaged or was cut short"):
            restore(home, file)
    file.write_bytes(whole)
    restore(home, file)


def test_the_head_of_one_backup_does_not_fit_the_body_of_another(estate: Estate, backup: Path, stick: Path) -> None:
    other = back_up(estate.store, stick / "other.bak")
    heads = []
    for file in (backup, other):
        raw = file.read_bytes()
        end = len(MAGIC) + 4 + int.from_bytes(raw[len(MAGIC) : len(MAGIC) + 4], "big") + 32
        heads.append((raw[:end], raw[end:]))
    backup.write_bytes(heads[0][0] + heads[1][1])

    with pytest.raises(FileTrouble, match="damaged"):
        restore(another_home(stick / "new"), backup)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "not a backup"), (b"PK\x03\x04" * 50, "not a backup"), (b"BUTLER-BACKUP-9\n" + bytes(99), "newer version")],
)
def test_what_is_no_backup_of_ours_is_told_from_what_is_damaged(stick: Path, content: bytes, said: str) -> None:
    file = stick / "thing"
    file.write_bytes(content)

    with pytest.raises(SetUpWrong, match=said):
        restore(another_home(stick / "new"), file)


def test_a_missing_backup_is_said_by_its_name(stick: Path) -> None:
    with pytest.raises(FileTrouble, match=r"gone\.bak"):
        restore(another_home(stick / "new"), stick / "gone.bak")


def test_what_is_not_a_backup_is_never_written_over(estate: Estate, stick: Path) -> None:
    precious = stick / "photos.zip"
    precious.write_bytes(b"holiday")

    for target in (precious, stick, estate.store.home.database, estate.store.home.keys):
        with pytest.raises(RuleBroken):
            back_up(estate.store, target)
    assert precious.read_bytes() == b"holiday"
    open_store(estate.store.home).close()


def test_a_damaged_file_makes_no_backup_and_leaves_the_last_good_one(estate: Estate, backup: Path) -> None:
    good = backup.read_bytes()
    store = estate.store
    (page,) = store.connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'resident'").fetchone()
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    with store.home.database.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(bytes(4096))
    damaged = open_store(store.home)

    with pytest.raises(FileTrouble, match="damaged"):
        backups.back_up(damaged, backup, 1)

    damaged.close()
    assert backup.read_bytes() == good
    assert files_of(store.home) == ["butler.db", "butler.key"]


def test_a_copy_that_is_not_sound_is_no_backup(estate: Estate, backup: Path) -> None:
    good, connection = backup.read_bytes(), estate.store.connection
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("INSERT INTO draft VALUES (x'00', x'00', 'gate', '{}', 0, 1)")  # copies well, and is not sound

    with pytest.raises(FileTrouble, match="damaged"):
        backups.back_up(estate.store, backup, 1)

    assert backup.read_bytes() == good


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


def test_the_unencrypted_demo_is_not_backed_up(tmp_path: Path, stick: Path) -> None:
    plain = create_store(another_home(tmp_path / "plain"), 1, plain=True)

    with pytest.raises(RuleBroken, match="unencrypted demo"):
        back_up(plain, stick / "butler.bak")
    plain.close()


@pytest.mark.parametrize("full", ["the stick", "the computer"])
def test_a_full_disk_refuses_leaves_nothing_and_keeps_the_backup_that_was_there(
    small_disk: SmallDisk, full: str, tmp_path: Path, stick: Path, now: Clock
) -> None:
    if not isinstance(small_disk, MountedDisk):
        pytest.skip("nobody may mount a small disk here")
    homes = {"the stick": tmp_path / "home", "the computer": small_disk.place / "home"}
    targets = {"the stick": small_disk.place / "butler.bak", "the computer": stick / "butler.bak"}
    store = create_store(another_home(homes[full]), now())
    good = back_up(store, targets[full]).read_bytes()
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    small_disk.fill(100 * 1024)

    with pytest.raises(FileTrouble, match=r"disk is full|No space left"):
        backups.back_up(store, targets[full], now())

    assert targets[full].read_bytes() == good
    assert [file.name for file in targets[full].parent.iterdir() if file.name not in ("ballast", "home")] == [
        "butler.bak"
    ]
    assert files_of(store.home) == ["butler.db", "butler.key"]
    small_disk.make_room(store)
    backups.back_up(store, targets[full], now())
    store.close()


def test_a_restore_onto_a_full_disk_leaves_the_file_that_is_there(
    small_disk: SmallDisk, backup: Path, now: Clock
) -> None:
    if not isinstance(small_disk, MountedDisk):
        pytest.skip("nobody may mount a small disk here")
    home = another_home(small_disk.place / "home")
    store = create_store(home, now())
    add_gates(store, 100)
    store.close()
    small_disk.fill(100 * 1024)

    with pytest.raises(FileTrouble, match=r"disk is full|No space left"):
        restore(home, backup, replace=True)

    assert files_of(home) == ["butler.db", "butler.key"]
    there = open_store(home)
    assert there.connection.execute("SELECT count(*) FROM gate").fetchone()[0] == 100
    small_disk.make_room(there)
    there.close()
    restore(home, backup, replace=True)


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
