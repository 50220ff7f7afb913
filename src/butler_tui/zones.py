"""Time zones by name: one check for what a person types, a file says, or HQ answers."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from butler_tui.errors import RuleBroken
from butler_tui.text import safe
from butler_tui.words import N_


def zone_called(name: str) -> ZoneInfo:
    """Return the time zone called `name` ("Asia/Shanghai"); raises RuleBroken where there is none of that name.

    A name may be that of a folder ("Asia") or a path: these raise other errors than one that is not there.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RuleBroken(N_("There is no time zone called {name}."), name=safe(name)) from error
