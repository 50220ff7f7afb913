"""Days as they are typed on the command line, in the estate's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo

from butler_tui.domain.folding import fold
from butler_tui.errors import WrongUsage
from butler_tui.words import N_


def day_begins(text: str, zone: tzinfo, *, days_on: int = 0) -> int:
    """Return when the day called `2026-11-21` begins, or one so many days after it (UTC ms); raises WrongUsage."""
    try:
        day = date.fromisoformat(fold(text).strip()) + timedelta(days=days_on)
        return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise WrongUsage(N_("{text} is no date. Write it as 2026-11-21."), text=text) from None
