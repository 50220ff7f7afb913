"""How an estate's houses are numbered: read as people write it, refused where it says nothing sensible."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.house_patterns import MOST_HOMES, Fault, PlannedHouse, WrongPattern, read_patterns

THE_USUAL = (1440, "1-1-101", "20-2-1802")


def summary(text: str) -> tuple[int, str, str]:
    plan = read_patterns(text)
    return plan.count, plan.first, plan.last


@pytest.mark.parametrize(
    "text",
    [
        "1-20 栋 × 2 单元 × 18 层 × 2 户",
        "1-20栋×2单元×18层×2户",
        "1-20 栋 x 2 单元 X 18 层 * 2 户",
        "1-20栋x2单元X18层*2户",
        "１－２０ 栋 × ２ 单元 ＊ １８ 层 ｘ ２ 户",
        "  1 - 20 栋 ×  2 单元×18 层   × 2 户 \n",
        "1~20 幢 × 2 单元 × 18 楼 × 每层 2 户",
        "1至20座 × 每栋2单元 × 1到18层 × 1-2室",
        "1号楼-20号楼 × 2 单元 × 18 层 × 2 户",
        "1#-20# 栋 × 2 单元 × 18 层 × 2 户",
        "2 单元 × 1-20 栋 × 2 户 × 18 层",
        "20 buildings x 2 units x 18 floors x 2 homes",
        "Buildings 1-20 * units 1-2 * floors 1-18 * homes 1-2",
        "1 to 20 towers × 2 entrances × 18 storeys × 2 flats",
        "20 x 2 x 18 x 2",
    ],
)
def test_one_estate_is_read_however_it_is_written(text: str) -> None:
    assert summary(text) == THE_USUAL


@pytest.mark.parametrize(
    ("text", "count", "first", "last"),
    [
        ("V1-V40", 40, "V1", "V40"),
        ("v1-40", 40, "V1", "V40"),
        ("别墅 3-8", 6, "V3", "V8"),
        ("40 villas", 40, "V1", "V40"),
        ("兰1-兰20", 20, "兰1", "兰20"),
        ("1-6 栋 × 18 层 × 2 户", 216, "1-101", "6-1802"),
        ("1-3 栋 × 1-2 单元 × 2-18 层 × 1-4 户", 408, "1-1-201", "3-2-1804"),
        ("7-7 栋 × 3 层 × 2 户", 6, "7-101", "7-302"),
        ("A1-A6 栋 × 2 单元 × 18 层 × 2 户", 432, "A1-1-101", "A6-2-1802"),
        ("A-D 座 × 18 层 × 4 户", 288, "A-101", "D-1804"),
        ("X1-X6 栋 x 2 层 x 2 户", 24, "X1-101", "X6-202"),
        ("1-3+5-6 栋 × 1-3+5 层 × 2 户", 40, "1-101", "6-502"),
        ("V1-V40, 1-6 栋 × 18 层 × 2 户；7-9 栋 x 2 层 x 2 户\n10-10 栋 × 1 层 × 1 户", 269, "V1", "10-101"),
    ],
)
def test_villas_buildings_without_units_ranges_and_several_patterns(
    text: str, count: int, first: str, last: str
) -> None:
    assert summary(text) == (count, first, last)


def test_a_house_is_called_building_unit_floor_and_two_digits_of_the_home() -> None:
    houses = {house.room_code: house for house in read_patterns("3-3 栋 × 2 单元 × 18 层 × 2 户, V17-V17").houses()}

    assert houses["3-2-1801"] == PlannedHouse("3-2-1801", "3", "2")
    assert houses["3-1-102"] == PlannedHouse("3-1-102", "3", "1")
    assert houses["V17"] == PlannedHouse("V17", "V17", "")


def test_houses_come_in_order_of_building_unit_floor_and_home() -> None:
    codes = [house.room_code for house in read_patterns("2 栋 × 2 单元 × 2 层 × 1 户").houses()]

    assert codes == ["1-1-101", "1-1-201", "1-2-101", "1-2-201", "2-1-101", "2-1-201", "2-2-101", "2-2-201"]


@pytest.mark.parametrize(
    ("text", "fault", "what"),
    [
        ("", Fault.EMPTY, ""),
        (" ， ; ", Fault.EMPTY, ""),
        ("二十", Fault.UNREADABLE, "二十"),
        ("house of cards", Fault.UNREADABLE, "of cards"),
        ("V1-W3", Fault.UNREADABLE, "V1-W3"),
        ("1-2 栋 ×× 2 层 × 2 户", Fault.WORDS_MISSING, "1-2 栋 ×× 2 层 × 2 户"),
        ("1-2 栋 × 2 层 × 2 户 × 3", Fault.WORDS_MISSING, "3"),
        ("1-2 栋 × A2 层 × 2 户", Fault.UNREADABLE, "A2"),
        ("20-1 栋 × 2 层 × 2 户", Fault.BACKWARD, "20-1"),
        ("D-A 栋 × 2 层 × 2 户", Fault.BACKWARD, "D-A"),
        ("0-3 栋 × 2 层 × 2 户", Fault.BACKWARD, "0-3"),
        ("3 栋 × 0 层 × 2 户", Fault.BACKWARD, "0"),
        ("3 栋 × 300 层 × 2 户", Fault.TOO_HIGH, "300"),
        ("3 栋 × 3 层 × 100 户", Fault.TOO_HIGH, "100"),
        ("3 栋 × 100 单元 × 3 层 × 2 户", Fault.TOO_HIGH, "100"),
        ("2 栋 × 2 栋 × 2 层 × 2 户", Fault.TWICE_SAID, "2 栋 × 2 栋 × 2 层 × 2 户"),
        ("18 层 × 2 户", Fault.NO_BUILDING, "18 层 × 2 户"),
        ("1-20 栋", Fault.NO_FLOOR, "1-20 栋"),
        ("1-20", Fault.NO_FLOOR, "1-20"),
        ("1-20 栋 × 18 层", Fault.NO_HOME, "1-20 栋 × 18 层"),
        ("1-999 栋 × 9 单元 × 100 层 × 9 户", Fault.TOO_MANY, "8091900"),
        ("1-2 栋 × 2 层 × 2 户, 2-3 栋 × 2 层 × 2 户", Fault.SAME_HOUSE, "2-101"),
        ("V1-V9, V9-V12", Fault.SAME_HOUSE, "V9"),
    ],
)
def test_nonsense_is_refused_and_what_is_wrong_is_named(text: str, fault: Fault, what: str) -> None:
    with pytest.raises(WrongPattern) as refused:
        read_patterns(text)
    assert (refused.value.fault, refused.value.what) == (fault, what)


def test_the_most_homes_are_read_and_one_more_is_refused() -> None:
    assert read_patterns("1-500 栋 × 50 层 × 2 户").count == MOST_HOMES
    with pytest.raises(WrongPattern) as refused:
        read_patterns("1-500 栋 × 50 层 × 2 户, V1-V1")
    assert refused.value.fault is Fault.TOO_MANY


def test_a_slip_that_means_millions_is_refused_before_any_is_made() -> None:
    before = time.process_time()
    with pytest.raises(WrongPattern):
        read_patterns("1-9999 栋 × 99 单元 × 200 层 × 99 户")
    assert time.process_time() - before < 1


numbers = st.integers(1, 12)


@given(st.integers(1, 30), numbers, numbers, st.integers(1, 9), st.sampled_from("×x*X"), st.booleans())
def test_every_house_of_a_pattern_comes_once_and_as_it_is_called(
    buildings: int, units: int, floors: int, homes: int, sign: str, spaced: bool
) -> None:
    between = f" {sign} " if spaced else sign
    text = between.join((f"{buildings}栋", f"{units}单元", f"{floors}层", f"{homes}户"))
    plan = read_patterns(text)
    houses = list(plan.houses())

    assert len({house.room_code for house in houses}) == len(houses) == plan.count == buildings * units * floors * homes
    assert (houses[0].room_code, houses[-1].room_code) == (plan.first, plan.last)
    assert all(house.room_code.startswith(f"{house.building}-{house.unit}-") for house in houses)
    assert houses[-1].room_code == f"{buildings}-{units}-{floors}{homes:02d}"


@given(st.text(alphabet="0123456789-×x*栋单元层户V,，;+ \n至 buildingfloor１", max_size=40))
def test_whatever_is_typed_is_read_or_refused_in_words(text: str) -> None:
    try:
        plan = read_patterns(text)
    except WrongPattern:
        return
    codes = [house.room_code for house in plan.houses()]
    assert len(set(codes)) == len(codes) == plan.count <= MOST_HOMES
