"""A terminal that was told of writes that did not know of each other: two computers of one estate, and a real HQ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from butler_tui.store import households
from butler_tui.store.local import Store
from tests.conftest import Estate
from tests.serving import Hq, sync
from tests.sync.test_pull import joined, put

NOTE, OTHER_NOTE = "老人午睡", "请走侧门"


@contextmanager
def disagreeing(hq: Hq, enrolled: Estate, folder: Path) -> Iterator[Store]:
    """Have this terminal and another write the same fields of 陈宅 and 陈国栋 differently; yield the other.

    Both know of it: household.name, household.gate_note (all of it holds), resident.may_confirm (the stricter holds).
    """
    sync(enrolled.store)
    other = joined(hq, enrolled, folder)
    sync(other)
    home = households.at_room(enrolled.store.connection, "3-2-1801")
    assert home is not None
    assert home.household_id is not None
    person = home.confirmers[0].resident_id
    put(enrolled.store, "household", home.household_id, name="陈国栋宅", gate_note=NOTE)
    put(other, "household", home.household_id, name="陈府", gate_note=OTHER_NOTE)
    put(enrolled.store, "resident", person, may_confirm=1)
    put(other, "resident", person, may_confirm=0)
    for store in (enrolled.store, other, enrolled.store):
        sync(store)
    try:
        yield other
    finally:
        other.close()
