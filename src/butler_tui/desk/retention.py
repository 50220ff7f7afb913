"""Erasing by policy, on the terminal: numbers, then all that tells who came, old drafts, and months' keys.

A record that is not at HQ yet is erased like any other once its time is over, which is what PROTOCOL promises: its
change stays in the journal, redacted, and goes to HQ, so that every visit is still counted there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from butler_tui.domain.policies import Policies
from butler_tui.domain.retention import Lived, kept_for, lived, month_ended_ms, months_until
from butler_tui.store import blobs, estates, month_keys, retention
from butler_tui.store.database import Connection
from butler_tui.store.journal import Erasure, erase_rows, redact
from butler_tui.store.local import Store
from butler_tui.store.retention import DueVisits, Over

_AT_ONCE = 50_000
"""Visits whose journal rows are looked for in one walk: the first sweep of a large file takes few."""
_TOGETHER = 10
"""Visits in one transaction."""
_TRIES = 10

Find = Callable[[Connection, Over, bytes, int], DueVisits]


@dataclass(frozen=True, slots=True)
class Swept:
    """What was erased, or would be: how many visits lost their number, and how many all that told who came.

    `judged_ms` is the time by which it was judged (UTC ms), None where nothing told the time and nothing was done;
    `log_emptied` is false where another program held the file's log, which is tried again at the next sweep.
    """

    judged_ms: int | None
    numbers: int = 0
    visits: int = 0
    drafts: int = 0
    months: tuple[str, ...] = ()
    log_emptied: bool = True

    @property
    def anything(self) -> bool:
        """Whether something was erased."""
        return bool(self.numbers or self.visits or self.drafts or self.months)


def sweep(store: Store, policies: Policies, *, dry_run: bool = False, pause_s: float = 0.02) -> Swept:
    """Erase what is due and return how much it was; `pause_s` is waited after each transaction.

    Raises FileTrouble where the disk refuses; what was erased stays so, and the rest is erased the next time.
    """
    connection = store.connection
    kept = kept_for(policies)
    known = lived(_written(store, pause_s), retention.server_ms(connection))
    if known.judged_ms is None:
        return Swept(None)
    visits = _erase_all(store, retention.due_visits, known, kept.visit_ms, dry_run=dry_run, pause_s=pause_s)
    numbers = _erase_all(store, retention.due_numbers, known, kept.number_ms, dry_run=dry_run, pause_s=pause_s)
    old = known.over(kept.draft_ms)
    drafts = retention.due_drafts(connection, old)
    if drafts and not dry_run:
        retention.forget_drafts(store, old)
    months = _months(store, known, kept.number_ms, dry_run=dry_run, pause_s=pause_s)
    emptied = dry_run or _log_emptied(store, pause_s)
    return Swept(known.judged_ms, numbers, visits, drafts, months, emptied)


def _written(store: Store, pause_s: float) -> Iterator[int]:
    """Yield when this terminal wrote something, in the order written: the journal is walked once."""
    at: int | None = 0
    while at is not None:
        times, at = retention.written(store.connection, at)
        yield from times
        time.sleep(pause_s)


def _erase_all(store: Store, find: Find, known: Lived, kept_ms: int, *, dry_run: bool, pause_s: float) -> int:
    count = 0
    for span in known.over(kept_ms):
        after = b""
        over = Over(span, known.leapt, known.newest_ms(kept_ms))
        while visit_ids := (due := find(store.connection, over, after, _AT_ONCE)).visit_ids:
            if not dry_run:
                _erase(store, due, pause_s)
            count += len(visit_ids)
            after = visit_ids[-1]
    return count


def _erase(store: Store, due: DueVisits, pause_s: float) -> None:
    """Redact the journal first: a power cut then leaves rows that are still found to be due."""
    connection = store.connection
    records = {
        one.record_id for visit_id in due.visit_ids for one in retention.erasures(connection, visit_id, whole=due.whole)
    }
    _redact(store, records, pause_s)
    for at in range(0, len(due.visit_ids), _TOGETHER):
        some = due.visit_ids[at : at + _TOGETHER]
        erasures = [one for visit_id in some for one in retention.erasures(connection, visit_id, whole=due.whole)]
        blobs.forget(store, [one.record_id for one in erasures if one.table == "attachment"])
        erase_rows(store, erasures)
        time.sleep(pause_s)


def _redact(store: Store, records: set[bytes], pause_s: float) -> None:
    if not records:
        return
    at: int | None = 0
    while at is not None:
        at = redact(store, records, at)
        time.sleep(pause_s)


def _months(store: Store, known: Lived, kept_ms: int, *, dry_run: bool, pause_s: float) -> tuple[str, ...]:
    """Let go of the keys of months that are over for as long as a number is kept; return those months."""
    zone = estates.zone(store.connection)
    over = known.over(kept_ms)
    keys = month_keys.months_of_keys(store, months_until(known.newest_ms(0), zone))
    due = {
        key_id: month
        for key_id, month in keys.items()
        if any(since <= month_ended_ms(month, zone) < until for since, until in over)
    }
    sealed = retention.still_sealed(store.connection) if due and not dry_run else set()
    gone = {key_id: month for key_id, month in due.items() if key_id not in sealed}
    if due and not dry_run:
        month_keys.forget_aside(store, due)  # what they sealed is in no use any more
    if gone and not dry_run:
        month_keys.forget(store, gone)
        records = set(gone) & month_keys.recorded(store.connection)
        _redact(store, records, pause_s)
        erase_rows(store, [Erasure("month_key", key_id) for key_id in sorted(records)])
    return tuple(sorted(set(gone.values())))


def _log_emptied(store: Store, pause_s: float) -> bool:
    for _again in range(_TRIES):
        if retention.empty_log(store.connection):
            return True
        time.sleep(pause_s)
    return False
