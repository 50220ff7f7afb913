"""By what time HQ stamps what comes: its own, unless it knows by itself that its clock has fallen back."""

from __future__ import annotations

from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.hq.engines import Reading


def stamping_ms(rows: Reading, estate_id: str, claimed_ms: int, now_ms: int) -> int:
    """Return by what time (UTC ms) it is judged whether stamps, the latest of which is `claimed_ms`, are ahead.

    That is HQ's, `now_ms`, unless it has given later stamps in this estate: its clock has fallen back then, and what
    would be put back with it would count as years old, and be erased, once the clock is set right. It counts no further
    than it has come already, or terminals could move it on.
    """
    if claimed_ms <= now_ms + MOST_AHEAD_MS:
        return now_ms
    return max(now_ms, rows.latest_stamp(estate_id).ms - MOST_AHEAD_MS)
