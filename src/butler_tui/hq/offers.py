"""What terminals offer of others to an HQ that was restored: kept apart, raw, until its author comes or it is taken in.

Whoever offers it, a write is kept once: under an id that a rule makes of its `cid`, and of what is written once, whose
`cid` nobody but its author knows, of the record's own id. In the log it stands under the verdict `offered`, at a
position of its own and at no number of any chain, and no terminal is sent it. Taking it in is hq/taking_in.py.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from butler_tui.domain.changes import Change, WireValue
from butler_tui.domain.erasure import is_plain
from butler_tui.domain.fields import TABLES, Op, is_once
from butler_tui.domain.hlc import Stamp, canonical
from butler_tui.domain.retention import AWAY_MS
from butler_tui.domain.rights import TerminalKind, act_of, terminal_may
from butler_tui.domain.tallies import made_ms
from butler_tui.hq import reports
from butler_tui.hq.engines import LogRow, Reading, TerminalRow, Writing
from butler_tui.hq.log_rows import NO_LINK
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.replay import RELEASED, RELEASES
from butler_tui.hq.stamping import stamping_ms
from butler_tui.ids import id_text, parse_id, ruled_id
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.sync.protocol import Code, OfferAnswer, OfferAsk, Offered, checked_id, compact_json, is_id

OFFERED = "offered"
"""The verdict, and the reason, of what was offered and neither taken in nor sent by its author since."""
SETTLED = "settled"
"""The verdict of what was offered and came from its author after all."""
BY = "offered_by"
"""Which terminal offered it, in the body: it is taken in where that one might have written it itself."""


class OfferOf(NamedTuple):
    """An offer, as it stands in the log, of a change that its author has sent now."""

    row: LogRow
    change: Change


def keep(rows: Writing, terminal: TerminalRow, ask: OfferAsk, now_ms: int) -> OfferAnswer:
    """Keep what HQ has not, and return of which records it has applied nothing, and which were erased.

    Who offers what was erased may never hear of it otherwise: HQ's log has no such record. `now_ms` is UTC ms.

    Raises Refusal where the log was never restored, or too long ago, or is another one by now.
    """
    estate_id = terminal.estate_id
    where = rows.lock(estate_id)
    if where is None or where.hq_gen != ask.hq_gen:
        raise Refusal(409, Code.HELLO_AGAIN)
    restored_ms = rows.restored_ms(estate_id)
    if restored_ms is None or now_ms - restored_ms > AWAY_MS:  # who comes later does not count any more
        raise Refusal(403, Code.NOT_ALLOWED)
    head = rows.epoch(estate_id, ask.epoch)
    if head is not None and head.terminal_id != terminal.terminal_id:
        raise Refusal(403, Code.FOREIGN_EPOCH)
    there = {(row.tbl, row.record_id) for row in rows.states(estate_id, sorted({_key(one) for one in ask.offered}))}
    lacking = _lacking(rows, estate_id, ask.offered, there)
    gone = rows.erased_among(estate_id, sorted({one for offer in ask.offered for one in _about(offer)}))
    left = {offer_id: _without_people(one) if gone & _about(one) else one for offer_id, one in lacking.items()}
    known = {row.cid: row for row in rows.log_by_cid(estate_id, sorted(left))}
    fresh = [pair for pair in left.items() if pair[0] not in known]
    if fresh:
        first = rows.advance(estate_id, len(fresh))
        clock_ms = stamping_ms(rows, estate_id, max(_written(one, now_ms).ms for __, one in fresh), now_ms)
        rows.add_log(_row(terminal, ask, at, pair, (now_ms, clock_ms)) for at, pair in enumerate(fresh, first))
        reports.offered(rows, terminal, where.hq_gen, now_ms)
    kinds = {one.terminal_id: one.kind for one in rows.terminals(estate_id)} if known else {}
    more = [
        (row.pos, body)
        for row in known.values()
        if (body := _with_more(row, left[row.cid], terminal, kinds)) is not None
    ]
    if more:
        rows.put_bodies(estate_id, more)
    apart = {_key(one) for one in ask.offered} - there  # what is in quarantine, too
    return OfferAnswer(tuple(sorted(apart)), tuple(sorted({_key(one) for one in ask.offered if gone & _about(one)})))


def _key(one: Offered) -> tuple[str, str]:
    return one.table, one.record_id


def _about(one: Offered) -> set[str]:
    """Return the records that an offer tells of."""
    table = TABLES.get(one.table)
    parent = one.values.get(table.parent) if table is not None and table.parent else None
    told = (parent, one.values.get("subject_id"))
    return {one.record_id, *(record_id for record_id in told if isinstance(record_id, str) and is_id(record_id))}


def _without_people(one: Offered) -> Offered:
    return replace(one, values={name: value for name, value in one.values.items() if is_plain(one.table, name)})


def _lacking(
    rows: Reading, estate_id: str, offered: Sequence[Offered], there: set[tuple[str, str]]
) -> dict[str, Offered]:
    """Return what HQ has neither applied nor holds for its author, nor has taken in, by the offer's id."""
    cids = rows.known_cids(estate_id, [one.stamp.cid for one in offered if one.stamp])
    held = rows.half_known(estate_id, [_key(one) for one in offered if one.stamp is None and _key(one) not in there])
    found = {}
    for one in offered:
        if one.stamp.cid not in cids if one.stamp else _key(one) not in there | held:
            found[offer_id(one.table, one.record_id, one.stamp.cid if one.stamp else None)] = one
    done = {row.cid for row in rows.log_by_cid(estate_id, sorted(found)) if row.verdict in (RELEASED, SETTLED)}
    return {offer: one for offer, one in found.items() if offer not in done}


