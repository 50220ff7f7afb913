"""What is asked and written of what terminals offer to a restored HQ (hq/offers.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from butler_tui.hq.engines.row_types import LogRow


class OfferReading(Protocol):
    """What can be asked of it."""

    def was_restored(self, estate_id: str) -> bool:
        """Tell whether the estate's log has begun a generation since it was made."""

    def restored_ms(self, estate_id: str) -> int | None:
        """Return when the log began its last generation (UTC ms), None where it has its first one still."""

    def log_by_cid(self, estate_id: str, cids: Sequence[str]) -> list[LogRow]:
        """Return those rows of the log that stand under these cids, in order."""

    def offered(self, estate_id: str) -> list[LogRow]:
        """Return what was offered and is neither taken in nor sent by its author since, in order."""


class OfferWriting(Protocol):
    """What is written of it."""

    def settle(self, estate_id: str, cids: Sequence[str]) -> None:
        """Write down that the authors of what was offered under these cids have sent it themselves."""
