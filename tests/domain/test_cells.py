"""No cell of an export is a formula, and masked text tells no number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from butler_tui.domain.cells import defused, masked_text


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+8613900001234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1+1", "＠x", " =1",
     "'=1", "\"=1", "  ' \"=cmd|' /C calc'!A0", "\u3000=1", "\xa0=1", "‘=1", "“＝1", "|x", "%x", "-"],
)  # fmt: skip
def test_what_begins_like_a_formula_is_defused(text: str) -> None:
    assert defused(text) == "'" + text


@pytest.mark.parametrize("text", ["李文博", "A017", "3-2-1801", "", " ", "-5", "-5.25", "'abc", "1=1", "浙A8K32F"])
def test_what_does_not_stays(text: str) -> None:
    assert defused(text) == text


@given(st.text())
def test_nothing_begins_with_a_formula_after_it(text: str) -> None:
    assert defused(text).lstrip("\"'").lstrip()[:1] not in {"=", "@"} or defused(text).startswith("'")
    assert defused(text).endswith(text)


def test_numbers_in_free_text_are_masked() -> None:
    assert masked_text("电话 13900001234 或 057188888888，证 330000199001011239") == (
        "电话 139****1234 或 057*****8888，证 330***********1239"
    )
    assert masked_text("138 0571 2211，138-0571-2211，１３８０５７１２２１１，+86 138 0571 2211，138.0571.2211") == (
        "138****2211，138****2211，138****2211，+86*******2211，138****2211"
    )
    assert masked_text("0571-8888 8888，(0571)88888888，+852 9123 4567") == "057*****8888，(057*****8888，+85*****4567"
    assert masked_text("330106 19900307 1234") == "330***********1234"
    assert masked_text("3 号楼 2 单元 1801") == "3 号楼 2 单元 1801"
