"""What HQ asks of changes in quarantine, in statements as in rows_reading.py; all name the estate."""

from __future__ import annotations

import json
from collections.abc import Sequence

from butler_tui.domain.changes import MOST_CHANGES
from butler_tui.hq.engines import LogRow
from butler_tui.hq.engines.rows_reading import ReadingRows

LOG_OF_L = ", ".join("l." + name for name in LogRow._fields)
_OVERRIDDEN = '%%"override_by":"%s"%%'
ABOUT = '%%"subject_id":"%s"%%'
"""How a body, JSON without spaces, names whom or what it tells of. Few are held: those are searched, not all."""


class HeldRows(ReadingRows):
    """Finding what is held back, why, and for what."""

    def held(self, estate_id: str, cids: Sequence[str]) -> list[tuple[str, str]]:
        """Return (cid, reason) of those of these changes that stand in quarantine."""
        rows = self._all(
            "SELECT l.cid, l.reason FROM json_each(?) one CROSS JOIN change_log l"
            " WHERE l.estate_id = ? AND l.cid = one.value AND l.verdict || '' = 'quarantined'",
            json.dumps(cids),
            estate_id,
        )
        return [(row[0], row[1]) for row in rows]

    def half_known(self, estate_id: str, keys: Sequence[tuple[str, str]], but_group: str = "") -> set[tuple[str, str]]:
        """Return those of the records (table, id) of which a change of another group stands in quarantine."""
        rows = self._all(
            "SELECT l.tbl, l.record_id FROM json_each(?) pair CROSS JOIN change_log l WHERE l.estate_id = ?"
            " AND l.tbl = pair.value ->> 0 AND l.record_id = pair.value ->> 1 AND l.verdict || '' = 'quarantined'"
            " AND l.group_id <> ?",
            json.dumps(keys),
            estate_id,
            but_group,
        )
        return {(row[0], row[1]) for row in rows}

    def count_held(self, estate_id: str) -> int:
        """Return how many changes stand in quarantine."""
        counted = "SELECT count(*) FROM change_log WHERE estate_id = ? AND verdict = 'quarantined' AND pos > 0"
        return int(self._one(counted, estate_id)[0])

    def has_held(self, estate_id: str) -> bool:
        """Tell whether anything stands in quarantine."""
        held = "SELECT 1 FROM change_log WHERE estate_id = ? AND verdict = 'quarantined' AND pos > 0 LIMIT 1"
        return self._one(held, estate_id) is not None

    def held_for(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[LogRow]:
        """Return the changes in quarantine that may have lacked one of these records (table, id), in order.

        Lacked as their parent, as their author, as who overrode for them, or as what they write on in.
        """
        staff = [record_id for tbl, record_id in keys if tbl == "staff"]
        asked = [
            ("one", "l.parent_id = one.value", [record_id for __, record_id in keys]),
            ("one", "l.staff_id = one.value", staff),
            ("pair", "l.tbl = pair.value ->> 0 AND l.record_id = pair.value ->> 1", keys),
            (
                "one",
                "l.pos > 0 AND l.tbl = 'visit_event' AND l.body LIKE one.value",
                [_OVERRIDDEN % one for one in staff],
            ),
        ]
        found: dict[str, LogRow] = {}
        for what, lacking, values in asked:
            rows = (
                self._all(
                    f"SELECT {LOG_OF_L} FROM json_each(?) {what} CROSS JOIN change_log l"
                    f" WHERE l.estate_id = ? AND {lacking} AND l.verdict = 'quarantined'",
                    json.dumps(values),
                    estate_id,
                )
                if values
                else ()
            )
            found |= {row[2]: LogRow(*row) for row in rows}
        return sorted(found.values(), key=lambda row: row.pos)

    def held_groups(self, estate_id: str, groups: Sequence[tuple[str, str, int]]) -> list[LogRow]:
        """Return the changes in quarantine of these groups (epoch, group_id, position of one of it), in order.

        A group stands together in the log: what is near is read, never a whole epoch.
        """
        rows = self._all(
            f"SELECT {LOG_OF_L} FROM json_each(?) pair CROSS JOIN change_log l WHERE l.estate_id = ?"
            f" AND l.pos BETWEEN CAST(pair.value ->> 2 AS BIGINT) - {MOST_CHANGES}"
            f" AND CAST(pair.value ->> 2 AS BIGINT) + {MOST_CHANGES}"
            " AND l.epoch || '' = pair.value ->> 0 AND l.group_id = pair.value ->> 1 AND l.verdict = 'quarantined'",
            json.dumps(groups),
            estate_id,
        )
        return sorted((LogRow(*row) for row in rows), key=lambda row: row.pos)

    def held_kin(self, estate_id: str, record_ids: Sequence[str]) -> list[tuple[str, str]]:
        """Return the records (table, id) of changes in quarantine that belong to these, or tell of them."""
        theirs = self._all(
            "SELECT l.tbl, l.record_id FROM json_each(?) one CROSS JOIN change_log l"
            " WHERE l.estate_id = ? AND l.parent_id = one.value AND l.verdict = 'quarantined'",
            json.dumps(record_ids),
            estate_id,
        )
        told = self._all(
            "SELECT l.tbl, l.record_id FROM json_each(?) one CROSS JOIN change_log l WHERE l.estate_id = ?"
            " AND l.pos > 0 AND l.tbl IN ('audit', 'attachment') AND l.body LIKE one.value"
            " AND l.verdict = 'quarantined'",
            json.dumps([ABOUT % one for one in record_ids]),
            estate_id,
        )
        return sorted({(row[0], row[1]) for row in (*theirs, *told)})

    def quarantined_after(self, estate_id: str, epoch: str, seq: int, most: int) -> list[tuple[str, str]]:
        """Return (cid, reason) of this epoch's changes after `seq` that stand in quarantine, duplicates among them."""
        rows = self._all(
            "SELECT seq, cid, reason FROM change_log WHERE estate_id = ?1 AND epoch = ?2 AND seq > ?3"
            " AND verdict = 'quarantined' UNION ALL SELECT d.seq, d.cid, l.reason FROM duplicate d"
            " JOIN change_log l ON l.estate_id = ?1 AND l.cid = d.cid WHERE d.estate_id = ?1 AND d.epoch = ?2"
            " AND d.seq > ?3 AND l.verdict = 'quarantined' ORDER BY seq LIMIT ?4",
            estate_id,
            epoch,
            seq,
            most,
        )
        return [(row[1], row[2]) for row in rows]
