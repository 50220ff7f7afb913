"""`butler hq … --dsn`: the same commands on PostgreSQL, and a sentence where the database stands in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo
from psycopg.errors import UndefinedColumn

from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.hq import admin
from butler_tui.hq.engines import postgres_schema
from butler_tui.hq.engines.postgres_rows import PostgresConnection
from butler_tui.hq.engines.sqlite import SCHEMA_VERSION
from butler_tui.hq.keys import Folder
from tests.conftest import Estate
from tests.hq_rows import rows_at
from tests.postgres import own_database, query
from tests.serving import Hq, butler, real_ms, served, sync

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def database(postgres_server: str) -> Iterator[str]:
    """Return the address of a database of the test's own."""
    with own_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def served_on_postgres(postgres_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return an HQ that is served from PostgreSQL."""
    with served(tmp_path_factory.mktemp("hq") / "hq", dsn=postgres_database) as hq:
        yield hq


def test_the_database_is_named_by_option_or_variable(database: str, tmp_path: Path) -> None:
    place = ("--dir", str(tmp_path / "hq"))
    by_variable = {"BUTLER_HQ_DSN": database}
    made = butler("hq", "init", *place, "--dsn", database)
    assert made.returncode == 0, made.stderr
    estate_id = admin.add_estate(Folder(tmp_path / "hq", database), "云栖玫瑰园", "Asia/Shanghai", None, real_ms())
    told = butler("hq", "status", "--json", *place, env=by_variable)
    assert [one["estate_id"] for one in json.loads(told.stdout)["estates"]] == [estate_id]
    assert not (tmp_path / "hq" / "hq.db").exists()


def test_two_servers_work_on_one_database(served_on_postgres: Hq, estate: Estate) -> None:
    other = Hq(served_on_postgres.folder)
    other.start()
    try:
        served_on_postgres.enrol(estate.store, url=other.url)
        served_on_postgres.stop()
        assert sync(estate.store).pushed > 0
        served_on_postgres.start()
    finally:
        other.stop()
    (row,) = rows_at(served_on_postgres.folder, "SELECT count(*) AS taken, max(pos) AS pos FROM change_log")
    assert row["taken"] == row["pos"] > 0


@pytest.mark.parametrize(
    ("dsn", "error", "says"),
    [
        ("postgresql://127.0.0.1:1/butler", TryLater, "Connection refused"),
        ("no such thing", SetUpWrong, "postgresql://USER@HOST/DATABASE"),
        ("postgresql://u:hush@[::1/butler", SetUpWrong, "postgresql://USER@HOST/DATABASE"),
    ],
)
def test_a_database_that_cannot_be_reached_is_a_sentence(
    tmp_path: Path, dsn: str, error: type[ButlerError], says: str
) -> None:
    with pytest.raises(error) as raised:
        admin.init(Folder(tmp_path / "hq", dsn), [], real_ms())
    assert says in str(raised.value)
    assert "hush" not in str(raised.value)
    assert not (tmp_path / "hq").exists()


def test_a_server_that_is_down_is_told_by_the_exit_code(tmp_path: Path) -> None:
    ended = butler("hq", "init", "--dir", str(tmp_path / "hq"), "--dsn", "postgresql://127.0.0.1:1/butler")
    assert (ended.returncode, "out of reach" in ended.stderr) == (75, True), ended.stderr
    assert "Traceback" not in ended.stderr


def test_what_the_server_refuses_is_said_in_its_words(database: str, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "hq", database)
    admin.init(folder, [], real_ms())
    for other, says in (("nonesuch", "does not exist"), ("template1", "no HQ in the database")):
        with pytest.raises(SetUpWrong, match=says):
            admin.status(Folder(folder.path, make_conninfo(database, dbname=other)))
    with pytest.raises(SetUpWrong, match="already"):
        admin.init(Folder(tmp_path / "other", database), [], real_ms())
    assert not (tmp_path / "other").exists()


def test_another_hq_s_keys_or_a_newer_version_change_nothing(database: str, tmp_path: Path) -> None:
    folder, other = Folder(tmp_path / "hq", database), Folder(tmp_path / "other")
    admin.init(folder, [], real_ms())
    admin.init(other, [], real_ms())
    with pytest.raises(SetUpWrong, match="does not belong"):
        admin.status(Folder(other.path, database))
    query(database, "UPDATE schema_version SET version = 1000")
    with pytest.raises(SetUpWrong, match="newer version"):
        admin.status(folder)


def test_an_older_version_is_brought_up_to_date_and_views_that_differ_are_made_anew(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "hq", database)
    admin.init(folder, [], real_ms())
    query(database, "UPDATE schema_version SET version = ?, views = 'old'", SCHEMA_VERSION - 1)
    query(database, "DROP VIEW v_gate")
    monkeypatch.setitem(postgres_schema.STEPS, SCHEMA_VERSION - 1, _add_a_column)
    admin.status(folder)
    assert query(database, "SELECT added FROM nonce") == []
    assert query(database, "SELECT * FROM v_gate") == []
    assert [row["version"] for row in query(database, "SELECT version FROM schema_version")] == [SCHEMA_VERSION]


def test_a_step_that_fails_leaves_everything_as_it_was(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "hq", database)
    admin.init(folder, [], real_ms())
    query(database, "UPDATE schema_version SET version = ?", SCHEMA_VERSION - 1)

    def fail(connection: PostgresConnection) -> None:
        _add_a_column(connection)
        connection.execute("SELECT 1 / 0")

    monkeypatch.setitem(postgres_schema.STEPS, SCHEMA_VERSION - 1, fail)
    with pytest.raises(SetUpWrong, match="division by zero"):
        admin.status(folder)
    assert [row["version"] for row in query(database, "SELECT version FROM schema_version")] == [SCHEMA_VERSION - 1]
    with pytest.raises(UndefinedColumn):
        query(database, "SELECT added FROM nonce")


def _add_a_column(connection: PostgresConnection) -> None:
    connection.execute("ALTER TABLE nonce ADD COLUMN added BIGINT")
