"""What every screen is handed: the file, the estate's facts, and the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from butler_tui.store import estates
from butler_tui.store.estates import Estate, Gate
from butler_tui.store.local import Store

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from butler_tui.domain.policies import Policies
    from butler_tui.tui.draft_keeper import DraftKeeper

Clock = Callable[[], int]
"""Returns now as UTC ms."""


@dataclass(frozen=True)
class Context:
    """This terminal as the screens see it; `store` belongs to the screens' thread."""

    store: Store
    estate: Estate
    gate: Gate
    now_ms: Clock

    @cached_property
    def zone(self) -> ZoneInfo:
        """The estate's zone, in which every time is shown."""
        from zoneinfo import ZoneInfo

        return ZoneInfo(self.estate.time_zone)

    @cached_property
    def drafts(self) -> DraftKeeper:
        """What keeps half-typed forms, on a connection of its own."""
        from butler_tui.tui.draft_keeper import DraftKeeper

        return DraftKeeper(self.store)

    @cached_property
    def corrections(self) -> dict[tuple[bytes, bytes], dict[str, str]]:
        """Corrections that somebody left half typed, in memory only: by person and visit, what stood in each field."""
        return {}

    @cached_property
    def policies(self) -> Policies:
        """The policies in force when they were first asked for, which is after sign-in."""
        return estates.policies(self.store.connection)
