"""What HQ asks and writes of what was offered to it after it was restored, in statements as in rows_reading.py."""

from __future__ import annotations

import json
from collections.abc import Sequence

from butler_tui.hq.engines import LogRow
from butler_tui.hq.engines.rows_held import LOG_OF_L, HeldRows


class OfferRows(HeldRows):
    """Finding what was offered, and settling it."""

    def was_restored(self, estate_id: str) -> bool:
        """Tell whether the estate's log has begun a generation since it was made."""
        return self._one("SELECT 1 FROM generation WHERE estate_id = ? LIMIT 1", estate_id) is not None

    def restored_ms(self, estate_id: str) -> int | None:
        """Return when the log began its last generation (UTC ms), None where it has its first one still."""
        row = self._one("SELECT max(began_ms) FROM generation WHERE estate_id = ?", estate_id)
        return row[0] if row else None

    def log_by_cid(self, estate_id: str, cids: Sequence[str]) -> list[LogRow]:
        """Return those rows of the log that stand under these cids, in order."""
        rows = self._all(
            f"SELECT {LOG_OF_L} FROM json_each(?) one CROSS JOIN change_log l"
            " WHERE l.estate_id = ? AND l.cid = one.value",
            json.dumps(cids),
            estate_id,
        )
        return sorted((LogRow(*row) for row in rows), key=lambda row: row.pos)

    def offered(self, estate_id: str) -> list[LogRow]:
        """Return what was offered and is neither taken in nor sent by its author since, in order.

        It stands at no number of its epoch: epoch by epoch, which are few, the index knows those.
        """
        rows = self._all(
            "WITH RECURSIVE each (epoch) AS (SELECT min(epoch) FROM change_log WHERE estate_id = ?1 UNION ALL SELECT"
            " (SELECT min(epoch) FROM change_log WHERE estate_id = ?1 AND epoch > each.epoch) FROM each"
            f" WHERE each.epoch IS NOT NULL) SELECT {LOG_OF_L} FROM each CROSS JOIN change_log l"
            " WHERE l.estate_id = ?1 AND l.epoch = each.epoch AND l.seq = 0 AND l.verdict || '' = 'offered'",
            estate_id,
        )
        return sorted((LogRow(*row) for row in rows), key=lambda row: row.pos)

    def settle(self, estate_id: str, cids: Sequence[str]) -> None:
        """Write down that the authors of what was offered under these cids have sent it themselves."""
        self._many(
            "UPDATE change_log SET verdict = 'settled' WHERE estate_id = ? AND cid = ?",
            [(estate_id, cid) for cid in cids],
        )
