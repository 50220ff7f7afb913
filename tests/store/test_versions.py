"""A file of an older version, with records in it, becomes what this version makes anew; nothing in it is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.domain.fields import TABLES
from butler_tui.domain.search_keys import SearchKind
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store import visits
from butler_tui.store.database import SCHEMA_VERSION, Connection, RawKey, connect, statements, transaction
from butler_tui.store.keys import new_keys, write_keys
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.store.schema import guard_statements, missing_guards

NOW_MS = 1_763_600_000_000
_V1_TABLES = (
    *("estate", "policy", "gate", "staff", "house", "household", "resident"),
    *("visit", "companion", "visit_event", "document_secret", "month_key"),
)


def shape(connection: Connection) -> dict[str, object]:
    """Return tables by their columns, and indexes and triggers by what they say, without white space."""
    tables = [
        row[0]
        for row in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            " AND name NOT LIKE 'sqlite_%' AND name != '_sqlite_migrations'"
        )
    ]
    columns: dict[str, object] = {
        name: [tuple(row)[1:] for row in connection.execute(f"PRAGMA table_xinfo({name})")] for name in tables
    }
    others = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql > ''"
        " AND tbl_name != '_sqlite_migrations'"
    )
    return columns | {row[0]: "".join(row[1].split()) for row in others}


@pytest.fixture
def version_1(home: Home) -> Home:
    """A file as version 1 made it, with a visitor inside."""
    keys = new_keys()
    home.keys.parent.mkdir(parents=True, exist_ok=True)
    home.database.parent.mkdir(parents=True, exist_ok=True)
    write_keys(home.keys, keys)
    connection = connect(home.database, RawKey(keys.database, keys.salt))
    text = Path(__file__).with_name("schema_1.sql").read_text("utf-8")
    with transaction(connection):
        for statement in statements(text):
            connection.execute(statement)
        for table in _V1_TABLES:
            for verb in ("INSERT", "UPDATE", "DELETE"):
                connection.execute(
                    f"CREATE TRIGGER guard_{table}_{verb.lower()} BEFORE {verb} ON {table}"
                    " WHEN NOT EXISTS (SELECT 1 FROM permit) BEGIN SELECT RAISE(ABORT, 'no door is open'); END"
                )
        connection.execute("INSERT INTO epoch VALUES (1, ?, ?)", (new_id(NOW_MS), NOW_MS))
        connection.execute("INSERT INTO sync_state (one, epoch_no, last_link) VALUES (1, 1, ?)", (bytes(32),))
        connection.execute("INSERT INTO permit (door) VALUES ('migrate')")
        _a_visitor(connection)
        connection.execute("DELETE FROM permit")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    return home


def _a_visitor(connection: Connection) -> None:
    visit_id = new_id(NOW_MS)
    checks = ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings")
    connection.execute(
        "INSERT INTO visit (visit_id, registered_ms, gate_id, staff_id, name, phone, plate, badge, reason, state,"
        f" phone_key, {', '.join(checks)}) VALUES (?, ?, ?, ?, '单晓', '13805712211', '浙A8K32F', 'A009', 'visiting',"
        " 'inside', x'00', 'passed', 'passed', 'passed', 'passed', 'passed', 'passed')",
        (visit_id, NOW_MS, new_id(NOW_MS), new_id(NOW_MS)),
    )
    connection.execute(
        "INSERT INTO visit_event (event_id, visit_id, kind, at_ms, gate_id, staff_id)"
        " VALUES (?, ?, 'admitted', ?, ?, ?)",
        (new_id(NOW_MS), visit_id, NOW_MS, new_id(NOW_MS), new_id(NOW_MS)),
    )


def test_the_oldest_file_brought_up_to_date_has_the_shape_of_a_new_one(version_1: Home, tmp_path: Path) -> None:
    migrated = open_store(version_1)
    fresh = create_store(Home(*(tmp_path / "fresh" / path.name for path in version_1)), NOW_MS)

    assert shape(migrated.connection) == shape(fresh.connection)
    assert migrated.connection.execute("PRAGMA user_version").fetchone()[0] == SCHEMA_VERSION
    assert missing_guards(migrated.connection) == []


def test_what_was_in_it_is_there_and_is_found_by_the_new_keys(version_1: Home) -> None:
    store = open_store(version_1)

    wearer = visits.by_badge(store.connection, "A009")
    assert wearer is not None
    assert wearer.name == "单晓"
    assert values(store, SearchKind.NAME, "sx") == {"单晓"}
    assert values(store, SearchKind.NAME, "dx") == {"单晓"}
    assert values(store, SearchKind.PLATE, "8K32F") == {"浙A8K32F"}
    assert values(store, SearchKind.PHONE, "2211") == {"13805712211"}


def test_own_changes_of_a_second_version_wait_to_be_brought_back(home: Home) -> None:
    keys = new_keys()
    for file in home:
        file.parent.mkdir(parents=True, exist_ok=True)
    write_keys(home.keys, keys)
    connection = connect(home.database, RawKey(keys.database, keys.salt))
    house, visit = new_id(NOW_MS), new_id(NOW_MS)
    with transaction(connection):
        for statement in statements(Path(__file__).with_name("schema_2.sql").read_text("utf-8")):
            connection.execute(statement)
        for statement in guard_statements(table for table in TABLES if table != "attachment"):
            connection.execute(statement)
        connection.execute("INSERT INTO epoch VALUES (1, ?, ?)", (new_id(NOW_MS), NOW_MS))
        connection.execute("INSERT INTO sync_state (one, epoch_no, last_link) VALUES (1, 1, ?)", (bytes(32),))
        for seq, (table, record_id) in enumerate((("house", house), ("visit", visit)), 1):
            connection.execute(
                "INSERT INTO journal (journal_id, cid, group_id, tbl, record_id, op, fields, before, hlc_ms,"
                " hlc_counter, seen, schema_v, link) VALUES (?, ?, ?, ?, ?, 'put', '{}', '{}', 1, 0, 0, 2, x'00')",
                (1 << 40 | seq, new_id(NOW_MS), new_id(NOW_MS), table, record_id),
            )
        connection.execute("PRAGMA user_version = 2")
    connection.close()

    store = open_store(home)

    rows = store.connection.execute("SELECT tbl, record_id, journal_id FROM pending").fetchall()
    assert [tuple(row) for row in rows] == [("house", house, 1 << 40 | 1)]


def values(store: Store, kind: SearchKind, key: str) -> set[str]:
    rows = store.connection.execute("SELECT value FROM search_key WHERE kind = ? AND key = ?", (str(kind), key))
    return {row[0] for row in rows}
