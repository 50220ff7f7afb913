"""Taking in what terminals offered to a restored HQ and whose authors do not come: a supervisor's decision.

What is taken in stands in the log once more, applied, at a position of its own, in its author's name and at its time,
so what others wrote since stands against it. What leans on a record that is neither here nor offered stays apart.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, parents_first
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import offers
from butler_tui.hq.engines import LogRow, TerminalRow, Writing
from butler_tui.hq.ingest import Landing
from butler_tui.hq.judging import allowed, is_malformed, is_overfull, parent_known
from butler_tui.hq.releasing import standing_again
from butler_tui.hq.replay import change_at, stamp_of

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many writes were taken in, and how many stay apart."""

    taken: int
    left: int


def take_in(rows: Writing, estate_id: str, now_ms: int) -> TakenIn:
    """Apply what was offered, parents first; `now_ms` is UTC ms. The caller asked a person.

    Some at a time, all of them again as long as that lands any: what one leans on may stand after it.
    """
    rows.lock(estate_id)
    terminals = rows.terminals(estate_id)
    left = sorted(offers.waiting(rows, estate_id), key=_parents_first)
    taken, before = 0, -1
    while terminals and taken > before:
        before, apart = taken, []
        for at in range(0, len(left), _AT_ONCE):
            some = left[at : at + _AT_ONCE]
            landed = _land(rows, terminals, some, now_ms)
            taken += len(landed)
            apart += [row for row in some if row.cid not in landed]
        left = apart
    return TakenIn(taken, len(left))


def _land(rows: Writing, terminals: Sequence[TerminalRow], waiting: Sequence[LogRow], now_ms: int) -> set[str]:
    """Apply those that nothing is against, in this order; return which."""
    estate_id = terminals[0].estate_id
    landing = Landing(rows, terminals[0], rows.position(estate_id).next_pos, now_ms, Stamp(0, 0))
    bodies = [json.loads(row.body) for row in waiting]
    changes = [change_at(row, body) for row, body in zip(waiting, bodies, strict=True)]
    landing.look_up(changes)
    kinds = {one.terminal_id: one.kind for one in terminals}
    landed: set[str] = set()
    for row, body, change in zip(waiting, bodies, changes, strict=True):
        kind = kinds.get(str(body.get(offers.BY)))
        if kind and not _against(change, TerminalKind(kind), landing):
            again = standing_again(row, body, landing.pos, now_ms)
            landing.log.append(again)
            landing.apply(change, stamp_of(again, json.loads(again.body)))
            landing.pos += 1
            landed.add(row.cid)
    if landed:
        rows.advance(estate_id, len(landed))
        rows.let_go(estate_id, sorted(landed))
        landing.finish()
    return landed


def _parents_first(row: LogRow) -> tuple[int, int, int]:
    return parents_first(row.tbl), row.hlc_ms, row.hlc_counter


def _against(change: Change, kind: TerminalKind, landing: Landing) -> bool:
    """Tell whether a write cannot stand: ill formed, half a record, there already, without its parent, or no right.

    The right is that of who wrote it, at a terminal of the `kind` that offered it: what a gate forges, no gate may do.
    """
    table, known = TABLES.get(change.table), landing.known(change.table, change.record_id)
    if is_malformed(change) or is_overfull(change, landing.known) or not parent_known(change, set(), landing.known):
        return True
    if not allowed(change, kind, landing.known):
        return True
    if table is None:
        return False
    half = known is None and table.parent is not None and table.parent not in change.fields
    return half or (table.once and known is not None)
