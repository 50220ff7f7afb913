"""A mutant whose text has moved would be a mutant no more: each must stand where broken_rules.py looks for it."""

from __future__ import annotations

from pathlib import Path

from tests.model.broken_rules import MUTANTS

SOURCE = Path(__file__).parents[2] / "src" / "butler_tui"


def test_every_mutant_changes_something() -> None:
    assert len(MUTANTS) >= 20
    gone = [one.name for one in MUTANTS if one.old not in (SOURCE / one.file).read_text("utf-8")]
    assert gone == []
