"""Once a night both ends are compared; what differs is fetched again, and reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from butler_tui.desk import gate
from butler_tui.domain.changes import Value
from butler_tui.domain.rights import Role, TerminalKind
from butler_tui.domain.tallies import Tally, tallied
from butler_tui.ids import new_id, parse_id
from butler_tui.store import tallies
from butler_tui.store.database import Connection
from butler_tui.store.journal import apply, record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.serving import Hq, real_ms, sync
from tests.sync.test_pull import a_household, assert_same, estate_id_of, joined, second

__all__ = ["second"]
DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def settled(enrolled: Estate, second: Store, now: Clock) -> tuple[Store, Store]:
    session = enrolled.sessions[Role.GUARD]
    for badge in ("A001", "A002"):
        gate.admit(enrolled.store, session, enrolled.registration(badge=badge), enrolled.policies, now())
    a_household(enrolled.store)
    sync(enrolled.store)
    sync(second)
    return enrolled.store, second


def test_hqs_sums_are_those_of_what_it_holds(hq: Hq, settled: tuple[Store, Store]) -> None:
    estate_id = estate_id_of(settled[0])
    held = hq.query("SELECT tbl, record_id, pos FROM record_state WHERE estate_id = ?", estate_id)
    kept = hq.query("SELECT tbl, month, records, mark FROM tally WHERE estate_id = ?", estate_id)
    assert {(row[0], row[1]): (row[2], row[3]) for row in kept} == tallied(
        (tbl, parse_id(record_id), pos) for tbl, record_id, pos in held
    )


def test_both_ends_agree_after_a_sync_each_in_its_scope(
    hq: Hq, enrolled: Estate, settled: tuple[Store, Store], tmp_path: Path
) -> None:
    booth = joined(hq, enrolled, tmp_path / "booth", TerminalKind.GATE)
    sync(booth)
    for store in (*settled, booth):
        sync(store, now_ms=lambda: real_ms(), gentle=False)
        store.connection.execute("UPDATE sync_state SET compared_ms = 0")
        sync(store)
        assert store.connection.execute("SELECT compared_ms FROM sync_state").fetchone()[0] > 0
    assert hq.query("SELECT count(*) FROM report WHERE estate_id = ?", estate_id_of(booth)) == [(0,)]
    booth.close()


def test_what_was_lost_here_comes_back_and_is_reported(hq: Hq, settled: tuple[Store, Store]) -> None:
    first, second = settled
    with apply(second) as connection:
        connection.execute("DELETE FROM visit WHERE badge = 'A001'")
        connection.execute("DELETE FROM household")
        connection.execute("DELETE FROM base WHERE tbl = 'household'")
    second.connection.execute("UPDATE sync_state SET compared_ms = 0")

    sync(second)

    assert_same(first, second)
    told = hq.query("SELECT kind, detail FROM report WHERE estate_id = ?", estate_id_of(second))
    assert [row[0] for row in told] == ["differed"]
    assert [one[0] for one in json.loads(told[0][1])["slices"]] == ["household", "visit"]
    second.connection.execute("UPDATE sync_state SET compared_ms = 0")
    sync(second)
    assert len(hq.query("SELECT kind FROM report WHERE estate_id = ?", estate_id_of(second))) == 1


def test_it_is_done_once_a_night_and_never_beside_the_screens(
    settled: tuple[Store, Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    honest = tallies.sums

    def counted(connection: Connection, *, with_apart: bool = False) -> dict[tuple[str, str], Tally]:
        asked.append(1)
        return honest(connection, with_apart=with_apart)

    monkeypatch.setattr(tallies, "sums", counted)
    first, _second = settled
    sync(first)
    assert asked == []
    first.connection.execute("UPDATE sync_state SET compared_ms = ?", (real_ms() - DAY_MS,))
    sync(first, gentle=True)
    assert asked == []
    sync(first)
    sync(first)
    assert asked == [1]


def test_what_hq_holds_back_is_not_missed(hq: Hq, settled: tuple[Store, Store]) -> None:
    _first, second = settled
    event: dict[str, Value] = {
        "visit_id": new_id(1),
        "kind": "out",
        "at_ms": 1,
        "gate_id": new_id(1),
        "staff_id": new_id(1),
    }
    record(second, [Written("visit_event", new_id(real_ms()), event)], staff_id=None, now_ms=real_ms())
    assert sync(second).quarantined == 1
    second.connection.execute("UPDATE sync_state SET compared_ms = 0")
    sync(second)
    told = hq.query("SELECT kind FROM report WHERE estate_id = ?", estate_id_of(second))
    assert ("differed",) not in told
