"""A visit wholly: what was written, what happened, and masked values that open for a recorded reason only."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from butler_tui import words
from butler_tui.desk.gate import Done, admit, check_out, turn_away
from butler_tui.desk.session import Session
from butler_tui.domain.changes import Value
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.ids import new_id
from butler_tui.store.journal import migrate, record
from butler_tui.store.written import Written
from butler_tui.tui.dialogs.correct import CorrectDialog
from butler_tui.tui.dialogs.unmask import UnmaskDialog
from butler_tui.tui.dialogs.visit import VisitDialog
from tests.conftest import Clock, Estate
from tests.hostile import DANGEROUS, spread
from tests.tui.conftest import Booth, OpenBooth
from tests.tui.test_hostile import let_in

SIZES = pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 36)])
NUMBER = "330102199003070016"


@pytest.fixture(params=["en", "zh_CN"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    """Speak each language in turn, for what is said at run time."""
    before = words._catalogue
    words.speak(request.param)
    yield request.param
    words._catalogue = before


@pytest.fixture
def agent(estate: Estate, session: Session, now: Clock) -> Done:
    """Return the visit of an estate agent, whose number policy keeps."""
    visitor = estate.registration(
        reason=Reason.ESTATE_AGENT,
        document_number=NUMBER,
        companion_names=("王海",),
        plate="浙A8K32F",
        looks="蓝色工装",
    )
    return admit(estate.store, session, visitor, estate.policies, now())


def event(estate: Estate, session: Session, visit_id: bytes, kind: str, at_ms: int, **more: Value) -> bytes:
    """Write an event as another terminal might have sent it."""
    values: dict[str, Value] = {"visit_id": visit_id, "kind": kind, "at_ms": at_ms, "gate_id": session.gate_id}
    written = Written("visit_event", new_id(at_ms), {**values, "staff_id": session.staff.staff_id, **more})
    record(estate.store, [written], staff_id=session.staff.staff_id, now_ms=at_ms)
    return written.record_id


async def open_visit(booth: Booth, estate: Estate, session: Session, visit_id: bytes) -> None:
    """Open the detail as a list does."""
    await booth.app.push_screen(VisitDialog(booth.app.here, session, visit_id))
    await booth.settle()


def audits(estate: Estate) -> list[tuple[str, str]]:
    rows = estate.store.connection.execute("SELECT subject_field, reason FROM audit ORDER BY subject_field DESC")
    return [(row[0], row[1]) for row in rows]


@SIZES
async def test_all_that_was_written_is_told_with_numbers_masked(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done, language: str, width: int, height: int
) -> None:
    async with open_booth(width, height) as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        shown = booth.text()
        for told in ("李文博", "139****1234", "330***********0016", "净源家电维修", "3-2-1801", "陈宅", "浙A8K32F",
                     "王海", "A017", "蓝色工装", "王强", "东门岗", "07:58"):  # fmt: skip
            assert told in shown, told
        assert "13900001234" not in shown
        assert NUMBER not in shown
        for told in ("在访", "通过", "放行", "三问三查") if language == "zh_CN" else ("inside", "passed", "admitted"):
            assert told in shown, told


@SIZES
async def test_the_history_tells_who_when_where_why_and_what_was_changed(
    open_booth: OpenBooth,
    estate: Estate,
    session: Session,
    now: Clock,
    agent: Done,
    language: str,
    width: int,
    height: int,
) -> None:
    visit_id = agent.visit_id
    changed = {"name": "李文波", "phone": "13900005678"}
    event(estate, session, visit_id, "corrected", now.advance(minutes=5), reason="typing_error", note="听错了",
          corrected=json.dumps(changed, ensure_ascii=False))  # fmt: skip
    wrong = event(estate, session, visit_id, "corrected", now.advance(minutes=5), reason="other", note="再改",
                  corrected=json.dumps({"company": "宏业"}, ensure_ascii=False))  # fmt: skip
    event(estate, session, visit_id, "undone", now.advance(minutes=1), undoes=wrong)
    check_out(estate.store, session, visit_id, now.advance(minutes=10))
    event(estate, session, visit_id, "badge_missing", now(), note="访客称遗失")
    async with open_booth(width, height) as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, visit_id)
        if height < 30:
            await booth.keys("pagedown")
        shown = booth.text()
        for told in (
            "李文博 -> 李文波",
            "139****1234 -> 139****5678",
            "听错了",
            "再改",
            "08:03",
            "08:19",
            "访客称遗失",
        ):
            assert told in shown, told
        assert "13900005678" not in shown
        told_of_undone = next(row for row in shown.splitlines() if "08:08" in row)
        assert ("撤销" if language == "zh_CN" else "undone") in told_of_undone


async def test_an_override_says_by_whom_and_why(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, language: str
) -> None:
    lead = estate.sessions[Role.SHIFT_LEAD].staff.staff_id
    visit_id = new_id(now())
    outcomes: dict[str, Value] = dict.fromkeys(
        ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle"), "passed"
    )
    notes = json.dumps({"check_belongings": "梯子较长"}, ensure_ascii=False)
    visit: dict[str, Value] = {"registered_ms": now(), "gate_id": session.gate_id, "staff_id": session.staff.staff_id,
             "name": "李文博", "reason": "repair", "check_belongings": "doubtful", "check_notes": notes}  # fmt: skip
    record(estate.store, [Written("visit", visit_id, {**visit, **outcomes})], staff_id=None, now_ms=now())
    event(estate, session, visit_id, "admitted", now(), override_by=lead, override_how="pin", note="业主同意")
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, visit_id)
        shown = booth.text()
        for told in ("周建国", "业主同意", "梯子较长", "存疑" if language == "zh_CN" else "doubtful"):
            assert told in shown, told


@pytest.mark.parametrize("nonsense", ["[" * 200_000, '{"ask_host": 4711, "4712": "4713"}', "4714"])
async def test_notes_and_doubts_that_are_none_are_left_out(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done, nonsense: str
) -> None:
    with migrate(estate.store.connection) as connection:
        connection.execute("UPDATE visit SET check_notes = ?, document_doubts = ?", (nonsense, nonsense))
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        shown = booth.text()
        assert "李文博" in shown
        assert "471" not in shown


async def test_who_was_turned_away_says_why(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, language: str
) -> None:
    visitor = estate.registration(badge="")
    done = turn_away(
        estate.store, session, visitor, estate.policies, now(), reason=TurnAwayReason.LOITERING, note="劝离"
    )
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, done.visit_id)
        shown = booth.text()
        assert "劝离" in shown
        assert ("逗留" if language == "zh_CN" else "loitering") in shown


async def test_a_masked_value_opens_for_a_reason_is_recorded_and_is_masked_again_after_going_back(
    open_booth: OpenBooth, estate: Estate, agent: Done
) -> None:
    lead = estate.sessions[Role.SHIFT_LEAD]
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, lead, agent.visit_id)
        await booth.keys("p")
        assert isinstance(booth.app.screen, UnmaskDialog)
        await booth.type("\n")
        assert isinstance(booth.app.screen, UnmaskDialog)  # no reason yet
        await booth.type("2陈太太来电\n")
        assert isinstance(booth.app.screen, VisitDialog)
        assert "13900001234" in booth.text()
        assert NUMBER not in booth.text()
        await booth.keys("d")
        await booth.type("6\n")
        assert isinstance(booth.app.screen, UnmaskDialog)  # which authority?
        await booth.type("派出所\n")
        assert NUMBER in booth.text()
        assert audits(estate) == [("phone", "household_asks 陈太太来电"), ("document_number", "authority 派出所")]
        await booth.keys("escape")
        await open_visit(booth, estate, lead, agent.visit_id)
        assert "13900001234" not in booth.text()
        assert NUMBER not in booth.text()


async def test_a_guard_is_not_offered_to_open_a_documents_number(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        assert booth.app.screen.check_action("unmask", ("phone",))
        assert not booth.app.screen.check_action("unmask", ("document_number",))
        await booth.keys("d")
        assert isinstance(booth.app.screen, VisitDialog)
        assert audits(estate) == []


async def test_esc_in_the_reason_opens_nothing_and_keeps_what_was_typed(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        await booth.keys("p")
        await booth.type("2陈太太")
        await booth.keys("escape")
        assert "13900001234" not in booth.text()
        assert audits(estate) == []
        await booth.keys("p")
        assert "陈太太" in booth.text()


async def test_what_was_opened_is_masked_when_the_screens_lock(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        await booth.keys("p")
        await booth.type("2\n")
        assert "13900001234" in booth.text()
        await booth.keys("f10")
        assert "13900001234" not in booth.text()
        await booth.sign_in()
        assert isinstance(booth.app.screen, VisitDialog)
        assert "139****1234" in booth.text()


async def test_nothing_can_be_opened_where_nothing_is_kept(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    bare = admit(estate.store, session, estate.registration(phone=""), estate.policies, now())
    async with open_booth() as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, bare.visit_id)
        await booth.keys("p", "d")
        assert isinstance(booth.app.screen, VisitDialog)


async def test_e_corrects_and_the_correction_stands_in_the_history(
    open_booth: OpenBooth, estate: Estate, session: Session, agent: Done
) -> None:
    async with open_booth(120, 36) as booth:
        await booth.sign_in()
        await open_visit(booth, estate, session, agent.visit_id)
        await booth.keys("e")
        assert isinstance(booth.app.screen, CorrectDialog)
        await booth.keys("end", *["backspace"] * 3)
        await booth.type("李文波")
        booth.app.screen.query_one("#why").focus()
        await booth.type("1")
        await booth.keys("ctrl+s")
        assert isinstance(booth.app.screen, VisitDialog)
        assert "李文博 -> 李文波" in booth.text()


async def test_hostile_text_in_a_visit_neither_drives_the_screen_nor_ends_it(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    names = [name for name in spread(14) if len(name) < 200 and not any("\ud800" <= one <= "\udfff" for one in name)]
    shown = ""
    async with open_booth(120, 36) as booth:
        await booth.sign_in()
        for name in names:
            let_in(estate, name, now)
            row = estate.store.connection.execute("SELECT visit_id FROM visit ORDER BY rowid DESC LIMIT 1").fetchone()
            event(estate, session, row[0], "corrected", now(), reason=name[:20], note=name,
                  corrected=json.dumps({"company": name}, ensure_ascii=False))  # fmt: skip
            event(estate, session, row[0], name[:20] or "x", now(), note=name)
            await open_visit(booth, estate, session, row[0])
            shown += booth.text()
            await booth.keys("escape")
    assert "A017" in shown
    assert not DANGEROUS & set(shown)
