"""A terminal that was restored from a backup goes on with HQ: nothing is lost there, nothing is there twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from butler_tui.desk import backups, gate, shifts
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq.unlocking import unlock_backup
from butler_tui.ids import id_text
from butler_tui.passphrases import WrongPassphrase
from butler_tui.sealed_file import RecipientKind, read_head
from butler_tui.store import estates, sync_state
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from tests.conftest import Estate
from tests.keeping import PASSPHRASE, another_home, back_up, quick_passphrases, restore
from tests.serving import Hq, real_ms, sync

__all__ = ["quick_passphrases"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


def register(estate: Estate, store: Store, name: str) -> None:
    """Let the guard admit one more visitor."""
    estate.store = store
    coming = estate.registration(name=name, badge="", confirmed_ms=real_ms())
    gate.admit(store, estate.sessions[Role.GUARD], coming, estate.policies, real_ms())


def estate_id(store: Store) -> str:
    """Return the estate's id as HQ writes it."""
    own = estates.estate(store.connection)
    assert own is not None
    return id_text(own.estate_id)


def at_hq(hq: Hq, store: Store) -> list[tuple[str, str]]:
    """Return the changes that HQ has of this estate, as (cid, verdict) in its order."""
    return hq.query("SELECT cid, verdict FROM change_log WHERE estate_id = ? ORDER BY pos", estate_id(store))


def cids(store: Store) -> set[str]:
    return {id_text(row[0]) for row in store.connection.execute("SELECT cid FROM journal")}


@pytest.fixture
def lost(hq: Hq, enrolled: Estate, tmp_path: Path) -> tuple[Path, set[str], Estate]:
    """Return a backup, the changes of a terminal that went on after it, and the terminal, whose disk then died."""
    store = enrolled.store
    sync(store)
    register(enrolled, store, "备份前已同步")
    sync(store)
    register(enrolled, store, "备份前未同步")
    file = back_up(store, tmp_path / "stick.bak")
    register(enrolled, store, "备份后已同步")
    sync(store)
    written = cids(store)
    store.close()
    shutil.rmtree(store.home.database.parent)
    return file, written, enrolled


def test_after_a_restore_hq_has_everything_once_and_the_terminal_goes_on(
    hq: Hq, lost: tuple[Path, set[str], Estate], tmp_path: Path
) -> None:
    file, written, estate = lost
    home = another_home(tmp_path / "new")
    done = restore(home, file)
    store = open_store(home)
    held = cids(store)

    assert done.due == sync_state.waiting(store.connection) - 1  # the restore itself is written down too
    report = sync(store)
    assert (report.hq, report.waiting, report.quarantined) == ("ok", 0, 0)
    register(estate, store, "恢复后")
    sync(store)

    log = at_hq(hq, store)
    assert {cid for cid, __ in log} == written | held | cids(store)
    assert len(log) == len({cid for cid, __ in log})
    assert {verdict for __, verdict in log} == {"applied"}
    names = {row[0] for row in hq.query("SELECT name FROM v_visit WHERE estate_id = ?", estate_id(store))}
    assert {"备份前已同步", "备份前未同步", "备份后已同步", "恢复后"} <= names
    assert verify_chain(store.connection) == sync_state.position(store.connection).last_seq
    assert sync(store).pushed == 0
    store.close()


def test_a_restored_terminal_is_the_same_one_in_a_new_epoch_that_follows_the_old(
    hq: Hq, lost: tuple[Path, set[str], Estate], tmp_path: Path
) -> None:
    file, __, estate = lost
    home = another_home(tmp_path / "new")
    restore(home, file)
    store = open_store(home)
    sync(store)

    terminal_id = estates.terminal(store.connection).terminal_id
    assert terminal_id is not None
    epochs = hq.query("SELECT epoch, first_link FROM epoch WHERE terminal_id = ?", id_text(terminal_id))
    now = id_text(sync_state.position(store.connection).epoch)
    (old,) = [epoch for epoch, __ in epochs if epoch != now]
    assert len(epochs) == 2
    links = {row[0] for row in hq.query("SELECT link FROM change_log WHERE epoch = ?", old)}
    assert dict(epochs)[now] in links
    assert store.keys.sign == estate.store.keys.sign
    assert store.keys.database != estate.store.keys.database
    store.close()


