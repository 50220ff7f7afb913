"""The last writer wins, field by field, in whatever order the changes arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.sync.merge import FieldStamp, RecordState, highest_seen, merged, stamps_json, state_from

WRITES = st.lists(
    st.tuples(st.dictionaries(st.sampled_from("abc"), st.integers(0, 9), min_size=1), st.integers(0, 5)), max_size=6
)


def _stamped(writes: list[tuple[dict[str, int], int]]) -> list[tuple[dict[str, int], FieldStamp]]:
    return [(values, FieldStamp(ms, 0, "e", seq, f"c{seq}", seq)) for seq, (values, ms) in enumerate(writes)]


@given(WRITES, st.randoms())
def test_the_order_of_arrival_does_not_matter_to_a_put(
    writes: list[tuple[dict[str, int], int]], random: object
) -> None:
    stamped = _stamped(writes)
    shuffled = list(stamped)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    states = []
    for order in (stamped, shuffled):
        state = RecordState()
        for values, stamp in order:
            state = merged(state, Op.PUT, values, stamp)
        states.append(state)
    assert states[0] == states[1]
    again = state_from('{"a":0,"b":0,"c":0}', "[]")
    assert again.stamps == {}


@given(WRITES)
def test_a_state_is_kept_and_read_back(writes: list[tuple[dict[str, int], int]]) -> None:
    import json

    state = RecordState()
    for values, stamp in _stamped(writes):
        state = merged(state, Op.PUT, values, stamp)
    assert state_from(json.dumps(dict(state.values)), stamps_json(state)) == state


def test_an_event_is_never_overwritten() -> None:
    first = merged(RecordState(), Op.EVENT, {"kind": "out"}, FieldStamp(1, 0, "e", 1, "c1", 1))
    later = merged(first, Op.EVENT, {"kind": "undone", "note": "x"}, FieldStamp(9, 0, "e", 2, "c2", 2))
    assert later.values == {"kind": "out", "note": "x"}


def test_only_what_the_author_had_pulled_lifts_a_stamp() -> None:
    state = merged(RecordState(), Op.PUT, {"name": "x"}, FieldStamp(50, 3, "e", 1, "c1", 7))
    assert highest_seen(state, ["name"], 7) == Stamp(50, 3)
    assert highest_seen(state, ["name"], 6) is None
    assert highest_seen(state, ["phone"], 7) is None
