"""The four doors: rows and journal together or nothing, one gap-free chain, and what erasure leaves of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import MOST_BYTES, MOST_CHANGES, Change
from butler_tui.domain.fields import TABLES
from butler_tui.errors import ButlerError, FileTrouble, RuleBroken
from butler_tui.ids import id_text, new_id
from butler_tui.paths import Home
from butler_tui.store import database, derived, sync_state
from butler_tui.store.journal import erase, record
from butler_tui.store.journal_rows import change_of, verify_chain
from butler_tui.store.local import Store
from butler_tui.store.written import Written

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def gate(name: str = "东门岗", gate_id: bytes | None = None) -> Written:
    return Written("gate", gate_id or new_id(1), {"name": name})


def household(name: str = "陈宅", note: str | None = "老人午睡") -> Written:
    return Written("household", new_id(1), {"house_id": b"\7" * 16, "name": name, "gate_note": note})


def journal(store: Store) -> list[database.Row]:
    return store.connection.execute("SELECT * FROM journal ORDER BY journal_id").fetchall()


def changes(store: Store) -> list[Change]:
    (epoch,) = store.connection.execute("SELECT epoch FROM epoch").fetchone()
    return [change_of(row, epoch) for row in journal(store)]


def count(store: Store, table: str) -> int:
    return int(store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_use_case_writes_its_rows_and_their_journal_rows_as_one_group(store: Store) -> None:
    one, two = gate(), household()

    group = record(store, [one, two], staff_id=b"\3" * 16, now_ms=1000)

    assert [(row["tbl"], row["record_id"], row["group_id"], row["staff_id"]) for row in journal(store)] == [
        ("gate", one.record_id, group, b"\3" * 16),
        ("household", two.record_id, group, b"\3" * 16),
    ]
    assert (count(store, "gate"), count(store, "household")) == (1, 1)


def test_plain_and_personal_values_are_kept_apart_in_the_journal(store: Store) -> None:
    record(store, [household()], staff_id=None, now_ms=1000)

    (row,) = journal(store)

    assert json.loads(row["fields"]) == {"house_id": id_text(b"\7" * 16)}
    assert json.loads(row["personal"]) == {"name": "陈宅", "gate_note": "老人午睡"}
    assert row["parent_id"] == b"\7" * 16
    assert len(row["salt"]) == 16


def test_a_change_without_personal_values_carries_no_salt(store: Store) -> None:
    record(store, [gate()], staff_id=None, now_ms=1000)

    (row,) = journal(store)

    assert (row["personal"], row["personal_digest"], row["salt"]) == (None, None, None)


def test_when_the_second_row_cannot_be_written_the_first_is_not_saved_either(store: Store) -> None:
    record(store, [gate("before")], staff_id=None, now_ms=1000)
    broken = Written("gate", new_id(1), {"name": None})

    with pytest.raises(ButlerError, match="NOT NULL"):
        record(store, [gate("first"), broken], staff_id=None, now_ms=1001)

    assert (count(store, "gate"), len(journal(store))) == (1, 1)
    assert verify_chain(store.connection) == 1


def test_when_what_follows_from_the_rows_cannot_be_computed_nothing_is_saved(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(derived, "derive", fail)
    with pytest.raises(ZeroDivisionError):
        record(store, [gate()], staff_id=None, now_ms=1000)

    assert (count(store, "gate"), journal(store)) == (0, [])
    assert store.connection.execute("SELECT last_seq, last_link FROM sync_state").fetchone()[:] == (0, FIRST_LINK)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(groups=st.lists(st.lists(st.text("东西南北门岗𠮷", min_size=1), min_size=1, max_size=5), min_size=1, max_size=6))
def test_whatever_is_written_seq_has_no_gap_stamps_rise_and_the_chain_verifies(
    store: Store, groups: list[list[str]]
) -> None:
    before = len(journal(store))
    for at, names in enumerate(groups):
        # The clock goes backwards: causality must still be kept.
        record(store, [gate(name) for name in names], staff_id=None, now_ms=1_000_000 - at * 500)

    written = changes(store)

    assert [change.seq for change in written] == list(range(1, before + sum(map(len, groups)) + 1))
    assert all(earlier.hlc < later.hlc for earlier, later in pairwise(written))
    assert verify_chain(store.connection) == len(written)
    head = store.connection.execute("SELECT last_seq, last_link, hlc_ms, hlc_counter FROM sync_state").fetchone()
    assert tuple(head) == (len(written), journal(store)[-1]["link"], *written[-1].hlc)


def _replaced(store: Store, home: Home) -> None:
    copy = home.database.with_name("copy")
    store.connection.execute("VACUUM INTO ?", (str(copy),))
    copy.replace(home.database)


@pytest.mark.skipif(os.name != "posix", reason="an open file stays in its place elsewhere")
@pytest.mark.parametrize(
    "away",
    [
        lambda _store, home: home.database.unlink(),
        lambda _store, home: home.database.parent.rename(home.database.parent.with_name("moved")),
        _replaced,
    ],
)
def test_nothing_is_called_saved_that_will_not_be_in_the_file_that_is_opened_next(
    estate: Estate, home: Home, away: Callable[[Store, Home], object]
) -> None:
    store, due = estate.store, sync_state.waiting(estate.store.connection)
    away(store, home)
    with pytest.raises(FileTrouble, match="Nothing was saved"):
        record(store, [Written("gate", b"g" * 16, {"name": "北门岗"})], staff_id=None, now_ms=1)
    assert sync_state.waiting(store.connection) == due


def test_every_cid_is_its_own(store: Store) -> None:
    record(store, [gate() for _ in range(MOST_CHANGES)], staff_id=None, now_ms=1000)

    assert len({row["cid"] for row in journal(store)}) == MOST_CHANGES


def test_a_group_has_at_most_two_hundred_changes(store: Store) -> None:
    with pytest.raises(RuleBroken, match="at most 200"):
        record(store, [gate() for _ in range(MOST_CHANGES + 1)], staff_id=None, now_ms=1000)

    assert (count(store, "gate"), journal(store)) == (0, [])


def test_an_empty_group_is_refused(store: Store) -> None:
    with pytest.raises(RuleBroken, match="at most 200"):
        record(store, [], staff_id=None, now_ms=1000)


def test_a_group_has_at_most_64_kib_and_a_larger_one_is_not_saved(store: Store) -> None:
    name_only = len(json.dumps({"name": ""}).encode()) - 1
    record(store, [gate("x" * (MOST_BYTES - name_only))], staff_id=None, now_ms=1000)

    with pytest.raises(RuleBroken, match="too much text"):
        record(store, [gate("x" * (MOST_BYTES - name_only + 1))], staff_id=None, now_ms=1000)

    assert (count(store, "gate"), len(journal(store))) == (1, 1)


def test_an_update_writes_only_what_it_says(store: Store) -> None:
    one = household()
    record(store, [one], staff_id=None, now_ms=1000)

    record(store, [Written("household", one.record_id, {"gate_note": "请勿打扰"})], staff_id=None, now_ms=1001)

    assert json.loads(journal(store)[1]["personal"]) == {"gate_note": "请勿打扰"}
    assert tuple(store.connection.execute("SELECT name, gate_note FROM household").fetchone()) == ("陈宅", "请勿打扰")


@pytest.mark.parametrize(
    "tampering",
    [
        'UPDATE journal SET fields = \'{"name":"北门岗"}\' WHERE seq = 2',
        'UPDATE journal SET personal = \'{"name":"李宅"}\' WHERE seq = 3',
        "UPDATE journal SET staff_id = zeroblob(16) WHERE seq = 2",
        "UPDATE journal SET hlc_ms = hlc_ms - 1 WHERE seq = 2",
        "UPDATE journal SET op = 'erase' WHERE seq = 2",
        "UPDATE journal SET record_id = zeroblob(16) WHERE seq = 2",
        "UPDATE journal SET link = zeroblob(32) WHERE seq = 2",
        "DELETE FROM journal WHERE seq = 2",
    ],
)
def test_a_journal_that_somebody_has_changed_does_not_verify(store: Store, tampering: str) -> None:
    record(store, [gate(), gate(), household(), gate()], staff_id=None, now_ms=1000)
    assert verify_chain(store.connection) == 4

    store.connection.execute(tampering)

    with pytest.raises(RuleBroken, match=r"does not verify at number [23]"):
        verify_chain(store.connection)


def test_erasing_takes_personal_values_out_of_row_and_journal_and_the_chain_still_verifies(
    estate: Estate, now: Clock
) -> None:
    from butler_tui.desk.gate import admit
    from butler_tui.domain.rights import Role

    store = estate.store
    done = admit(store, estate.sessions[Role.GUARD], estate.registration(), estate.policies, now())
    written = len(journal(store))
    before = [change.digest() for change in changes(store)]

    erase(store, "visit", done.visit_id)

    row = store.connection.execute("SELECT * FROM visit WHERE visit_id = ?", (done.visit_id,)).fetchone()
    private = [field.name for field in TABLES["visit"].fields if field.privacy != "plain"]
    assert {row[name] for name in [*private, "original"]} == {None}
    assert (row["badge"], row["reason"], row["state"]) == ("A017", "repair", "inside")
    kept = store.connection.execute(
        "SELECT personal, salt FROM journal WHERE record_id = ?", (done.visit_id,)
    ).fetchone()
    assert tuple(kept) == (None, None)
    assert verify_chain(store.connection) == written
    assert [change.digest() for change in changes(store)] == before


@pytest.mark.parametrize("table", ["household", "staff", "month_key"])
def test_erasing_empties_what_a_table_requires(estate: Estate, table: str) -> None:
    described = TABLES[table]
    if table == "month_key":
        record(
            estate.store, [Written(table, b"\5" * 16, {"month": "2026-11", "sealed": b"x"})], staff_id=None, now_ms=1
        )
    (record_id,) = estate.store.connection.execute(f"SELECT {described.key} FROM {table}").fetchone()

    erase(estate.store, table, record_id)

    row = estate.store.connection.execute(f"SELECT * FROM {table} WHERE {described.key} = ?", (record_id,)).fetchone()
    assert all(not row[field.name] for field in described.fields if field.privacy != "plain")


def test_a_redacted_change_travels_with_its_digest_and_without_its_values(store: Store) -> None:
    one = household()
    record(store, [one], staff_id=None, now_ms=1000)
    erase(store, "household", one.record_id)

    (change,) = changes(store)

    assert (change.personal, change.salt) == (None, None)
    assert change.personal_digest is not None


def names(store: Store) -> Sequence[str]:
    return [row[0] for row in store.connection.execute("SELECT name FROM gate")]
