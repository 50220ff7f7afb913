"""The key file: its owner's alone, whole or not there, and every trouble with it a sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from butler_tui.errors import EXIT_SET_UP, FileTrouble, SetUpWrong
from butler_tui.paths import Home
from butler_tui.store.keys import new_keys, read_keys, with_month_key, write_keys
from butler_tui.store.local import Store, is_set_up, open_store
from butler_tui.store.restoring import restore_backup
from butler_tui.store.salvaging import salvage

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "butler.key"


def test_keys_come_back_as_they_were_written(file: Path) -> None:
    keys = with_month_key(new_keys(), b"\1" * 16, b"\2" * 32)

    write_keys(file, keys)

    assert read_keys(file) == keys


def test_no_two_terminals_and_no_two_purposes_share_a_key() -> None:
    one, two = new_keys(), new_keys()
    secrets = [key for keys in (one, two) for key in (keys.database, keys.match, keys.pepper, keys.sign, keys.box)]

    assert len(set(secrets)) == 10
    assert one.salt != two.salt


def test_adding_a_months_key_keeps_the_others() -> None:
    keys = with_month_key(with_month_key(new_keys(), b"\1" * 16, b"a" * 32), b"\2" * 16, b"b" * 32)

    assert dict(keys.months) == {"01" * 16: b"a" * 32, "02" * 16: b"b" * 32}


@pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_key_file_that_others_can_touch_is_refused_with_what_to_do(file: Path, mode: int) -> None:
    write_keys(file, new_keys())
    file.chmod(mode)

    with pytest.raises(SetUpWrong, match="Run: chmod 600") as caught:
        read_keys(file)

    assert caught.value.exit_code == EXIT_SET_UP


@pytest.mark.skipif(os.name != "posix", reason="users are a POSIX matter")
def test_root_takes_no_file_away_from_the_user_it_belongs_to(
    store: Store, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        os.chown(home.database, 65534, -1)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    before = home.keys.stat()
    works: list[Callable[[], object]] = [
        lambda: open_store(home),
        lambda: restore_backup(home, home.database, b"", replace=True, now_ms=0),
        lambda: salvage(home, 0),
    ]
    for work in works:
        with pytest.raises(SetUpWrong, match="not as root"):
            work()
    assert home.keys.stat() == before


def test_the_key_file_of_another_user_is_not_called_damaged(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_keys(file, new_keys())
    monkeypatch.setattr(Path, "read_text", refused)
    with pytest.raises(SetUpWrong, match="belongs to another user"):
        read_keys(file)


def refused(*_asked: object) -> str:
    raise PermissionError


def test_a_missing_key_file_is_told_apart_from_a_damaged_one(file: Path) -> None:
    with pytest.raises(SetUpWrong, match="is missing"):
        read_keys(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"database": "00"}',
        "密钥".encode(),
        bytes(range(256)),
    ],
)
def test_a_damaged_key_file_is_a_sentence(file: Path, content: bytes) -> None:
    write_keys(file, new_keys())
    file.write_bytes(content)

    with pytest.raises(SetUpWrong, match="is damaged"):
        read_keys(file)


@pytest.mark.parametrize("name", ["database", "salt"])
def test_a_key_of_the_wrong_length_is_damage(file: Path, name: str) -> None:
    write_keys(file, new_keys())
    content = json.loads(file.read_text("ascii"))
    content[name] = content[name][2:]
    file.write_text(json.dumps(content), "ascii")

    with pytest.raises(SetUpWrong, match="is damaged"):
        read_keys(file)


def test_nothing_is_opened_without_the_key_file(store: Store, home: Home) -> None:
    store.close()
    home.keys.unlink()

    with pytest.raises(SetUpWrong, match="is missing"):
        open_store(home)

    assert home.database.exists()


def test_records_that_are_gone_are_told_apart_from_a_computer_that_never_had_any(store: Store, home: Home) -> None:
    store.close()
    home.database.unlink()
    assert is_set_up(home)
    with pytest.raises(SetUpWrong, match="are not there, though their key file is"):
        open_store(home)


def test_changed_keys_are_in_the_file_before_they_are_used(store: Store, home: Home) -> None:
    store.change_keys(with_month_key(store.keys, b"\1" * 16, b"k" * 32))
    again = open_store(home)

    assert again.keys == store.keys
    again.close()


def test_keys_that_cannot_be_written_are_not_used(store: Store, home: Home) -> None:
    before = store.keys
    (home.keys.parent / "butler.key.new").mkdir()

    with pytest.raises(FileTrouble):
        store.change_keys(with_month_key(before, b"\1" * 16, b"k" * 32))

    assert store.keys is before
    assert read_keys(home.keys) == before


def test_a_key_that_another_thread_added_is_read_on_request(store: Store) -> None:
    other = store.again()
    other.change_keys(with_month_key(other.keys, b"\1" * 16, b"k" * 32))

    store.refresh_keys()

    assert store.keys == other.keys
    other.close()
