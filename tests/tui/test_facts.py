"""Long values break into lines under the first, as wide as there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from butler_tui.tui.widgets.facts import wrapped


@pytest.mark.parametrize(
    ("text", "cells", "rows"),
    [
        ("", 8, [""]),
        ("短", 8, ["短"]),
        (" " * 50, 8, ["  "]),
        ("     x" + " " * 50 + "y", 8, ["  x", "  y"]),
        ("梯子较长，已提醒走货梯", 8, ["梯子较长", "，已提醒", "走货梯"]),
        ("let in by their own PIN", 16, ["let in by their", "own PIN"]),
        ("  by their own PIN at the booth", 20, ["  by their own PIN", "  at the booth"]),
    ],
)
def test_a_long_value_is_broken_where_it_reads_well(text: str, cells: int, rows: list[str]) -> None:
    assert wrapped(text, cells) == rows


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Mn", "Cf", "Cs"))), st.integers(8, 40))
def test_every_line_fits_and_no_character_is_lost(text: str, cells: int) -> None:
    rows = wrapped(text, cells)

    assert all(cell_len(row) <= cells for row in rows)
    assert "".join("".join(rows).split()) == "".join(text.split())
