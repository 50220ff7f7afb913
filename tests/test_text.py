"""safe(): nothing that could drive a terminal gets through, and everything a person can read stays."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from butler_tui.text import LONGEST, REPLACEMENT, safe
from tests.hostile import CATEGORIES, DANGEROUS, HOSTILE_NAMES, RARE, spread

anything = st.text(st.characters(codec=None), max_size=60)  # lone surrogates too
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("𠮷㛃䶮〇𬀩﨑𱁬")


@pytest.mark.parametrize(
    "text",
    [
        "李文博",
        "Li Wenbo",
        "José Müller",
        "阿卜杜拉·买买提",
        "𠮷野家",
        "㛃䶮〇𬀩﨑𱁬",
        "葛\U000e0100飾区",  # an ideographic variation sequence
        "𠮷\U000e0101",
        "\ue863",  # private use: rare surnames of GB 18030 before their code points came
        "浙A·12345",
        "3-2-1801，门铃轻按（老人午睡）",
        "[bold red]不是标记[/]",
        "{name} %s \\n",
        "김민수 ひらがな नमस्ते ไทย",
        "١٢٣",
        "emoji 🙂",
        "a+b=c; <tag> & 'quote' \"double\"",
        "",
        " ",
        "　",
    ],
)
def test_what_a_person_can_read_stays_as_it_is(text: str) -> None:
    assert safe(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J\x1b[31mred", "�[2J�[31mred"),
        ("\x1b]52;c;aGFoYQ==\x07", "�]52;c;aGFoYQ==�"),  # writes to the clipboard
        ("\x1b]0;title\x1b\\", "�]0;title�\\"),
        ("\x1bP+q544e\x1b\\", "�P+q544e�\\"),
        ("\x9b31m", "�31m"),  # C1: CSI in one character
        ("\x9d52;c;x\x9c", "�52;c;x�"),
        ("a\x00b\x08c\x7fd", "a�b�c�d"),
        ("invoice\u202egpj.exe", "invoice�gpj.exe"),
        ("\u2066李\u2069", "�李�"),
        ("a\u200bb\u200cc\u200dd\u2060e\ufefff", "a�b�c�d�e�f"),
        ("a\u00adb", "a�b"),
        ("a\u2028b\u2029c", "a�b�c"),
        ("a\u115fb\u3164c\u2800d\uffa0e", "a�b�c�d�e"),
        ("a\ufe0fb\u180ec", "a�b�c"),
        ("\U000e0041\U000e007f", "��"),  # tag characters
        ("a\u2065b\ufff0c\U000e0000d\U000e0fffe", "a�b�c�d�e"),  # held back for more of the invisible
        ("a\ufdd0b\ufdefc", "a�b�c"),
        ("\ud800", "�"),
        ("a\udfffb", "a�b"),
        ("\uffff\ufffe\U0010fffe", "���"),
        ("one\ntwo\r\nthree\tfour", "one two  three four"),
    ],
)
def test_what_could_drive_a_terminal_is_replaced(text: str, expected: str) -> None:
    assert safe(text) == expected


def test_the_two_halves_of_a_rare_character_are_put_together() -> None:
    assert safe("\ud842\udfb7") == "𠮷"


def test_letters_and_marks_are_composed() -> None:
    assert safe("e\u0301") == "é"
    assert safe("가") == "가"


def test_marks_cannot_climb_into_the_next_line() -> None:
    assert safe("e" + "\u0300" * 50) == "è" + "\u0300" * 3
    assert len(safe("我" + "\u0336" * 1000)) == 4


@given(st.text(HAN, max_size=50))
def test_hanzi_are_never_touched(text: str) -> None:
    assert safe(text) == unicodedata.normalize("NFC", text)


@given(anything)
def test_nothing_dangerous_gets_through(text: str) -> None:
    for character in safe(text):
        assert unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, hex(ord(character))


# Starters, marks of several classes, Hangul letters that compose, and what is replaced or dropped between them.
_COMPOSING = (
    "aeéか葛\u200d\u1100\u1161\u11a8\u09be\u09c7\u0300\u0301\u0323\u0345"
    "\u05b4\u0f71\u0f72\u0f80\u093c\u3099\u20dd\U000e0100"
)


@settings(max_examples=1000)
@given(anything | st.text(st.sampled_from(_COMPOSING), max_size=40))
def test_made_safe_once_is_safe(text: str) -> None:
    assert safe(safe(text)) == safe(text)


@given(anything)
def test_what_is_safe_can_be_stored_and_sent(text: str) -> None:
    assert safe(text).encode("utf-8").decode("utf-8") == safe(text)


@given(anything)
def test_it_stays_on_one_line_and_in_one_spelling(text: str) -> None:
    made = safe(text)

    assert len(made.splitlines()) <= 1
    assert unicodedata.is_normalized("NFC", made)


@given(st.text(st.sampled_from("ab李\x1b\u202e\u200b"), max_size=40))
def test_nothing_readable_is_lost(text: str) -> None:
    assert re.sub(REPLACEMENT, "", safe(text)) == re.sub("[\x1b\u202e\u200b]", "", text)


@pytest.mark.parametrize("character", ["a", "李", "𠮷", "\x1b", "é", "\u0300"])
def test_ten_thousand_characters_are_cut_to_what_is_kept(character: str) -> None:
    made = safe(character * 10_000)

    assert len(made) <= LONGEST
    assert len(safe(character * 10_000, longest=10)) <= 10


def test_a_text_of_just_the_longest_length_is_kept_whole() -> None:
    assert safe("李" * LONGEST) == "李" * LONGEST
    assert safe("x" * LONGEST) == "x" * LONGEST
    assert safe("李" * LONGEST + "完") == "李" * LONGEST


def test_a_million_characters_do_not_hold_up_the_gate() -> None:
    import time

    began = time.perf_counter()
    safe("\x1b李" * 500_000)

    assert time.perf_counter() - began < 0.5


def test_there_are_at_least_220_hostile_names_several_of_each_kind() -> None:
    assert len(HOSTILE_NAMES) == len(set(HOSTILE_NAMES)) >= 220
    assert min(map(len, CATEGORIES.values())) >= 4
    assert max(map(len, HOSTILE_NAMES)) >= 10_000


def test_a_spread_has_each_kind_before_a_second_of_any() -> None:
    first = spread(len(CATEGORIES))

    assert all(set(first) & set(names) for names in CATEGORIES.values())
    assert spread(10) == first[:10]
    assert set(spread(len(HOSTILE_NAMES))) == set(HOSTILE_NAMES)


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_hostile_name_is_made_safe_once_and_for_all(name: str) -> None:
    made = safe(name)

    assert not DANGEROUS & set(made)
    assert not any(unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for character in made)
    assert len(made.splitlines()) <= 1
    assert len(made) <= LONGEST
    assert safe(made) == made
    assert made.encode().decode() == made


@pytest.mark.parametrize("name", RARE)
def test_a_rare_name_comes_out_as_it_went_in(name: str) -> None:
    assert safe(name) == name
