"""Where this terminal stands with HQ: what waits, what HQ has taken, how the last try went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from butler_tui.domain.audit_chain import FIRST_LINK
from butler_tui.domain.changes import MOST_CHANGES, Change
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.ids import id_text, parse_id
from butler_tui.store import conflicts, estates
from butler_tui.store.database import Connection, transaction
from butler_tui.store.journal_rows import change_of, journal_id
from butler_tui.store.pruning import mark_acknowledged


class Result(StrEnum):
    """How the last try went."""

    OK = "ok"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One change that HQ could not apply (cid 16 bytes, UTC ms); `table` is None where its journal row is gone."""

    cid: bytes
    table: str | None
    reason: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class SyncStatus:
    """What the screens say about HQ; times are UTC ms.

    `waiting` changes are not at HQ yet, the oldest written at `oldest_ms`; `last_sync_ms` is when HQ last had
    everything; `clock_offset_ms` is HQ's time minus ours.
    """

    enrolled: bool
    waiting: int
    oldest_ms: int | None
    by_table: Mapping[str, int]
    last_sync_ms: int | None
    last_try_ms: int | None
    last_result: Result | None
    clock_offset_ms: int | None
    quarantined: tuple[Quarantined, ...]


class Summary(NamedTuple):
    """The state of HQ in a few figures that cost nothing to read, for the status line; times are UTC ms."""

    enrolled: bool
    waiting: int
    last_sync_ms: int | None
    last_result: Result | None
    quarantined: int
    conflicts: int = 0
    fetching: bool = False
    """Whether records are being fetched that have not all come."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where the journal and HQ stand; `acked_cid` is None before the first acknowledgement.

    `whole_after` is said while all records are fetched anew, as they were at `whole_upto`. What was written up to
    `fork_seq` had seen another log of HQ than the present one, but for what stands up to `fork_pos`.
    """

    epoch_no: int
    epoch: bytes
    last_seq: int
    acked_seq: int
    acked_cid: bytes | None
    hq_gen: str | None
    pos: int
    pos_cid: bytes | None
    scope_gen: int
    clock_offset_ms: int
    whole_upto: int | None
    whole_after: str | None
    fork_seq: int
    fork_pos: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive changes of whole groups, with the chain's link before the first and after the last."""

    changes: tuple[Change, ...]
    link_before: bytes
    link_after: bytes


def waiting(connection: Connection) -> int:
    """Return how many changes HQ has not taken yet."""
    return int(connection.execute("SELECT last_seq - acked_seq FROM sync_state").fetchone()[0])


def summary(connection: Connection) -> Summary:
    """Return the few figures of the status line; does not touch the journal."""
    row = connection.execute(
        "SELECT (SELECT terminal_id FROM terminal) IS NOT NULL, last_seq - acked_seq, last_sync_ms, last_result,"
        " (SELECT count(*) FROM quarantine WHERE reason NOT IN ('offered', 'settled')), whole_upto IS NOT NULL"
        " FROM sync_state"
    ).fetchone()
    undecided = conflicts.count(connection)
    return Summary(bool(row[0]), row[1], row[2], Result(row[3]) if row[3] else None, row[4], undecided, bool(row[5]))


def status(connection: Connection) -> SyncStatus:
    """Return what the screens say about HQ, from one look."""
    row = connection.execute("SELECT * FROM sync_state").fetchone()
    tables = connection.execute(
        "SELECT j.tbl, count(*), min(j.hlc_ms) FROM journal j, sync_state s"
        " WHERE j.journal_id > (s.epoch_no << 40 | s.acked_seq) GROUP BY j.tbl ORDER BY 2 DESC, 1"
    ).fetchall()
    return SyncStatus(
        enrolled=estates.terminal(connection).terminal_id is not None,
        waiting=row["last_seq"] - row["acked_seq"],
        oldest_ms=min((table[2] for table in tables), default=None),
        by_table={table[0]: table[1] for table in tables},
        last_sync_ms=row["last_sync_ms"],
        last_try_ms=row["last_try_ms"],
        last_result=Result(row["last_result"]) if row["last_result"] else None,
        clock_offset_ms=row["clock_offset_ms"],
        quarantined=tuple(_quarantined(connection)),
    )


def _quarantined(connection: Connection, most: int = 200) -> Iterable[Quarantined]:
    for row in connection.execute(
        "SELECT q.cid, j.tbl, q.reason, q.at_ms FROM quarantine q LEFT JOIN journal j USING (cid)"
        " WHERE q.reason NOT IN ('offered', 'settled') ORDER BY q.at_ms DESC, q.cid LIMIT ?",
        (most,),
    ):
        yield Quarantined(row[0], row[1], row[2], row[3])


def position(connection: Connection) -> Position:
    """Return where the journal and HQ stand."""
    row = connection.execute(
        "SELECT s.*, e.epoch, j.cid AS acked_cid FROM sync_state s JOIN epoch e USING (epoch_no)"
        " LEFT JOIN journal j ON j.journal_id = (s.epoch_no << 40 | s.acked_seq)"
    ).fetchone()
    return Position(
        row["epoch_no"],
        row["epoch"],
        row["last_seq"],
        row["acked_seq"],
        row["acked_cid"],
        row["hq_gen"],
        row["pos"],
        row["pos_cid"],
        row["scope_gen"],
        row["clock_offset_ms"] or 0,
        row["whole_upto"],
        row["whole_after"],
        row["fork_seq"],
        row["fork_pos"],
    )


