"""Corrections of what has gone on since: after a clock was set back, and of a badge that never came back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.badges import check_out_without_badge
from butler_tui.desk.corrections import correct
from butler_tui.desk.gate import Done, admit
from butler_tui.desk.session import Session
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.errors import RuleBroken

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    return admit(estate.store, session, estate.registration(), estate.policies, now())


def put_right(estate: Estate, session: Session, visit: Done, now_ms: int, **changed: str) -> None:
    typo = CorrectionReason.TYPING_ERROR
    correct(estate.store, session, visit.visit_id, changed, typo, "", estate.policies, now_ms)


def badges(estate: Estate) -> list[str]:
    return [row[0] for row in estate.store.connection.execute("SELECT badge FROM visit ORDER BY badge")]


def test_the_later_correction_holds_although_the_clock_was_set_back(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    put_right(estate, session, visit, now.advance(minutes=60), name="甲")
    put_right(estate, session, visit, now.advance(minutes=-30), name="乙")
    assert estate.the_visit()["name"] == "乙"

    put_right(estate, session, visit, now.advance(minutes=1), name="丙")
    assert estate.the_visit()["name"] == "丙"


def test_a_badge_that_never_came_back_is_corrected_to_a_free_one_only(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    check_out_without_badge(estate.store, session, visit.visit_id, now.advance(minutes=5))
    admit(estate.store, session, estate.registration(name="孙浩", phone="", badge="A002"), estate.policies, now())

    with pytest.raises(RuleBroken, match="A002 is still out"):
        put_right(estate, session, visit, now(), badge="A002")

    put_right(estate, session, visit, now(), badge="A003")
    assert badges(estate) == ["A002", "A003"]
