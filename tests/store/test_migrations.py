"""Bringing an older file up to date: real encrypted files, steps of the test's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.desk.set_up import add_staff
from butler_tui.domain.rights import Role
from butler_tui.errors import FileTrouble
from butler_tui.paths import Home
from butler_tui.store.database import SCHEMA_VERSION, Connection
from butler_tui.store.local import open_store
from butler_tui.store.migrations import STEPS, SchemaSteps
from butler_tui.store.schema import missing_guards
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


def version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def copies(home: Home) -> list[Path]:
    return sorted(home.database.parent.glob("*.before-version-*"))


def test_a_step_may_rewrite_a_synced_table_and_leaves_its_guards(estate: Estate) -> None:
    steps = SchemaSteps(SCHEMA_VERSION)

    @steps.step
    def name_gates_in_full(connection: Connection) -> None:
        connection.execute("UPDATE gate SET name = name || '岗亭'")
        connection.execute("ALTER TABLE gate ADD COLUMN place TEXT")

    store = estate.store
    steps.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)
    names = {row[0] for row in store.connection.execute("SELECT name FROM gate WHERE place IS NULL")}
    assert names == {"东门岗岗亭", "西门岗岗亭"}
    assert version(store.connection) == SCHEMA_VERSION + 1
    assert missing_guards(store.connection) == []
    assert store.connection.execute("SELECT count(*) FROM permit").fetchone()[0] == 0
    assert copies(store.home) == []


def test_a_step_that_has_run_does_not_run_again(estate: Estate) -> None:
    steps, runs = SchemaSteps(SCHEMA_VERSION), []

    @steps.step
    def count(connection: Connection) -> None:
        runs.append(connection)

    for _again in range(2):
        steps.bring_up_to_date(estate.store.connection, estate.store.home.database, known=SCHEMA_VERSION + 1)
    assert len(runs) == 1


def test_a_step_that_fails_leaves_the_file_as_it_was_and_a_copy_that_opens(estate: Estate) -> None:
    steps = SchemaSteps(SCHEMA_VERSION)

    @steps.step
    def fail(connection: Connection) -> None:
        connection.execute("UPDATE gate SET name = ''")
        connection.execute("SELECT nonsense FROM nowhere")

    store = estate.store
    with pytest.raises(FileTrouble) as caught:
        steps.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)
    assert str(copies(store.home)[0]) in caught.value.sentence()
    assert "no such table" in caught.value.sentence()
    assert version(store.connection) == SCHEMA_VERSION
    assert store.connection.execute("SELECT count(*) FROM gate WHERE name = ''").fetchone()[0] == 0
    (copy,) = copies(store.home)
    assert copy.stat().st_mode & 0o077 == 0
    assert "东门岗".encode() not in copy.read_bytes()
    store.connection.execute("BEGIN IMMEDIATE")
    store.connection.execute("ROLLBACK")
    again = open_store(store.home._replace(database=copy))
    assert again.connection.execute("SELECT count(*) FROM gate").fetchone()[0] == 2
    again.close()


def test_the_copy_from_before_the_first_try_outlives_every_further_one(estate: Estate) -> None:
    steps = SchemaSteps(SCHEMA_VERSION)

    @steps.step
    def change(connection: Connection) -> None:
        connection.execute("UPDATE gate SET name = ''")

    @steps.step
    def fail(connection: Connection) -> None:
        connection.execute("SELECT nonsense FROM nowhere")

    store = estate.store
    for _again in range(3):
        with pytest.raises(FileTrouble):
            steps.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)

    (copy,) = copies(store.home)
    again = open_store(store.home._replace(database=copy))
    assert again.connection.execute("SELECT count(*) FROM gate WHERE name != ''").fetchone()[0] == 2
    again.close()


def test_records_written_between_two_tries_are_copied_beside_the_older_copy_and_all_go_in_the_end(
    estate: Estate, now: Clock
) -> None:
    broken, right = SchemaSteps(SCHEMA_VERSION), SchemaSteps(SCHEMA_VERSION)

    @broken.step
    def fail(connection: Connection) -> None:
        connection.execute("SELECT nonsense FROM nowhere")

    store = estate.store
    kept = []
    for number in ("3001", "3002"):
        with pytest.raises(FileTrouble):
            broken.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)
        kept.append({copy: copy.read_bytes() for copy in copies(store.home)})
        add_staff(store, number, "孙浩", Role.GUARD, now())

    assert [len(some) for some in kept] == [1, 2]
    assert kept[0].items() <= kept[1].items()
    right.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)
    assert copies(store.home) == []


def test_a_copy_that_was_never_finished_is_made_again(estate: Estate) -> None:
    steps = SchemaSteps(SCHEMA_VERSION)

    @steps.step
    def fail(connection: Connection) -> None:
        connection.execute("SELECT nonsense FROM nowhere")

    store = estate.store
    with pytest.raises(FileTrouble):
        steps.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)
    (copy,) = copies(store.home)
    copy.rename(copy.with_name(f"{copy.name}.new"))
    copy.with_name(f"{copy.name}.new").write_bytes(b"half")

    with pytest.raises(FileTrouble):
        steps.bring_up_to_date(store.connection, store.home.database, known=SCHEMA_VERSION + 1)

    assert copies(store.home) == [copy]
    open_store(store.home._replace(database=copy)).close()


def test_a_step_that_drops_guards_is_found_out(estate: Estate) -> None:
    steps = SchemaSteps(SCHEMA_VERSION)

    @steps.step
    def rebuild(connection: Connection) -> None:
        connection.execute("DROP TRIGGER guard_visit_insert")

    with pytest.raises(FileTrouble, match="guard_visit_insert") as caught:
        steps.bring_up_to_date(estate.store.connection, estate.store.home.database, known=SCHEMA_VERSION + 1)
    assert str(copies(estate.store.home)[0]) in caught.value.sentence()
    assert version(estate.store.connection) == SCHEMA_VERSION


def test_a_file_of_this_version_needs_no_step(estate: Estate) -> None:
    STEPS.bring_up_to_date(estate.store.connection, estate.store.home.database)
    assert version(estate.store.connection) == SCHEMA_VERSION
