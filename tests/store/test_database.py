"""The terminal's file: encrypted, its owner's alone, and every trouble with it a sentence that loses nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from butler_tui.errors import EXIT_SET_UP, ButlerError, FileTrouble, SetUpWrong
from butler_tui.ids import new_id
from butler_tui.paths import Home, find_home
from butler_tui.store import database, keys
from butler_tui.store.journal import record
from butler_tui.store.local import Store, create_store, is_set_up, open_store
from butler_tui.store.written import Written

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are a POSIX matter")


def add_gate(store: Store, name: str = "南门岗") -> bytes:
    gate_id = new_id(1)
    record(store, [Written("gate", gate_id, {"name": name})], staff_id=None, now_ms=1)
    return gate_id


def gate_names(store: Store) -> list[str]:
    return [row[0] for row in store.connection.execute("SELECT name FROM gate ORDER BY rowid")]


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("temp_store", 2),
        ("user_version", database.SCHEMA_VERSION),
    ],
)
def test_the_pragmas_of_the_house_are_in_force_on_every_connection(store: Store, pragma: str, value: object) -> None:
    again = store.again()

    for one in (store, again):
        assert one.connection.execute(f"PRAGMA {pragma}").fetchone()[0] == value
    again.close()


def test_what_was_saved_is_there_after_opening_again(store: Store, home: Home) -> None:
    add_gate(store)
    store.close()

    again = open_store(home)

    assert gate_names(again) == ["南门岗"]
    again.close()


def test_the_file_cannot_be_read_as_plain_sqlite(store: Store, home: Home) -> None:
    store.close()

    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        sqlite3.connect(home.database).execute("SELECT * FROM sqlite_schema").fetchall()


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux tells who holds which lock")
def test_another_connection_of_the_same_program_leaves_the_first_its_lock(store: Store) -> None:
    file = store.home.database.stat().st_ino

    def locks() -> int:
        held = (line.split() for line in Path("/proc/locks").read_text().splitlines())
        return sum(one[4] == str(os.getpid()) and one[5].endswith(f":{file}") for one in held)

    assert locks() == 1
    store.again().close()
    assert locks() == 1


@POSIX
def test_database_wal_and_keys_are_their_owners_alone_even_under_a_generous_umask(tmp_path: Path, now: Clock) -> None:
    home = find_home({"BUTLER_HOME": str(tmp_path / "home")})
    before = os.umask(0o000)
    try:
        store = create_store(home, now())
        add_gate(store)
    finally:
        os.umask(before)

    files = [file for file in home.database.parent.iterdir() if file.is_file()]
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in files}

    assert set(modes) >= {"butler.db", "butler.db-wal", "butler.key"}
    assert set(modes.values()) == {0o600}
    store.close()


def test_no_name_and_no_number_is_readable_in_any_file(estate: Estate, home: Home, now: Clock) -> None:
    from butler_tui.desk.gate import admit
    from butler_tui.domain.policies import Reason
    from butler_tui.domain.rights import Role

    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number="330000199001011234", plate="浙A12345")
    admit(estate.store, estate.sessions[Role.GUARD], agent, estate.policies, now())
    words = (
        "李文博",
        "陈国栋",
        "陈太太",
        "13900001234",
        "13800000001",
        "330000199001011234",
        "浙A12345",
        "王强",
        "3-2-1801",
    )

    while_open = {file.name: file.read_bytes() for file in home.database.parent.iterdir() if file.is_file()}
    estate.store.close()
    after = {file.name: file.read_bytes() for file in home.database.parent.iterdir() if file.is_file()}

    assert len(while_open["butler.db-wal"]) > 10_000
    for name, content in [*while_open.items(), *after.items()]:
        assert not [word for word in words if word.encode() in content or word.encode("utf-16-le") in content], name


def test_a_key_file_of_another_terminal_is_told_apart_from_damage(store: Store, home: Home) -> None:
    add_gate(store)
    store.close()
    right = home.keys.read_bytes()
    keys.write_keys(home.keys, keys.new_keys())

    with pytest.raises(SetUpWrong, match="key file does not belong to") as caught:
        open_store(home)

    assert caught.value.exit_code == EXIT_SET_UP
    home.keys.write_bytes(right)
    again = open_store(home)
    assert gate_names(again) == ["南门岗"]
    again.close()


def test_a_computer_that_is_not_set_up_is_told_so(home: Home) -> None:
    assert not is_set_up(home)
    with pytest.raises(SetUpWrong, match="not set up yet"):
        open_store(home)


def test_a_file_of_a_newer_program_is_refused_and_left_as_it_is(store: Store, home: Home) -> None:
    add_gate(store)
    store.connection.execute("PRAGMA user_version = 99")

    with pytest.raises(SetUpWrong, match=rf"newer version .*99; this one knows {database.SCHEMA_VERSION}"):
        open_store(home)

    assert gate_names(store) == ["南门岗"]


def test_a_file_that_was_never_finished_is_told_so(store: Store, home: Home) -> None:
    store.close()
    home.database.write_bytes(b"")

    with pytest.raises(SetUpWrong, match="never finished"):
        open_store(home)


def _overwrite(at: int) -> Callable[[bytes], bytes]:
    return lambda content: content[:at] + bytes(200) + content[at + 200 :]


@pytest.mark.parametrize(
    "harm",
    [_overwrite(20), _overwrite(3000), lambda content: content[:3000], lambda content: content[:16] + b"\xff" * 9000],
    ids=["first page", "end of first page", "cut short", "replaced after its head"],
)
def test_a_damaged_file_is_a_sentence_and_is_not_touched(
    store: Store, home: Home, harm: Callable[[bytes], bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(20):
        add_gate(store, "南" * 300)
    store.close()
    damaged = harm(home.database.read_bytes())
    home.database.write_bytes(damaged)

    with pytest.raises(FileTrouble, match=r"is damaged\. .* run butler salvage"):
        open_store(home)

    assert home.database.read_bytes() == damaged
    assert capfd.readouterr() == ("", ""), "the driver writes over the screens"


def test_damage_met_while_saving_is_a_sentence_too(store: Store, home: Home) -> None:
    for _ in range(20):
        add_gate(store, "南" * 300)
    query = "SELECT rootpage FROM sqlite_schema WHERE name = 'gate'"
    at = (store.connection.execute(query).fetchone()[0] - 1) * 4096
    store.close()
    content = home.database.read_bytes()
    home.database.write_bytes(content[:at] + bytes(4096) + content[at + 4096 :])
    again = open_store(home)

    with pytest.raises(FileTrouble, match="is damaged"):
        add_gate(again)
    again.close()


@pytest.mark.parametrize("present", ["database", "keys"])
def test_neither_a_file_nor_a_key_is_ever_overwritten(home: Home, now: Clock, present: str) -> None:
    file: Path = getattr(home, present)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"somebody's")

    with pytest.raises(SetUpWrong, match="is not overwritten"):
        create_store(home, now())

    assert file.read_bytes() == b"somebody's"
    assert [one.name for one in home.database.parent.iterdir()] == [file.name]


def test_a_folder_in_the_files_place_is_a_sentence(store: Store, home: Home) -> None:
    store.close()
    home.database.unlink()
    home.database.mkdir()

    with pytest.raises(FileTrouble, match="cannot be"):
        open_store(home)


def test_a_file_that_another_program_holds_is_a_sentence_and_can_be_tried_again(store: Store) -> None:
    other = store.again()
    other.connection.execute("BEGIN IMMEDIATE")
    store.connection.execute("PRAGMA busy_timeout = 1")

    with pytest.raises(FileTrouble, match="Another program holds"):
        add_gate(store)

    other.connection.execute("ROLLBACK")
    other.close()
    add_gate(store)
    assert gate_names(store) == ["南门岗"]


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with database.transaction(store.connection):
            store.connection.execute("UPDATE terminal SET hq_url = 'https://x'")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert store.connection.execute("SELECT hq_url FROM terminal").fetchone()[0] is None
    assert not store.connection.in_transaction


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("attempt to write a readonly database", "check its folder and permissions"),
        ("disk I/O error", r"^The disk cannot be read or written: try again"),
        ("database or disk is full", r"^The disk is full: free some space and try again"),
        ("something new", "something new"),
    ],
)
def test_every_word_of_the_driver_becomes_a_sentence(reason: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ButlerError, match=sentence), database.plain_errors(tmp_path / "butler.db"):
        raise database.DatabaseError(reason)


def test_sqlite_utils_runs_on_the_encrypted_file(store: Store) -> None:
    add_gate(store)

    tables = database.as_sqlite_utils(store.connection)

    assert [row["name"] for row in tables["gate"].rows] == ["南门岗"]
