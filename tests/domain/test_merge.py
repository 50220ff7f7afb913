"""The last writer wins, field by field, in whatever order the changes arrive."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.fields import TABLES, Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import (
    FieldStamp,
    RecordState,
    highest_seen,
    holding,
    kept_json,
    merged,
    stamps_json,
    state_from,
)

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
    assert (states[0].values, states[0].stamps) == (states[1].values, states[1].stamps)
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


def _write(state: RecordState, value: object, pos: int, seen: int, terminal: str, ms: int | None = None) -> RecordState:
    stamp = FieldStamp(ms if ms is not None else pos, 0, terminal, pos, f"c{pos}", pos, seen, terminal)
    return merged(state, Op.PUT, {"name": value}, stamp)  # type: ignore[dict-item]


def test_a_decision_about_one_field_leaves_what_the_same_change_wrote_into_another() -> None:
    first = merged(RecordState(), Op.PUT, {"name": "甲", "gate_note": "a"}, FieldStamp(1, 0, "a", 1, "c1", 1))
    apart = merged(first, Op.PUT, {"name": "乙", "gate_note": "b"}, FieldStamp(2, 0, "b", 1, "c2", 2))
    decided = merged(apart, Op.PUT, {"name": "甲"}, FieldStamp(3, 0, "c", 1, "c3", 3, 2), ("c1", "c2"))
    assert set(apart.kept) == {"gate_note", "name"}
    assert [one.value for one in decided.kept["gate_note"]] == ["a"]
    assert "name" not in decided.kept


def test_who_had_not_seen_the_other_is_kept_and_who_had_is_not() -> None:
    first = _write(RecordState(), "甲", 1, 0, "a")
    knowing = _write(first, "乙", 2, 1, "b")
    assert (knowing.values, knowing.kept) == ({"name": "乙"}, {})

    apart = _write(first, "乙", 2, 0, "b")
    assert apart.values == {"name": "乙"}
    assert [one.value for one in apart.kept["name"]] == ["甲"]


def test_a_late_comer_with_an_earlier_stamp_loses_and_is_kept() -> None:
    state = _write(_write(RecordState(), "甲", 1, 0, "a", ms=100), "乙", 2, 0, "b", ms=50)
    assert state.values == {"name": "甲"}
    assert [one.value for one in state.kept["name"]] == ["乙"]


def test_one_terminal_never_contradicts_itself_nor_two_that_agree() -> None:
    assert _write(_write(RecordState(), "甲", 1, 0, "a"), "乙", 2, 0, "a").kept == {}
    assert _write(_write(RecordState(), "甲", 1, 0, "a"), "甲", 2, 0, "b").asked() == {}


def test_who_said_the_same_is_heard_where_the_other_thinks_better_of_it_unread() -> None:
    same = _write(_write(RecordState(), "甲", 1, 0, "a"), "甲", 2, 0, "b")
    unread = _write(same, "乙", 3, 0, "b")
    assert [one.stamp.cid for one in unread.asked()["name"]] == ["c1"]
    assert _write(same, "乙", 3, 2, "c").kept == {}
    of_one = _write(same, "乙", 3, 1, "c")
    assert [one.stamp.cid for one in of_one.asked()["name"]] == ["c2"]


def test_what_is_let_go_late_does_not_take_the_place_of_its_authors_later_word() -> None:
    apart = _write(_write(RecordState(), "甲", 1, 0, "a", ms=100), "丙", 2, 0, "b", ms=50)
    state = _write(apart, "乙", 3, 0, "b", ms=20)
    assert [one.value for one in state.kept["name"]] == ["丙"]


def test_a_choice_settles_what_it_names_and_two_choices_contradict_again() -> None:
    apart = _write(_write(RecordState(), "甲", 1, 0, "a"), "乙", 2, 0, "b")
    stamp = FieldStamp(3, 0, "c", 3, "c3", 3, 2, "c")
    settled = merged(apart, Op.PUT, {"name": "甲"}, stamp, ["c1"])
    assert (settled.values, settled.kept) == ({"name": "甲"}, {})

    other = FieldStamp(4, 0, "d", 4, "c4", 4, 2, "d")
    again = merged(settled, Op.PUT, {"name": "乙"}, other, ["c1"])
    assert again.values == {"name": "乙"}
    assert [one.stamp.cid for one in again.kept["name"]] == ["c3"]


def test_conflicts_are_kept_and_read_back() -> None:
    state = _write(_write(RecordState(), "甲", 1, 0, "a"), "乙", 2, 0, "b")
    assert state_from('{"name":"乙"}', stamps_json(state), kept_json(state)) == state


def test_until_somebody_decides_the_stricter_holds() -> None:
    resident = TABLES["resident"]
    stamps = [FieldStamp(ms, 0, f"e{ms}", ms, f"c{ms}", ms, 0, f"t{ms}") for ms in (1, 2)]
    state = RecordState()
    for value, stamp in zip((0, 1), stamps, strict=True):
        state = merged(state, Op.PUT, {"may_confirm": value, "name": f"陈{value}"}, stamp)
    assert state.values == {"may_confirm": 1, "name": "陈1"}
    assert holding(resident, state) == {"may_confirm": 0, "name": "陈1"}

    notes = RecordState()
    for note, stamp in zip(("老人午睡", "门铃轻按"), stamps, strict=True):
        notes = merged(notes, Op.PUT, {"gate_note": note}, stamp)
    assert holding(TABLES["household"], notes) == {"gate_note": "老人午睡；门铃轻按"}
