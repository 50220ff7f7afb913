"""F9: what waits by kind and since when, when HQ was reached, the clock, and what HQ could not apply, told in words."""

from __future__ import annotations

import shutil
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest

from butler_tui.desk.attachments import attach
from butler_tui.desk.gate import admit
from butler_tui.desk.session import Session
from butler_tui.ids import new_id
from butler_tui.paths import find_home
from butler_tui.store import about, blobs, quarantined, sync_state
from butler_tui.store.local import open_store
from butler_tui.store.quarantined import Held
from butler_tui.store.sync_state import Result, Summary
from butler_tui.tui.sync_words import hq_words, reason_words
from tests.conftest import Clock, Estate
from tests.pictures import JPEG
from tests.serving import Hq, real_ms, sync
from tests.store.test_visits import whole_tables_read
from tests.sync.pictured import estate_id_of, second_terminal
from tests.sync.test_pull import put
from tests.tui.conftest import OpenBooth


def hold(estate: Estate, table: str, reason: str, now_ms: int) -> None:
    """Have HQ hold the last change of a table apart."""
    row = estate.store.connection.execute(
        "SELECT cid FROM journal WHERE tbl = ? ORDER BY journal_id DESC LIMIT 1", (table,)
    ).fetchone()
    estate.store.connection.execute(
        "INSERT INTO quarantine (cid, reason, at_ms) VALUES (?, ?, ?)", (row[0], reason, now_ms)
    )


def test_a_first_fetch_that_was_cut_is_told_of_while_headquarters_is_out_of_reach() -> None:
    cut = Summary(True, 0, None, Result.UNREACHABLE, 0, fetching=True)
    assert hq_words(cut, 0, UTC) == ("总部未连通，数据尚未下载完", "warning")
    assert hq_words(cut._replace(waiting=2), 0, UTC)[0] == "总部未连通，待上传 2 条"


async def test_what_hq_could_not_apply_is_told_as_the_record_and_the_reason(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    admit(estate.store, session, estate.registration(), estate.policies, now())
    hold(estate, "visit", "malformed", now())
    hold(estate, "visit_event", "not_allowed", now.advance(seconds=1))
    hold(estate, "staff", "already_there", now.advance(seconds=1))
    hold(estate, "house", "of_a_newer_hq", now.advance(seconds=1))
    estate.store.connection.execute(
        "INSERT INTO quarantine (cid, reason, at_ms) VALUES (?, 'malformed', ?)", (b"\1" * 16, now())
    )
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        shown = booth.shown("#lines")
        assert "5 条" in shown
        lines = [" ".join(line.split()) for line in shown.splitlines()]
        assert f"来访记录 李先生 3-2-1801 07:58 {reason_words('malformed')}" in lines
        assert f"进出记录 李先生 3-2-1801 07:58 {reason_words('not_allowed')}" in lines
        assert f"员工 许文静 9001 {reason_words('already_there')}" in lines
        assert "房屋 V17 of_a_newer_hq" in lines


async def test_a_supervisors_terminal_shows_above_the_lists_that_a_file_was_put_back(
    open_booth: OpenBooth, estate: Estate, hq: Hq, now: Clock, english: None, tmp_path: Path
) -> None:
    now.ms = real_ms()
    there, kept = tmp_path / "other", tmp_path / "kept"

    def writes_there(name: str) -> None:
        with closing(open_store(find_home({"BUTLER_HOME": str(there)}))) as other:
            put(other, "gate", new_id(real_ms()), name=name)
            sync(other)

    hq.enrol(estate.store)
    sync(estate.store)
    second_terminal(hq, there, estate_id_of(estate.store)).close()
    writes_there("北门岗")
    shutil.copytree(there, kept)
    writes_there("南门岗")
    shutil.rmtree(there)
    kept.rename(there)
    writes_there("西门岗")
    sync(estate.store)
    hold(estate, "house", "already_there", now())
    estate.store.connection.execute("INSERT INTO report SELECT randomblob(16), at_ms, kind, place, detail FROM report")
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        shown = " ".join(booth.text().split())
        assert "was restored from a backup, or copied. Make sure that only one computer goes on with it." in shown
        assert shown.index("Held by HQ 1") < shown.index("was restored from a backup") < shown.index("only once")
        assert shown.count("was restored from a backup") == 1  # told twice


async def test_the_keys_of_the_frame_lead_on_from_here_too(open_booth: OpenBooth) -> None:
    async with open_booth() as booth:
        await booth.sign_in()
        for key, leads_to in (("f7", "[在访"), ("f2", "[F2 访客]"), ("ctrl+g", "[Ctrl+G 首页]"), ("f9", "[F9 同步]")):
            await booth.keys("f9")
            await booth.keys(key)
            assert leads_to in booth.text(), key
            await booth.keys("escape")


async def test_what_waits_is_told_by_kind_with_the_oldest(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock
) -> None:
    admit(estate.store, session, estate.registration(), estate.policies, now.advance(hours=1))
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        shown = " ".join(booth.shown("#lines").split())
        assert "来访记录 1" in shown
        assert "最早一条 07:58" in shown


@pytest.mark.parametrize("table", about.ABOUT)
def test_each_kind_of_record_is_looked_up_by_its_key(estate: Estate, table: str) -> None:
    statement = about.ABOUT[table].replace("?", "x'01'")
    assert whole_tables_read(estate.store.connection, statement) == []


def test_a_change_whose_journal_row_is_gone_is_held_without_a_name(estate: Estate) -> None:
    estate.store.connection.execute(
        "INSERT INTO quarantine (cid, reason, at_ms) VALUES (?, 'malformed', 1)", (b"\1" * 16,)
    )

    assert quarantined.held(estate.store.connection, 9) == [Held(None, "malformed")]
    assert sync_state.summary(estate.store.connection).quarantined == 1


async def test_pictures_that_wait_and_why_are_told(
    open_booth: OpenBooth, estate: Estate, session: Session, now: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "picture.jpg"
    file.write_bytes(JPEG)
    added = [attach(estate.store, session, estate.policies, ("house", bytes(16)), file, None, now()) for __ in "12"]
    blobs.note_refused(estate.store.connection, added[:1], "quota", now())
    async with open_booth() as booth:
        await booth.sign_in()
        await booth.keys("f9")
        shown = [" ".join(line.split()) for line in booth.shown("#lines").splitlines()]
        assert "照片 2 张待发送，0.0 MiB" in shown
        assert "1 张等待中：总部为本项目预留的照片空间已满" in shown
