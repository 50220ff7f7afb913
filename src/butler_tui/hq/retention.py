"""Erasing by policy at HQ: numbers, then all that tells who came, by each estate's own policies.

How long ago something was is judged by canonical stamps, which no author's wrong clock moves: never ahead of HQ's time
by more than minutes, and never before what the author wrote earlier.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from butler_tui.domain.policies import policies_from
from butler_tui.domain.retention import DAY_MS, KeptFor, borne_out, kept_for
from butler_tui.domain.visits import EventKind, VisitState
from butler_tui.hq.blobs import Blobs
from butler_tui.hq.engines import Engine, Reading, StateRow, SweptRow, Writing
from butler_tui.hq.erasing import erase, erase_changes
from butler_tui.hq.shown import EVENTS, PARENT
from butler_tui.ids import id_text, parse_id, ruled_id

NUMBERS, PICTURES = "document_secret", "attachment"
_OF_VISITS = (PARENT, "companion", EVENTS, NUMBERS)
"""What tells who came, by table; pictures are asked for what they show."""
_POLICIES = ("retention_number_days", "retention_visit_days")
_AT_ONCE = 1000
"""Records looked at in one reading."""
_TOGETHER = 50
"""Visits erased in one transaction."""
_NOT_LEAVING = frozenset({EventKind.CORRECTED, EventKind.BADGE_MISSING, EventKind.BADGE_BACK})
"""Events after which nobody has come or gone: a visit is not over later because of them."""

Key = tuple[str, str]
"""A record, by table and id."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was erased: visits, numbers, pictures, changes in quarantine."""

    visits: int = 0
    numbers: int = 0
    pictures: int = 0
    held: int = 0

    def plus(self, other: Erased) -> Erased:
        """Return both together."""
        pictures, held = self.pictures + other.pictures, self.held + other.held
        return Erased(self.visits + other.visits, self.numbers + other.numbers, pictures, held)


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of visits, by the visit, and the files that go before their records do; None: there are none."""

    of: Mapping[str, Sequence[str]]
    blobs: Blobs | None = None

    def forget(self, estate_id: str, picture_ids: Iterable[str]) -> None:
        """Take files away: a crash then leaves records that are still found to be due."""
        if self.blobs is not None:
            self.blobs.forget_these(estate_id, picture_ids)


def kept(rows: Reading, estate_id: str) -> KeptFor:
    """Return for how long the estate keeps things (ms)."""
    ids = {id_text(ruled_id(parse_id(estate_id), "policy", key)): key for key in _POLICIES}
    own: dict[str, Any] = {}
    for row in rows.states(estate_id, [("policy", record_id) for record_id in sorted(ids)]):
        try:
            own[ids[row.record_id]] = json.loads(json.loads(row.state)["value"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return kept_for(policies_from(own))


def judged_ms(rows: Reading, estate_id: str, now_ms: int) -> int:
    """Return by what time HQ judges by itself what is over in an estate; `now_ms` is its clock (UTC ms).

    A clock that is years ahead must not erase: where it is months past the last word of the estate's terminals, it is
    theirs that counts, what they wrote last or what their clocks showed when they last asked.
    """
    terminals = rows.terminals(estate_id)
    wrote = [rows.last_stamp(estate_id, one.terminal_id).ms for one in terminals]
    said = [
        one.seen_ms + one.clock_ahead_ms
        for one in terminals
        if one.seen_ms is not None and one.clock_ahead_ms is not None
    ]
    return borne_out(now_ms, max((ms for ms in (*wrote, *said) if ms), default=None))


def sweep(engine: Engine, blobs: Blobs, estate_id: str, now_ms: int, pause_s: float = 0.0) -> Erased:
    """Erase what is due of an estate, a few visits a transaction, and return how much it was; `now_ms` is UTC ms.

    `pause_s` is waited after each. The engine's log, which all estates share, is the caller's to empty. Raises
    Unavailable where the rows cannot be committed; what was erased stays so.
    """
    done = Erased()
    for erased in _swept(engine, blobs, estate_id, now_ms):
        done = done.plus(erased)
        time.sleep(pause_s)
    return done


def _swept(engine: Engine, blobs: Blobs, estate_id: str, now_ms: int) -> Iterator[Erased]:
    limits = engine.read(lambda rows: kept(rows, estate_id))
    pictures = _pictures_of(engine, estate_id, now_ms - limits.visit_ms)
    old = dict.fromkeys([*_old(engine, estate_id, limits, now_ms), *pictures])
    for visit_ids in _together(old):

        def some(rows: Writing, chosen: Sequence[str] = visit_ids) -> Erased:
            rows.lock(estate_id)
            return erase_due(rows, estate_id, chosen, limits, now_ms, Pictures(pictures, blobs))

        yield engine.write(some).result()
    blobs.forget_these(estate_id, engine.read(lambda rows: rows.erased_of(estate_id, PICTURES)))
    yield engine.write(lambda rows: erase_held(rows, estate_id, limits, now_ms)).result()


def erase_due(
    rows: Writing,
    estate_id: str,
    visit_ids: Sequence[str],
    limits: KeptFor,
    now_ms: int,
    pictures: Pictures,
) -> Erased:
    """Erase what is due of these visits; the estate is locked."""
    visits = {row.record_id: row for row in rows.states(estate_id, [(PARENT, one) for one in visit_ids])}
    kin: dict[str, list[StateRow]] = {visit_id: [] for visit_id in visit_ids}
    for row in rows.kin(estate_id, visit_ids):
        kin[row.parent_id or ""].append(row)
    numbers: list[Key] = []
    whole: list[Key] = []
    shown: list[str] = []
    for visit_id in visit_ids:
        over_ms = _over_ms(visits.get(visit_id), kin[visit_id])
        if over_ms < now_ms - limits.visit_ms:
            whole += [(PARENT, visit_id), *((row.tbl, row.record_id) for row in kin[visit_id])]
            shown += pictures.of.get(visit_id, [])
        elif over_ms < now_ms - limits.number_ms:
            numbers += [(row.tbl, row.record_id) for row in kin[visit_id] if row.tbl == NUMBERS]
    due = [*numbers, *whole, *((PICTURES, one) for one in shown)]
    pictures.forget(estate_id, shown)
    if due:
        erase(rows, estate_id, due, now_ms)
    gone = sum(1 for tbl, __ in due if tbl == NUMBERS)
    return Erased(sum(1 for tbl, __ in whole if tbl == PARENT), gone, len(shown))


def erase_held(rows: Writing, estate_id: str, limits: KeptFor, now_ms: int) -> Erased:
    """Erase what stands in quarantine for longer than it would be kept."""
    rows.lock(estate_id)
    old = rows.held_until(estate_id, now_ms - min(limits.number_ms, limits.visit_ms))
    due = [row for row in old if row.tbl == NUMBERS or row.hlc_ms < now_ms - limits.visit_ms]
    return Erased(held=erase_changes(rows, estate_id, due))


def erase_late(
    rows: Writing,
    estate_id: str,
    records: Mapping[Key, tuple[str | None, Mapping[str, object]]],
    oldest_ms: int,
    now_ms: int,
) -> None:
    """Erase what has just been taken, in the same transaction, where it is over already; the estate is locked.

    `records` are (parent, values) of what was written, `oldest_ms` the oldest stamp among them: mostly nothing can be
    due, and nothing is asked.
    """
    if oldest_ms > now_ms - DAY_MS:
        return
    limits = kept(rows, estate_id)
    if oldest_ms >= now_ms - limits.number_ms:  # and so by any time that others bear out, which is no later
        return
    now_ms = judged_ms(rows, estate_id, now_ms)
    if oldest_ms >= now_ms - limits.number_ms:
        return
    pictures: dict[str, list[str]] = {}
    visit_ids: set[str] = set()
    for (tbl, record_id), (parent, values) in records.items():
        if tbl == PICTURES and values.get("subject_table") == PARENT:
            pictures.setdefault(str(values.get("subject_id")), []).append(record_id)
        visit_id = record_id if tbl == PARENT else parent if tbl in _OF_VISITS else None
        visit_ids |= {visit_id} if visit_id else set()
    visit_ids |= set(pictures)
    erase_due(rows, estate_id, sorted(visit_ids), limits, now_ms, Pictures(pictures))
    erase_held(rows, estate_id, limits, now_ms)


def _over_ms(visit: StateRow | None, kin: Sequence[StateRow]) -> int:
    """Return when a visit was over (UTC ms): when somebody last came or went, or was expected to have gone by then.

    Of a visit that never came, what belongs to it is as old as the latest of it.
    """
    told: dict[str, Any] = json.loads(visit.shown or "{}") if visit else {}
    decisive = [row for row in kin if visit is None or (row.tbl == EVENTS and _came_or_went(row))]
    over_ms = max((_written_ms(row.stamps) for row in ([visit] if visit else []) + decisive), default=0)
    if visit is None or told.get("state") != VisitState.INSIDE:
        return over_ms
    values = {**json.loads(visit.state), **told.get("corrected", {})}
    expected, came = values.get("expected_out_ms"), values.get("registered_ms")
    stay = expected - came if isinstance(expected, int) and isinstance(came, int) else 0
    return over_ms + max(0, stay)


def _came_or_went(event: StateRow) -> bool:
    return json.loads(event.state).get("kind") not in _NOT_LEAVING


def _written_ms(stamps: str) -> int:
    """Return the latest canonical time (UTC ms) in a record's stamps."""
    return max((int(stamp[0]) for stamp in json.loads(stamps)), default=0)


