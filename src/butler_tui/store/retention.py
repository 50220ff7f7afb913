"""Finding what has been kept long enough, and erasing it in small transactions, so that no screen waits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.ids import least_id
from butler_tui.store.database import Connection, plain_errors, transaction
from butler_tui.store.journal import Erasure
from butler_tui.store.local import Store

_HOUR_MS = 3_600_000
_PRIVATE = ", ".join(field.name for field in TABLES["visit"].fields if field.privacy is not Privacy.PLAIN)

# Nobody inside is erased. Ids are not later than the visit they name, so the key is walked up to the last due one;
# what has nothing left to erase is passed over.
_ENDED = "v.visit_id > ?1 AND v.visit_id < ?2 AND v.state <> 'inside' AND coalesce(v.out_ms, v.registered_ms) < ?3"
_NUMBERS = f"""
SELECT v.visit_id FROM visit v WHERE {_ENDED} AND (v.document_masked IS NOT NULL OR EXISTS
    (SELECT 1 FROM document_secret s WHERE s.visit_id = v.visit_id
        AND (length(s.sealed) > 0 OR s.number_key IS NOT NULL)))
ORDER BY v.visit_id LIMIT ?4
"""
_VISITS = f"""
SELECT v.visit_id FROM visit v WHERE {_ENDED} AND (coalesce({_PRIVATE}, original) IS NOT NULL
    OR EXISTS (SELECT 1 FROM companion c WHERE c.visit_id = v.visit_id AND c.name <> '')
    OR EXISTS (SELECT 1 FROM visit_event e WHERE e.visit_id = v.visit_id AND coalesce(e.note, e.corrected) IS NOT NULL))
ORDER BY v.visit_id LIMIT ?4
"""


@dataclass(frozen=True, slots=True)
class DueVisits:
    """Visits that are due, by id: whose number goes, or all that tells who came."""

    visit_ids: tuple[bytes, ...]
    whole: bool


def due_numbers(connection: Connection, before_ms: int, after: bytes, most: int) -> DueVisits:
    """Return up to `most` visits after the id `after` that were over before `before_ms` and still have a number."""
    return DueVisits(_ids(connection, _NUMBERS, before_ms, after, most), whole=False)


def due_visits(connection: Connection, before_ms: int, after: bytes, most: int) -> DueVisits:
    """Return up to `most` visits after the id `after` that were over before `before_ms` and still tell who came."""
    return DueVisits(_ids(connection, _VISITS, before_ms, after, most), whole=True)


def _ids(connection: Connection, sql: str, before_ms: int, after: bytes, most: int) -> tuple[bytes, ...]:
    rows = connection.execute(sql, (after, least_id(max(before_ms, 0)), before_ms, most)).fetchall()
    return tuple(row[0] for row in rows)


def erasures(connection: Connection, visit_id: bytes, *, whole: bool) -> list[Erasure]:
    """Return what is erased with a visit: its numbers, or all of it with companions and events too."""
    secrets = [Erasure("document_secret", one) for one in _of(connection, "document_secret", "secret_id", visit_id)]
    if not whole:
        return [*secrets, Erasure("visit", visit_id, frozenset({"document_masked"}))]
    return [
        *secrets,
        *(Erasure("companion", one) for one in _of(connection, "companion", "companion_id", visit_id)),
        *(Erasure("visit_event", one) for one in _of(connection, "visit_event", "event_id", visit_id)),
        Erasure("visit", visit_id),
    ]


def _of(connection: Connection, table: str, key: str, visit_id: bytes) -> list[bytes]:
    return [row[0] for row in connection.execute(f"SELECT {key} FROM {table} WHERE visit_id = ?", (visit_id,))]


def written(connection: Connection) -> Iterator[int]:
    """Yield the times at which this terminal wrote something (UTC ms), rising, at most one an hour, and the last.

    They stand in the ids of its changes, an index that is hopped through.
    """
    at = b""
    last = None
    while (row := connection.execute("SELECT min(cid) FROM journal WHERE cid >= ?", (at,)).fetchone())[0] is not None:
        last = int.from_bytes(row[0][:6], "big")
        yield last
        at = least_id(last + _HOUR_MS)
    row = connection.execute("SELECT max(cid) FROM journal").fetchone()
    if row[0] is not None and (newest := int.from_bytes(row[0][:6], "big")) != last:
        yield newest


def server_ms(connection: Connection) -> int | None:
    """Return what time HQ said it was at the last sync (UTC ms), None where it never did.

    The clock may have been mended between a sync and a later try, which brought a new offset: the earlier counts.
    """
    row = connection.execute("SELECT last_sync_ms, last_try_ms, clock_offset_ms FROM sync_state").fetchone()
    if row[0] is None or row[2] is None:
        return None
    return int(min(row[0], row[1] if row[1] is not None else row[0]) + row[2])


def due_drafts(connection: Connection, before_ms: int) -> int:
    """Return how many half-typed forms nobody has touched since `before_ms`."""
    row = connection.execute("SELECT count(*) FROM draft WHERE changed_ms < ?", (before_ms,)).fetchone()
    return int(row[0])


def forget_drafts(store: Store, before_ms: int) -> None:
    """Take those away."""
    with plain_errors(store.home.database), transaction(store.connection):
        store.connection.execute("DELETE FROM draft WHERE changed_ms < ?", (before_ms,))


def still_sealed(connection: Connection, month_key_ids: Sequence[bytes]) -> set[bytes]:
    """Return those of the keys by which a number is sealed that has not been erased: of somebody inside."""
    return {
        key_id
        for key_id in month_key_ids
        if connection.execute(
            "SELECT 1 FROM document_secret WHERE month_key_id = ? AND length(sealed) > 0 LIMIT 1", (key_id,)
        ).fetchone()
    }


def empty_log(connection: Connection) -> bool:
    """Write the log (WAL) into the file and cut it to nothing; tell whether no other program stood in the way."""
    return int(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]) == 0
