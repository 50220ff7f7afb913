"""Ids of visits are made when their forms are begun: from which id on to look for what was registered since a time."""

from __future__ import annotations

from butler_tui.ids import least_id
from butler_tui.store import estates
from butler_tui.store.database import Connection

_DAY_MS = 86_400_000


def least_registered_since(connection: Connection, since_ms: int) -> bytes:
    """Return what no id of a visit registered at `since_ms` (UTC ms) or later is below.

    A form lies half-typed for as long as policy keeps one that nobody touches. Ask for `registered_ms` besides.
    """
    days = estates.policies(connection).retention_draft_days
    return least_id(max(since_ms - days * _DAY_MS, 0))
