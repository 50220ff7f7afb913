"""What HQ asks of its rows, in statements that every engine understands; every one of them names the estate.

What may stand in a statement: `?` (or `?1`, `?2` … where a value stands twice) for a value, and for a list of values
`json_each(?) one` (texts) or `json_each(?) pair` (pairs of texts), whose parts are `one.value` and `pair.value ->> 0`,
followed by `CROSS JOIN table letter WHERE …`: the table's index is asked for each of them. A WITH called `each` may
stand in the place of such a list. And `json_extract(letter.column, '$.name')`, of a text that was made safe: in another
there may be a NUL, with which PostgreSQL fails. SQLite runs all this as it is; PostgreSQL translates just these
(engines/postgres_rows.py). Where another index would do for a planner without statistics, a column is joined to nothing
(`|| ''`), so that only the right one is left.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from butler_tui.domain.hlc import Stamp
from butler_tui.hq.engines import (
    CodeRow,
    EpochRow,
    EstateRow,
    LogRow,
    PositionRow,
    ReportRow,
    SecretRow,
    StateRow,
    TallyRow,
    TerminalRow,
)

_TERMINAL = ", ".join(TerminalRow._fields)
_ESTATE = ", ".join(EstateRow._fields)
_POSITION = f"SELECT {', '.join(PositionRow._fields)} FROM estate_pos WHERE estate_id = ?"


class ReadingRows(ABC):
    """Reading on one connection; an engine says how a statement is run."""

    @abstractmethod
    def _run(self, sql: str, *values: object) -> int:
        """Run a statement and return how many rows it touched."""

    @abstractmethod
    def _all(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        """Return all rows of a statement."""

    @abstractmethod
    def _many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Run a statement for each of these rows of values."""

    def _one(self, sql: str, *values: object) -> Any:
        """Return the first row of a statement, or None."""
        return next(iter(self._all(sql, *values)), None)

    def estate(self, estate_id: str) -> EstateRow | None:
        """Return an estate."""
        row = self._one(f"SELECT {_ESTATE} FROM estate WHERE estate_id = ?", estate_id)
        return EstateRow(*row) if row else None

    def estates(self) -> list[EstateRow]:
        """Return all estates, by name."""
        rows = self._all(f"SELECT {_ESTATE} FROM estate ORDER BY name, estate_id")
        return [EstateRow(*row) for row in rows]

    def position(self, estate_id: str) -> PositionRow:
        """Return where the log stands."""
        row = self._one(_POSITION, estate_id)
        return PositionRow(*row)

    def _found_position(self, estate_id: str, locking: str = "") -> PositionRow | None:
        row = self._one(_POSITION + locking, estate_id)
        return PositionRow(*row) if row else None

    def terminal(self, estate_id: str, terminal_id: str) -> TerminalRow | None:
        """Return a terminal of this estate."""
        row = self._one(
            f"SELECT {_TERMINAL} FROM terminal WHERE estate_id = ? AND terminal_id = ?", estate_id, terminal_id
        )
        return TerminalRow(*row) if row else None

    def terminal_by_key(self, estate_id: str, sign_key: bytes) -> TerminalRow | None:
        """Return the terminal of this estate that signs with this key."""
        row = self._one(f"SELECT {_TERMINAL} FROM terminal WHERE estate_id = ? AND sign_key = ?", estate_id, sign_key)
        return TerminalRow(*row) if row else None

    def terminals(self, estate_id: str) -> list[TerminalRow]:
        """Return the estate's terminals, by name."""
        rows = self._all(f"SELECT {_TERMINAL} FROM terminal WHERE estate_id = ? ORDER BY name, terminal_id", estate_id)
        return [TerminalRow(*row) for row in rows]

    def code(self, estate_id: str, code_hash: bytes) -> CodeRow | None:
        """Return a one-time code."""
        row = self._one(
            "SELECT kind, expires_ms, used_by FROM terminal_code WHERE estate_id = ? AND code_hash = ?",
            estate_id,
            code_hash,
        )
        return CodeRow(*row) if row else None

    def epoch(self, estate_id: str, epoch: str) -> EpochRow | None:
        """Return the head of an epoch."""
        row = self._one(
            f"SELECT {', '.join(EpochRow._fields)} FROM epoch WHERE estate_id = ? AND epoch = ?", estate_id, epoch
        )
        return EpochRow(*row) if row else None

    def has_epochs(self, estate_id: str, terminal_id: str) -> bool:
        """Tell whether the log has anything of this terminal."""
        return bool(
            self._one("SELECT 1 FROM epoch WHERE estate_id = ? AND terminal_id = ? LIMIT 1", estate_id, terminal_id)
        )

    def last_stamp(self, estate_id: str, terminal_id: str) -> Stamp:
        """Return the latest canonical stamp of what this terminal has sent, from whatever file."""
        row = self._one(
            "SELECT last_ms, last_counter FROM epoch WHERE estate_id = ? AND terminal_id = ?"
            " ORDER BY last_ms DESC, last_counter DESC LIMIT 1",
            estate_id,
            terminal_id,
        )
        return Stamp(*row) if row else Stamp(0, 0)

    def latest_stamp(self, estate_id: str) -> Stamp:
        """Return the latest canonical stamp of what any terminal of the estate has sent."""
        row = self._one(
            "SELECT last_ms, last_counter FROM epoch WHERE estate_id = ?"
            " ORDER BY last_ms DESC, last_counter DESC LIMIT 1",
            estate_id,
        )
        return Stamp(*row) if row else Stamp(0, 0)

    def cid_at(self, estate_id: str, pos: int) -> str | None:
        """Return the change at a position of the log."""
        row = self._one("SELECT cid FROM change_log WHERE estate_id = ? AND pos = ?", estate_id, pos)
        return str(row[0]) if row else None

    def cid_in_epoch(self, estate_id: str, epoch: str, seq: int) -> str | None:
        """Return the change that HQ took as this number of an epoch, one that it had already among them."""
        place = (estate_id, epoch, seq)
        row = self._one("SELECT cid FROM change_log WHERE estate_id = ? AND epoch = ? AND seq = ?", *place)
        row = row or self._one("SELECT cid FROM duplicate WHERE estate_id = ? AND epoch = ? AND seq = ?", *place)
        return str(row[0]) if row else None

    def log_after(self, estate_id: str, pos: int, most: int) -> list[LogRow]:
        """Return up to `most` changes after a position, in order."""
        rows = self._all(
            f"SELECT {', '.join(LogRow._fields)} FROM change_log WHERE estate_id = ? AND pos > ? ORDER BY pos LIMIT ?",
            estate_id,
            pos,
            most,
        )
        return [LogRow(*row) for row in rows]

    def states_after(self, estate_id: str, tbl: str, record_id: str, most: int) -> list[StateRow]:
        """Return up to `most` records after this one, by table and id."""
        rows = self._all(
            f"SELECT {', '.join(StateRow._fields)} FROM record_state WHERE estate_id = ?"
            " AND (tbl, record_id) > (?, ?) ORDER BY tbl, record_id LIMIT ?",
            estate_id,
            tbl,
            record_id,
            most,
        )
        return [StateRow(*row) for row in rows]

    def reports(self, estate_id: str, most: int) -> list[ReportRow]:
        """Return up to `most` reports, the newest first: their ids are in the order in which they were made."""
        rows = self._all(
            f"SELECT {', '.join(ReportRow._fields)} FROM report WHERE estate_id = ? ORDER BY report_id DESC LIMIT ?",
            estate_id,
            most,
        )
        return [ReportRow(*row) for row in rows]

    def reports_of(self, estate_id: str, kind: str) -> list[ReportRow]:
        """Return all reports of one kind."""
        rows = self._all(
            f"SELECT {', '.join(ReportRow._fields)} FROM report WHERE estate_id = ? AND kind = ?", estate_id, kind
        )
        return [ReportRow(*row) for row in rows]

    def known_cids(self, estate_id: str, cids: Sequence[str]) -> set[str]:
        """Return which of these changes the log has."""
        rows = self._all(
            "SELECT l.cid FROM json_each(?) one CROSS JOIN change_log l WHERE l.estate_id = ? AND l.cid = one.value",
            json.dumps(cids),
            estate_id,
        )
        return {row[0] for row in rows}

    def state(self, estate_id: str, tbl: str, record_id: str) -> StateRow | None:
        """Return the present state of a record."""
        row = self._one(
            f"SELECT {', '.join(StateRow._fields)} FROM record_state WHERE estate_id = ? AND tbl = ? AND record_id = ?",
            estate_id,
            tbl,
            record_id,
        )
        return StateRow(*row) if row else None

    def states(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[StateRow]:
        """Return the present states of those of the records (table, id) that HQ has."""
        rows = self._all(
            f"SELECT {', '.join('r.' + name for name in StateRow._fields)} FROM json_each(?) pair"
            " CROSS JOIN record_state r WHERE r.estate_id = ?"
            " AND r.tbl = pair.value ->> 0 AND r.record_id = pair.value ->> 1",
            json.dumps(keys),
            estate_id,
        )
        return [StateRow(*row) for row in rows]

    def children(self, estate_id: str, tbl: str, parent_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (parent_id, record_id, state) of the records of `tbl` that belong to these parents."""
        rows = self._all(
            "SELECT r.parent_id, r.record_id, r.state FROM json_each(?) one CROSS JOIN record_state r"
            " WHERE r.estate_id = ? AND r.parent_id = one.value AND r.tbl || '' = ?",
            json.dumps(parent_ids),
            estate_id,
            tbl,
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def greeting(self, estate_id: str, terminal_id: str) -> str | None:
        """Return the hello (JSON) of the last file that a terminal brought."""
        row = self._one("SELECT body FROM greeting WHERE estate_id = ? AND terminal_id = ?", estate_id, terminal_id)
        return str(row[0]) if row else None

    def tallies(self, estate_id: str) -> list[TallyRow]:
        """Return the sums of an estate's records."""
        rows = self._all(f"SELECT {', '.join(TallyRow._fields)} FROM tally WHERE estate_id = ?", estate_id)
        return [TallyRow(*row) for row in rows]

    def tallies_of(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> list[TallyRow]:
        """Return the sums of these tables and months."""
        rows = self._all(
            f"SELECT {', '.join('t.' + name for name in TallyRow._fields)} FROM json_each(?) pair CROSS JOIN tally t"
            " WHERE t.estate_id = ? AND t.tbl = pair.value ->> 0 AND t.month = pair.value ->> 1",
            json.dumps(keys),
            estate_id,
        )
        return [TallyRow(*row) for row in rows]

    def states_of(self, estate_id: str, tbl: str) -> list[StateRow]:
        """Return the present states of all records of a table that has few, by id."""
        rows = self._all(
            f"SELECT {', '.join(StateRow._fields)} FROM record_state WHERE estate_id = ? AND tbl = ?"
            " ORDER BY record_id",
            estate_id,
            tbl,
        )
        return [StateRow(*row) for row in rows]

    def secrets(self, estate_id: str) -> list[SecretRow]:
        """Return what HQ keeps secret for the estate, by kind and name."""
        rows = self._all(
            f"SELECT {', '.join(SecretRow._fields)} FROM estate_secret WHERE estate_id = ? ORDER BY kind, name",
            estate_id,
        )
        return [SecretRow(*row) for row in rows]
