"""Sums that both ends keep alike, whatever order records come in."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.tallies import NO_MONTH, Tally, month_of, span_of, tallied
from butler_tui.ids import new_id

NOV_2026 = 1_794_000_000_000

RECORDS = st.lists(
    st.tuples(st.sampled_from(["visit", "house", "weather"]), st.binary(min_size=16, max_size=16), st.integers(1, 99)),
    unique_by=lambda one: one[:2],
    max_size=8,
)


@given(RECORDS, st.randoms())
def test_the_order_does_not_matter_and_each_record_does(records: list[tuple[str, bytes, int]], random: object) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert tallied(records) == tallied(shuffled)
    assert sum(tally.records for tally in tallied(records).values()) == len(records)
    if records:
        assert tallied(records[1:]) != tallied(records)


def test_what_is_written_again_counts_anew_and_what_is_not_does_not() -> None:
    record_id = new_id(NOV_2026)
    assert tallied([("house", record_id, 1)]) != tallied([("house", record_id, 2)])
    assert tallied([("visit", record_id, 1)]) == tallied([("visit", record_id, 2)])


@given(st.binary(min_size=16, max_size=16))
def test_a_record_stands_in_the_span_of_its_month(record_id: bytes) -> None:
    first, after = span_of(month_of("visit", record_id))
    assert first <= record_id
    assert record_id < after or record_id == b"\xff" * 16


def test_months_end_where_the_next_begins() -> None:
    assert month_of("visit", new_id(NOV_2026)) == "2026-11"
    assert span_of("2026-12")[1] == span_of("2027-01")[0]
    assert month_of("house", new_id(NOV_2026)) == NO_MONTH
    assert Tally().plus(Tally(1, 5)).plus(Tally(1, 5)) == Tally(2, 0)
