"""Plates: which series a form belongs to, what is folded, and what cannot be a plate."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.plates import (
    PROVINCES,
    Plate,
    PlateDoubt,
    PlateKind,
    PlateSeries,
    VehicleType,
    plate_doubt,
    plate_key,
    plate_series,
    read_plate,
    vehicle_type,
)

SERIAL = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
NEW_ENERGY_LETTERS = "ABCDEFGHJK"

ORDINARY = ["京A12345", "沪B1A2B3", "粤BD2345", "川AZZ999", "新Q88888", "京O12345"]
NEW_ENERGY = {
    "京AD12345": VehicleType.NEW_ENERGY_SMALL,
    "粤BF12345": VehicleType.NEW_ENERGY_SMALL,
    "粤BDA1234": VehicleType.NEW_ENERGY_SMALL,
    "沪AA12345": VehicleType.NEW_ENERGY_SMALL,
    "浙AKM1234": VehicleType.NEW_ENERGY_SMALL,
    "京A12345D": VehicleType.NEW_ENERGY_LARGE,
    "粤B12345F": VehicleType.NEW_ENERGY_LARGE,
    "苏E12345K": VehicleType.NEW_ENERGY_LARGE,
}
SPECIAL = {
    "京A1234警": PlateSeries.POLICE,
    "川OC123警": PlateSeries.POLICE,
    "京AD1234警": PlateSeries.POLICE,
    "京A1234学": PlateSeries.LEARNER,
    "冀B1234挂": PlateSeries.TRAILER,
    "粤Z1234港": PlateSeries.HONG_KONG,
    "粤ZAB12澳": PlateSeries.MACAU,
    "沪A1234领": PlateSeries.CONSULATE,
    "沪224001领": PlateSeries.CONSULATE,
    "领224001": PlateSeries.CONSULATE,
    "京A1234使": PlateSeries.EMBASSY,
    "224578使": PlateSeries.EMBASSY,
    "京224578使": PlateSeries.EMBASSY,
    "使224578": PlateSeries.EMBASSY,
    "京A1234试": PlateSeries.ON_TRIAL,
    "京A1234超": PlateSeries.OVERSIZED,
    "京A12345临": PlateSeries.TEMPORARY,
    "京A临12345": PlateSeries.TEMPORARY,
    "京A临000123": PlateSeries.TEMPORARY,
    "京X1234应急": PlateSeries.RESCUE,
    "川SA123应急": PlateSeries.RESCUE,
    "京12345应急": PlateSeries.RESCUE,
    "应急京001X": PlateSeries.RESCUE,
    "WJ京1234X": PlateSeries.ARMED_POLICE,
    "WJ京12345": PlateSeries.ARMED_POLICE,
    "WJ1234X": PlateSeries.ARMED_POLICE,
    "WJ0112345": PlateSeries.ARMED_POLICE,
    "WJ01T1234": PlateSeries.ARMED_POLICE,
    "WJ31消0010": PlateSeries.ARMED_POLICE,
    "VA12345": PlateSeries.ARMED_FORCES,
    "KA12345": PlateSeries.ARMED_FORCES,
    "民航A12345": PlateSeries.AIRPORT,
    "鲁0112345": PlateSeries.TRACTOR,
}
plates = (
    st.from_regex(f"[{PROVINCES}][A-HJ-NP-Z][{SERIAL}]{{5}}", fullmatch=True)
    | st.from_regex(f"[{PROVINCES}][A-HJ-NP-Z][{NEW_ENERGY_LETTERS}][{SERIAL}][0-9]{{4}}", fullmatch=True)
    | st.from_regex(f"[{PROVINCES}][A-HJ-NP-Z][0-9]{{5}}[{NEW_ENERGY_LETTERS}]", fullmatch=True)
    | st.sampled_from(sorted(SPECIAL))
)
typed = st.text(PROVINCES + "ABDOIWJXZoi01２８·-. 警使领港临应急民航消张") | st.text() | plates


def test_there_are_31_provinces() -> None:
    assert len(set(PROVINCES)) == len(PROVINCES) == 31


@pytest.mark.parametrize("text", ORDINARY)
def test_an_ordinary_plate_is_province_letter_and_five(text: str) -> None:
    assert read_plate(text) == Plate(text, PlateKind.ORDINARY)


@pytest.mark.parametrize(("text", "vehicle"), NEW_ENERGY.items())
def test_a_new_energy_plate_has_eight_characters_and_tells_the_size(text: str, vehicle: VehicleType) -> None:
    plate = read_plate(text)
    assert plate == Plate(text, PlateKind.NEW_ENERGY)
    assert vehicle_type(plate) == vehicle


@pytest.mark.parametrize(("text", "series"), SPECIAL.items())
def test_the_special_series_are_accepted_and_told_apart(text: str, series: PlateSeries) -> None:
    plate = read_plate(text)
    assert plate == Plate(text, PlateKind.SPECIAL)
    assert plate_series(plate) == series


def test_every_series_has_an_example_above() -> None:
    assert set(SPECIAL.values()) == set(PlateSeries)


@pytest.mark.parametrize("text", [*ORDINARY, *NEW_ENERGY, "LX1234"])
def test_other_plates_belong_to_no_special_series(text: str) -> None:
    plate = read_plate(text)
    assert plate is not None
    assert plate_series(plate) is None


@pytest.mark.parametrize("text", [*ORDINARY, *SPECIAL])
def test_other_plates_tell_nothing_about_the_vehicle(text: str) -> None:
    plate = read_plate(text)
    assert plate is not None
    assert vehicle_type(plate) is None


UNKNOWN = {
    "A12345": PlateDoubt.NO_PROVINCE,
    "ADA1234": PlateDoubt.NO_PROVINCE,
    "京I12345": PlateDoubt.NO_OFFICE,  # no office has the letter I
    "京12345": PlateDoubt.NO_OFFICE,
    "京A1234": PlateDoubt.TOO_SHORT,
    "京A123456": PlateDoubt.NOT_NEW_ENERGY,
    "京AL12345": PlateDoubt.NOT_NEW_ENERGY,  # no new-energy letter
    "京ADA123B": PlateDoubt.NOT_NEW_ENERGY,  # the last four are digits
    "京A1234AD": PlateDoubt.NOT_NEW_ENERGY,  # the first five are digits
    "京A12345L": PlateDoubt.NOT_NEW_ENERGY,
    "京A1234567": PlateDoubt.TOO_LONG,
    "京A1234港": PlateDoubt.UNKNOWN_SERIES,  # only Guangdong gives plates to vehicles from Hong Kong and Macau
    "粤A1234澳": PlateDoubt.UNKNOWN_SERIES,
    "京B1234应急": PlateDoubt.UNKNOWN_SERIES,  # neither fire and rescue nor forest fire
    "LX1234": PlateDoubt.NO_PROVINCE,  # Hong Kong, which it is as likely to be
    "LX123": PlateDoubt.UNKNOWN_SERIES,
    "WJ123": PlateDoubt.UNKNOWN_SERIES,
    "1OI2ABC": PlateDoubt.UNKNOWN_SERIES,  # of no known form: its O and I stay
    "A1": PlateDoubt.UNKNOWN_SERIES,
    "ABC1234567": PlateDoubt.UNKNOWN_SERIES,
}


@pytest.mark.parametrize(("text", "doubt"), UNKNOWN.items())
def test_what_has_no_known_form_is_a_plate_of_unknown_kind_with_its_doubt(text: str, doubt: PlateDoubt) -> None:
    assert read_plate(text) == Plate(text, PlateKind.UNKNOWN)
    assert plate_doubt(text) == doubt


def test_every_doubt_has_an_example() -> None:
    assert {*UNKNOWN.values(), plate_doubt("张三")} == set(PlateDoubt)


@pytest.mark.parametrize("text", [*ORDINARY, *NEW_ENERGY, *SPECIAL])
def test_a_plate_of_a_known_form_has_no_doubt(text: str) -> None:
    assert plate_doubt(text) is None


@pytest.mark.parametrize(
    "text",
    ["", " ", "张三", "京", "京牌", "1", "A017王", "ABC12345678", "京A12345京A12345", "OIOI", "𠮷12345", "🚗12345"],
)
def test_what_cannot_be_a_plate_is_none_and_doubted(text: str) -> None:
    assert read_plate(text) is None
    assert plate_doubt(text) is PlateDoubt.NOT_A_PLATE


@pytest.mark.parametrize(
    "text", ["京a·12345", "京A 12345", "京Ａ－１２３４５", " 京A.12345\n", "京Ａ・12345", "京a—12345"]
)
def test_separators_full_width_and_lower_case_make_no_difference(text: str) -> None:
    assert read_plate(text) == Plate("京A12345", PlateKind.ORDINARY)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("京AO1I23", "京A01123"),
        ("京oo1i23", "京O01123"),  # the office keeps its O
        ("粤BDI234O", "粤BD12340"),
        ("京AO234警", "京A0234警"),
        ("WJ京O123X", "WJ京0123X"),
        ("VAO123I", "VA01231"),
        ("2245O8使", "224508使"),
    ],
)
def test_o_and_i_in_a_serial_are_taken_for_0_and_1(text: str, folded: str) -> None:
    plate = read_plate(text)
    assert plate is not None
    assert plate.text == folded
    assert plate.kind is not PlateKind.UNKNOWN


def test_a_plate_of_unknown_kind_keeps_its_o_and_i() -> None:
    assert read_plate("IO 12 ABC") == Plate("IO12ABC", PlateKind.UNKNOWN)


@given(plates)
def test_any_plate_of_a_known_form_is_read_as_it_stands(text: str) -> None:
    plate = read_plate(text)
    assert plate is not None
    assert plate.text == text
    assert plate.kind is not PlateKind.UNKNOWN


@given(typed)
def test_reading_a_plate_again_changes_nothing(text: str) -> None:
    plate = read_plate(text)
    if plate is not None:
        assert read_plate(plate.text) == plate


@given(typed)
def test_a_plate_has_a_doubt_or_a_known_form_and_never_both(text: str) -> None:
    plate = read_plate(text)
    known = plate is not None and plate.kind is not PlateKind.UNKNOWN
    assert (plate_doubt(text) is None) is known


@given(typed)
def test_what_was_typed_and_what_was_read_have_one_search_key(text: str) -> None:
    plate = read_plate(text)
    if plate is not None:
        assert plate_key(plate.text) == plate_key(text)


@given(typed, typed)
def test_the_key_of_a_beginning_is_the_beginning_of_the_key(beginning: str, rest: str) -> None:
    assert plate_key(beginning + rest) == plate_key(beginning) + plate_key(rest)


def test_the_search_key_folds_look_alikes_everywhere() -> None:
    assert plate_key("京o·i0１ b") == "京0101B"
    assert plate_key("京AO1I23") == plate_key("京A01123") == "京A01123"
