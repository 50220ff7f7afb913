"""The short ways in which a guard fills a field: digits pick, words follow, nothing typed raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.entries import (
    MOST_COMPANIONS,
    CompanionsEntry,
    ConfirmEntry,
    ReasonEntry,
    pick,
    read_companions,
    read_confirm,
    read_reason,
    read_room,
)
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow


@pytest.mark.parametrize(
    ("typed", "reason", "note"),
    [
        ("3", Reason.REPAIR, ""),
        ("3 空调", Reason.REPAIR, "空调"),
        ("3空调", Reason.REPAIR, "空调"),
        ("３，空调 不制冷", Reason.REPAIR, "空调 不制冷"),
        (" 3. 空调", Reason.REPAIR, "空调"),
        ("120", Reason.EMERGENCY, ""),
        ("0", Reason.OTHER, ""),
        ("空调", None, "空调"),
        ("77 空调", None, "空调"),
        ("", None, ""),
    ],
)
def test_a_digit_picks_the_reason_and_words_say_what_for(typed: str, reason: Reason | None, note: str) -> None:
    assert read_reason(typed, Policies()) == ReasonEntry(reason, note)


@pytest.mark.parametrize(
    ("typed", "person", "how"),
    [
        ("1", 0, ConfirmedHow.INTERCOM),
        ("2", 1, ConfirmedHow.INTERCOM),
        ("12", 0, ConfirmedHow.PHONE),
        ("２３", 1, ConfirmedHow.IN_PERSON),
        ("19", 0, None),
        ("10", 0, None),
        ("3", None, None),
        ("0", None, None),
        ("123", None, None),
        ("陈", None, None),
        ("", None, None),
    ],
)
def test_the_first_digit_is_who_confirmed_and_the_second_how(
    typed: str, person: int | None, how: ConfirmedHow | None
) -> None:
    assert read_confirm(typed, people=2) == ConfirmEntry(person, how)


def test_nobody_can_confirm_for_an_empty_home() -> None:
    assert read_confirm("1", people=0) == ConfirmEntry(None, None)


@pytest.mark.parametrize(
    ("typed", "count", "names"),
    [
        ("", 0, ()),
        ("2", 2, ()),
        ("2人", 2, ()),
        ("３", 3, ()),
        ("王海", 1, ("王海",)),
        ("王海 李四", 2, ("王海", "李四")),
        ("王海、李四，赵六；孙七", 4, ("王海", "李四", "赵六", "孙七")),
        ("3 王海", 3, ("王海",)),
        ("1 王海 李四", 2, ("王海", "李四")),
        ("100", 1, ("100",)),
    ],
)
def test_companions_are_a_count_or_names_or_both(typed: str, count: int, names: tuple[str, ...]) -> None:
    assert read_companions(typed) == CompanionsEntry(count, names)


@given(st.text())
def test_no_text_makes_a_crowd_that_one_act_cannot_hold(typed: str) -> None:
    entry = read_companions(typed)

    assert len(entry.names) <= entry.count <= MOST_COMPANIONS


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1", ConfirmedHow.INTERCOM),
        (" ６ ", ConfirmedHow.STANDING_PASS),
        ("7", None),
        ("0", None),
        ("x", None),
        ("", None),
    ],
)
def test_a_digit_picks_from_a_list(typed: str, expected: ConfirmedHow | None) -> None:
    assert pick(typed, list(ConfirmedHow)) is expected


@pytest.mark.parametrize(
    ("typed", "room"),
    [
        ("3-2-1801", "3-2-1801"),
        ("3 2 1801", "3-2-1801"),
        ("３.２.1801", "3-2-1801"),
        ("3，2，1801", "3-2-1801"),
        (" v17 ", "V17"),
        ("", ""),
    ],
)
def test_a_room_is_read_however_its_parts_are_kept_apart(typed: str, room: str) -> None:
    assert read_room(typed) == room


@given(st.text())
def test_no_text_raises(typed: str) -> None:
    read_reason(typed, Policies())
    read_confirm(typed, people=3)
    pick(typed, list(Reason))
    assert " " not in read_room(typed)
