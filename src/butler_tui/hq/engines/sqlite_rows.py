"""The statements of the embedded engine; every one of them names the estate."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from butler_tui.hq.engines import (
    CodeRow,
    DuplicateRow,
    EpochRow,
    EstateRow,
    LogRow,
    PositionRow,
    StateRow,
    TerminalRow,
)
from butler_tui.store.database import Connection

_TERMINAL = ", ".join(TerminalRow._fields)


def _insert(table: str, names: Sequence[str], verb: str = "INSERT") -> str:
    return f"{verb} INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


_ADD_LOG = _insert("change_log", LogRow._fields)
_ADD_DUPLICATE = _insert("duplicate", DuplicateRow._fields, "INSERT OR REPLACE")
_PUT_STATE = (
    _insert("record_state", StateRow._fields) + " ON CONFLICT (estate_id, tbl, record_id) DO UPDATE SET"
    " parent_id = excluded.parent_id, state = excluded.state, stamps = excluded.stamps, pos = excluded.pos"
)
_PUT_EPOCH = (
    _insert("epoch", EpochRow._fields) + " ON CONFLICT (estate_id, epoch) DO UPDATE SET last_seq = excluded.last_seq,"
    " last_cid = excluded.last_cid, last_link = excluded.last_link, last_ms = excluded.last_ms,"
    " last_counter = excluded.last_counter"
)
_PUT_TERMINAL = (
    _insert("terminal", TerminalRow._fields) + " ON CONFLICT (estate_id, terminal_id) DO UPDATE SET"
    " name = excluded.name, kind = excluded.kind, box_key = excluded.box_key, enrolled_ms = excluded.enrolled_ms,"
    " revoked_ms = excluded.revoked_ms, version = excluded.version"
)


class Rows:
    """Reading and writing on one connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def _one(self, sql: str, *values: object) -> Any:
        return self.connection.execute(sql, values).fetchone()

    def estate(self, estate_id: str) -> EstateRow | None:
        """Return an estate."""
        row = self._one("SELECT estate_id, name, time_zone, wrong_codes FROM estate WHERE estate_id = ?", estate_id)
        return EstateRow(*row) if row else None

    def estates(self) -> list[EstateRow]:
        """Return all estates, by name."""
        rows = self.connection.execute("SELECT estate_id, name, time_zone, wrong_codes FROM estate ORDER BY name")
        return [EstateRow(*row) for row in rows]

    def position(self, estate_id: str) -> PositionRow:
        """Return where the log stands."""
        row = self._one("SELECT next_pos, hq_gen, scope_gen FROM estate_pos WHERE estate_id = ?", estate_id)
        return PositionRow(*row)

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
        rows = self.connection.execute(
            f"SELECT {_TERMINAL} FROM terminal WHERE estate_id = ? ORDER BY name, terminal_id", (estate_id,)
        )
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

    def known_cids(self, estate_id: str, cids: Sequence[str]) -> set[str]:
        """Return which of these changes the log has."""
        rows = self.connection.execute(
            "SELECT c.value FROM json_each(?) c WHERE EXISTS"
            " (SELECT 1 FROM change_log l WHERE l.estate_id = ? AND l.cid = c.value)",
            (json.dumps(cids), estate_id),
        )
        return {row[0] for row in rows}

    def held(self, estate_id: str, cids: Sequence[str]) -> list[tuple[str, str]]:
        """Return (cid, reason) of those of these changes that stand in quarantine."""
        rows = self.connection.execute(
            "SELECT l.cid, l.reason FROM json_each(?) c CROSS JOIN change_log l"
            " ON l.estate_id = ? AND l.cid = c.value WHERE l.verdict = 'quarantined'",
            (json.dumps(cids), estate_id),
        )
        return [(row[0], row[1]) for row in rows]

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
        rows = self.connection.execute(
            f"SELECT {', '.join('r.' + name for name in StateRow._fields)} FROM json_each(?) k"
            " CROSS JOIN record_state r ON r.estate_id = ? AND r.tbl = k.value ->> 0 AND r.record_id = k.value ->> 1",
            (json.dumps(keys), estate_id),
        )
        return [StateRow(*row) for row in rows]

    def children(self, estate_id: str, tbl: str, parent_ids: Sequence[str]) -> list[tuple[str, str, str]]:
        """Return (parent_id, record_id, state) of the records of `tbl` that belong to these parents."""
        rows = self.connection.execute(
            "SELECT r.parent_id, r.record_id, r.state FROM json_each(?) k CROSS JOIN record_state r"
            " ON r.estate_id = ? AND r.tbl = ? AND r.parent_id = k.value",
            (json.dumps(parent_ids), estate_id, tbl),
        )
        return [(row[0], row[1], row[2]) for row in rows]

    def quarantined_after(self, estate_id: str, epoch: str, seq: int, most: int) -> list[tuple[str, str]]:
        """Return (cid, reason) of this epoch's changes after `seq` that stand in quarantine, duplicates among them."""
        rows = self.connection.execute(
            "SELECT seq, cid, reason FROM change_log WHERE estate_id = ?1 AND epoch = ?2 AND seq > ?3"
            " AND verdict = 'quarantined' UNION ALL SELECT d.seq, d.cid, l.reason FROM duplicate d"
            " JOIN change_log l ON l.estate_id = ?1 AND l.cid = d.cid WHERE d.estate_id = ?1 AND d.epoch = ?2"
            " AND d.seq > ?3 AND l.verdict = 'quarantined' ORDER BY seq LIMIT ?4",
            (estate_id, epoch, seq, most),
        ).fetchall()
        return [(row[1], row[2]) for row in rows]

    def counts(self, estate_id: str) -> tuple[int, int]:
        """Return how many changes the log has, and how many of them in quarantine."""
        row = self._one(
            "SELECT count(*), coalesce(sum(verdict = 'quarantined'), 0) FROM change_log WHERE estate_id = ?", estate_id
        )
        return int(row[0]), int(row[1])

    def add_estate(self, row: EstateRow, hq_gen: str, now_ms: int) -> None:
        """Add an estate with an empty log."""
        self.connection.execute(
            "INSERT INTO estate (estate_id, name, time_zone, added_ms) VALUES (?, ?, ?, ?)", (*row[:3], now_ms)
        )
        self.connection.execute("INSERT INTO estate_pos (estate_id, hq_gen) VALUES (?, ?)", (row.estate_id, hq_gen))

    def add_code(self, estate_id: str, code_hash: bytes, code: CodeRow) -> None:
        """Keep a one-time code, and count wrong tries from none again."""
        self.connection.execute(
            "INSERT INTO terminal_code (estate_id, code_hash, kind, expires_ms) VALUES (?, ?, ?, ?)",
            (estate_id, code_hash, code.kind, code.expires_ms),
        )
        self.connection.execute("UPDATE estate SET wrong_codes = 0 WHERE estate_id = ?", (estate_id,))

    def count_wrong_code(self, estate_id: str) -> None:
        """Count a wrong code."""
        self.connection.execute("UPDATE estate SET wrong_codes = wrong_codes + 1 WHERE estate_id = ?", (estate_id,))

    def use_code(self, estate_id: str, code_hash: bytes, terminal_id: str) -> None:
        """Write down who used a code."""
        self.connection.execute(
            "UPDATE terminal_code SET used_by = ? WHERE estate_id = ? AND code_hash = ?",
            (terminal_id, estate_id, code_hash),
        )

    def put_terminal(self, row: TerminalRow) -> None:
        """Add a terminal, or write it anew under the same id."""
        self.connection.execute(_PUT_TERMINAL, row)

    def revoke(self, estate_id: str, terminal_id: str, now_ms: int) -> bool:
        """Refuse a terminal from now on; tell whether there was one."""
        done = self.connection.execute(
            "UPDATE terminal SET revoked_ms = ? WHERE estate_id = ? AND terminal_id = ?",
            (now_ms, estate_id, terminal_id),
        )
        return done.rowcount > 0

    def note_hello(self, row: TerminalRow) -> None:
        """Write down when a terminal was seen, and what it said of itself."""
        self.connection.execute(
            "UPDATE terminal SET seen_ms = ?, waiting = ?, clock_ahead_ms = ?, version = ?"
            " WHERE estate_id = ? AND terminal_id = ?",
            (row.seen_ms, row.waiting, row.clock_ahead_ms, row.version, row.estate_id, row.terminal_id),
        )

    def use_nonce(self, estate_id: str, terminal_id: str, nonce: str, now_ms: int, forget_before_ms: int) -> bool:
        """Keep a nonce; False where it was used before. Nonces before `forget_before_ms` are forgotten."""
        self.connection.execute("DELETE FROM nonce WHERE estate_id = ? AND at_ms < ?", (estate_id, forget_before_ms))
        done = self.connection.execute(
            "INSERT INTO nonce (estate_id, terminal_id, nonce, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (estate_id, terminal_id, nonce, now_ms),
        )
        return done.rowcount > 0

    def lock(self, estate_id: str) -> PositionRow | None:
        """Return where the estate's log stands; BEGIN IMMEDIATE holds the lock already."""
        row = self._one("SELECT next_pos, hq_gen, scope_gen FROM estate_pos WHERE estate_id = ?", estate_id)
        return PositionRow(*row) if row else None

    def advance(self, estate_id: str, count: int) -> int:
        """Take `count` positions and return the first of them."""
        row = self._one(
            "UPDATE estate_pos SET next_pos = next_pos + ? WHERE estate_id = ? RETURNING next_pos", count, estate_id
        )
        return int(row[0]) - count

    def put_epoch(self, row: EpochRow) -> None:
        """Write the head of an epoch."""
        self.connection.execute(_PUT_EPOCH, row)

    def add_log(self, rows: Iterable[LogRow]) -> None:
        """Add changes at their positions."""
        self.connection.executemany(_ADD_LOG, rows)

    def add_duplicates(self, rows: Iterable[DuplicateRow]) -> None:
        """Keep the envelopes of duplicates."""
        self.connection.executemany(_ADD_DUPLICATE, rows)

    def put_states(self, rows: Iterable[StateRow]) -> None:
        """Write records as they are now."""
        self.connection.executemany(_PUT_STATE, rows)

    def put_shown(self, estate_id: str, tbl: str, shown: Iterable[tuple[str, str]]) -> None:
        """Write beside records what follows for them from others: (record_id, JSON)."""
        self.connection.executemany(
            "UPDATE record_state SET shown = ? WHERE estate_id = ? AND tbl = ? AND record_id = ?",
            [(text, estate_id, tbl, record_id) for record_id, text in shown],
        )
