"""By a stick both ends have the same as over a line: harmless twice, in any order, and closed to everybody else."""

from __future__ import annotations

from pathlib import Path

import pytest
from filelock import FileLock

from butler_tui.desk import gate
from butler_tui.domain.rights import Role
from butler_tui.errors import ButlerError, FileTrouble, RuleBroken, SetUpWrong, TryLater
from butler_tui.hq import by_file, terminals
from butler_tui.ids import id_text, new_id
from butler_tui.store import sync_state
from butler_tui.store.local import Store
from butler_tui.sync.by_file import read_file, write_file
from tests.conftest import Clock, Estate
from tests.serving import Hq, butler, real_ms, sync
from tests.sync.test_pull import a_household, assert_same, estate_id_of, joined, put, second

__all__ = ["second"]
pytestmark = pytest.mark.usefixtures("english")


def admit(estate: Estate, now: Clock, badge: str) -> None:
    gate.admit(estate.store, estate.sessions[Role.GUARD], estate.registration(badge=badge), estate.policies, now())


def there_and_back(hq: Hq, store: Store, folder: Path) -> None:
    out, back = folder / "out", folder / "back"
    write_file(store, out, real_ms)
    by_file.import_file(hq.folder, out, real_ms())
    by_file.export_file(hq.folder, out, back, real_ms())
    read_file(store, back, real_ms)


def at_hq(hq: Hq, store: Store) -> tuple[int, int]:
    sql = "SELECT count(*), count(DISTINCT cid) FROM change_log WHERE estate_id = ?"
    return tuple(hq.query(sql, estate_id_of(store))[0])


