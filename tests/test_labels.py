"""Every code that a screen can meet has its word, in both languages; times are shown by the house clock."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from butler_tui import labels, words
from butler_tui.domain.documents import DocumentType, Doubt
from butler_tui.domain.fields import TABLES
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.plates import PlateDoubt, PlateSeries, VehicleType
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.rights import Act, Role
from butler_tui.domain.visits import ConfirmedHow, Missing

pytestmark = pytest.mark.usefixtures("english")

SHOWN: tuple[type[StrEnum], ...] = (
    Check,
    Outcome,
    Reason,
    TurnAwayReason,
    Missing,
    ConfirmedHow,
    DocumentType,
    Doubt,
    PlateDoubt,
    PlateSeries,
    VehicleType,
    Sex,
    Role,
    Act,
)
CODES = [code for kind in SHOWN for code in kind]
SHANGHAI = ZoneInfo("Asia/Shanghai")
MINUTE = 60_000
HOUR = 60 * MINUTE


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).timestamp() * 1000)


@pytest.mark.parametrize("code", CODES, ids=lambda code: f"{type(code).__name__}.{code}")
def test_every_code_has_a_word_of_its_own_in_both_languages(code: StrEnum) -> None:
    english = labels.label(code)
    words.speak("zh_CN")
    chinese = labels.label(code)

    assert english
    assert any("\u4e00" <= character <= "\u9fff" for character in chinese)


@pytest.mark.parametrize("kind", SHOWN, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("language", words.LANGUAGES)
def test_no_two_codes_of_a_list_are_called_the_same(kind: type[StrEnum], language: str) -> None:
    words.speak(language)
    called = [labels.label(code) for code in kind]

    assert len(set(called)) == len(called)


def test_codes_of_different_lists_that_are_spelt_alike_have_their_own_words() -> None:
    assert labels.label(TurnAwayReason.OTHER) != labels.label(Reason.OTHER) != labels.label(DocumentType.OTHER)


def test_every_synced_table_has_a_word_and_an_unknown_one_its_own_name() -> None:
    assert [name for name in TABLES if name not in labels._TABLES] == []
    assert labels.table_label("weather") == "weather"


@pytest.mark.parametrize(
    ("name", "sex", "in_english", "in_chinese"),
    [
        ("王建国", Sex.MALE, "Mr 王", "王先生"),
        ("欧阳娜", Sex.FEMALE, "Ms 欧阳", "欧阳女士"),
        ("李文", None, "visitor 李", "李访客"),
        ("", Sex.MALE, "Visitor", "访客"),
    ],
)
def test_a_visitor_is_greeted_politely(name: str, sex: Sex | None, in_english: str, in_chinese: str) -> None:
    assert labels.greeting(name, sex) == in_english
    words.speak("zh_CN")
    assert labels.greeting(name, sex) == in_chinese


def test_times_are_shown_by_the_clock_of_the_house() -> None:
    ms = at("2026-11-13T07:58")

    assert labels.clock(ms, SHANGHAI) == "07:58"
    assert labels.clock(ms, ZoneInfo("UTC")) == "23:58"
    assert labels.day_and_clock(ms, SHANGHAI) == "11-13 07:58"


def test_a_moment_of_another_day_carries_its_date() -> None:
    now_ms = at("2026-11-13T00:05")

    assert labels.moment(at("2026-11-13T00:01"), now_ms, SHANGHAI) == "00:01"
    assert labels.moment(at("2026-11-12T23:59"), now_ms, SHANGHAI) == "11-12 23:59"


@pytest.mark.parametrize(
    ("ms", "said"),
    [
        (0, "0 min"),
        (59_999, "0 min"),
        (7 * MINUTE, "7 min"),
        (59 * MINUTE, "59 min"),
        (HOUR, "1 h 00"),
        (12 * HOUR + 5 * MINUTE, "12 h 05"),
        (47 * HOUR + 59 * MINUTE, "47 h 59"),
        (48 * HOUR, "2 days"),
        (73 * HOUR, "3 days"),
    ],
)
def test_a_length_of_time_is_said_as_people_say_it(ms: int, said: str) -> None:
    assert labels.duration(ms) == said


def test_how_long_somebody_may_still_stay_turns_into_how_long_they_are_over() -> None:
    assert labels.room_left(at("2026-11-13T08:28"), at("2026-11-13T07:58")) == "30 min left"
    assert labels.room_left(at("2026-11-13T08:28"), at("2026-11-13T08:28")) == "0 min left"
    assert labels.room_left(at("2026-11-13T08:28"), at("2026-11-13T09:40")) == "over 1 h 12"
