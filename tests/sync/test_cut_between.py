"""A power cut or a full disk between two steps of a sync: the next sync ends what that one began."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from butler_tui.desk import gate
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.errors import FileTrouble
from butler_tui.hq import by_file, terminals
from butler_tui.ids import id_text, new_id
from butler_tui.sealing import match_key
from butler_tui.store import epochs, handed_keys, month_keys, pulled, sync_state
from butler_tui.store.database import transaction
from butler_tui.store.journal import migrate
from butler_tui.store.keys import read_keys
from butler_tui.store.local import Store
from butler_tui.sync.by_file import read_file, write_file
from tests.conftest import Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.test_pull import a_household, estate_id_of, joined, put, second

__all__ = ["second"]


@contextmanager
def put_back(hq: Hq) -> Iterator[None]:
    """Put HQ back, after a block, to what it was before it, behind its own back; it is not served then."""
    hq.stop()
    before = hq.folder.database.read_bytes()
    hq.start()
    yield
    hq.stop()
    for ending in ("-wal", "-shm"):
        hq.folder.database.with_name(hq.folder.database.name + ending).unlink(missing_ok=True)
    hq.folder.database.write_bytes(before)


@contextmanager
def cut_at(place: object, name: str) -> Iterator[None]:
    """Let a step fail as on a full disk for a block, in which something must fail of it."""

    def full(*_given: object, **_named: object) -> None:
        raise FileTrouble("The disk is full.")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, full)
        with pytest.raises(FileTrouble):
            yield


def test_a_number_is_found_also_where_the_key_came_and_the_rest_of_that_step_did_not(
    enrolled: Estate, second: Store
) -> None:
    coming = enrolled.registration(reason=Reason.DOMESTIC_HELP, document_number="11010519491231002X", phone="137")
    gate.admit(enrolled.store, enrolled.sessions[Role.GUARD], coming, enrolled.policies, real_ms())
    sync(enrolled.store)
    sync(second)
    with migrate(second.connection):  # as if it had been pulled before its key
        second.connection.execute("UPDATE document_secret SET number_key = NULL")
    second.change_keys(replace(second.keys, months={}, handed="0" * 16))

    with cut_at(handed_keys, "apply"):
        sync(second)
    sync(second)

    (found,) = second.connection.execute("SELECT number_key FROM document_secret").fetchone()
    assert found == match_key(second.keys.match, "document", "11010519491231002X")


def sent_in_two_epochs(store: Store) -> list[str]:
    """Let HQ have changes of two incarnations of a file, and return their cids."""
    a_household(store)
    sync(store)
    with transaction(store.connection):
        epochs.roll_epoch(store.connection, real_ms())  # as after a restore
    a_household(store)
    sync(store)
    return sorted(id_text(row[0]) for row in store.connection.execute("SELECT cid FROM journal"))


def at_hq(hq: Hq, store: Store) -> list[str]:
    rows = hq.query("SELECT cid FROM change_log WHERE estate_id = ? AND seq > 0", estate_id_of(store))
    return sorted(row[0] for row in rows)


def test_an_hq_that_was_restored_gets_older_epochs_again_wherever_following_it_was_cut(
    hq: Hq, enrolled: Estate
) -> None:
    with put_back(hq):
        wanted = sent_in_two_epochs(enrolled.store)
    hq.start()
    with cut_at(epochs, "roll_epoch"):
        sync(enrolled.store)
    sync(enrolled.store)
    assert at_hq(hq, enrolled.store) == wanted


def test_following_a_restored_hq_by_a_stick_asks_for_no_line(hq: Hq, enrolled: Estate, tmp_path: Path) -> None:
    store = enrolled.store
    with put_back(hq):
        wanted = sent_in_two_epochs(store)
    out, back = tmp_path / "out", tmp_path / "back"

    def there_and_back() -> None:
        write_file(store, out, real_ms)
        by_file.import_file(hq.folder, out, real_ms())
        by_file.export_file(hq.folder, out, back, real_ms())
        read_file(store, back, real_ms)

    try:
        there_and_back()
        there_and_back()
        assert at_hq(hq, store) == wanted
        assert sync_state.waiting(store.connection) == 0
    finally:
        hq.start()


def test_what_a_terminal_may_see_no_longer_is_gone_before_anything_is_fetched(
    hq: Hq, enrolled: Estate, second: Store, tmp_path: Path
) -> None:
    put(enrolled.store, "audit", new_id(real_ms()), act="backed_up", at_ms=real_ms())
    people = {str(role): one.staff.staff_id for role, one in enrolled.sessions.items()}
    for staff_id in people.values():
        set_pin(enrolled.store, staff_id, "902715")
    booth = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    theirs, __ = month_keys.month_key_for(booth, "2026-01", real_ms())
    sync(booth)
    booth.close()
    sync(enrolled.store)
    own, __ = month_keys.month_key_for(second, "2026-02", real_ms())
    sync(second)
    assert signing_in(second) == set(people.values())
    assert {theirs.hex(), own.hex()} <= second.keys.months.keys()
    terminal_id = id_text(second.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(second), terminal_id, TerminalKind.GATE, real_ms())

    with cut_at(pulled, "take_records"):
        sync(second)

    assert second.connection.execute("SELECT count(*) FROM audit").fetchone()[0] == 0
    kept = read_keys(second.home.keys)
    assert theirs.hex() not in kept.months
    assert {own.hex(), *kept.by_hq} <= kept.months.keys()
    assert signing_in(second) == set(people.values()) - {people["butler"]}
    assert kept.peppers


def signing_in(store: Store) -> set[bytes]:
    return {row[0] for row in store.connection.execute("SELECT staff_id FROM staff_pin")}
