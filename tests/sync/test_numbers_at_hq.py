"""Numbers of documents on their way: HQ opens them by the sealed key, and nobody reads them in its files."""

from __future__ import annotations

import pytest

from butler_tui.domain.changes import Value
from butler_tui.domain.rights import Role
from butler_tui.hq.keys import read_hq_keys
from butler_tui.hq.numbers import open_number
from butler_tui.ids import id_text, new_id
from butler_tui.sealing import seal
from butler_tui.store.journal import record
from butler_tui.store.month_keys import month_key_for
from butler_tui.store.written import Written
from tests.conftest import Clock, Estate
from tests.serving import Hq, sync
from tests.sync.test_push import _admit, _estate_id


def _visit_with_number(estate: Estate, now: Clock) -> bytes:
    month_key_id, key = month_key_for(estate.store, "2026-11", now())
    visit_id, secret_id = new_id(now()), new_id(now())
    staff_id = estate.sessions[Role.GUARD].staff.staff_id
    checks: dict[str, Value] = dict.fromkeys(
        ("ask_identity", "ask_reason", "ask_host", "check_document", "check_vehicle", "check_belongings"), "passed"
    )
    visit: dict[str, Value] = {
        "registered_ms": now(),
        "gate_id": estate.gate_ids[0],
        "staff_id": staff_id,
        "reason": "estate_agent",
    }
    secret = {
        "visit_id": visit_id,
        "month_key_id": month_key_id,
        "sealed": seal(key, b"11010519491231002X", record_id=secret_id, field="number"),
    }
    written = [
        Written("visit", visit_id, {**visit, **checks}),
        Written("document_secret", secret_id, secret),
    ]
    record(estate.store, written, staff_id=staff_id, now_ms=now())
    return secret_id


@pytest.mark.parametrize("before_enrolment", [False, True])
def test_hq_opens_a_number_through_the_sealed_month_key(
    hq: Hq, estate: Estate, now: Clock, before_enrolment: bool
) -> None:
    if before_enrolment:
        secret_id = _visit_with_number(estate, now)
        hq.enrol(estate.store)
    else:
        hq.enrol(estate.store)
        secret_id = _visit_with_number(estate, now)
    report = sync(estate.store)
    assert report.quarantined == 0
    with hq.rows() as rows:
        number = open_number(rows, read_hq_keys(hq.folder.keys), _estate_id(estate), id_text(secret_id))
    assert number == "11010519491231002X"
    assert estate.store.connection.execute("SELECT count(*) FROM month_key").fetchone()[0] == 1


def test_no_name_and_no_number_can_be_read_in_hqs_files(hq: Hq, enrolled: Estate, now: Clock) -> None:
    _admit(enrolled, now)
    _visit_with_number(enrolled, now)
    sync(enrolled.store)
    seen = 0
    for file in hq.folder.path.iterdir():
        content = file.read_bytes()
        seen += len(content)
        for word in ("李文博", "13900001234", "陈宅", "周建国", "11010519491231002X", "云栖玫瑰园"):
            assert word.encode() not in content, (file, word)
    assert seen > 50_000
