"""Making a terminal's file: whole or not at all, and never at the cost of another that is being made there."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from butler_tui.errors import FileTrouble, SetUpWrong
from butler_tui.paths import Home
from butler_tui.store import local, schema
from butler_tui.store.database import connect
from butler_tui.store.keys import Keys, new_keys
from butler_tui.store.local import Store, create_store, open_store

if TYPE_CHECKING:
    from tests.conftest import Clock

pytestmark = pytest.mark.usefixtures("english")


def files(home: Home) -> list[str]:
    folder = home.database.parent
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


@pytest.mark.parametrize("_round", range(5))
def test_of_two_who_set_up_at_once_one_does_and_the_other_takes_nothing_away(
    home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch, _round: int
) -> None:
    both_have_looked = threading.Barrier(2, timeout=20)
    made: list[Store] = []
    refused: list[Exception] = []

    def keys_after_the_other_has_looked_too() -> Keys:
        both_have_looked.wait()
        return new_keys()

    def set_up() -> None:
        try:
            made.append(create_store(home, now()))
        except Exception as error:
            refused.append(error)

    monkeypatch.setattr(local, "new_keys", keys_after_the_other_has_looked_too)
    threads = [threading.Thread(target=set_up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert (len(made), [type(error) for error in refused]) == (1, [SetUpWrong])
    assert made[0].connection.execute("SELECT count(*) FROM terminal").fetchone()[0] == 1
    made[0].close()
    open_store(home).close()


@pytest.mark.parametrize("left", ["butler.key", "butler.db"])
def test_what_is_there_already_is_refused_and_stays_as_it_is(home: Home, now: Clock, left: str) -> None:
    home.database.parent.mkdir()
    file = home.database.parent / left
    file.write_bytes(b"another's")

    with pytest.raises(SetUpWrong, match=f"{left} is there already"):
        create_store(home, now())

    assert files(home) == [left]
    assert file.read_bytes() == b"another's"


def test_a_key_file_that_cannot_be_filled_is_not_left_behind(
    home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("butler_tui.private_file.os.fsync", refuse)
    with pytest.raises(FileTrouble, match="the disk is full"):
        create_store(home, now())

    assert files(home) == []


class PowerCut(BaseException):
    """The machine stops here."""


def test_a_power_cut_while_the_tables_are_made_leaves_a_file_that_says_it_was_never_finished(
    home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(_now_ms: int) -> bytes:
        raise PowerCut

    monkeypatch.setattr(schema, "new_id", stop)
    monkeypatch.setattr(local, "_remove", lambda file: None)
    with pytest.raises(PowerCut):
        create_store(home, now())

    with pytest.raises(SetUpWrong, match="was never finished"):
        open_store(home)


def test_tables_version_and_first_rows_are_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: Clock
) -> None:
    def stop(_now_ms: int) -> bytes:
        raise PowerCut

    connection = connect(tmp_path / "new.db", None)
    monkeypatch.setattr(schema, "new_id", stop)
    with pytest.raises(PowerCut):
        schema.create_schema(connection, now())

    assert connection.execute("PRAGMA user_version").fetchone()[0] == 0
    assert connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    connection.close()
