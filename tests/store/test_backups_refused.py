"""What is broken, foreign or too much is refused in words, and what was there stays: backup, terminal, other files."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.desk import backups
from butler_tui.errors import ButlerError, FileTrouble, RuleBroken, SetUpWrong
from butler_tui.passphrases import WrongPassphrase
from butler_tui.sealed_file import MAGIC, PIECE
from butler_tui.store import recovery
from butler_tui.store.local import Store, create_store, open_store
from tests.conftest import Clock, Estate
from tests.keeping import (
    add_gates,
    another_home,
    back_up,
    backup,
    files_of,
    quick_passphrases,
    restore,
    stick,
)
from tests.store.test_full_disk import MountedDisk, SmallDisk, small_disk

__all__ = ["backup", "quick_passphrases", "small_disk", "stick"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


@pytest.mark.parametrize("weak", ["short", "a" * 30, "1212 1212 1212", "            "])
def test_a_weak_passphrase_is_refused(store: Store, weak: str) -> None:
    with pytest.raises(RuleBroken):
        backups.set_passphrase(store, lambda: weak, None)

    assert not recovery.recovery(store.connection).is_set


def test_a_wrong_passphrase_is_said_and_nothing_is_made(backup: Path, tmp_path: Path) -> None:
    home = another_home(tmp_path / "new")

    with pytest.raises(WrongPassphrase, match="does not open"):
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

    with pytest.raises(FileTrouble, match=r"disk is full"):
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

    with pytest.raises(FileTrouble, match=r"disk is full"):
        restore(home, backup, replace=True)

    assert files_of(home) == ["butler.db", "butler.key"]
    there = open_store(home)
    assert there.connection.execute("SELECT count(*) FROM gate").fetchone()[0] == 100
    small_disk.make_room(there)
    there.close()
    restore(home, backup, replace=True)
