"""After a gap in the journal this terminal's own records are written anew for HQ, of every kind, and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from butler_tui.domain.changes import Value
from butler_tui.domain.rights import Role
from butler_tui.domain.tallies import made_ms
from butler_tui.ids import new_id
from butler_tui.store import month_keys, offering
from butler_tui.store.journal import record
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.hq.authors import PASSED
from tests.serving import Hq, sync

ALL = (bytes(16), b"\xff" * 16)


def put(estate: Estate, table: str, now_ms: int, values: Mapping[str, Value]) -> bytes:
    record_id = new_id(now_ms)
    record(estate.store, [Written(table, record_id, dict(values))], staff_id=None, now_ms=now_ms)
    return record_id


@pytest.mark.parametrize("here", [True, False])
def test_pictures_and_months_keys_are_offered_by_whom_they_are_from(
    hq: Hq, enrolled: Estate, now: Clock, here: bool
) -> None:
    store = enrolled.store
    guard = enrolled.sessions[Role.GUARD].staff.staff_id
    gate_id = enrolled.gate_ids[0 if here else 1]
    visit: dict[str, Value] = {
        "registered_ms": now(),
        "gate_id": gate_id,
        "staff_id": guard,
        "reason": "visiting",
        **PASSED,
    }
    visit_id = put(enrolled, "visit", now(), {"companions": 0, "valet": 0, **visit})
    picture: dict[str, Value] = {"sha256": b"s" * 32, "bytes": 3, "media_type": "image/png", "taken_ms": None}
    put(enrolled, "attachment", now(), {"subject_table": "visit", "subject_id": visit_id, **picture})
    if here:
        month_keys.month_key_for(store, "2026-03", now())
    else:
        put(enrolled, "month_key", now(), {"month": "2026-03", "sealed": b"x" * 60})
    sync(store)
    store.connection.execute("DELETE FROM journal")
    now.advance(hours=30)

    offered = [offering.offer_again(store, tbl, ALL, set(), now()) for tbl in ("visit", "attachment", "month_key")]

    assert offered == [here] * 3
    claimed = store.connection.execute("SELECT tbl, hlc_ms FROM journal").fetchall()
    assert [row["hlc_ms"] for row in claimed if row["tbl"] == "visit"] == [made_ms(visit_id)] * here
    (latest,) = store.connection.execute("SELECT hlc_ms FROM sync_state").fetchone()
    assert (latest >= now()) is here
