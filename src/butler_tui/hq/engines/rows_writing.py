"""What HQ writes, in statements that every engine understands (rows_reading.py says which); all name the estate."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence

from butler_tui.hq.engines import (
    AlreadyThere,
    CodeRow,
    DuplicateRow,
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
from butler_tui.hq.engines.rows_erasing import ErasingRows


def insert(table: str, names: Sequence[str]) -> str:
    """Return the statement that inserts a row of these columns."""
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"


def or_update(key: Sequence[str], names: Iterable[str]) -> str:
    """Return what makes an INSERT write these columns anew where a row of this key is there."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in names)
    return f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changed}"


STATE_ANEW = or_update(StateRow._fields[:3], StateRow._fields[3:])
DUPLICATE_ANEW = or_update(DuplicateRow._fields[:3], DuplicateRow._fields[3:])

_ADD_LOG = insert("change_log", LogRow._fields)
_ADD_DUPLICATE = insert("duplicate", DuplicateRow._fields) + DUPLICATE_ANEW
_ADD_STATE = insert("record_state", StateRow._fields)
_PUT_STATE = _ADD_STATE + STATE_ANEW
_PUT_GREETING = insert("greeting", ("estate_id", "terminal_id", "body")) + or_update(
    ("estate_id", "terminal_id"), ("body",)
)
_PUT_TALLY = insert("tally", TallyRow._fields) + or_update(TallyRow._fields[:3], TallyRow._fields[3:])
_PUT_EPOCH = insert("epoch", EpochRow._fields) + or_update(EpochRow._fields[:2], EpochRow._fields[4:])
_PUT_TERMINAL = (
    insert("terminal", TerminalRow._fields)
    + or_update(TerminalRow._fields[:2], ("name", "kind", "box_key", "enrolled_ms", "revoked_ms", "version"))
    + ", scope_gen = terminal.scope_gen + CASE WHEN terminal.kind = excluded.kind THEN 0 ELSE 1 END"
)
_PUT_SECRET = insert("estate_secret", SecretRow._fields) + or_update(SecretRow._fields[:3], SecretRow._fields[3:])


