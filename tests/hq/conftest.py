"""A served HQ for a module of tests, and a terminal of a test's own that is enrolled there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import Estate
from tests.hq.authors import author, author_of, engine
from tests.serving import Hq, served

__all__ = ["author", "author_of", "engine", "enrolled", "hq"]


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return a served HQ; its estates are the tests' own."""
    with served(tmp_path_factory.mktemp("hq") / "hq") as served_hq:
        yield served_hq


@pytest.fixture
def enrolled(hq: Hq, estate: Estate) -> Estate:
    """Return a set-up terminal that is enrolled, with everything still to push."""
    hq.enrol(estate.store)
    return estate