def offer_id(table: str, record_id: str, cid: str | None) -> str:
    """Return under which id a write is kept that was offered; `cid` None for what is written once."""
    return id_text(ruled_id("offered", cid) if cid else ruled_id("offered", table, record_id))


def offer_of(change: Change) -> str:
    """Return under which id a change would have been offered."""
    return offer_id(change.table, change.record_id, None if is_once(change.table) else change.cid)


def offers_of(rows: Reading, estate_id: str, changes: Iterable[Change]) -> list[OfferOf]:
    """Return what was offered of these changes, whatever became of it; of a log that was never restored, nothing."""
    if not rows.was_restored(estate_id):
        return []
    mine = {offer_of(change): change for change in changes if change.op is not Op.ERASE}
    return [OfferOf(row, mine[row.cid]) for row in rows.log_by_cid(estate_id, sorted(mine))]


def taken_in(offered: Iterable[OfferOf]) -> set[str]:
    """Return the cids of changes that were taken in from offers before, as they are: they are here already."""
    return {one.change.cid for one in offered if one.row.verdict == RELEASED and _says_the_same(one.row, one.change)}


def _says_the_same(row: LogRow, change: Change) -> bool:
    """Tell whether what was taken in is what its author sends; an offer may know less, and nothing else."""
    values = {**change.fields, **(change.personal or {})}
    body: Mapping[str, Any] = json.loads(row.body)
    offered = {**body.get("fields", {}), **(body.get("personal") or {})}
    return all(name in values and values[name] == value for name, value in offered.items())


def settle(rows: Writing, terminal: TerminalRow, came: Iterable[OfferOf], held: Collection[str]) -> None:
    """Their authors have come after all: what was offered of these changes needs nobody any more.

    What is `held` back (cids) settles an offer only where it is certain to be the same, by its author and `cid`.
    """
    apart = [(row, change) for row, change in came if row.verdict == OFFERED]
    certain = {row.cid for row, __ in apart if not is_once(row.tbl) and row.terminal_id == terminal.terminal_id}
    done = [row.cid for row, change in apart if row.cid in certain or change.cid not in held]
    if done:
        rows.settle(terminal.estate_id, done)


def waiting(rows: Reading, estate_id: str) -> list[LogRow]:
    """Return what was offered and is neither taken in nor sent by its author since, in order."""
    return rows.offered(estate_id) if rows.was_restored(estate_id) else []


