"""Reading what a correction changes, and the time a visitor is now expected out."""

from __future__ import annotations

from datetime import datetime
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.corrections import FACTS, OUTCOMES, amount, read_corrected, read_leaving
from butler_tui.domain.fields import TABLES
from butler_tui.domain.visits import EventKind, VisitEvent

SHANGHAI = ZoneInfo("Asia/Shanghai")
CAME = 1_794_527_880_000  # 2026-11-13 07:58 in Shanghai


def test_every_column_that_may_be_corrected_is_one_of_a_visit() -> None:
    assert {field.name for field in TABLES["visit"].fields} >= FACTS | OUTCOMES
    assert not {"registered_ms", "gate_id", "staff_id", "document_masked", "document_doubts"} & (FACTS | OUTCOMES)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ('{"name": "\\u001b]52;c;x\\u0007李", "companion_names": "王\\u202e海"}', {
            "name": "\ufffd]52;c;x\ufffd李", "companion_names": "王\ufffd海"}),
        ('{"phone": null, "companions": 2, "house_id": "01a1d232-6340-7e43-8d0c-5b079f5ce1c2"}', {
            "phone": None, "companions": 2, "house_id": "01a1d232-6340-7e43-8d0c-5b079f5ce1c2"}),
        ('{"companions": null, "reason": null, "valet": true, "house_id": "x", "name": 1, "expected_out_ms": "1"}', {}),
        ('{"state": "left", "registered_ms": 1, "document_masked": "1", "nonsense": 1}', {}),
        (f'{{"expected_out_ms": {2**63}}}', {}),
        ('{"check_notes": "{\\"check_document\\": \\"\\\\u202e\\", \\"x\\": \\"y\\", \\"ask_host\\": 1}"}', {
            "check_notes": '{"check_document": "\ufffd"}'}),
        ('{"check_notes": "nonsense"}', {"check_notes": None}),
        ("[]", {}), ("", {}), (None, {}), ("[" * 100_000, {}), ('{"name": {"a": 1}, "sex": [1]}', {}),
    ],
)  # fmt: skip
def test_what_can_be_read_is_and_the_rest_is_left_out(text: object, read: object) -> None:
    assert read_corrected(text) == read


@given(st.text())
def test_nothing_that_arrives_raises(text: str) -> None:
    assert isinstance(read_corrected(text), dict)


def test_corrections_amount_to_the_same_in_any_order_and_undone_ones_to_nothing() -> None:
    events = [
        VisitEvent(b"1", EventKind.CORRECTED, 1, corrected={"name": "甲", "phone": "1"}),
        VisitEvent(b"2", EventKind.CORRECTED, 2, corrected={"name": "乙"}),
        VisitEvent(b"3", EventKind.CORRECTED, 3, corrected={"name": "丙"}),
        VisitEvent(b"4", EventKind.UNDONE, 4, undoes=b"3"),
    ]
    assert [amount(order) for order in permutations(events)] == [{"name": "乙", "phone": "1"}] * 24


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("18:00", "2026-11-13 18:00"),
        ("1800", "2026-11-13 18:00"),
        ("１８：００", "2026-11-13 18:00"),
        ("07:30", "2026-11-14 07:30"),
        ("11-14 09:30", "2026-11-14 09:30"),
        ("11月14日 9:30", "2026-11-14 09:30"),
        ("1-2 9:30", "2027-01-02 09:30"),
    ],
)
def test_when_somebody_leaves_is_read_as_it_is_typed(typed: str, shown: str) -> None:
    at_ms = read_leaving(typed, CAME, SHANGHAI)
    assert at_ms is not None
    assert datetime.fromtimestamp(at_ms / 1000, SHANGHAI).strftime("%Y-%m-%d %H:%M") == shown


@pytest.mark.parametrize("typed", ["", "soon", "25:00", "18:61", "2-30 09:00", "13-1 09:00", "11-1 09:00", "18"])
def test_what_is_no_time_to_come_is_not_read(typed: str) -> None:
    assert read_leaving(typed, CAME, SHANGHAI) is None
