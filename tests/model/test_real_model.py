"""The real client and server code keep PROTOCOL's promises, whatever happens to files, clocks, wire and HQ.

A run is one estate that something happens to eight times, most of it in several steps. 24 runs here, and a few with
HQ's rows on PostgreSQL; 3,000 and 300 in `make soak`; always the same ones, because the seeds are told.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_tui.desk.conflicts import settle
from butler_tui.errors import RuleBroken
from butler_tui.store import conflicts
from tests.model.machine import live_through, lived
from tests.model.postgres_hq import drop_all
from tests.model.real_world import World
from tests.model.stories import STORIES, steps_of
from tests.postgres import any_server

_ON_POSTGRES = (
    "HQ put back to before what a terminal had sent and not pulled yet",
    "let go of, and lost by HQ",
    "more of an erased household, by a newer program",
)


@pytest.mark.parametrize("story", STORIES)
def test_what_was_found_once_is_mended(story: str) -> None:
    live_through(steps_of(STORIES[story]))


def test_a_conflict_about_somebody_who_was_erased_before_they_came_is_refused_in_words() -> None:
    world = World()
    try:
        for step in steps_of("erase 0 resident, write 1 0/0/1, sync 0, sync 1, die 1, write 2 0/0/2, sync 2, sync 1"):
            world.do(step)
        booth = world.booths[1]
        (asked,) = conflicts.waiting(booth.store.connection)
        with pytest.raises(RuleBroken):
            settle(booth.store, world.session(booth), asked, asked.present.value, world.now)
    finally:
        world.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Return the address of a PostgreSQL server."""
    with any_server() as dsn:
        yield dsn
        drop_all(dsn)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_promises_are_kept(seed: int) -> None:
    lived(seed, 12)


def test_the_promises_are_kept_with_rows_on_postgres(server: str) -> None:
    for story in _ON_POSTGRES:
        live_through(steps_of(STORIES[story]), server)
    lived(3, 4, server=server)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 112))
def test_the_promises_are_kept_in_three_thousand_runs(seed: int) -> None:
    lived(seed, 250)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200, 203))
def test_the_promises_are_kept_with_rows_on_postgres_in_many_runs(seed: int, server: str) -> None:
    lived(seed, 100, server=server)
