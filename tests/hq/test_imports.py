"""What HQ may know of a terminal's code: the contract names every module there is, new ones too."""

from __future__ import annotations

import tomllib
from pathlib import Path

_ROOT = Path(__file__).parents[2]
SHARED = {"butler_tui.sync.protocol", "butler_tui.sync.merge", "butler_tui.store.database"}


def test_hq_is_forbidden_every_module_of_a_terminal_but_the_shared_ones() -> None:
    contracts = tomllib.loads((_ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    (forbidden,) = (one["forbidden_modules"] for one in contracts if one.get("source_modules") == ["butler_tui.hq"])
    there = {
        f"butler_tui.{folder}.{file.stem}"
        for folder in ("sync", "store")
        for file in (_ROOT / "src/butler_tui" / folder).glob("*.py")
        if file.stem != "__init__"
    }
    assert there - SHARED == {name for name in forbidden if name.count(".") == 2}
    assert "butler_tui.desk" in forbidden