def test_what_was_written_after_the_backup_comes_back_from_hq(
    lost: tuple[Path, set[str], Estate], tmp_path: Path
) -> None:
    home = another_home(tmp_path / "new")
    restore(home, lost[0])
    store = open_store(home)
    sync(store)

    names = [row[0] for row in store.connection.execute("SELECT name FROM visit ORDER BY registered_ms, visit_id")]
    assert sorted(names) == sorted(["备份前已同步", "备份前未同步", "备份后已同步"])
    store.close()


def test_a_backup_from_before_any_sync_is_offered_whole(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    store = enrolled.store
    file = back_up(store, tmp_path / "stick.bak")
    sync(store)
    home = another_home(tmp_path / "new")
    restore(home, file)

    restored = open_store(home)
    sync(restored)
    log = at_hq(hq, restored)

    assert {cid for cid, __ in log} == cids(store) | cids(restored)
    assert len(log) == len({cid for cid, __ in log})
    restored.close()


def test_restoring_twice_in_a_row_still_loses_nothing(
    hq: Hq, lost: tuple[Path, set[str], Estate], tmp_path: Path
) -> None:
    file, written, estate = lost
    home = another_home(tmp_path / "new")
    restore(home, file)
    store = open_store(home)
    register(estate, store, "第一次恢复后")
    between = cids(store)
    sync(store)
    again = back_up(store, tmp_path / "second.bak")
    store.close()

    restore(home, again, replace=True)
    store = open_store(home)
    sync(store)

    log = at_hq(hq, store)
    assert {cid for cid, __ in log} == written | between | cids(store)
    assert len(log) == len({cid for cid, __ in log})
    assert verify_chain(store.connection) == sync_state.position(store.connection).last_seq
    store.close()


def test_pins_and_old_hashes_hold_after_a_restore(estate: Estate, tmp_path: Path) -> None:
    guard = estate.sessions[Role.GUARD].staff
    shifts.set_pin(estate.store, guard.staff_id, "135790")
    home = another_home(tmp_path / "new")
    restore(home, back_up(estate.store, tmp_path / "stick.bak"))

    store = open_store(home)
    assert shifts.sign_in(store, guard.number, "135790", real_ms()).staff_id == guard.staff_id
    assert store.keys.match == estate.store.keys.match
    store.close()


def test_hq_unlocks_a_backup_for_which_no_passphrase_was_set(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    file = tmp_path / "stick.bak"
    head = backups.back_up(enrolled.store, file, real_ms())
    assert [one.kind for one in head.recipients] == [RecipientKind.HQ]
    words = tmp_path / "words.txt"
    words.write_text(unlock_backup(hq.folder, file).lower() + "\n")
    home = another_home(tmp_path / "new")

    backups.restore(home, file, backups.by_unlock_words(words), replace=False, now_ms=real_ms())

    store = open_store(home)
    assert estates.terminal(store.connection).terminal_id == read_head(file).terminal_id
    assert (sync(store).hq, sync_state.waiting(store.connection)) == ("ok", 0)
    store.close()


def test_the_words_for_one_backup_open_no_other(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    first, second, words = tmp_path / "1.bak", tmp_path / "2.bak", tmp_path / "words.txt"
    for file in (first, second):
        back_up(enrolled.store, file)
    words.write_text(unlock_backup(hq.folder, first))

    with pytest.raises(WrongPassphrase, match="another backup"):
        backups.restore(
            another_home(tmp_path / "new"), second, backups.by_unlock_words(words), replace=False, now_ms=real_ms()
        )
    assert PASSPHRASE not in words.read_text()


def test_what_hq_held_back_since_the_backup_is_marked_again_after_the_restore(
    hq: Hq, estate: Estate, tmp_path: Path
) -> None:
    hq.enrol(estate.store, TerminalKind.GATE)  # a booth PC may not write staff: HQ holds them back
    file = back_up(estate.store, tmp_path / "stick.bak")
    before = sync(estate.store).quarantined
    assert before > 0
    home = another_home(tmp_path / "new")
    restore(home, file)
    store = open_store(home)
    assert sync_state.summary(store.connection).quarantined == 0

    sync(store)

    ours, theirs = (
        {row.cid: row.reason for row in sync_state.status(one.connection).quarantined} for one in (estate.store, store)
    )
    assert len(ours) == before
    assert theirs == ours
    store.close()
