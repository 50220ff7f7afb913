"""A time zone is one that this computer knows by name, and nothing else that has a name."""

from __future__ import annotations

import pytest

from butler_tui.errors import RuleBroken
from butler_tui.zones import zone_called

NO_ZONES = [
    "Mars/Olympus",
    "Asia",
    "",
    ".",
    "..",
    "/etc/passwd",
    "../zone.tab",
    "tzdata.zi",
    "Asia/\0Shanghai",
    "\ud800",
    "A" * 5000,
]


@pytest.mark.parametrize("name", NO_ZONES)
def test_what_is_no_zone_is_a_sentence(name: str, english: None) -> None:
    with pytest.raises(RuleBroken, match="no time zone"):
        zone_called(name)


def test_a_zone_is_found_by_its_name() -> None:
    assert zone_called("Asia/Shanghai").key == "Asia/Shanghai"