class WritingRows(ErasingRows):
    """Reading and writing on one connection, inside a transaction."""

    @abstractmethod
    def lock(self, estate_id: str) -> PositionRow | None:
        """Lock the estate's row until the transaction ends, and return where its log stands."""

    def add_estate(self, row: EstateRow, hq_gen: str, now_ms: int) -> None:
        """Add an estate with an empty log; raises AlreadyThere where there is one of its id."""
        added = self._run(
            "INSERT INTO estate (estate_id, name, time_zone, added_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            *row[:3],
            now_ms,
        )
        if not added:
            raise AlreadyThere(row.estate_id)
        self._run("INSERT INTO estate_pos (estate_id, hq_gen) VALUES (?, ?)", row.estate_id, hq_gen)

    def add_code(self, estate_id: str, code_hash: bytes, code: CodeRow) -> None:
        """Keep a one-time code, and count wrong tries from none again."""
        self._run(
            "INSERT INTO terminal_code (estate_id, code_hash, kind, expires_ms) VALUES (?, ?, ?, ?)",
            estate_id,
            code_hash,
            code.kind,
            code.expires_ms,
        )
        self._run("UPDATE estate SET wrong_codes = 0 WHERE estate_id = ?", estate_id)

    def count_wrong_code(self, estate_id: str) -> None:
        """Count a wrong code."""
        self._run("UPDATE estate SET wrong_codes = wrong_codes + 1 WHERE estate_id = ?", estate_id)

    def use_code(self, estate_id: str, code_hash: bytes, terminal_id: str) -> None:
        """Write down who used a code."""
        self._run(
            "UPDATE terminal_code SET used_by = ? WHERE estate_id = ? AND code_hash = ?",
            terminal_id,
            estate_id,
            code_hash,
        )

    def put_terminal(self, row: TerminalRow) -> None:
        """Add a terminal, or write it anew under the same id; as another kind it may see something else."""
        self._run(_PUT_TERMINAL, *row)

    def revoke(self, estate_id: str, terminal_id: str, now_ms: int) -> bool:
        """Apply nothing of a terminal from now on, where that is not so already; tell whether there was one."""
        done = self._run(
            "UPDATE terminal SET revoked_ms = coalesce(revoked_ms, ?) WHERE estate_id = ? AND terminal_id = ?",
            now_ms,
            estate_id,
            terminal_id,
        )
        return done > 0

    def shut_out(self, estate_id: str, terminal_id: str) -> None:
        """Forget what is sealed to a revoked terminal: it is never answered again, and has no last push any more."""
        self._run(
            "UPDATE terminal SET box_key = ? WHERE estate_id = ? AND terminal_id = ?", b"", estate_id, terminal_id
        )

    def put_kind(self, estate_id: str, terminal_id: str, kind: str) -> bool:
        """Make a terminal one of another kind, which changes what it may see; tell whether there was one."""
        done = self._run(
            "UPDATE terminal SET kind = ?1, scope_gen = scope_gen + CASE WHEN kind = ?1 THEN 0 ELSE 1 END"
            " WHERE estate_id = ?2 AND terminal_id = ?3",
            kind,
            estate_id,
            terminal_id,
        )
        return done > 0

    def begin_generation(self, estate_id: str, hq_gen: str, now_ms: int) -> None:
        """Begin a new generation of an estate's log, where it ends now."""
        self._run("UPDATE estate_pos SET hq_gen = ? WHERE estate_id = ?", hq_gen, estate_id)
        self._run(
            "INSERT INTO generation (estate_id, hq_gen, from_pos, began_ms)"
            " SELECT estate_id, hq_gen, next_pos - 1, ? FROM estate_pos WHERE estate_id = ?",
            now_ms,
            estate_id,
        )

    def note_durable(self, estate_id: str, hq_gen: str, pos: int) -> None:
        """Write down that a verified backup has this generation of an estate's log up to `pos`."""
        self._run(
            "UPDATE estate_pos SET durable_pos = ?1 WHERE estate_id = ?2 AND hq_gen = ?3 AND durable_pos < ?1",
            pos,
            estate_id,
            hq_gen,
        )

    def add_report(self, row: ReportRow) -> None:
        """Keep a report."""
        self._run(insert("report", ReportRow._fields), *row)

    def note_hello(self, row: TerminalRow) -> None:
        """Write down when a terminal was seen, and what it said of itself."""
        self._run(
            "UPDATE terminal SET seen_ms = ?, waiting = ?, clock_ahead_ms = ?, version = ?"
            " WHERE estate_id = ? AND terminal_id = ?",
            row.seen_ms,
            row.waiting,
            row.clock_ahead_ms,
            row.version,
            row.estate_id,
            row.terminal_id,
        )

    def use_nonce(self, estate_id: str, terminal_id: str, nonce: str, now_ms: int, forget_before_ms: int) -> bool:
        """Keep a nonce; False where it was used before. Nonces before `forget_before_ms` are forgotten."""
        self._run("DELETE FROM nonce WHERE estate_id = ? AND at_ms < ?", estate_id, forget_before_ms)
        return self._keep_nonce(estate_id, terminal_id, nonce, now_ms)

    def _keep_nonce(self, estate_id: str, terminal_id: str, nonce: str, now_ms: int) -> bool:
        done = self._run(
            "INSERT INTO nonce (estate_id, terminal_id, nonce, at_ms) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
            estate_id,
            terminal_id,
            nonce,
            now_ms,
        )
        return done > 0

    def advance(self, estate_id: str, count: int) -> int:
        """Take `count` positions and return the first of them."""
        row = self._one(
            "UPDATE estate_pos SET next_pos = next_pos + ? WHERE estate_id = ? RETURNING next_pos", count, estate_id
        )
        return int(row[0]) - count

    def put_epoch(self, row: EpochRow) -> None:
        """Write the head of an epoch."""
        self._run(_PUT_EPOCH, *row)

    def add_log(self, rows: Iterable[LogRow]) -> None:
        """Add changes at their positions."""
        self._many(_ADD_LOG, rows)

    def add_duplicates(self, rows: Iterable[DuplicateRow]) -> None:
        """Keep the envelopes of duplicates."""
        self._many(_ADD_DUPLICATE, rows)

    def add_states(self, rows: Iterable[StateRow]) -> None:
        """Write records that were not there before, as was seen after the estate's row was locked."""
        self._many(_ADD_STATE, rows)

    def put_states(self, rows: Iterable[StateRow]) -> None:
        """Write records as they are now, in the place of what is there; all of one estate."""
        self._many(_PUT_STATE, rows)

    def put_secrets(self, rows: Iterable[SecretRow]) -> None:
        """Keep secrets, in the place of those of the same kind and name."""
        self._many(_PUT_SECRET, rows)

    def drop_secrets(self, estate_id: str, keys: Sequence[tuple[str, str]]) -> None:
        """Forget the secrets of these kinds and names."""
        self._many(
            "DELETE FROM estate_secret WHERE estate_id = ? AND kind = ? AND name = ?",
            [(estate_id, kind, name) for kind, name in keys],
        )

    def put_greeting(self, estate_id: str, terminal_id: str, body: str) -> None:
        """Keep the hello (JSON) of a file that a terminal brought."""
        self._run(_PUT_GREETING, estate_id, terminal_id, body)

    def put_tallies(self, rows: Iterable[TallyRow]) -> None:
        """Write sums as they are now."""
        self._many(_PUT_TALLY, rows)

    def let_go(self, estate_id: str, cids: Sequence[str]) -> None:
        """Take these changes out of quarantine: they stand in the log once more, applied."""
        self._many(
            "UPDATE change_log SET verdict = 'released' WHERE estate_id = ? AND cid = ?",
            [(estate_id, cid) for cid in cids],
        )

    def put_shown(self, estate_id: str, tbl: str, shown: Iterable[tuple[str, str]]) -> None:
        """Write beside records what follows for them from others: (record_id, JSON)."""
        self._many(
            "UPDATE record_state SET shown = ? WHERE estate_id = ? AND tbl = ? AND record_id = ?",
            [(text, estate_id, tbl, record_id) for record_id, text in shown],
        )
