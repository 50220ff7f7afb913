"""What HQ asks and writes to erase, in statements as in rows_reading.py; all name the estate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from butler_tui.hq.engines import ErasedState, LogRow, StateRow, SweptRow
from butler_tui.hq.engines.rows_held import LOG_OF_L
from butler_tui.hq.engines.rows_offers import OfferRows

_STATE_OF_R = ", ".join("r." + name for name in StateRow._fields)


class ErasingRows(OfferRows):
    """Finding what is to be erased, and writing what is left of it."""

    def records_after(self, estate_id: str, tbl: str, after: str, most: int) -> list[SweptRow]:
        """Return the next `most` records of a table after this one, by id, erased ones too: few are read at once."""
        rows = self._all(
            f"SELECT {', '.join(SweptRow._fields)} FROM record_state WHERE estate_id = ? AND tbl = ?"
            " AND record_id > ? ORDER BY record_id LIMIT ?",
            estate_id,
            tbl,
            after,
            most,
        )
        return [SweptRow(*row) for row in rows]

    def telling(self, estate_id: str, record_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the records (table, id) that tell of one of these and were not erased yet: pictures, who looked."""
        rows = self._all(
            "SELECT r.tbl, r.record_id FROM record_state r WHERE r.estate_id = ? AND r.tbl IN ('attachment', 'audit')"
            " AND r.erased_ms IS NULL"
            " AND json_extract(r.state, '$.subject_id') IN (SELECT one.value FROM json_each(?) one)",
            estate_id,
            json.dumps(record_ids),
        )
        return sorted((row[0], row[1]) for row in rows)

    def kin(self, estate_id: str, parent_ids: Sequence[str]) -> list[StateRow]:
        """Return the present states of all records, of whatever table, that belong to these."""
        rows = self._all(
            f"SELECT {_STATE_OF_R} FROM json_each(?) one CROSS JOIN record_state r"
            " WHERE r.estate_id = ? AND r.parent_id = one.value",
            json.dumps(parent_ids),
            estate_id,
        )
        return [StateRow(*row) for row in rows]

    def log_of(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[LogRow]:
        """Return all changes of these records (table, id), whatever became of them."""
        rows = self._all(
            f"SELECT {LOG_OF_L} FROM json_each(?) pair CROSS JOIN change_log l WHERE l.estate_id = ?"
            " AND l.tbl = pair.value ->> 0 AND l.record_id = pair.value ->> 1",
            json.dumps(keys),
            estate_id,
        )
        return [LogRow(*row) for row in rows]

    def held_until(self, estate_id: str, ms: int) -> list[LogRow]:
        """Return the changes in quarantine, and offered ones, whose canonical stamp is before `ms` (UTC ms)."""
        rows = self._all(
            f"SELECT {', '.join(LogRow._fields)} FROM change_log WHERE estate_id = ? AND verdict = 'quarantined'"
            " AND pos > 0 AND hlc_ms < ?",
            estate_id,
            ms,
        )
        held = [LogRow(*row) for row in rows]
        offered = self.offered(estate_id) if self.was_restored(estate_id) else []
        return [*held, *(row for row in offered if row.hlc_ms < ms)]

    def erased_among(self, estate_id: str, record_ids: Sequence[str]) -> set[str]:
        """Return which of these records were erased for a person."""
        if self._one("SELECT 1 FROM erased WHERE estate_id = ? LIMIT 1", estate_id) is None:
            return set()
        rows = self._all(
            "SELECT e.record_id FROM json_each(?) one CROSS JOIN erased e WHERE e.estate_id = ?"
            " AND e.record_id = one.value",
            json.dumps(record_ids),
            estate_id,
        )
        return {row[0] for row in rows}

    def gone_among(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return which of these records (table, id) were erased: for a person, or because their time was over."""
        rows = self._all(
            "SELECT r.tbl, r.record_id FROM json_each(?) pair CROSS JOIN record_state r WHERE r.estate_id = ?"
            " AND r.tbl = pair.value ->> 0 AND r.record_id = pair.value ->> 1 AND r.erased_ms IS NOT NULL",
            json.dumps(keys),
            estate_id,
        )
        for_a_person = self.erased_among(estate_id, [record_id for __, record_id in keys])
        return {(row[0], row[1]) for row in rows} | {key for key in keys if key[1] in for_a_person}

    def erased_of(self, estate_id: str, tbl: str) -> list[str]:
        """Return the records of a table that were erased for a person."""
        rows = self._all("SELECT record_id FROM erased WHERE estate_id = ? AND tbl = ?", estate_id, tbl)
        return [row[0] for row in rows]

    def register_erased(self, estate_id: str, keys: Iterable[tuple[str, str]], now_ms: int) -> None:
        """Write down that these records (table, id) were erased for a person."""
        self._many(
            "INSERT INTO erased (estate_id, record_id, tbl, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [(estate_id, record_id, tbl, now_ms) for tbl, record_id in keys],
        )

    def erase_states(self, rows: Iterable[ErasedState]) -> None:
        """Write what is left of erased records."""
        self._many(
            "UPDATE record_state SET state = ?, stamps = ?, kept = ?, shown = ?, erased_ms = ?"
            " WHERE estate_id = ? AND tbl = ? AND record_id = ?",
            rows,
        )

    def put_bodies(self, estate_id: str, bodies: Iterable[tuple[int, str]]) -> None:
        """Write the bodies (position, JSON) of changes anew."""
        self._many(
            "UPDATE change_log SET body = ? WHERE estate_id = ? AND pos = ?",
            [(body, estate_id, pos) for pos, body in bodies],
        )