def holds(connection: Connection, epoch_no: int, seq: int, cid: str | None) -> bool:
    """Tell whether this journal has the change that HQ says it took last: `seq` under that `cid` (text)."""
    if seq == 0:
        return cid is None
    row = connection.execute("SELECT cid FROM journal WHERE journal_id = ?", (journal_id(epoch_no, seq),)).fetchone()
    return row is not None and cid is not None and bytes(row[0]) == parse_id(cid)


def batch_after(connection: Connection, where: Position, most: int) -> Batch | None:
    """Return the next changes after `where.acked_seq`: whole groups, at most `most` changes, one group at least.

    None where nothing waits.
    """
    rows = connection.execute(
        "SELECT * FROM journal WHERE journal_id > ? ORDER BY journal_id LIMIT ?",
        (journal_id(where.epoch_no, where.acked_seq), max(most, MOST_CHANGES) + 1),
    ).fetchall()
    if not rows:
        return None
    ends = [at for at in range(1, len(rows)) if rows[at]["group_id"] != rows[at - 1]["group_id"]]
    if len(rows) <= max(most, MOST_CHANGES):
        ends.append(len(rows))
    end = max((at for at in ends if at <= most), default=ends[0])
    changes = tuple(change_of(row, where.epoch) for row in rows[:end])
    return Batch(changes, _link_at(connection, where), rows[end - 1]["link"])


def _link_at(connection: Connection, where: Position) -> bytes:
    row = connection.execute(
        "SELECT link FROM journal WHERE journal_id = ?", (journal_id(where.epoch_no, where.acked_seq),)
    ).fetchone()
    if row is None:
        row = connection.execute(
            "SELECT link FROM journal WHERE journal_id < ? ORDER BY journal_id DESC LIMIT 1",
            (journal_id(where.epoch_no, 0),),
        ).fetchone()
    return bytes(row[0]) if row else FIRST_LINK


def acknowledge(
    connection: Connection,
    *,
    acked_seq: int,
    quarantined: Iterable[tuple[str, str]],
    now_ms: int,
    head: int | None = None,
) -> None:
    """Write down up to where HQ has this epoch, and which changes (cid as text, reason) it holds in quarantine.

    `head` is where HQ's log ends, where it has said so; `now_ms` is UTC ms.
    """
    with transaction(connection):
        connection.execute("UPDATE sync_state SET acked_seq = ? WHERE acked_seq <> ?1", (acked_seq,))
        for cid, reason in quarantined:
            connection.execute(
                "INSERT INTO quarantine (cid, reason, at_ms) VALUES (?, ?, ?) ON CONFLICT (cid) DO NOTHING",
                (parse_id(cid), reason, now_ms),
            )
        if head is not None and acked_seq:
            (offset,) = connection.execute("SELECT coalesce(clock_offset_ms, 0) FROM sync_state").fetchone()
            mark_acknowledged(connection, head, now_ms + offset)


def note_hello(connection: Connection, *, hq_gen: str, durable_pos: int, server_ms: int, now_ms: int) -> None:
    """Write down what a hello brought: HQ's generation, its verified backup, its time (UTC ms) when ours was `now_ms`.

    Stamps that ran ahead with a clock that was wrong begin again from HQ's time.
    """
    connection.execute(
        "UPDATE sync_state SET hq_gen = ?, durable_pos = ?, clock_offset_ms = ?",
        (hq_gen, durable_pos, server_ms - now_ms),
    )
    connection.execute(
        "UPDATE sync_state SET hlc_ms = ?1, hlc_counter = 0 WHERE hlc_ms > ?1 + ?2", (server_ms, MOST_AHEAD_MS)
    )


def note_enrolled(connection: Connection, hq_gen: str, now_ms: int) -> None:
    """Write down the generation of the HQ that a terminal was just enrolled with, and that it could be reached."""
    connection.execute(
        "UPDATE sync_state SET hq_gen = ?, last_try_ms = ?, last_result = ?", (hq_gen, now_ms, str(Result.OK))
    )


def note_result(connection: Connection, result: Result, now_ms: int) -> None:
    """Write down how a try ended at `now_ms` (UTC ms); an ok one counts as a sync where nothing waits any more."""
    connection.execute(
        "UPDATE sync_state SET last_try_ms = ?1, last_result = ?2, last_sync_ms ="
        " CASE WHEN ?2 = 'ok' AND acked_seq = last_seq THEN ?1 ELSE last_sync_ms END",
        (now_ms, str(result)),
    )


def cid_text(where: Position) -> str | None:
    """Return the cid of the last acknowledged change as it travels, or None."""
    return id_text(where.acked_cid) if where.acked_cid else None


def pos_cid_text(where: Position) -> str | None:
    """Return the cid at the position pulled up to as it travels, or None."""
    return id_text(where.pos_cid) if where.pos_cid else None
