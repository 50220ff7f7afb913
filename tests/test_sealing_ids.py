"""Sealed values open with their key, record and field only; ids are ordered by time, or made by a rule."""

from __future__ import annotations

import secrets
import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from butler_tui.ids import id_text, new_id, parse_id, ruled_id
from butler_tui.sealing import match_key, open_sealed, public_box_key, public_sign_key, seal, seal_to, unseal

KEY = bytes(range(32))
RECORD = b"r" * 16
NUMBER = b"330000199001011239"


@given(st.binary(max_size=100), st.text(max_size=10))
def test_a_sealed_value_opens_with_its_key(value: bytes, field: str) -> None:
    assert unseal(KEY, seal(KEY, value, record_id=RECORD, field=field), record_id=RECORD, field=field) == value


@pytest.mark.parametrize(
    ("key", "record_id", "field"),
    [(bytes(32), RECORD, "number"), (KEY, b"s" * 16, "number"), (KEY, RECORD, "name")],
    ids=["another key", "another record", "another field"],
)
def test_a_sealed_value_opens_nowhere_else(key: bytes, record_id: bytes, field: str) -> None:
    sealed = seal(KEY, NUMBER, record_id=RECORD, field="number")

    with pytest.raises(ValueError, match="does not open"):
        unseal(key, sealed, record_id=record_id, field=field)


@given(st.data())
def test_a_sealed_value_with_any_bit_turned_does_not_open(data: st.DataObject) -> None:
    sealed = bytearray(seal(KEY, NUMBER, record_id=RECORD, field="number"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8

    with pytest.raises(ValueError, match="does not open"):
        unseal(KEY, bytes(sealed), record_id=RECORD, field="number")


@pytest.mark.parametrize("length", [0, 1, 12, 20, 27])
def test_a_sealed_value_cut_short_does_not_open(length: int) -> None:
    sealed = seal(KEY, NUMBER, record_id=RECORD, field="number")[:length]

    with pytest.raises(ValueError):  # noqa: PT011 (too short, or wrong: both are refused)
        unseal(KEY, sealed, record_id=RECORD, field="number")


def test_the_same_value_sealed_twice_looks_different() -> None:
    assert seal(KEY, NUMBER, record_id=RECORD, field="x") != seal(KEY, NUMBER, record_id=RECORD, field="x")


def test_what_is_sealed_to_somebody_only_they_can_open_and_for_its_purpose_only() -> None:
    mine, theirs = secrets.token_bytes(32), secrets.token_bytes(32)
    sealed = seal_to(public_box_key(mine), KEY, purpose="month key")

    assert open_sealed(mine, sealed, purpose="month key") == KEY
    with pytest.raises(ValueError, match="does not open"):
        open_sealed(theirs, sealed, purpose="month key")
    with pytest.raises(ValueError, match="does not open"):
        open_sealed(mine, sealed, purpose="backup")


def test_public_keys_do_not_give_the_private_ones_away() -> None:
    assert len({KEY, public_box_key(KEY), public_sign_key(KEY)}) == 3


@given(st.text(), st.text())
def test_the_same_value_has_the_same_match_key_and_another_another(one: str, two: str) -> None:
    assume(one != two)

    assert match_key(KEY, "phone", one) == match_key(KEY, "phone", one)
    assert match_key(KEY, "phone", one) != match_key(KEY, "phone", two)
    assert match_key(KEY, "phone", one) != match_key(KEY, "document", one)
    assert match_key(KEY, "phone", one) != match_key(bytes(32), "phone", one)


@given(st.integers(0, 2**48 - 1))
def test_a_fresh_id_is_a_uuid_of_version_7_that_tells_its_time(now_ms: int) -> None:
    made = uuid.UUID(bytes=new_id(now_ms))

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == now_ms


def test_ids_are_ordered_by_time_and_never_come_twice() -> None:
    ids = [new_id(now_ms) for now_ms in (1, 2, 500, 2**40)]

    assert ids == sorted(ids)
    assert len({new_id(1) for _ in range(10_000)}) == 10_000


@given(st.binary(min_size=16, max_size=16))
def test_the_text_of_an_id_comes_back(record_id: bytes) -> None:
    assert parse_id(id_text(record_id)) == record_id


@pytest.mark.parametrize("text", ["", "x", "0" * 31, "not-a-uuid"])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        parse_id(text)


_PARTS = st.lists(st.binary(max_size=6) | st.text(max_size=3), max_size=4)


@given(_PARTS, _PARTS)
def test_a_rule_makes_the_same_id_everywhere_and_parts_do_not_run_together(
    one: list[bytes | str], two: list[bytes | str]
) -> None:
    as_bytes = [[part.encode() if isinstance(part, str) else part for part in parts] for parts in (one, two)]

    assert len(ruled_id(*one)) == 16
    assert (ruled_id(*one) == ruled_id(*two)) == (as_bytes[0] == as_bytes[1])
