"""Making the demo estate in an empty home, through the doors that real ones are made through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from butler_tui.demo import names
from butler_tui.demo.calls import plan_calls
from butler_tui.demo.clock import DAY_MS, DAYS, VISITS_A_DAY, days_of
from butler_tui.demo.days import Days
from butler_tui.demo.houses import plan_houses
from butler_tui.demo.incidents import plan_incidents
from butler_tui.demo.people import People
from butler_tui.desk.set_up import add_house, add_staff, set_up_estate
from butler_tui.desk.shifts import set_pin
from butler_tui.errors import WrongUsage
from butler_tui.paths import Home
from butler_tui.store.local import Store, create_store
from butler_tui.words import N_

_SET_UP_BEFORE_MS = DAY_MS
"""The estate was set up the day before its first visit."""

HOUSEHOLDS = 240
MOST_HOUSEHOLDS = 10_000
MOST_VISITS = 100_000
"""Some months of a large estate; they take minutes to make."""


def visits_of(households: int) -> int:
    """Return how many visits so many households have in a month."""
    return min(MOST_VISITS, DAYS * VISITS_A_DAY * households // HOUSEHOLDS)


Progress = Callable[[int, int], None]
"""Told how many steps of how many are done."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the demo is to be: how many households and visits, and the seed that repeats it.

    Raises WrongUsage for numbers that no estate has, or that a computer would be at for hours.
    """

    households: int = HOUSEHOLDS
    visits: int = DAYS * VISITS_A_DAY
    seed: int = 1
    plain: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.households <= MOST_HOUSEHOLDS or not 0 <= self.visits <= MOST_VISITS:
            raise WrongUsage(
                N_("A demo has 1 to {households} households and at most {visits} visits."),
                households=MOST_HOUSEHOLDS,
                visits=MOST_VISITS,
            )


def make_demo(home: Home, wanted: Wanted, now_ms: int, progress: Progress) -> Store:
    """Make the demo in `home`, ending at `now_ms` (UTC ms), and return its open store.

    Raises SetUpWrong where there is a file already, FileTrouble.
    """
    people = People(Random(wanted.seed))  # noqa: S311 (invented people, no secrets)
    houses = plan_houses(people, wanted.households)
    calls, incidents = plan_incidents(people, plan_calls(people, houses, wanted.visits, now_ms), now_ms)
    steps = _Steps(progress, len(names.STAFF) + len(houses) + len(calls))
    begins_ms = now_ms - days_of(wanted.visits) * DAY_MS - _SET_UP_BEFORE_MS
    store = create_store(home, begins_ms, plain=wanted.plain)
    try:
        # Not a second's wait for the disk after each of some thousand acts: what a power cut leaves of a demo in the
        # making is cleared away (Folder.begin), so only the whole of it has to be durable.
        store.connection.execute("PRAGMA synchronous = OFF")
        gate_ids = set_up_estate(store, names.ESTATE, names.TIME_ZONE, names.GATES, begins_ms)
        for number, name, role, pin in names.STAFF:
            set_pin(store, add_staff(store, number, name, role, begins_ms), pin)
            steps.one_more()
        for house in houses:
            add_house(store, house, begins_ms)
            steps.one_more()
        Days(store, gate_ids).run(calls, incidents, steps.one_more)
        store.connection.execute("PRAGMA synchronous = FULL")
        store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except BaseException:
        store.close()
        raise
    return store


class _Steps:
    """Counts what is done for the progress line."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress = progress
        self.total = total
        self.done = 0

    def one_more(self) -> None:
        """Count one step."""
        self.done += 1
        self.progress(self.done, self.total)
