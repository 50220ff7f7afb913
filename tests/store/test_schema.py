"""The schema: what `schema.sql` says, what `domain/fields.py` says, and the guards that hold every synced table."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from butler_tui.domain.fields import TABLES, Kind, Table
from butler_tui.store import database, schema
from butler_tui.store.journal import migrate
from butler_tui.store.local import Store

SYNCED = sorted(TABLES)
_AFFINITY = {Kind.ID: "BLOB", Kind.BYTES: "BLOB", Kind.TEXT: "TEXT", Kind.INTEGER: "INTEGER"}


def columns(store: Store, table: str) -> dict[str, str]:
    return {row["name"]: row["type"] for row in store.connection.execute(f"PRAGMA table_info({table})")}


@pytest.mark.parametrize("table", [TABLES[name] for name in SYNCED], ids=SYNCED)
def test_the_columns_of_a_synced_table_are_those_that_fields_describes(store: Store, table: Table) -> None:
    found = columns(store, table.name)

    assert list(found) == [table.key, *(field.name for field in table.fields), *table.derived]
    assert {field.name: found[field.name] for field in table.fields} == {
        field.name: _AFFINITY[field.kind] for field in table.fields
    }


def test_the_tables_marked_as_synced_in_the_schema_are_those_of_fields() -> None:
    text = schema.schema_file().read_text("utf-8")
    synced, own = text[: text.index("── Not synced")], text[text.index("── Not synced") :]

    def tables(part: str) -> set[str]:
        return {line.split()[2] for line in part.splitlines() if line.startswith("CREATE TABLE")}

    assert tables(synced) == set(TABLES)
    assert tables(own).isdisjoint(TABLES)


def test_every_table_is_strict(store: Store) -> None:
    rows = store.connection.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'").fetchall()

    assert [row["name"] for row in rows if not row["strict"] and not row["name"].startswith("sqlite_")] == []


def test_synced_tables_hold_no_foreign_keys(store: Store) -> None:
    for table in SYNCED:
        assert not store.connection.execute(f"PRAGMA foreign_key_list({table})").fetchall(), table


@pytest.mark.parametrize("table", SYNCED)
@pytest.mark.parametrize("verb", ["insert", "update", "delete"])
def test_no_synced_table_can_be_written_without_a_door(store: Store, table: str, verb: str) -> None:
    described = TABLES[table]
    with migrate(store.connection):
        store.connection.execute(_insert(store, table), _values(store, table, b"\1" * 16))
    statement, values = {
        "insert": (_insert(store, table), _values(store, table, b"\2" * 16)),
        "update": (f"UPDATE {table} SET {described.fields[0].name} = {described.fields[0].name}", []),
        "delete": (f"DELETE FROM {table}", []),
    }[verb]

    with pytest.raises(database.IntegrityError, match="no door is open"):
        store.connection.execute(statement, values)

    assert store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 1


def _insert(store: Store, table: str) -> str:
    names = list(columns(store, table))
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def _values(store: Store, table: str, record_id: bytes) -> list[object]:
    samples: dict[str, object] = {"BLOB": record_id, "TEXT": "x", "INTEGER": 1}
    return [samples[kind] for kind in columns(store, table).values()]


def test_every_synced_table_has_its_guards(store: Store) -> None:
    assert schema.missing_guards(store.connection) == []


def test_a_lost_guard_is_noticed(store: Store) -> None:
    store.connection.execute("DROP TRIGGER guard_visit_update")

    assert schema.missing_guards(store.connection) == ["guard_visit_update"]


def test_a_forgotten_permit_cannot_be_committed(store: Store) -> None:
    connection = store.connection
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO permit (door) VALUES ('record')")
    connection.execute("INSERT INTO gate (gate_id, name) VALUES (?, 'x')", (b"\1" * 16,))

    with pytest.raises(database.IntegrityError, match="FOREIGN KEY"):
        connection.execute("COMMIT")

    connection.execute("ROLLBACK")
    assert connection.execute("SELECT count(*) FROM permit").fetchone()[0] == 0
    assert connection.execute("SELECT count(*) FROM gate").fetchone()[0] == 0


def test_a_permit_does_not_outlast_its_door_even_when_the_work_in_it_fails(store: Store) -> None:
    def fail() -> None:
        with migrate(store.connection):
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with pytest.raises(database.IntegrityError, match="no door is open"):
        store.connection.execute("INSERT INTO gate (gate_id, name) VALUES (?, 'x')", (b"\1" * 16,))


def test_in_a_checkout_the_schema_is_found_beside_the_sources() -> None:
    file = schema.schema_file()

    assert file.name == "schema.sql"
    assert "CREATE TABLE visit " in file.read_text("utf-8")


def test_in_an_installed_package_the_schema_is_found_inside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site-packages" / "butler_tui"
    (package / "store").mkdir(parents=True)
    (package / "data").mkdir()
    shutil.copy(schema.schema_file(), package / "data" / "schema.sql")
    monkeypatch.setattr(schema, "__file__", str(package / "store" / "schema.py"))

    assert schema.schema_file() == package / "data" / "schema.sql"


def test_the_wheel_is_told_to_carry_the_schema() -> None:
    import tomllib

    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    carried = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]

    assert carried["data/schema.sql"] == "butler_tui/data/schema.sql"


def test_the_schema_is_split_into_complete_statements() -> None:
    text = schema.schema_file().read_text("utf-8")
    found = list(database.statements(text))

    assert "".join(found).strip() == text.strip()
    assert all(sqlite3.complete_statement(statement) for statement in found)
    assert sum(line.startswith("CREATE ") for line in text.splitlines()) == len(found)
