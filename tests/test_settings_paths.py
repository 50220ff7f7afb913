"""Where a terminal keeps its things, and whose word counts: default, file, environment."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from butler_tui.errors import EXIT_SET_UP, SetUpWrong
from butler_tui.paths import find_home
from butler_tui.settings import Settings, read_settings

pytestmark = pytest.mark.usefixtures("english")


def test_one_folder_holds_everything_where_butler_home_names_it(tmp_path: Path) -> None:
    home = find_home({"BUTLER_HOME": str(tmp_path)})

    assert home.database == tmp_path / "butler.db"
    assert home.keys == tmp_path / "butler.key"
    assert home.settings == tmp_path / "settings.toml"
    assert home.log == tmp_path / "butler.log"
    assert home.hq == tmp_path / "hq"


def test_without_it_the_platforms_own_places_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import platformdirs

    for name in ("user_data_dir", "user_config_dir", "user_log_dir"):
        monkeypatch.setattr(platformdirs, name, lambda *_, name=name, **__: str(tmp_path / name))

    home = find_home({})

    assert home.database.parent == tmp_path / "user_data_dir"
    assert home.keys.parent == home.settings.parent == tmp_path / "user_config_dir"
    assert home.log.parent == tmp_path / "user_log_dir"


def test_butler_db_moves_the_database_and_its_lock_and_nothing_else(tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk2" / "estate.db"
    home = find_home({"BUTLER_HOME": str(tmp_path), "BUTLER_DB": str(elsewhere)})

    assert home.database == elsewhere
    assert home.sync_lock.parent == elsewhere.parent
    assert home.keys == tmp_path / "butler.key"


def test_two_databases_of_one_folder_do_not_share_a_lock(tmp_path: Path) -> None:
    one, two = (find_home({"BUTLER_HOME": str(tmp_path), "BUTLER_DB": str(tmp_path / name)}) for name in ("a", "b"))

    assert one.sync_lock != two.sync_lock


def test_finding_a_home_makes_nothing(tmp_path: Path) -> None:
    find_home({"BUTLER_HOME": str(tmp_path / "home")})

    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    assert read_settings(file, {}) == Settings(lang="zh_CN", theme="dark")


def test_the_file_is_above_the_defaults_and_the_environment_above_the_file(file: Path) -> None:
    file.write_text('lang = "en"\ntheme = "butler-light"\n', "utf-8")

    assert read_settings(file, {}) == Settings(lang="en", theme="butler-light")
    assert read_settings(file, {"BUTLER_THEME": "nord"}) == Settings(lang="en", theme="nord")


def test_an_empty_variable_says_nothing(file: Path) -> None:
    assert read_settings(file, {"BUTLER_LANG": ""}) == Settings()


def test_settings_of_a_newer_program_are_passed_over(file: Path) -> None:
    file.write_text('lang = "en"\nsounds = true\n[desk]\nx = 1\n', "utf-8")

    assert read_settings(file, {}) == Settings(lang="en")


@pytest.mark.parametrize("content", [b"lang = ", b"lang = 'en", b"\xff\xfe", b"[[", b"lang=1\nlang=2"])
def test_a_file_that_is_not_toml_is_a_sentence_that_names_it(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SetUpWrong, match=r"settings file .*settings\.toml cannot be read") as caught:
        read_settings(file, {})

    assert caught.value.exit_code == EXIT_SET_UP


def test_a_folder_in_the_files_place_is_a_sentence(file: Path) -> None:
    file.mkdir()

    with pytest.raises(SetUpWrong, match="cannot be read"):
        read_settings(file, {})


def test_a_file_in_a_folder_that_may_not_be_read_is_a_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_asked: object, **_how: object) -> None:
        raise PermissionError(errno.EACCES, "")

    with monkeypatch.context() as patched:
        for name in ("exists", "read_bytes", "read_text"):
            patched.setattr(Path, name, refused)
        with pytest.raises(SetUpWrong) as caught:
            read_settings(file, {})
    assert caught.value.sentence() == f"The settings file {file} cannot be read: no permission."