def belonging(rows: Reading, estate_id: str, ids: Collection[str]) -> list[tuple[str, str]]:
    """Return the records (table, id) that were offered and tell of these: what belongs to them, what is about them."""
    told = ((row, json.loads(row.body).get("fields", {}).get("subject_id")) for row in waiting(rows, estate_id))
    return [(row.tbl, row.record_id) for row, subject in told if row.parent_id in ids or subject in ids]


def _written(one: Offered, now_ms: int) -> Stamp:
    """Return when a write was made: as its stamp says, or the id of what is written once."""
    return Stamp(*one.stamp[:2]) if one.stamp else Stamp(made_ms(parse_id(one.record_id)) or now_ms, 0)


def _row(terminal: TerminalRow, ask: OfferAsk, pos: int, pair: tuple[str, Offered], times: tuple[int, int]) -> LogRow:
    """Return the row of an offer; `times` are HQ's, and by which stamps are judged (UTC ms)."""
    (cid, one), (now_ms, clock_ms) = pair, times
    stamp = one.stamp
    table = TABLES.get(one.table)
    written = _written(one, now_ms)
    placed = canonical(written, Stamp(0, 0), clock_ms)
    return LogRow(
        estate_id=terminal.estate_id,
        pos=pos,
        cid=cid,
        terminal_id=stamp.terminal if stamp else terminal.terminal_id,
        epoch=stamp.epoch if stamp else ask.epoch,
        seq=0,
        group_id=cid,
        tbl=one.table,
        record_id=one.record_id,
        parent_id=_parent(one),
        op=str(table.op if table else Op.PUT),
        staff_id=stamp.staff if stamp else _id(one.values.get("staff_id")),
        schema_v=SCHEMA_VERSION,
        seen=min(stamp.seen, ask.seen_most) if stamp else ask.seen_most,
        hlc_ms=placed.ms,
        hlc_counter=placed.counter,
        claimed_ms=written.ms,
        claimed_counter=written.counter,
        body=_body(one, terminal.terminal_id),
        link=NO_LINK,
        verdict=OFFERED,
        reason=OFFERED,
        taken_ms=now_ms,
    )


def _parent(one: Offered) -> str | None:
    table = TABLES.get(one.table)
    return _id(one.values.get(table.parent)) if table is not None and table.parent else None


def _id(value: WireValue) -> str | None:
    try:
        return checked_id(value)
    except ValueError:
        return None


def _body(one: Offered, terminal_id: str) -> str:
    """Return what is kept of an offer beside its envelope; with a salt, so that what is erased of it tells nothing."""
    plain = {name: value for name, value in one.values.items() if is_plain(one.table, name)}
    personal = {name: value for name, value in one.values.items() if name not in plain}
    body: dict[str, Any] = {"fields": plain, BY: terminal_id}
    if personal:
        body |= {"personal": personal, "salt": base64.b64encode(os.urandom(16)).decode()}
    if one.stamp is not None:
        body[RELEASES] = one.stamp.cid
    return compact_json(body).decode()


def _with_more(row: LogRow, one: Offered, terminal: TerminalRow, kinds: Mapping[str, str]) -> str | None:
    """Return the body of what is kept with what another terminal knows besides, None where that is nothing.

    What a terminal offered that might not have written it gives way to one that might, and adds nothing to its words.
    """
    body: Mapping[str, Any] = json.loads(row.body)
    if row.verdict != OFFERED or "personal_digest" in body:
        return None
    before, now = (may_write(kind, one.table, one.values) for kind in (kinds.get(str(body.get(BY))), terminal.kind))
    if now and not before:
        return _body(one, terminal.terminal_id)
    values = {**body.get("fields", {}), **(body.get("personal") or {})}
    if before is not now or one.values.keys() <= values.keys():
        return None
    return _body(replace(one, values={**one.values, **values}), str(body.get(BY)))


def may_write(kind: str | None, table: str, values: Mapping[str, WireValue]) -> bool:
    """Tell whether a terminal of this kind may write such a record."""
    event = values.get("kind")
    act = act_of(table, event if isinstance(event, str) else None)
    return kind is not None and (act is None or terminal_may(TerminalKind(kind), act))
