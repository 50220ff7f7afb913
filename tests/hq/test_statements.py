"""Every key of HQ's tables begins with the estate, and every statement names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import butler_tui.hq
from butler_tui.domain.fields import TABLES
from butler_tui.hq.engines import rows_erasing, rows_held, rows_offers, rows_reading, rows_writing
from butler_tui.hq.views import postgres_views, sqlite_views

_HQ = Path(butler_tui.hq.__file__).parent
Views = Callable[[], Iterator[tuple[str, str]]]

_LISTED = {"SELECT {_ESTATE} FROM estate ORDER BY name, estate_id"}
"""The list of estates, for `hq status`: the one statement over all of them."""


def _schema() -> str:
    return re.sub(r"--[^\n]*", "", (_HQ / "schema.sql").read_text("utf-8"))


def test_every_primary_and_unique_key_begins_with_the_estate() -> None:
    schema = _schema()
    tables = re.findall(r"CREATE TABLE (\w+) \((.*?)\) STRICT;", schema, re.DOTALL)
    assert len(tables) >= 9
    for name, body in tables:
        keys = re.findall(r"(?:PRIMARY KEY|UNIQUE)\s*\((\w+)", body)
        inline = re.findall(r"(\w+)\s+\w+(?: NOT NULL)? (?:PRIMARY KEY|UNIQUE)(?!\s*\()", body)
        assert keys + inline, name
        assert set(keys + inline) == {"estate_id"}, name
    assert "AUTOINCREMENT" not in schema
    indexes = re.findall(r"CREATE (?:UNIQUE )?INDEX \w+ ON \w+ \((\w+)", schema)
    assert set(indexes) == {"estate_id"}


def _statements() -> list[str]:
    found: list[str] = []
    for module in (rows_reading, rows_held, rows_offers, rows_writing, rows_erasing):
        source = Path(str(module.__file__)).read_text("utf-8")
        texts = re.findall(r'"((?:SELECT|INSERT|UPDATE|DELETE)[^"]*)"((?:\s*f?"[^"]*")*)', source)
        joined = [first + "".join(re.findall(r'"([^"]*)"', rest)) for first, rest in texts]
        built = [value for name, value in vars(module).items() if name.startswith(("_ADD", "_PUT", "_POSITION"))]
        found += [*(text for text in joined if not text.startswith("INSERT INTO {table}")), *built]
    return found


def test_every_statement_names_the_estate() -> None:
    statements = _statements()
    assert len(statements) >= 20
    for statement in statements:
        if statement in _LISTED:
            continue
        wanted = r"estate_id\s*=" if statement.startswith(("SELECT", "UPDATE", "DELETE")) else r"estate_id"
        assert re.search(wanted, statement), statement


def test_sql_stands_in_the_engines_only() -> None:
    for file in _HQ.rglob("*.py"):
        if "engines" in file.parts or file.name == "views.py":
            continue
        assert not re.search(r'"(SELECT|INSERT INTO|UPDATE|DELETE FROM) ', file.read_text("utf-8")), file


@pytest.mark.parametrize("views", [sqlite_views, postgres_views])
def test_there_is_a_view_for_every_record_type_with_all_its_columns(views: Views) -> None:
    made = dict(views())
    assert set(made) == {f"v_{name}" for name in TABLES}
    for name, table in TABLES.items():
        assert "SELECT estate_id, record_id" in made[f"v_{name}"]
        for field in table.fields:
            assert f" AS {field.name}" in made[f"v_{name}"]


@pytest.mark.parametrize("table", ["estate", "change_log", "record_state", "nonce", "duplicate", "epoch", "terminal"])
def test_every_table_is_described(table: str) -> None:
    lines = (_HQ / "schema.sql").read_text("utf-8").splitlines()
    at = lines.index(f"CREATE TABLE {table} (")
    assert lines[at - 1].startswith("--")
