"""The pages of a pull: where they end, what a gate is not sent, and programs that HQ tells nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import SetUpWrong
from butler_tui.hq import terminals
from butler_tui.ids import id_text, new_id
from butler_tui.store import sync_state
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.sync import talk
from tests.conftest import Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.test_pull import a_household, assert_same, estate_id_of, joined, one, put, rows, second

__all__ = ["second"]


def test_a_gate_is_sent_no_numbers_no_keys_and_nothing_unknown(
    hq: Hq, enrolled: Estate, second: Store, tmp_path: Path
) -> None:
    put(enrolled.store, "audit", new_id(real_ms()), act="backed_up", at_ms=real_ms())
    sync(enrolled.store)
    booth = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    sync(second)
    assert rows(second, "audit")
    assert not rows(booth, "audit")
    assert rows(booth, "staff") == rows(second, "staff")

    terminal_id = id_text(booth.connection.execute("SELECT terminal_id FROM terminal").fetchone()[0])
    terminals.change_kind(hq.folder, estate_id_of(booth), terminal_id, TerminalKind.SUPERVISOR, real_ms())
    sync(booth)
    assert rows(booth, "audit") == rows(second, "audit")
    hq.change("UPDATE terminal SET kind = 'gate' WHERE terminal_id = ?", terminal_id)
    sync(booth)
    assert not rows(booth, "audit")
    assert rows(booth, "staff") == rows(second, "staff")
    booth.close()


def test_the_page_ends_where_it_is_full_and_goes_on(
    hq: Hq, enrolled: Estate, second: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(second)
    for number in range(30):
        put(enrolled.store, "gate", new_id(real_ms()), name=f"岗{number}" + "长" * 2000)
    for _ in range(5):
        written = [Written("gate", new_id(real_ms()), {"name": "组"}) for _ in range(150)]
        record(enrolled.store, written, staff_id=None, now_ms=real_ms())
    sync(enrolled.store)
    assert sync(second).pulled == 780
    assert_same(enrolled.store, second)


def test_a_program_that_is_too_old_for_hq_still_sends_and_says_that_it_fetches_nothing(
    enrolled: Estate, second: Store, english: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    _house, household = a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    put(second, "household", household, gate_note="门铃轻按")
    put(enrolled.store, "household", household, name="陈府")
    sync(enrolled.store)
    with monkeypatch.context() as older:
        older.setattr(talk, "SCHEMA_VERSION", 0)
        with pytest.raises(SetUpWrong, match="install the newer program"):
            sync(second)
    assert sync_state.waiting(second.connection) == 0
    assert one(second, "household", household, "name") != "陈府"
    sync(second)
    assert one(second, "household", household, "name") == "陈府"
