"""Making the file of a computer: a cut at any moment leaves nothing in the way, and nothing of another's is touched."""

from __future__ import annotations

import pytest
from filelock import FileLock

from butler_tui.desk.set_up_file import Stage, set_up_file, stage_of
from butler_tui.errors import SetUpWrong
from butler_tui.paths import Home
from butler_tui.store import local, schema, set_up_plan
from butler_tui.store.local import open_store
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


class PowerCut(BaseException):
    """The machine stops here."""


def stop(*_arguments: object) -> None:
    raise PowerCut


def files(home: Home) -> set[str]:
    return {file.name for file in home.database.parent.iterdir()}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (local, "new_keys"),  # nothing but the mark
        (local, "_filled"),  # key and an empty file
        (schema, "new_id"),  # key, and a file in the midst of its tables
        (set_up_plan, "left"),  # everything
    ],
)
def test_a_making_that_was_cut_off_is_made_anew(
    home: Home, now: Clock, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(local, "_remove", lambda _file: None)
        patched.setattr(module, name, stop)
        with pytest.raises(PowerCut), set_up_file(home, now()):
            stop()
    assert stage_of(home) in (Stage.NOTHING, Stage.NO_ESTATE)

    with set_up_file(home, now()) as store:
        assert store.connection.execute("SELECT count(*) FROM terminal").fetchone()[0] == 1
    assert not set_up_plan.mark(home).exists()
    assert stage_of(home) is Stage.NO_ESTATE


def test_a_key_without_its_file_is_moved_aside_and_not_taken_away(home: Home, now: Clock) -> None:
    home.keys.parent.mkdir(parents=True)
    home.keys.write_bytes(b"half a key")
    set_up_plan.mark(home).touch()

    with set_up_file(home, now()):
        """Only made."""
    assert (home.keys.parent / "butler.key.unfinished").read_bytes() == b"half a key"


def test_a_key_that_no_set_up_left_is_refused_and_stays(home: Home, now: Clock) -> None:
    home.keys.parent.mkdir(parents=True)
    home.keys.write_bytes(b"another's")

    for _again in range(2):
        with pytest.raises(SetUpWrong, match="though their key file is"), set_up_file(home, now()):
            """Not reached."""
    assert home.keys.read_bytes() == b"another's"


def test_a_file_with_records_survives_a_mark_that_was_left_over(estate: Estate, home: Home, now: Clock) -> None:
    set_up_plan.mark(home).touch()

    with set_up_file(home, now()) as store:
        assert store.connection.execute("SELECT count(*) FROM staff").fetchone()[0] == 4
    assert stage_of(home) is Stage.READY


def test_two_programs_do_not_set_up_one_computer_at_once(home: Home, now: Clock) -> None:
    home.database.parent.mkdir(parents=True)
    with (
        FileLock(home.sync_lock),
        pytest.raises(SetUpWrong, match="Another program is setting up"),
        set_up_file(home, now()),
    ):
        """Not reached."""
    assert "butler.db" not in files(home)


def test_a_file_that_is_there_is_opened_as_it_is(estate: Estate, home: Home, now: Clock) -> None:
    with set_up_file(home, now()) as store:
        assert store.keys == open_store(home).keys
