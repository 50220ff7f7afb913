"""A sex that a later version knows and this one does not, as HQ may hand it down: read as not known, never an error."""

from __future__ import annotations

import pytest

from butler_tui.desk.gate import Done, admit
from butler_tui.desk.session import Session
from butler_tui.domain.people import Sex, sex_of_code
from butler_tui.store import badges, households, visit_story
from butler_tui.store.journal import migrate
from butler_tui.tui.context import Context
from butler_tui.tui.correct_fields import Now
from tests.conftest import Clock, Estate


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    done = admit(estate.store, session, estate.registration(), estate.policies, now())
    with migrate(estate.store.connection) as connection:
        connection.execute("UPDATE visit SET sex = 'x'")
        connection.execute("UPDATE resident SET sex = 'x'")
    return done


@pytest.mark.parametrize(
    ("code", "sex"), [("male", Sex.MALE), ("female", Sex.FEMALE), ("x", None), ("", None), (None, None), (1, None)]
)
def test_a_code_is_read_as_a_sex_or_as_none(code: object, sex: Sex | None) -> None:
    assert sex_of_code(code) is sex


def test_who_wears_a_badge_is_told(estate: Estate, visit: Done) -> None:
    holder = badges.holder_of_badge(estate.store.connection, "A017")
    assert holder is not None
    assert (holder.name, holder.sex) == ("李文博", None)


def test_who_may_confirm_is_told(estate: Estate, visit: Done) -> None:
    home = households.at_room(estate.store.connection, "3-2-1801")
    assert home is not None
    assert home.confirmers
    assert {one.sex for one in home.confirmers} == {None}


def test_the_visit_is_told_and_can_be_corrected(estate: Estate, visit: Done, now: Clock) -> None:
    from butler_tui.tui.app import make_context

    context: Context = make_context(estate.store, now)
    assert Now.of(context, visit.visit_id).who == "李访客"
    whole = visit_story.whole_visit(estate.store.connection, visit.visit_id)
    assert whole is not None
    assert whole.sex is None
