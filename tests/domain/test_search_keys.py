"""What may be typed to find somebody: pinyin in every reading, plates without province, the end of a phone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.search_keys import name_keys, phone_keys, plate_keys, typed_key
from butler_tui.store.readings import readings


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("李文博", ("lwb", "liwenbo", "李文博")),
        ("单晓", ("sx", "dx", "shanxiao")),
        ("解珍", ("xz", "jz", "xiezhen")),
        ("曾志伟", ("zzw", "czw", "zengzhiwei")),
        ("仇英", ("qy", "cy", "qiuying")),
        ("欧阳修", ("oyx", "ouyangxiu")),
        ("阿卜杜拉·买买提", ("abdlmmt",)),
        ("John Smith", ("johnsmith",)),
        ("王 A", ("wa",)),
        ("𠮷田", ("𠮷t",)),
    ],
)
def test_a_name_is_found_by_initials_and_pinyin_in_every_reading(name: str, typed: tuple[str, ...]) -> None:
    assert set(typed) <= name_keys(name, readings)


def test_a_plate_is_found_whole_without_its_province_and_by_its_serial() -> None:
    assert plate_keys("浙A8K32F") == {"浙A8K32F", "A8K32F", "8K32F"}
    assert plate_keys("WJ京1234X") == {"WJ京1234X"}


def test_o_and_i_are_zero_and_one_on_a_plate() -> None:
    assert "A80321" in plate_keys("浙A8O32I")


def test_a_phone_is_found_by_its_last_four_digits() -> None:
    assert phone_keys("13805712211") == {"2211"}
    assert phone_keys("110") == set()


@given(st.text())
def test_no_name_has_an_empty_key_or_very_many(name: str) -> None:
    keys = name_keys(name, readings)

    assert "" not in keys
    assert len(keys) <= 65
    assert not keys or typed_key(name)[:40] in keys


def test_a_long_name_is_not_slow() -> None:
    assert len(name_keys("单" * 10_000, readings)) <= 65
