"""Terminals that write to an HQ as tests want them to, on either engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hq.authors import author, author_of, engine
from tests.postgres import any_server, own_database

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
