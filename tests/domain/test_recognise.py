"""The one field of the gate: what was typed or scanned is told apart by its form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.recognise import Kind, Recognised, recognise

EXAMPLES = [
    ("119", Kind.EMERGENCY, "119"),
    ("１２０", Kind.EMERGENCY, "120"),
    (" 110 ", Kind.EMERGENCY, "110"),
    ("A017", Kind.BADGE, "A017"),
    ("a017", Kind.BADGE, "A017"),
    ("Ａ０１７", Kind.BADGE, "A017"),
    ("A 017", Kind.BADGE, "A017"),
    ("京A12345", Kind.PLATE, "京A12345"),
    ("京a·1234o", Kind.PLATE, "京A12340"),
    ("京AD12345", Kind.PLATE, "京AD12345"),
    ("京A1234警", Kind.PLATE, "京A1234警"),
    ("WJ京1234X", Kind.PLATE, "WJ京1234X"),
    ("138 1234 2211", Kind.PHONE, "13812342211"),
    ("+86-138-1234-2211", Kind.PHONE, "13812342211"),
    ("021-1234-5678", Kind.PHONE, "02112345678"),
    ("2345 6789", Kind.PHONE, "23456789"),
    ("2345-6789", Kind.PHONE, "23456789"),
    ("11010519491231002x", Kind.DOCUMENT, "11010519491231002X"),
    ("110105 19491231 0021", Kind.DOCUMENT, "110105194912310021"),  # doubtful, and still a document
    ("H12345678", Kind.DOCUMENT, "H12345678"),
    ("EA1234567", Kind.DOCUMENT, "EA1234567"),
    ("CAN110081080310", Kind.DOCUMENT, "CAN110081080310"),
    ("3-2-1801", Kind.ROOM, "3-2-1801"),
    ("３－２－１８０１", Kind.ROOM, "3-2-1801"),
    ("3——2——1801", Kind.ROOM, "3-2-1801"),  # as a Chinese input method types a hyphen
    ("22-10-1801", Kind.ROOM, "22-10-1801"),  # eight digits, and no phone of Hong Kong
    ("1-3-2-1801", Kind.ROOM, "1-3-2-1801"),
    ("a3-2-1801b", Kind.ROOM, "A3-2-1801B"),
    ("3-1801", Kind.ROOM, "3-1801"),
    ("V17", Kind.ROOM, "V17"),
    ("v17", Kind.ROOM, "V17"),
    ("1801", Kind.ROOM, "1801"),
    ("王建国", Kind.NAME, "王建国"),
    ("　王建国 ", Kind.NAME, "王建国"),
    ("Li Wenbo", Kind.NAME, "Li Wenbo"),
    ("阿卜杜拉·买买提", Kind.NAME, "阿卜杜拉·买买提"),
    ("京东", Kind.NAME, "京东"),  # a courier, though a province begins it
    ("𠮷田", Kind.NAME, "𠮷田"),
    ("顺丰 2 人", Kind.NAME, "顺丰 2 人"),
]


@pytest.mark.parametrize(("text", "kind", "value"), EXAMPLES)
def test_what_was_typed_is_told_apart(text: str, kind: Kind, value: str) -> None:
    assert recognise(text) == Recognised(kind, value)


def test_every_kind_has_an_example_above() -> None:
    assert {kind for _, kind, _ in EXAMPLES} == set(Kind)


@pytest.mark.parametrize("text", ["", " ", "　", "\t\n"])
def test_nothing_typed_is_nothing(text: str) -> None:
    assert recognise(text) is None


def test_the_estates_badge_pattern_wins_over_a_room_and_a_phone() -> None:
    assert recognise("V17", r"[A-Z]\d{2,4}") == Recognised(Kind.BADGE, "V17")
    assert recognise("23456789", r"\d{8}") == Recognised(Kind.BADGE, "23456789")
    assert recognise("访-017", r"访-\d{3}") == Recognised(Kind.BADGE, "访-017")


def test_an_emergency_number_wins_over_the_badge_pattern() -> None:
    assert recognise("119", r"\d{3}") == Recognised(Kind.EMERGENCY, "119")


def test_an_estates_own_emergency_keys_take_the_place_of_the_usual_ones() -> None:
    assert recognise("999", emergency_keys=("999",)) == Recognised(Kind.EMERGENCY, "999")
    assert recognise("119", emergency_keys=("999",)) != Recognised(Kind.EMERGENCY, "119")


def test_a_badge_pattern_must_fit_the_whole_text() -> None:
    assert recognise("A0171") == Recognised(Kind.ROOM, "A0171")


def test_a_badge_number_has_ascii_digits_only() -> None:
    assert recognise("A٠١٧") == Recognised(Kind.NAME, "A٠١٧")


def full_width(text: str) -> str:
    return "".join(chr(ord(character) + 0xFEE0) if "!" <= character <= "~" else character for character in text)


@pytest.mark.parametrize("text", [example[0] for example in EXAMPLES])
def test_full_width_makes_no_difference(text: str) -> None:
    assert recognise(full_width(text)) == recognise(text)


any_text = st.text() | st.text("0123456789-ABHEVWJXox京沪警使·+() ８Ａ－王", max_size=20)


@given(any_text)
def test_no_text_makes_recognising_fail_and_only_blank_text_is_nothing(text: str) -> None:
    found = recognise(text)
    assert (found is None) == (not text.strip())
    assert found is None or found.value


@given(any_text)
def test_the_value_is_recognised_as_what_it_came_from(text: str) -> None:
    found = recognise(text)
    if found is not None:
        assert recognise(found.value) == found


@given(st.text(st.characters(min_codepoint=0x20000, max_codepoint=0x323AF), min_size=1))
def test_a_name_of_rare_hanzi_survives_whole(name: str) -> None:
    assert recognise(name) == Recognised(Kind.NAME, name)
