"""Terminals that write to an HQ as tests want them to, on either engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.hq.authors import author, author_of, engine
from tests.postgres import any_server, own_database
from tests.serving import Hq, served

__all__ = ["author", "author_of", "engine"]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Return the address of a PostgreSQL server, one for all tests."""
    with any_server() as server:
        yield server


@pytest.fixture(scope="module")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """Return the address of an empty database."""
    with own_database(postgres_server) as dsn:
        yield dsn


@pytest.fixture(scope="module", params=["file", "postgres"])
def hq(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return a served HQ, on either engine."""
    dsn = request.getfixturevalue("postgres_database") if request.param == "postgres" else None
    with served(tmp_path_factory.mktemp("hq") / "hq", dsn=dsn) as served_hq:
        yield served_hq


@pytest.fixture(scope="session", params=["file", "postgres"])
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return a served HQ, on either engine, for tests that make estates of their own: one for all of them."""
    with ExitStack() as lasting:
        dsn = None
        if request.param == "postgres":
            dsn = lasting.enter_context(own_database(request.getfixturevalue("postgres_server")))
        yield lasting.enter_context(served(tmp_path_factory.mktemp("attacked") / "hq", dsn=dsn))
