"""What HQ sends, through its own door: rows without journal rows, a page whole or not at all."""

from __future__ import annotations

from itertools import count as count_up
from typing import TYPE_CHECKING

import pytest

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.errors import ButlerError
from butler_tui.ids import id_text, new_id
from butler_tui.store import pulled
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from tests.pulling import apply
from tests.store.test_journal import count, household, journal, names

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

_COUNTER = count_up()
"""Each change that comes is later than the one before."""


def incoming(table: str, record_id: bytes, fields: dict[str, str | int | None], seq: int = 1) -> Change:
    return Change(
        cid=id_text(new_id(1)),
        group_id=id_text(new_id(1)),
        epoch=id_text(b"\1" * 16),
        seq=seq,
        table=table,
        record_id=id_text(record_id),
        parent_id=None,
        op=Op.PUT,
        fields=fields,
        personal=None,
        salt=None,
        hlc=Stamp(1, next(_COUNTER)),
        seen=0,
        staff_id=None,
        schema_v=1,
    )


def test_what_hq_sends_is_written_without_journal_rows(store: Store) -> None:
    apply(store, [incoming("gate", b"\2" * 16, {"name": "东门岗"}), incoming("gate", b"\2" * 16, {"name": "东岗"})])

    assert names(store) == ["东岗"]
    assert journal(store) == []


def test_what_a_newer_hq_sends_and_this_version_does_not_know_is_passed_over(store: Store) -> None:
    apply(store, [incoming("weather", b"\2" * 16, {}), incoming("gate", b"\3" * 16, {"name": "东", "height": 3})])

    assert names(store) == ["东"]


def test_a_page_is_taken_whole_or_not_at_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pulled, "stand_at", fails)
    with pytest.raises(ButlerError):
        apply(store, [incoming("gate", b"\2" * 16, {"name": "东门岗"})])

    assert names(store) == []


def test_a_record_of_which_a_part_is_missing_is_shown_once_it_comes(store: Store) -> None:
    apply(store, [incoming("house", b"\2" * 16, {"room_code": "3-2-1801"})])
    assert count(store, "house") == 0

    apply(store, [incoming("house", b"\2" * 16, {"building": "3"})])
    assert tuple(store.connection.execute("SELECT room_code, building FROM house").fetchone()) == ("3-2-1801", "3")


def test_states_are_derived_after_what_hq_sends_too(estate: Estate, now: Clock) -> None:
    from butler_tui.desk.gate import admit
    from butler_tui.domain.rights import Role

    guard = estate.sessions[Role.GUARD]
    done = admit(estate.store, guard, estate.registration(), estate.policies, now())
    ids = {"visit_id": id_text(done.visit_id), "gate_id": id_text(b"\1" * 16), "staff_id": id_text(b"\1" * 16)}

    out = incoming("visit_event", b"\6" * 16, {**ids, "kind": "out", "at_ms": now() + 60_000})
    apply(estate.store, [out])

    row = estate.store.connection.execute("SELECT state, out_ms FROM visit").fetchone()
    assert tuple(row) == ("left", now() + 60_000)


def test_only_what_is_written_more_than_once_waits_to_be_brought_back(estate: Estate) -> None:
    store = estate.store
    store.connection.execute("DELETE FROM pending")
    from butler_tui.desk.gate import admit
    from butler_tui.domain.rights import Role

    admit(store, estate.sessions[Role.GUARD], estate.registration(), estate.policies, 1000)
    assert count(store, "pending") == 0

    one = household()
    record(store, [one], staff_id=None, now_ms=1000)
    record(store, [Written("household", one.record_id, {"name": "林宅"})], staff_id=None, now_ms=1000)

    rows = store.connection.execute("SELECT tbl, record_id, journal_id FROM pending ORDER BY journal_id").fetchall()
    last = [row["journal_id"] for row in journal(store)][-2:]
    assert [tuple(row) for row in rows] == [("household", one.record_id, journal_id) for journal_id in last]


def test_a_page_of_records_without_an_erased_one_does_not_walk_the_journal(estate: Estate) -> None:
    asked: list[str] = []
    connection = estate.store.connection
    connection.set_trace_callback(asked.append)
    pulled.take_records(estate.store, [], {}, now_ms=0)
    connection.set_trace_callback(None)

    assert asked
    assert not [statement for statement in asked if "journal" in statement.split("WHERE")[0]]
