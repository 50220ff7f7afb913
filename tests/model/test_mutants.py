"""A mutant whose text has moved would be a mutant no more: each must stand where tools/mutants.py looks for it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_mutant_changes_something() -> None:
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tools" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    mutants = importlib.util.module_from_spec(spec)
    sys.modules["mutants"] = mutants
    spec.loader.exec_module(mutants)
    assert len(mutants.MUTANTS) >= 20
    source = ROOT / "src" / "butler_tui"
    gone = [one.name for one in mutants.MUTANTS if one.old not in (source / one.file).read_text("utf-8")]
    assert gone == []