def _pictures_of(engine: Engine, estate_id: str, before_ms: int) -> dict[str, list[str]]:
    """Return the pictures of visits that were taken in before `before_ms` and are not erased, by the visit."""
    found: dict[str, list[str]] = {}
    for row in _living(engine, estate_id, PICTURES):
        values = json.loads(row.state)
        if values.get("subject_table") == PARENT and _written_ms(row.stamps) < before_ms:
            found.setdefault(str(values.get("subject_id")), []).append(row.record_id)
    return found


def _old(engine: Engine, estate_id: str, limits: KeptFor, now_ms: int) -> Iterator[str]:
    """Yield the visits that have something that is not erased yet and was written long enough ago, each once."""
    seen: set[str] = set()
    for tbl in _OF_VISITS:
        before_ms = now_ms - (limits.number_ms if tbl == NUMBERS else limits.visit_ms)
        for row in _living(engine, estate_id, tbl):
            visit_id = row.record_id if tbl == PARENT else row.parent_id
            if visit_id is not None and visit_id not in seen and _written_ms(row.stamps) < before_ms:
                seen.add(visit_id)
                yield visit_id


def _living(engine: Engine, estate_id: str, tbl: str) -> Iterator[SweptRow]:
    """Yield the records of a table of which nothing was erased yet, letting others read in between."""
    after = ""
    while True:
        page = engine.read(lambda rows: rows.records_after(estate_id, tbl, after, _AT_ONCE))  # noqa: B023
        yield from (row for row in page if row.erased_ms is None)
        if len(page) < _AT_ONCE:
            return
        after = page[-1].record_id


def _together(visit_ids: Iterable[str]) -> Iterator[list[str]]:
    some: list[str] = []
    for visit_id in visit_ids:
        some.append(visit_id)
        if len(some) == _TOGETHER:
            yield some
            some = []
    if some:
        yield some
