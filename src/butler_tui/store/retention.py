"""Finding what has been kept long enough, and erasing it in small transactions, so that no screen waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.domain.retention import MOST_SILENT_MS, Span, borne_out
from butler_tui.ids import least_id, ms_of
from butler_tui.store import blobs
from butler_tui.store.database import Connection, plain_errors, transaction
from butler_tui.store.journal import Erasure
from butler_tui.store.local import Store

_END = b"\xff" * 16
_PRIVATE = ", ".join(field.name for field in TABLES["visit"].fields if field.privacy is not Privacy.PLAIN)

# Who was never checked out counts from when they were expected to leave. What has nothing left is passed over.
_ENDED = """v.visit_id > ?1 AND v.visit_id < ?2
    AND coalesce(v.out_ms, v.registered_ms) >= ?3 AND coalesce(v.out_ms, v.registered_ms) < ?4
    AND (v.state <> 'inside' OR coalesce(v.expected_out_ms, 0) < ?6)"""
_NUMBERS = f"""
SELECT v.visit_id FROM visit v WHERE {_ENDED} AND EXISTS
    (SELECT 1 FROM document_secret s WHERE s.visit_id = v.visit_id
        AND (length(s.sealed) > 0 OR s.number_key IS NOT NULL))
ORDER BY v.visit_id LIMIT ?5
"""
_VISITS = f"""
SELECT v.visit_id FROM visit v WHERE {_ENDED} AND (coalesce({_PRIVATE}, original) IS NOT NULL
    OR EXISTS (SELECT 1 FROM companion c WHERE c.visit_id = v.visit_id AND c.name <> '')
    OR EXISTS (SELECT 1 FROM visit_event e WHERE e.visit_id = v.visit_id AND coalesce(e.note, e.corrected) IS NOT NULL))
ORDER BY v.visit_id LIMIT ?5
"""


@dataclass(frozen=True, slots=True)
class DueVisits:
    """Visits that are due, by id: whose number goes, or all that tells who came."""

    visit_ids: tuple[bytes, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class Over:
    """Visits that were over within `span` by this computer's clock; ids are made by it too.

    They are not later than their visits, so the key is walked no further, except where the clock has ever leapt.
    Those who are still inside must have been expected out before `expected_ms` too (UTC ms).
    """

    span: Span
    leapt: bool
    expected_ms: int


def due_numbers(connection: Connection, over: Over, after: bytes, most: int) -> DueVisits:
    """Return up to `most` such visits after the id `after` that still have a number."""
    return DueVisits(_ids(connection, _NUMBERS, over, after, most), whole=False)


def due_visits(connection: Connection, over: Over, after: bytes, most: int) -> DueVisits:
    """Return up to `most` such visits after the id `after` that still tell who came."""
    return DueVisits(_ids(connection, _VISITS, over, after, most), whole=True)


def _ids(connection: Connection, sql: str, over: Over, after: bytes, most: int) -> tuple[bytes, ...]:
    since, until = over.span
    end = _END if over.leapt or until >= 1 << 48 else least_id(until)
    rows = connection.execute(sql, (after, end, since, until, most, over.expected_ms)).fetchall()
    return tuple(row[0] for row in rows)


def erasures(connection: Connection, visit_id: bytes, *, whole: bool) -> list[Erasure]:
    """Return what is erased with a visit: its numbers, or all of it with companions and events too.

    The masked form of a number is one of the facts about who came, and goes with them (DOMAIN, section 8).
    """
    secrets = [Erasure("document_secret", one) for one in _of(connection, "document_secret", "secret_id", visit_id)]
    if not whole:
        return secrets
    return [
        *secrets,
        *(Erasure("companion", one) for one in _of(connection, "companion", "companion_id", visit_id)),
        *(Erasure("visit_event", one) for one in _of(connection, "visit_event", "event_id", visit_id)),
        *(Erasure("attachment", one) for one in blobs.of_record(connection, "visit", visit_id)),
        Erasure("visit", visit_id),
    ]


def _of(connection: Connection, table: str, key: str, visit_id: bytes) -> list[bytes]:
    return [row[0] for row in connection.execute(f"SELECT {key} FROM {table} WHERE visit_id = ?", (visit_id,))]


def written(connection: Connection, after: int, most: int = 5000) -> tuple[list[int], int | None]:
    """Return when the `most` changes after journal row `after` were written by this computer's clock (UTC ms).

    They come in the order written, which the clock may have fallen back in; then the row to go on after, None at the
    end.
    """
    rows = connection.execute(
        "SELECT journal_id, cid FROM journal WHERE journal_id > ? ORDER BY journal_id LIMIT ?", (after, most)
    ).fetchall()
    times = [ms_of(row[1]) for row in rows]
    return times, rows[-1][0] if len(rows) == most else None


def server_ms(connection: Connection) -> int | None:
    """Return what time HQ said it was at the last sync (UTC ms), None where it never did.

    The clock may have been mended between a sync and a later try, which brought a new offset: the earlier counts. Where
    HQ's is months ahead of ours, and ours not months behind what was written here, it is HQ's that is doubted.
    """
    row = connection.execute("SELECT last_sync_ms, last_try_ms, clock_offset_ms, hlc_ms FROM sync_state").fetchone()
    if row[0] is None or row[2] is None:
        return None
    ours = min(row[0], row[1] if row[1] is not None else row[0])
    return borne_out(ours + row[2], ours if row[3] - ours <= MOST_SILENT_MS else None)


def due_drafts(connection: Connection, spans: Sequence[Span]) -> int:
    """Return how many half-typed forms nobody has touched since such a time."""
    count = "SELECT count(*) FROM draft WHERE changed_ms >= ? AND changed_ms < ?"
    return sum(connection.execute(count, span).fetchone()[0] for span in spans)


def forget_drafts(store: Store, spans: Sequence[Span]) -> None:
    """Take those away."""
    with plain_errors(store.home.database), transaction(store.connection):
        store.connection.executemany("DELETE FROM draft WHERE changed_ms >= ? AND changed_ms < ?", spans)


def still_sealed(connection: Connection) -> set[bytes]:
    """Return the ids of the months' keys by which a number is sealed that has not been erased, in one reading."""
    rows = connection.execute("SELECT DISTINCT month_key_id FROM document_secret WHERE length(sealed) > 0")
    return {row[0] for row in rows}


def empty_log(connection: Connection) -> bool:
    """Write the log (WAL) into the file and cut it to nothing; tell whether no other program stood in the way.

    Cutting it keeps everybody else from saving while it waits for readers: so it does not wait, and most of the work
    is done before, beside them.
    """
    patience_ms = int(connection.execute("PRAGMA busy_timeout").fetchone()[0])
    connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        return int(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0
    finally:
        connection.execute(f"PRAGMA busy_timeout = {patience_ms}")
