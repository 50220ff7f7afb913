"""A month of the demo as it is planned, without a file; and what tests look at it with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from butler_tui.demo import names
from butler_tui.demo.calls import Call, plan_calls
from butler_tui.demo.houses import plan_houses
from butler_tui.demo.people import People
from butler_tui.domain.policies import Reason
from butler_tui.store.local import Store

if TYPE_CHECKING:
    pass

ZONE = ZoneInfo(names.TIME_ZONE)
FRIDAY_EVENING = int(datetime(2026, 11, 13, 20, 30, tzinfo=ZONE).timestamp()) * 1000
Month = Callable[..., list[Call]]


@cache
def planned(seed: int, visits: int, at_ms: int) -> list[Call]:
    people = People(Random(seed))
    return plan_calls(people, plan_houses(people, 240), visits, at_ms)


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, ZONE)


def by_hour(calls: Sequence[Call], reason: Reason) -> Counter[int]:
    return Counter(local(call.in_ms).hour for call in calls if call.reason is reason)


def rows(store: Store, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in store.connection.execute(statement)]
