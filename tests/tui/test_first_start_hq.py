"""The first start with an HQ: joining one, hearing that it has nothing yet, enrolling in the last step."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from butler_tui.desk import shifts
from butler_tui.desk.set_up_file import Stage, stage_of
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.hq import admin
from butler_tui.ids import id_text
from butler_tui.paths import Home, find_home
from butler_tui.store import estates, set_up_plan
from butler_tui.store.local import open_store
from butler_tui.store.whole import begin_whole, go_on_whole
from butler_tui.tui.first_start import Outcome
from butler_tui.tui.widgets.lines import Sentence
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, sync
from tests.tui.first_starts import (
    UP_TO_HOUSES,
    Open,
    cut_off,
    ended,
    hq_line,
    opener,
    outcome,
    step,
    store_of,
)


async def test_a_computer_joins_an_hq_hears_that_it_has_nothing_yet_and_is_set_up_there(
    first_start: Open, home: Home, hq: Hq
) -> None:
    async with first_start(real_ms) as booth:
        await booth.type(f"2{hq_line(hq)}\n")
        await booth.until(lambda: "总部尚未下发门岗和人员" in re.sub(r"\s+", "", booth.text()))
        await booth.type("2")
        await booth.until(lambda: "仍未下发" in booth.sentence)
        await booth.type("1东门岗\n9001\n许文静\n902715\n902715\nV1-V3\n")
        assert "云栖玫瑰园" in booth.text()
        await booth.type("\n")
        await ended(booth)
        assert outcome(booth) is Outcome.READY
    assert stage_of(home) is Stage.READY


async def test_a_computer_that_is_enrolled_and_empty_begins_with_a_clear_sentence(
    first_start: Open, home: Home, hq: Hq
) -> None:
    async with first_start(real_ms) as booth:
        await booth.type(f"2{hq_line(hq)}\n")
        await booth.until(lambda: "仍未下发" in booth.sentence)
        await booth.keys("ctrl+q")
    assert stage_of(home) is Stage.NO_GATE
    async with first_start(real_ms) as booth:
        assert "总部尚未下发门岗和人员" in re.sub(r"\s+", "", booth.text())


async def test_a_file_whose_making_was_cut_off_is_made_anew_to_join_an_hq(
    first_start: Open, home: Home, hq: Hq
) -> None:
    home.database.parent.mkdir(parents=True)
    set_up_plan.mark(home).touch()
    home.database.touch()
    async with first_start(real_ms) as booth:
        await booth.type(f"2{hq_line(hq)}\n")
        await booth.until(lambda: "仍未下发" in booth.sentence)
    assert stage_of(home) is Stage.NO_GATE


async def test_a_set_up_cut_off_on_an_enrolled_computer_is_not_offered_an_hq_again(
    first_start: Open, home: Home, hq: Hq, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with first_start(real_ms) as booth:
        await booth.type(f"2{hq_line(hq)}\n")
        await booth.until(lambda: "仍未下发" in booth.sentence)
        await booth.keys("ctrl+q")
    cut_off(home, now, monkeypatch)
    async with first_start(real_ms) as booth:
        await booth.type("\n")
        await ended(booth)
        assert outcome(booth) is Outcome.READY


async def test_a_wrong_code_is_said_and_the_computer_stays_empty(first_start: Open, home: Home, hq: Hq) -> None:
    async with first_start(real_ms) as booth:
        *rest, _code = hq_line(hq).split()
        await booth.type(f"2{' '.join(rest)}\n0000000000\n")
        await booth.until(lambda: "接入码" in booth.sentence or "代码" in booth.sentence)
        assert step(booth) == "join"
    assert stage_of(home) is Stage.NOTHING


async def test_a_line_pasted_behind_one_that_was_off_is_the_one_that_counts(
    first_start: Open, home: Home, hq: Hq
) -> None:
    async with first_start(real_ms) as booth:
        await booth.type("2butler enrol https://hq.example/e/x#y KHYMJEKC58\n")
        assert "格式" in booth.sentence
        assert booth.focused == "url"
        await booth.type(f"{hq_line(hq)}\n")
        await booth.until(lambda: "仍未下发" in booth.sentence)
    assert stage_of(home) is Stage.NO_GATE


async def test_a_new_estate_is_enrolled_in_the_last_step(first_start: Open, home: Home, hq: Hq) -> None:
    async with first_start(real_ms) as booth:
        await booth.type(UP_TO_HOUSES + "V1-V3\n\n")
        await booth.until(lambda: step(booth) == "hq")
        await booth.settle()
        told = re.sub(r"\s+", "", booth.text())
        found = re.search(r"--id([0-9a-f-]{36})", told)
        assert found is not None
        await booth.type(f"{hq_line(hq, found[1])}\n")
        await ended(booth)
    store = store_of(home)
    assert estates.terminal(store.connection).terminal_id is not None
    store.close()


async def test_an_empty_computer_gets_everything_is_told_its_gate_and_lets_people_sign_in(
    hq: Hq, enrolled: Estate, now: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    say = Sentence.say

    def heard(sentence: Sentence, words: str, meaning: str = "") -> None:
        told.append(words)
        say(sentence, words, meaning)

    monkeypatch.setattr(Sentence, "say", heard)
    shifts.set_pin(enrolled.store, enrolled.sessions[Role.GUARD].staff.staff_id, "739164")
    sync(enrolled.store)
    sync(enrolled.store)  # HQ has asked for the PINs
    own = estates.estate(enrolled.store.connection)
    assert own is not None
    line = admin.new_code(hq.folder, id_text(own.estate_id), TerminalKind.GATE, real_ms(), hq.url).line
    empty = find_home({"BUTLER_HOME": str(tmp_path / "empty")})
    async with opener(empty, now)(real_ms) as booth:
        await booth.type(f"2{line}\n")
        await booth.until(lambda: "哪个门岗" in re.sub(r"\s+", "", booth.text()))
        await booth.type("2")
        await ended(booth)
        assert outcome(booth) is Outcome.READY
    assert any(re.search(r"正在从总部下载.*\d", words) for words in told), told
    store = open_store(empty)
    gate = estates.gate_of_terminal(store.connection)
    assert gate is not None
    assert gate.name == "西门岗"
    assert shifts.sign_in(store, "1007", "739164", real_ms()).name == "王强"
    store.close()


async def test_a_first_fetch_that_was_cut_is_not_taken_for_an_hq_that_has_nothing(
    first_start: Open, home: Home, hq: Hq
) -> None:
    async with first_start(real_ms) as booth:
        await booth.type(f"2{hq_line(hq)}\n")
        await booth.until(lambda: "仍未下发" in booth.sentence)
        await booth.keys("ctrl+q")
    store = store_of(home)
    begin_whole(store.connection, 7)
    go_on_whole(store.connection, "")
    store.close()
    async with first_start(real_ms) as booth:
        told = re.sub(r"\s+", "", booth.text())
        assert "数据尚未下载完" in told
        assert "1继续下载" in told
        assert "尚未下发" not in told
        await booth.type("1")
        await booth.until(lambda: "仍未下发" in booth.sentence)
        assert "数据尚未下载完" not in re.sub(r"\s+", "", booth.text())
