"""Commands on a file with a damaged page: it opens, and reading comes upon the damage; a sentence says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.errors import EXIT_FAILED
from butler_tui.store.local import Store, create_store, open_store
from tests.conftest import Estate
from tests.serving import butler

PAGE = 4096


def damage(store: Store, table: str) -> None:
    """Overwrite the page on which `table` begins, and no other: the file still opens."""
    (page,) = store.connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    with store.home.database.open("r+b") as stream:
        stream.seek((page - 1) * PAGE)
        stream.write(bytes(PAGE))
    open_store(store.home).close()


@pytest.mark.parametrize("arguments", [["status"], ["status", "--json"], ["sync"], []])
def test_a_damaged_page_is_said_in_a_sentence_and_nothing_unforeseen(estate: Estate, arguments: list[str]) -> None:
    home = estate.store.home
    damage(estate.store, "estate")

    ended = butler(*arguments, env={"BUTLER_HOME": str(home.database.parent)})

    assert (ended.returncode, ended.stdout) == (EXIT_FAILED, "")
    assert "The file is damaged. Do not delete it. Close the program, run butler salvage" in ended.stderr
    assert f"({home.database})" in ended.stderr
    assert not home.log.exists()


def test_enrolling_with_a_damaged_file_says_so_and_keeps_it(estate: Estate) -> None:
    home = estate.store.home
    damage(estate.store, "estate")
    url = f"https://127.0.0.1:9/e/{'0' * 8}-0000-7000-8000-{'0' * 12}#{'0' * 64}"

    ended = butler("enrol", url, "ABCDEFGHJK", env={"BUTLER_HOME": str(home.database.parent)})

    assert ended.returncode == EXIT_FAILED, ended.stderr
    assert "is damaged" in ended.stderr
    assert home.database.exists()
    assert home.keys.exists()


def test_a_store_is_closed_whatever_happens(tmp_path: Path) -> None:
    from butler_tui.cli.output import closing_in_the_end
    from butler_tui.paths import find_home
    from butler_tui.store.database import DatabaseError

    store = create_store(find_home({"BUTLER_HOME": str(tmp_path / "home")}), 1)
    with pytest.raises(ZeroDivisionError), closing_in_the_end(store):
        raise ZeroDivisionError

    with pytest.raises(DatabaseError):
        store.connection.execute("SELECT 1")
