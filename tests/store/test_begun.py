"""A form that lay half-typed for days counts for the day on which it was saved, wherever days are asked for."""

from __future__ import annotations

import pytest

from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.ids import new_id
from butler_tui.store import exported, home, visit_lists, visits
from tests.conftest import Clock, Estate


@pytest.fixture
def began_ms(estate: Estate, session: Session, now: Clock) -> int:
    """Begin a form, save another visit six days later, then that form; return when that hour began."""
    draft_id = new_id(now())
    began = now.advance(hours=6 * 24)
    quick = estate.registration(name="孙浩", phone="", badge="")
    admit(estate.store, session, quick, estate.policies, now.advance(minutes=1), draft_id=new_id(now()))
    admit(estate.store, session, estate.registration(), estate.policies, now.advance(minutes=1), draft_id=draft_id)
    return began


def test_it_is_exported_with_its_own_day_and_no_other(estate: Estate, now: Clock, began_ms: int) -> None:
    connection = estate.store.connection
    assert [row["name"] for row in exported.visits(connection, began_ms, now() + 1)] == ["李文博", "孙浩"]
    assert exported.count_visits(connection, began_ms, now() + 1) == 2
    assert exported.count_visits(connection, None, None) == 2
    assert list(exported.visits(connection, None, began_ms)) == []
    assert exported.count_visits(connection, None, began_ms) == 0


@pytest.mark.parametrize("inside", [True, False])
def test_it_is_listed_since_then(estate: Estate, now: Clock, began_ms: int, inside: bool) -> None:
    def listed(since_ms: int | None) -> int:
        return len(visit_lists.newest(estate.store.connection, inside=inside, since_ms=since_ms, most=9))

    assert (listed(began_ms), listed(now() + 1), listed(None)) == (2, 0, 2)


def test_it_counts_for_today(estate: Estate, began_ms: int) -> None:
    assert home.today(estate.store.connection, began_ms).people == 2


def test_it_is_what_was_saved_last(estate: Estate, session: Session, began_ms: int) -> None:
    last = visits.last_by(estate.store.connection, session.staff.staff_id, began_ms)
    assert last is not None
    assert last.name == "李文博"
