"""Letting go what was held for something unknown, once that has come: a parent, a person, a role.

What arrives first depends on who has a connection: a visit by a new guard must not be held for ever because the
terminal that hired him synced a minute later, nor after HQ was restored and lost him.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from butler_tui.domain.changes import Change, WireValue
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import FieldStamp, RecordState
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.engines import LogRow, TerminalRow, Writing
from butler_tui.hq.judging import reason_against
from butler_tui.hq.judging_visits import Before
from butler_tui.hq.replay import APPLIED, RELEASES, change_at, stamp_of
from butler_tui.ids import id_text, new_id
from butler_tui.sync.protocol import Reason, compact_json


class Landing(Protocol):
    """What a batch on its way into the log offers here (hq/ingest.py)."""

    rows: Writing
    terminal: TerminalRow
    pos: int
    now_ms: int
    changed: dict[tuple[str, str], int]

    def continues_what_is_held(self, group: Sequence[Change]) -> bool:
        """Tell whether one of them writes on in a record that stands in quarantine."""

    def known(self, tbl: str, record_id: str) -> RecordState | None:
        """Return a record as it is now, this batch's own changes included."""

    def corrected(self, visit_id: str) -> Mapping[str, WireValue]:
        """Return what a visit's corrections amount to."""

    def look_up(self, changes: Sequence[Change]) -> None:
        """Read at once every record that the changes touch or lean on."""

    def apply(self, change: Change, stamp: FieldStamp) -> None:
        """Merge a change into its record."""


class _Held(NamedTuple):
    """A change that is held: its row of the log, its body, and what it was when it came."""

    row: LogRow
    body: Mapping[str, Any]
    change: Change


def release(landing: Landing) -> None:
    """Judge anew what is held for the records that this batch has written, and what hangs on that in turn.

    What is let go takes a position of its own, since readers have passed the old one.
    """
    estate_id = landing.terminal.estate_id
    if not landing.rows.has_held(estate_id):
        return
    fresh = set(landing.changed)
    while fresh:
        waiting = landing.rows.held_for(estate_id, sorted(fresh))
        named = {(row.epoch, row.group_id): row.pos for row in waiting}
        rows = landing.rows.held_groups(estate_id, [(*group, pos) for group, pos in named.items()]) if named else []
        fresh = _judge_anew(landing, rows) if rows else set()


def _judge_anew(landing: Landing, rows: Sequence[LogRow]) -> set[tuple[str, str]]:
    """Apply those of these groups that nothing is against any more; return the records that they wrote.

    All of them at once: a day of visits may have waited for one new guard.
    """
    estate_id = landing.terminal.estate_id
    authors = {one.terminal_id: one for one in landing.rows.terminals(estate_id)}
    opened = [_Held(row, body := json.loads(row.body), _as_it_came(change_at(row, body), row)) for row in rows]
    landing.look_up([one.change for one in opened])
    let_go: list[_Held] = []
    log: list[LogRow] = []
    for __, together in groupby(opened, key=lambda one: (one.row.epoch, one.row.group_id)):
        group = list(together)
        if not _may_stand(landing, group, authors.get(group[0].row.terminal_id)):
            continue
        for one in group:
            again = standing_again(one.row, one.body, landing.pos, landing.now_ms)
            landing.apply(one.change, stamp_of(again, json.loads(again.body)))
            log.append(again)
            landing.pos += 1
        let_go += group
    if let_go:
        landing.rows.advance(estate_id, len(let_go))
        landing.rows.let_go(estate_id, [one.row.cid for one in let_go])
        landing.rows.add_log(log)
    return {(one.change.table, one.change.record_id) for one in let_go}


def _may_stand(landing: Landing, group: Sequence[_Held], author: TerminalRow | None) -> bool:
    """Tell whether nothing is against a group any more, by the records as they are in this batch."""
    if author is None or group[0].row.reason == Reason.REVOKED:
        return False  # a revoked one's was right in every other way, and still came from who does not count
    changes = [one.change for one in group]
    before = Before(landing.terminal.estate_id, landing.known, landing.corrected, landing.now_ms)
    if reason_against(changes, TerminalKind(author.kind), before) is not None:
        return False
    return not landing.continues_what_is_held(changes)


def _as_it_came(change: Change, row: LogRow) -> Change:
    """Return a change as it was when it came: by its own stamp, but no later than then. Others may have lifted that."""
    return replace(change, hlc=min(change.hlc, Stamp(row.hlc_ms, row.hlc_counter)))


def standing_again(row: LogRow, body: Mapping[str, Any], pos: int, now_ms: int) -> LogRow:
    """Return the row of a change that stands once more, applied, at `pos`; it names which it is."""
    told = compact_json({RELEASES: row.cid, **body}).decode()
    cid = id_text(new_id(now_ms))
    return row._replace(pos=pos, cid=cid, seq=0, body=told, verdict=APPLIED, reason=None, taken_ms=now_ms)
