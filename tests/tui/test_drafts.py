"""Nothing typed is lost: drafts outlive the program, are their author's alone, and are everybody's once parked."""

from __future__ import annotations

import json

import pytest

from butler_tui.domain.rights import Role
from butler_tui.store import drafts, visits
from butler_tui.store.database import DatabaseError
from butler_tui.store.drafts import GATE, Draft
from butler_tui.tui.dialogs.parked import ParkedDialog
from tests.conftest import Clock, Estate
from tests.tui.conftest import Booth, OpenBooth

HALF = "李文博\n1\n13900001234\n3-2-1801\n22\n3空调\nA017\n"


def kept(estate: Estate, booth: Booth, role: Role = Role.GUARD) -> Draft | None:
    booth.app.here.drafts.flush()
    return drafts.of_author(estate.store.connection, estate.sessions[role].staff.staff_id, GATE)


async def test_what_is_half_typed_is_there_again_after_the_program_ended(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(HALF)
        await booth.type("12")
        await booth.type("有点可疑\n")
        booth.app.here.drafts.flush()
    async with open_booth() as booth:
        await booth.sign_in()
        assert "已恢复" in booth.sentence
        assert (booth.field("name"), booth.field("phone"), booth.field("badge")) == ("李文博", "13900001234", "A017")
        assert "陈宅" in booth.text()
        await booth.keys("ctrl+t")
        await booth.keys("up", "1")
        assert "有点可疑" not in booth.text()
        await booth.type("1111")
        await booth.keys("enter")
        (visitor,) = visits.on_site(estate.store.connection, 5)
        assert visitor.name == "李文博"
        assert kept(estate, booth) is None


async def test_a_saved_visit_leaves_no_draft_and_has_its_id(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(HALF)
        draft = kept(estate, booth)
        assert draft is not None
        await booth.type("11111")
        await booth.keys("enter")

        assert visits.saved(estate.store.connection, draft.draft_id)
        assert kept(estate, booth) is None


async def test_a_draft_whose_visit_is_saved_is_not_offered_again(
    open_booth: OpenBooth, estate: Estate, now: Clock
) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type(HALF)
        draft = kept(estate, booth)
        await booth.type("11111")
        await booth.keys("enter")
        booth.app.here.drafts.flush()
    assert draft is not None
    connection = estate.store.connection
    connection.execute(
        "INSERT INTO draft (draft_id, staff_id, desk, body, changed_ms) VALUES (?, ?, 'gate', ?, ?)",
        (draft.draft_id, draft.staff_id, draft.body, now()),
    )
    async with open_booth() as booth:
        await booth.sign_in()
        assert booth.gate.form.is_empty
        assert "上次保存：李先生" in booth.sentence
        assert kept(estate, booth) is None


async def test_another_persons_draft_is_not_shown(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001234\n")
        await booth.keys("f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        assert booth.gate.form.is_empty
        assert "李文博" not in booth.text()
        await booth.keys("f8")
        assert "没有待核实" in booth.sentence
        await booth.keys("f10")
        await booth.sign_in()
        assert booth.field("name") == "李文博"


async def test_f8_parks_for_everyone_and_another_takes_it_up(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001234\n3-2-1801\n")
        await booth.keys("f8")
        assert "已暂存" in booth.sentence
        assert booth.gate.form.is_empty
        assert "待核实 1" in booth.text()
        await booth.keys("f10")
        await booth.sign_in(Role.SHIFT_LEAD)
        await booth.keys("f8")
        assert isinstance(booth.app.screen, ParkedDialog)
        assert "李文博" in booth.text()
        assert booth.sentence == "按 Enter 将所选访客取回表单。"
        await booth.keys("enter")
        assert booth.field("name") == "李文博"
        assert drafts.count_parked(estate.store.connection, GATE) == 0
        assert kept(estate, booth, Role.SHIFT_LEAD) is not None
        assert kept(estate, booth) is None


async def test_an_emptied_form_leaves_no_draft_and_comes_back_by_undo(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n")
        assert kept(estate, booth) is not None
        await booth.keys("ctrl+n")
        assert kept(estate, booth) is None
        await booth.keys("ctrl+z")
        again = kept(estate, booth)
        assert again is not None
        assert json.loads(again.body)["values"]["name"] == "李文博"


async def test_drafts_never_travel(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n13900001234\n")
        assert kept(estate, booth) is not None
        rows = estate.store.connection.execute("SELECT count(*) FROM journal WHERE personal LIKE '%13900001234%'")
        assert rows.fetchone()[0] == 0


async def test_a_number_that_policy_does_not_keep_is_in_no_draft(open_booth: OpenBooth, estate: Estate) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("11010519491231002X\n李文博\n1\n13900001234\n")
        draft = kept(estate, booth)
        assert draft is not None
        assert "李文博" in draft.body
        assert "11010519491231002X" not in draft.body


async def test_a_disk_that_refuses_to_take_up_what_is_parked_is_a_sentence(
    open_booth: OpenBooth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise DatabaseError("database or disk is full")

    async with open_booth() as booth:
        await booth.sign_in()
        await booth.type("李文博\n1\n")
        await booth.keys("f8", "f8")
        with monkeypatch.context() as patched:
            patched.setattr(drafts, "take", full)
            await booth.keys("enter")
        assert "磁盘已满" in booth.sentence
        await booth.keys("f8", "enter")
        assert booth.field("name") == "李文博"
