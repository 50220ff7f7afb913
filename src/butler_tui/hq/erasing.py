"""Taking what is personal out of records at HQ: their rows, what lost in conflicts, and every change of theirs.

Digests stay: the chain of every author still verifies (PROTOCOL, audit chain). Nothing is told of pictures here, which
lie in files: whoever erases forgets them too.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from butler_tui.domain.changes import Change, Spelled
from butler_tui.domain.erasure import BELONGING, erased, has_misplaced, is_plain, what_is_left
from butler_tui.domain.fields import TABLES
from butler_tui.domain.merge import kept_json, stamps_json, state_from
from butler_tui.hq.engines import ErasedState, LogRow, StateRow, Writing
from butler_tui.hq.offers import belonging
from butler_tui.hq.replay import change_at
from butler_tui.hq.shown import PARENT
from butler_tui.sync.protocol import compact_json, is_id

TELLING = ("attachment", "audit")
"""What tells of a record that is not its parent, and is erased with it."""
DIGEST = "digest"
"""What is kept of a change that had something personal among its plain values: the digest that the chain binds."""


def erase(rows: Writing, estate_id: str, keys: Sequence[tuple[str, str]], now_ms: int) -> None:
    """Erase these records (table, id); the estate is locked. Those that HQ has not are passed over."""
    states = rows.states(estate_id, keys)
    rows.erase_states(_state_left(row, now_ms) for row in states)
    erase_changes(rows, estate_id, rows.log_of(estate_id, keys))


def erase_changes(rows: Writing, estate_id: str, log: Sequence[LogRow]) -> int:
    """Erase these changes of the log, and return how many had something to erase."""
    left = [(row.pos, body) for row in log if (body := _body_left(row)) is not None]
    rows.put_bodies(estate_id, left)
    return len(left)


def redacted(
    rows: Writing, estate_id: str, arriving: Sequence[tuple[Change, Spelled, bytes]], now_ms: int
) -> tuple[list[tuple[Change, Spelled, bytes]], list[tuple[str, str]]]:
    """Return changes (as spelled, with their links) without what is personal where a record was erased for a person.

    So with what belongs to such a record: a picture of it, a note of who looked at it. It counts as erased too. And
    return the records (table, id) of which still more is to be erased once they are written: what stands among the
    plain values and is not known to be plain.
    """
    about = {change.cid: _about(change) for change, *__ in arriving}
    gone = rows.erased_among(estate_id, sorted({one for ids in about.values() for one in ids}))
    if not gone:
        return list(arriving), []
    theirs = [change for change, *__ in arriving if gone & about[change.cid]]
    rows.register_erased(estate_id, ((change.table, change.record_id) for change in theirs), now_ms)
    cids = {change.cid for change in theirs}
    left = [
        (bare := erased(change), bare.spelled(), link) if change.cid in cids else (change, spelled, link)
        for change, spelled, link in arriving
    ]
    return left, [(change.table, change.record_id) for change in theirs if has_misplaced(change)]


def _about(change: Change) -> set[str]:
    """Return the records that a change is about: its own, the one that it belongs to, the one that it tells of."""
    table = TABLES.get(change.table)
    parent = change.parent_id if table is None or change.table in BELONGING else None
    subject = change.fields.get("subject_id")
    return {change.record_id, *(one for one in (parent, subject) if isinstance(one, str) and is_id(one))}


def erase_people(rows: Writing, estate_id: str, keys: Sequence[tuple[str, str]], now_ms: int) -> None:
    """Erase these records and all that HQ has of what belongs to them, and register it; the estate is locked."""
    ids = [record_id for __, record_id in keys]
    kin = [(row.tbl, row.record_id) for row in rows.kin(estate_id, ids) if _goes_along(row.tbl)]
    around = {*ids, *(record_id for __, record_id in kin)}
    held = [(tbl, record_id) for tbl, record_id in rows.held_kin(estate_id, sorted(around)) if _goes_along(tbl)]
    told = rows.telling(estate_id, sorted(around))
    together = sorted({*keys, *kin, *told, *held, *belonging(rows, estate_id, around)})
    erase(rows, estate_id, together, now_ms)
    rows.register_erased(estate_id, together, now_ms)


def _goes_along(tbl: str) -> bool:
    """Tell whether a table's records go with what they belong to, or tell of; those of an unknown table do."""
    return tbl in BELONGING or tbl in TELLING or tbl not in TABLES


def _state_left(row: StateRow, now_ms: int) -> ErasedState:
    state = what_is_left(row.tbl, state_from(row.state, row.stamps, row.kept))
    values = compact_json(dict(state.values)).decode()
    shown = _shown_left(row.shown) if row.tbl == PARENT and row.shown else row.shown
    place = (row.estate_id, row.tbl, row.record_id)
    return ErasedState(values, stamps_json(state), kept_json(state), shown, now_ms, *place)


def _shown_left(shown: str) -> str:
    """Return what an erased visit shows: nothing of corrections, as where they come after it was erased."""
    told: dict[str, Any] = json.loads(shown)
    told.pop("corrected", None)
    return compact_json(told).decode()


def _body_left(row: LogRow) -> str | None:
    """Return what is left of a change's body, None where there is nothing to erase."""
    body: dict[str, Any] = json.loads(row.body)
    change = change_at(row, body)
    hidden = has_misplaced(change)
    if change.personal is None and change.salt is None and not hidden:
        return None
    kept = {name: part for name, part in body.items() if name not in ("personal", "salt")}
    kept["personal_digest"] = erased(change).personal_digest
    if hidden:
        kept["fields"] = {name: value for name, value in change.fields.items() if is_plain(row.tbl, name)}
        kept.setdefault(DIGEST, base64.b64encode(change.digest()).decode())
    return compact_json({name: part for name, part in kept.items() if part is not None}).decode()
