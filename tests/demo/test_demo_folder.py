"""Where a demo lies: never over anything else, cleared away where it was interrupted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from butler_tui.demo.folder import Folder, Found, demo_folder
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.errors import FileTrouble, SetUpWrong, WrongUsage

if TYPE_CHECKING:
    from tests.conftest import Clock


@pytest.mark.parametrize(("households", "visits"), [(0, 1), (10_001, 1), (1, -1), (1, 2_000_000_000)])
def test_numbers_that_no_estate_has_are_wrong_usage(households: int, visits: int, english: None) -> None:
    with pytest.raises(WrongUsage, match="A demo has 1 to 10000 households and at most 100000 visits"):
        Wanted(households, visits)


def test_an_absent_or_empty_folder_is_free(tmp_path: Path) -> None:
    assert Folder(tmp_path).look() is Found.NOTHING
    assert Folder(tmp_path / "absent").look() is Found.NOTHING


def test_a_finished_demo_is_known_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "demo")
    folder.begin()
    unfinished = folder.look()
    folder.finish()

    assert (unfinished, folder.look()) == (Found.UNFINISHED, Found.DEMO)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("content", [None, "not json", "{}", "[]", "7"])
def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path, content: str | None) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work", "ascii")
    if content is not None:
        (tmp_path / "demo.json").write_text(content, "ascii")

    with pytest.raises(SetUpWrong, match="holds something that is not a demo"):
        Folder(tmp_path).look()

    assert thesis.read_text("ascii") == "years of work"


@pytest.mark.usefixtures("english")
def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file", "ascii")

    with pytest.raises(SetUpWrong, match="holds something that is not a demo"):
        Folder(tmp_path / "demo").look()


@pytest.mark.usefixtures("english")
def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "ascii")

    with pytest.raises(FileTrouble, match="cannot be used"):
        Folder(tmp_path / "file" / "demo").begin()


def test_an_interrupted_demo_is_cleared_away_and_nothing_beside_it(tmp_path: Path, now: Clock) -> None:
    folder = Folder(tmp_path / "demo")
    folder.begin()
    make_demo(folder.home, Wanted(1, 1), now(), lambda *_: None).close()
    (folder.path / "mine.txt").write_text("keep", "ascii")

    folder.begin()
    make_demo(folder.home, Wanted(1, 1), now(), lambda *_: None).close()

    assert (folder.path / "mine.txt").read_text("ascii") == "keep"


def test_without_a_folder_the_demo_lies_among_the_users_data_and_not_in_the_terminals_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert demo_folder(None).path.name == "butler-demo"
    assert demo_folder(tmp_path / "here").path == tmp_path / "here"
