"""What every screen is handed: the file, the estate's facts, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from butler_tui.domain.policies import Policies
from butler_tui.store.estates import Estate, Gate
from butler_tui.store.local import Store

Clock = Callable[[], int]
"""Returns now as UTC ms."""


@dataclass(frozen=True, slots=True)
class Context:
    """This terminal as the screens see it; `store` belongs to the screens' thread."""

    store: Store
    estate: Estate
    gate: Gate
    zone: ZoneInfo
    policies: Policies
    now_ms: Clock
