"""What is asked of changes in quarantine (rows_held.py)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from butler_tui.hq.engines.row_types import LogRow


class HeldReading(Protocol):
    """What can be asked of them; all name the estate."""

    def held(self, estate_id: str, cids: Sequence[str]) -> list[tuple[str, str]]:
        """Return (cid, reason) of those of these changes that stand in quarantine."""

    def half_known(self, estate_id: str, keys: Sequence[tuple[str, str]], but_group: str = "") -> set[tuple[str, str]]:
        """Return those of the records (table, id) of which a change of another group stands in quarantine."""

    def count_held(self, estate_id: str) -> int:
        """Return how many changes stand in quarantine."""

    def has_held(self, estate_id: str) -> bool:
        """Tell whether anything stands in quarantine."""

    def held_for(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[LogRow]:
        """Return the changes in quarantine that may have lacked one of these records (table, id), in order."""

    def held_groups(self, estate_id: str, groups: Sequence[tuple[str, str, int]]) -> list[LogRow]:
        """Return the changes in quarantine of these groups (epoch, group_id, position of one of it), in order."""

    def held_kin(self, estate_id: str, record_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the records (table, id) of changes in quarantine that belong to these, or tell of them."""

    def quarantined_after(self, estate_id: str, epoch: str, seq: int, most: int) -> list[tuple[str, str]]:
        """Return (cid, reason) of this epoch's changes after `seq` that stand in quarantine, duplicates among them."""
