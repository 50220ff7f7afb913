"""Challenges and codes: what they are made of, and what makes them others."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import fields, replace
from typing import Any

import pytest

from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.override_codes import (
    challenge_of,
    code_of,
    delay_ms,
    facts_of,
    gates_meant,
    is_code,
    read_digits,
    spoken,
)
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Reason
from butler_tui.domain.visits import ConfirmedHow, Registration

KEY = bytes(range(32))


def test_the_code_is_cut_as_rfc_4226_cuts_it() -> None:
    digest = hmac.new(KEY, b"butler override 1\x0012345678\x001007", hashlib.sha256).digest()
    cut = int.from_bytes(digest[digest[-1] & 15 :][:4], "big") % 2**31 % 1_000_000
    assert code_of(KEY, "12345678", "1007") == f"{cut:06d}" == "778901"


def test_the_code_is_another_for_another_key_challenge_or_guard() -> None:
    codes = {
        code_of(KEY, "12345678", "1007"),
        code_of(bytes(32), "12345678", "1007"),
        code_of(KEY, "12345679", "1007"),
        code_of(KEY, "12345678", "1008"),
    }
    assert len(codes) == 4
    assert code_of(KEY, "12345678", " １００７ ") == code_of(KEY, "12345678", "1007")


def test_only_the_code_itself_is_taken() -> None:
    code = code_of(KEY, "12345678", "1007")
    assert is_code(KEY, "12345678", "1007", code)
    for typed in ("", code[:5], code + "0", "٠" * 6, "\ud800"):
        assert not is_code(KEY, "12345678", "1007", typed)


def test_a_challenge_tells_its_gate() -> None:
    gates = [bytes([number]) * 16 for number in range(4)]
    challenge = challenge_of(7, gates[2])
    assert challenge.startswith("000007")
    assert len(challenge) == 8
    assert gates[2] in gates_meant(challenge, gates)
    assert gates_meant("00000799", [gates[2]]) == []
    assert spoken("12345678") == "1234 5678"


@pytest.mark.parametrize("typed", ["1234 5678", "1234-5678", "12345678", "１２３４　５６７８"])
def test_digits_are_read_as_people_write_them(typed: str) -> None:
    assert read_digits(typed, 8) == "12345678"


@pytest.mark.parametrize("typed", ["", "1234567", "123456789", "1234567a", "１２３４５６７²"])
def test_what_is_not_so_many_digits_is_none(typed: str) -> None:
    assert read_digits(typed, 8) is None


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    assert [delay_ms(void) // 1000 for void in (0, 1, 2, 3, 6, 50)] == [0, 30, 60, 120, 900, 900]


def test_any_fact_or_finding_that_changes_makes_other_facts() -> None:
    before = Registration(name="李文博", reason=Reason.REPAIR)
    other = {
        str: "别的", int: 3, bool: True, bytes: b"1" * 16, tuple: ("王海",),
    }  # fmt: skip
    special = {"sex": Sex.MALE, "reason": Reason.OTHER, "confirmed_how": ConfirmedHow.PHONE, "document_type": None,
               "check": GateCheck(found={Check.ASK_REASON: Outcome.DOUBTFUL}), "confirmed_ms": 5}  # fmt: skip
    changed = 0
    for field in fields(Registration):
        value = special.get(field.name, other.get(type(getattr(before, field.name)), b"2" * 16))
        if value == getattr(before, field.name):
            continue
        changed += 1
        changes: Any = {field.name: value}
        assert facts_of(replace(before, **changes)) != facts_of(before), field.name
    assert changed >= 20
    noted = replace(before, check=GateCheck(found={Check.ASK_REASON: Outcome.DOUBTFUL}, notes={Check.ASK_REASON: "a"}))
    assert facts_of(noted) != facts_of(replace(noted, check=replace(noted.check, notes={Check.ASK_REASON: "b"})))
    assert facts_of(before) == facts_of(Registration(name="李文博", reason=Reason.REPAIR))
