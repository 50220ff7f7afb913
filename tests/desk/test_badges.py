"""Badges that do not come back: missed when their visitor leaves, given to nobody else, found again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.badges import badge_found, check_out_without_badge, undo_badge
from butler_tui.desk.gate import Done, admit, check_out
from butler_tui.desk.session import Session
from butler_tui.domain.rights import Role
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.store import badges
from butler_tui.store.badges import BadgesOut

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    return admit(estate.store, session, estate.registration(badge="A017"), estate.policies, now())


@pytest.fixture
def out(estate: Estate) -> Callable[[], BadgesOut]:
    return lambda: badges.badges_out(estate.store.connection)


def test_a_badge_that_does_not_come_back_is_missed_in_one_group(
    estate: Estate, session: Session, visit: Done, now: Clock, out: Callable[[], BadgesOut]
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now.advance(minutes=5))

    assert estate.the_visit()["state"] == "left"
    assert out() == BadgesOut(out=1, missing=1)
    assert estate.events() == ["admitted", "out", "badge_missing"]
    groups = estate.store.connection.execute(
        "SELECT count(DISTINCT group_id) FROM journal WHERE tbl = 'visit_event' AND fields NOT LIKE '%admitted%'"
    )
    assert groups.fetchone()[0] == 1
    (missed,) = badges.badges_missing(estate.store.connection, 10)
    assert (missed.badge, missed.name, missed.out_ms) == ("A017", "李文博", now())


def test_a_missed_badge_is_given_to_nobody_and_it_is_said_who_had_it(
    estate: Estate, session: Session, visit: Done, now: Clock
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now())
    next_one = estate.registration(badge="A017", name="孙浩", phone="")

    with pytest.raises(RuleBroken, match=r"Badge A017 is missing since Mr 李 left with it"):
        admit(estate.store, session, next_one, estate.policies, now())
    assert estate.visits_saved() == 1


def test_a_badge_found_again_can_be_given_again(
    estate: Estate, session: Session, visit: Done, now: Clock, out: Callable[[], BadgesOut]
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now())
    badge_found(estate.store, session, visit.visit_id, now.advance(hours=3))

    assert out() == BadgesOut(0, 0)
    assert estate.events()[-1] == "badge_back"
    admit(estate.store, session, estate.registration(badge="A017", phone=""), estate.policies, now())


def test_undoing_brings_the_visitor_back_inside_and_forgets_that_the_badge_was_missed(
    estate: Estate, session: Session, visit: Done, now: Clock, out: Callable[[], BadgesOut]
) -> None:
    done = check_out_without_badge(estate.store, session, visit.visit_id, now.advance(minutes=5))
    undo_badge(estate.store, session, done, estate.policies, now.advance(seconds=5))
    undone = out()
    check_out(estate.store, session, visit.visit_id, now.advance(minutes=5))

    assert undone == BadgesOut(out=1, missing=0)
    assert out() == BadgesOut(0, 0)


def test_undoing_that_a_badge_was_found_makes_it_missed_again(
    estate: Estate, session: Session, visit: Done, now: Clock, out: Callable[[], BadgesOut]
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now())
    done = badge_found(estate.store, session, visit.visit_id, now())
    undo_badge(estate.store, session, done, estate.policies, now.advance(seconds=5))

    # Found, undone: the badge_back event no longer counts.
    assert out() == BadgesOut(1, 1)


def test_a_found_badge_that_was_given_on_is_not_missed_again(
    estate: Estate, session: Session, visit: Done, now: Clock
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now())
    done = badge_found(estate.store, session, visit.visit_id, now())
    admit(estate.store, session, estate.registration(badge="A017", phone=""), estate.policies, now())

    with pytest.raises(RuleBroken, match="still out with"):
        undo_badge(estate.store, session, done, estate.policies, now())


@pytest.mark.parametrize("seconds", [61, -61])
def test_only_the_last_seconds_can_be_undone(
    estate: Estate, session: Session, visit: Done, now: Clock, seconds: int
) -> None:
    done = check_out_without_badge(estate.store, session, visit.visit_id, now())

    with pytest.raises(RuleBroken, match="Only the last 60 seconds"):
        undo_badge(estate.store, session, done, estate.policies, now.advance(seconds=seconds))


def test_a_badge_is_taken_back_although_the_clock_was_set_back_by_seconds(
    estate: Estate, session: Session, visit: Done, now: Clock, out: Callable[[], BadgesOut]
) -> None:
    done = check_out_without_badge(estate.store, session, visit.visit_id, now())
    undo_badge(estate.store, session, done, estate.policies, now.advance(seconds=-5))
    assert out() == BadgesOut(1, 0)


def test_what_happened_since_is_not_undone(estate: Estate, session: Session, visit: Done, now: Clock) -> None:
    done = check_out_without_badge(estate.store, session, visit.visit_id, now())
    badge_found(estate.store, session, visit.visit_id, now())

    with pytest.raises(RuleBroken, match="Something has happened"):
        undo_badge(estate.store, session, done, estate.policies, now())


def test_who_has_left_or_has_no_badge_cannot_leave_without_it(
    estate: Estate, session: Session, visit: Done, now: Clock
) -> None:
    check_out(estate.store, session, visit.visit_id, now())
    bare = admit(estate.store, session, estate.registration(badge="", phone=""), estate.policies, now())

    with pytest.raises(RuleBroken, match="already left"):
        check_out_without_badge(estate.store, session, visit.visit_id, now())
    with pytest.raises(RuleBroken, match="given no badge"):
        check_out_without_badge(estate.store, session, bare.visit_id, now())
    with pytest.raises(RuleBroken, match="not missing"):
        badge_found(estate.store, session, visit.visit_id, now())


def test_a_butler_takes_no_badges(estate: Estate, visit: Done, now: Clock) -> None:
    with pytest.raises(NotAllowed):
        check_out_without_badge(estate.store, estate.sessions[Role.BUTLER], visit.visit_id, now())
    assert estate.events() == ["admitted"]
