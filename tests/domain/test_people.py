"""People: surnames, the polite form of address, and phone numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.folding import compact, fold
from butler_tui.domain.people import (
    COMPOUND_SURNAMES,
    PoliteForm,
    Sex,
    Title,
    normalise_phone,
    polite_form,
    read_phone,
    surname,
)

RARE_HANZI = ["𠮷", "㛃", "䶮", "〇", "𬀩", "\ue863", "﨑", "𱁬"]  # extensions A to G, private use, compatibility


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("王建国", "王"),
        ("李娜", "李"),
        ("王", "王"),
        ("王先生", "王"),
        ("欧阳修", "欧阳"),
        ("司马相如", "司马"),
        ("诸葛亮", "诸葛"),
        ("上官", "上官"),
        ("歐陽娜娜", "歐陽"),
        ("侯莫陈崇", "侯莫陈"),
        ("爱新觉罗溥仪", "爱新觉罗"),
        ("贺兰", "贺"),  # far more often 贺 and a given name than the old surname
        ("阿卜杜拉·买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉•买买提", "阿卜杜拉•买买提"),
        ("Li Wenbo", "Li Wenbo"),
        ("John Smith", "John Smith"),
        ("　王建国 ", "王"),
        ("Ｌｉ　Ｗｅｎｂｏ", "Li Wenbo"),
        ("김민수", "김민수"),
        ("葛\U000e0100飾", "葛\U000e0100"),  # the selector belongs to the character before it
        ("", ""),
        ("　", ""),
    ],
)
def test_the_surname_of_a_name(name: str, expected: str) -> None:
    assert surname(name) == expected


def test_the_table_of_compound_surnames_holds_surnames_only() -> None:
    assert len(COMPOUND_SURNAMES) >= 80
    assert {len(compound) for compound in COMPOUND_SURNAMES} == {2, 3, 4}


@given(st.sampled_from(sorted(COMPOUND_SURNAMES)), st.text("伟芳娜秀英敏静丽强磊", min_size=1, max_size=2))
def test_every_compound_surname_is_kept_together(compound: str, given_name: str) -> None:
    assert surname(compound + given_name) == compound


@pytest.mark.parametrize("character", RARE_HANZI)
def test_a_rare_hanzi_survives_as_a_surname(character: str) -> None:
    assert surname(character + "建国") == character


@given(st.text())
def test_a_surname_is_always_the_beginning_of_the_name(name: str) -> None:
    assert fold(name).strip().startswith(surname(name))


@given(st.text(min_size=1).filter(str.strip))
def test_whoever_has_a_name_has_a_surname(name: str) -> None:
    assert surname(name)


@pytest.mark.parametrize(("sex", "title"), [(Sex.MALE, Title.MR), (Sex.FEMALE, Title.MS), (None, Title.GUEST)])
def test_the_title_follows_the_sex(sex: Sex | None, title: Title) -> None:
    assert polite_form("王建国", sex) == PoliteForm("王", title)


def test_someone_without_a_name_is_greeted_without_a_surname() -> None:
    assert polite_form("", None) == PoliteForm("", Title.GUEST)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("138 1234 2211", "13812342211"),
        ("138-1234-2211", "13812342211"),
        ("１３８１２３４２２１１", "13812342211"),
        ("+86 138 1234 2211", "13812342211"),
        ("＋８６－13812342211", "13812342211"),
        ("0086 13812342211", "13812342211"),
        ("8613812342211", "13812342211"),
        ("19912342211", "19912342211"),
        ("010-12345678", "01012345678"),
        ("（0755）8234 5678", "075582345678"),
        ("0312-1234567", "03121234567"),
        ("021-8234567", "0218234567"),
        ("400-123-4567", "4001234567"),
        ("2345 6789", "23456789"),
        ("+852 2345 6789", "+85223456789"),
        ("00852 2345 6789", "+85223456789"),
        ("+1 (415) 555-0132", "+14155550132"),
    ],
)
def test_a_phone_number_is_read_in_one_form(text: str, number: str) -> None:
    assert read_phone(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "王建国", "12812342211", "1381234221", "138123422111", "12345678", "00123", "+", "+8", "1801", "１２０"],
)
def test_what_is_no_phone_number_is_none(text: str) -> None:
    assert read_phone(text) is None


@pytest.mark.parametrize("number", ["+868613812342211", "0001234567", "861381234221"])
def test_only_a_leading_country_code_of_a_whole_mobile_is_dropped(number: str) -> None:
    assert normalise_phone(number) == number


phone_like = st.text("0123456789+-() ８６１３", max_size=24) | st.text()


@given(phone_like)
def test_a_normalised_phone_stays_as_it_is(text: str) -> None:
    once = normalise_phone(text)
    assert normalise_phone(once) == once


@given(phone_like)
def test_a_phone_that_is_read_is_the_normalised_one(text: str) -> None:
    assert read_phone(text) in (normalise_phone(text), None)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.sampled_from(["", "86", "+86", "0086", "+86-", "(+86) "]))
def test_any_mobile_is_read_with_and_without_its_country_code(mobile: str, country: str) -> None:
    assert read_phone(country + mobile) == mobile


def test_folding_makes_full_width_ascii_plain_and_leaves_the_rest() -> None:
    full_width = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
    assert fold(full_width) == "".join(chr(code) for code in range(0x21, 0x7F))
    assert fold("王　𠮷，ｶ。") == "王 𠮷,ｶ。"


@pytest.mark.parametrize("character", RARE_HANZI)
def test_a_rare_hanzi_survives_folding_and_compacting(character: str) -> None:
    assert fold(character) == compact(character) == character


@given(st.text())
def test_folding_keeps_the_length_and_folding_twice_changes_nothing(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    assert fold(folded) == folded