def test_two_terminals_without_a_line_end_with_the_same(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    second = joined(hq, enrolled, tmp_path / "second")
    admit(enrolled, now, "A001")
    there_and_back(hq, enrolled.store, tmp_path)
    there_and_back(hq, second, tmp_path)
    a_household(second)
    there_and_back(hq, second, tmp_path)
    there_and_back(hq, enrolled.store, tmp_path)

    assert_same(enrolled.store, second)
    assert sync(second).pushed == 0
    assert sync(second).pulled == 0
    second.close()


def test_twice_and_in_any_order_does_no_harm(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    store = enrolled.store
    first, later = tmp_path / "first", tmp_path / "later"
    write_file(store, first, real_ms)
    admit(enrolled, now, "A001")
    waiting = write_file(store, later, real_ms)
    for file in (later, first, later):
        by_file.import_file(hq.folder, file, real_ms())
    assert at_hq(hq, store) == (waiting, waiting)

    old, new = tmp_path / "old", tmp_path / "new"
    by_file.export_file(hq.folder, later, old, real_ms())
    admit(enrolled, now, "A002")
    write_file(store, later, real_ms)
    by_file.import_file(hq.folder, later, real_ms())
    by_file.export_file(hq.folder, later, new, real_ms())
    for file in (new, old, new):
        read_file(store, file, real_ms)
    assert sync_state.waiting(store.connection) == 0
    assert sync(store).pushed == 0


def test_conflicts_come_by_file_too(hq: Hq, enrolled: Estate, second: Store, tmp_path: Path) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    put(enrolled.store, "household", household, name="林先生宅")
    put(second, "household", household, name="林府")
    for store in (enrolled.store, second, enrolled.store):
        there_and_back(hq, store, tmp_path)
    assert_same(enrolled.store, second)
    assert sync(second).conflicts == 1


def test_nobody_else_reads_it_and_nothing_in_it_is_changed_unseen(
    hq: Hq, enrolled: Estate, second: Store, now: Clock, tmp_path: Path
) -> None:
    admit(enrolled, now, "A001")
    out, back = tmp_path / "out", tmp_path / "back"
    write_file(enrolled.store, out, real_ms)
    raw = out.read_bytes()
    assert "李文博".encode() not in raw
    assert b"13900001234" not in raw
    for at in range(120, len(raw), len(raw) // 7):
        (tmp_path / "bad").write_bytes(raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :])
        with pytest.raises(ButlerError):
            by_file.import_file(hq.folder, tmp_path / "bad", real_ms())
    (tmp_path / "cut").write_bytes(raw[:-40])
    with pytest.raises(FileTrouble):
        by_file.import_file(hq.folder, tmp_path / "cut", real_ms())
    with pytest.raises(SetUpWrong, match="wrote for HQ"):
        read_file(enrolled.store, out, real_ms)

    by_file.import_file(hq.folder, out, real_ms())
    by_file.export_file(hq.folder, out, back, real_ms())
    with pytest.raises(SetUpWrong, match="not HQ's answer to this"):
        read_file(second, back, real_ms)


def test_a_file_from_hq_that_needs_one_before_it_says_so(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    store = enrolled.store
    sync(store)
    admit(enrolled, now, "A001")
    out, back = tmp_path / "out", tmp_path / "back"
    write_file(store, out, real_ms)
    by_file.import_file(hq.folder, out, real_ms())
    by_file.export_file(hq.folder, out, back, real_ms())
    store.connection.execute("UPDATE sync_state SET pos = pos - 1")
    with pytest.raises(RuleBroken, match="missing"):
        read_file(store, back, real_ms)


def test_an_answer_from_before_hq_was_restored_says_so(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    store = enrolled.store
    out, back = tmp_path / "out", tmp_path / "back"
    write_file(store, out, real_ms)
    by_file.import_file(hq.folder, out, real_ms())
    by_file.export_file(hq.folder, out, back, real_ms())
    hq_gen = id_text(new_id(real_ms()))
    hq.change("UPDATE estate_pos SET hq_gen = ? WHERE estate_id = ?", hq_gen, estate_id_of(store))
    sync(store)
    admit(enrolled, now, "A001")
    with pytest.raises(RuleBroken, match="HQ was restored since that answer"):
        read_file(store, back, real_ms)
    there_and_back(hq, store, tmp_path)
    assert sync_state.waiting(store.connection) == 0


def test_a_refused_terminal_brings_nothing(hq: Hq, estate: Estate, tmp_path: Path) -> None:
    terminal_id = hq.enrol(estate.store)
    write_file(estate.store, tmp_path / "out", real_ms)
    terminals.revoke(hq.folder, estate_id_of(estate.store), terminal_id, real_ms())
    with pytest.raises(SetUpWrong, match="refused"):
        by_file.import_file(hq.folder, tmp_path / "out", real_ms())
    assert at_hq(hq, estate.store) == (0, 0)


def test_the_commands_do_it(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    admit(enrolled, now, "A001")
    home = {"BUTLER_HOME": str(enrolled.store.home.database.parent)}
    out, back = str(tmp_path / "U盘 out"), str(tmp_path / "back")
    for arguments in (
        ("sync", "--to-file", out),
        ("hq", "import-file", out, "--dir", str(hq.folder.path)),
        ("hq", "export-file", out, back, "--dir", str(hq.folder.path)),
        ("sync", "--from-file", back),
    ):
        ended = butler(*arguments, env=home)
        assert ended.returncode == 0, ended.stderr
    assert sync_state.waiting(enrolled.store.connection) == 0
    ended = butler("sync", "--from-file", str(tmp_path / "none"), env=home)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr


def test_no_file_is_written_or_read_beside_a_sync(hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path) -> None:
    admit(enrolled, now, "A001")
    there_and_back(hq, enrolled.store, tmp_path)
    with FileLock(enrolled.store.home.sync_lock, timeout=0):
        for act, name in ((write_file, "more"), (read_file, "back")):
            with pytest.raises(TryLater, match="Another sync of this terminal is running"):
                act(enrolled.store, tmp_path / name, real_ms)
    assert not (tmp_path / "more").exists()
