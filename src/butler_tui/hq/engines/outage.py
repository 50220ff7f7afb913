"""An outage that somebody must end: told apart from one that passes by itself."""

from __future__ import annotations

from butler_tui.hq.engines import Unavailable


class DiskFull(Unavailable):
    """The disk of the rows has no room: nothing of the request was kept, it may be sent again once there is."""
