"""Correcting a saved visit at the screen: typed over, picked why, saved; on a real file, at 80x24."""

from __future__ import annotations

import pytest

from butler_tui.desk.gate import Done, admit
from butler_tui.domain.gate_check import GateCheck
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import EventKind, Registration
from butler_tui.store import visit_history
from butler_tui.store.database import Row
from butler_tui.tui.dialogs.correct import CorrectDialog
from butler_tui.tui.dialogs.visit import VisitDialog
from butler_tui.tui.widgets.lines import Sentence
from butler_tui.tui.widgets.scan_input import ScanInput
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

pytestmark = pytest.mark.usefixtures("english")


class Correcting:
    """The dialog, opened over the gate, and what it returned."""

    def __init__(self, booth: Booth, estate: Estate, visit_id: bytes) -> None:
        self.booth = booth
        self.estate = estate
        self.visit_id = visit_id
        self.returned: list[Done | None] = []

    async def open(self) -> None:
        """Sign in and open it."""
        await self.booth.sign_in()
        session = self.estate.sessions[Role.GUARD]
        context = self.booth.app.here
        self.booth.app.push_screen(CorrectDialog(context, session, self.visit_id), self.returned.append)
        await self.booth.settle()

    async def type_over(self, field: str, text: str) -> None:
        """Go to a field, empty it, and type."""
        widget = self.booth.app.screen.query_one(f"#{field}", ScanInput)
        self.booth.app.screen.set_focus(widget)
        widget.value = ""
        await self.booth.type(text)

    @property
    def said(self) -> str:
        """The one sentence."""
        return self.booth.app.screen.query_one(Sentence).words[0]

    @property
    def row(self) -> Row:
        """The visit as it is now."""
        found = visit_history.whole(self.estate.store.connection, self.visit_id)
        assert found is not None
        return found


@pytest.fixture
def visit(estate: Estate, now: Clock) -> Done:
    return admit(
        estate.store,
        estate.sessions[Role.GUARD],
        estate.registration(companion_names=("王海",), plate="浙A8K32F"),
        estate.policies,
        now(),
    )


async def test_it_fits_80x24_with_every_field_and_the_history(
    open_booth: OpenBooth, estate: Estate, visit: Done
) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        text = booth.text()
        shown = (
            *("Correct the visit of", "李文博", "139****1234", "1 王海", "3-2-1801", "3 空调", "浙A8K32F", "A017"),
            *("18:00", "In words", "1  typing error", "admitted", "王强", "Ctrl+S", "Esc"),
        )
        for words in shown:
            assert words in text, (words, text)
        assert "13900001234" not in text
        assert "Six checks" not in text


async def test_what_is_typed_over_is_saved_with_its_reason(
    open_booth: OpenBooth, estate: Estate, now: Clock, visit: Done
) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("name", "李文搏")
        await correcting.type_over("companions", "王海 李岚")
        await correcting.type_over("leaves", "20:30")
        await correcting.type_over("why", "4")
        assert booth.focused == "note"
        await booth.type("晚饭\n")

        assert [done.kind for done in correcting.returned if done] == [EventKind.CORRECTED]
        row = correcting.row
        assert (row["name"], row["phone"], row["companions"]) == ("李文搏", "13900001234", 2)
        assert row["expected_out_ms"] - now() == (12 * 60 + 32) * 60_000
        history = visit_history.history(estate.store.connection, visit.visit_id)
        (told,) = (one for one in history if one.kind == EventKind.CORRECTED)
        assert (told.reason, told.note) == ("longer_stay", "晚饭")
        assert {one.column for one in told.changed} == {"name", "companions", "companion_names", "expected_out_ms"}


async def test_without_a_reason_or_with_what_cannot_be_read_nothing_is_saved_and_all_stays(
    open_booth: OpenBooth, estate: Estate, visit: Done
) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("name", "李文搏")
        await booth.keys("ctrl+s")
        assert "Pick why" in correcting.said
        assert booth.focused == "why"
        await booth.type("1")
        await correcting.type_over("leaves", "soon")
        await booth.keys("ctrl+s")
        assert "cannot be read" in correcting.said
        await correcting.type_over("leaves", "18:00")
        await correcting.type_over("room", "9-9-999")
        await booth.keys("ctrl+s")
        assert "no room 9-9-999" in correcting.said
        assert booth.app.screen.query_one("#name", ScanInput).value == "李文搏"
        assert correcting.returned == []
        assert estate.events() == ["admitted"]


async def test_escape_asks_once_where_something_is_typed(open_booth: OpenBooth, estate: Estate, visit: Done) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("name", "李")
        await booth.keys("escape")
        assert "Not saved yet" in correcting.said
        await booth.keys("escape")
        assert correcting.returned == [None]
        assert correcting.row["name"] == "李文博"


async def test_what_is_half_typed_waits_for_who_typed_it_while_another_signs_in(
    open_booth: OpenBooth, estate: Estate, visit: Done
) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("name", "李文搏")
        await correcting.type_over("why", "1")
        await booth.type("听错")
        await booth.keys("f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        assert not isinstance(booth.app.screen, CorrectDialog)
        context, lead = booth.app.here, estate.sessions[Role.SHIFT_LEAD]
        booth.app.push_screen(CorrectDialog(context, lead, visit.visit_id))
        await booth.settle()
        assert "李文搏" not in booth.text()
        await booth.keys("escape", "f10")

        await correcting.open()
        assert "typed is back" in correcting.said
        assert booth.focused == "name"
        await booth.keys("ctrl+s")
        assert correcting.row["name"] == "李文搏"
        assert context.corrections == {}


async def test_what_is_given_up_by_escape_does_not_come_back(
    open_booth: OpenBooth, estate: Estate, visit: Done
) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("name", "李")
        await booth.keys("escape", "escape")
        assert booth.app.here.corrections == {}


async def test_an_emergency_is_completed_with_its_six_outcomes(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    passing = Registration(reason=Reason.EMERGENCY, check=GateCheck())
    done = admit(estate.store, estate.sessions[Role.GUARD], passing, estate.policies, now())
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, done.visit_id)
        await correcting.open()
        await correcting.type_over("name", "赵医生")
        await correcting.type_over("checks", "1111-2")
        await correcting.type_over("why", "3")
        await booth.keys("ctrl+s")
        assert correcting.returned[0] is not None, correcting.said
        row = correcting.row
        assert (row["name"], row["ask_identity"], row["check_belongings"]) == ("赵医生", "passed", "doubtful")
        assert row["check_vehicle"] not in ("passed", "doubtful")


async def test_a_hostile_name_reaches_no_cell_raw(open_booth: OpenBooth, estate: Estate, visit: Done) -> None:
    async with open_booth() as booth:
        correcting = Correcting(booth, estate, visit.visit_id)
        await correcting.open()
        await correcting.type_over("company", "顺达[/]\u202e[bold]")
        assert "\u202e" not in booth.text()
        assert "[/]" in booth.text()


async def test_who_may_correct_nothing_of_it_is_told_before_anything_is_typed(
    open_booth: OpenBooth, estate: Estate, visit: Done, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        for role, said in ((Role.BUTLER, "Butler may not correct visits"), (Role.GUARD, "It is too late to correct")):
            if role is Role.GUARD:
                now.advance(hours=48)
            dialog = VisitDialog(booth.app.here, estate.sessions[role], visit.visit_id)
            booth.app.push_screen(dialog)
            await booth.settle()
            await booth.keys("e")
            assert booth.app.screen is dialog, said
            assert said in booth.sentence, booth.text()
            await booth.keys("escape")
