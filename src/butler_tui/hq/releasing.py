"""Letting go what was held for something unknown, once that has come: a parent, a person, a role.

What arrives first depends on who has a connection: a visit by a new guard must not be held for ever because the
terminal that hired him synced a minute later, nor after HQ was restored and lost him.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Protocol

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
        fresh = set()
        named = {(row.epoch, row.group_id): row.pos for row in waiting}
        groups = [(*group, pos) for group, pos in named.items()]
        rows = landing.rows.held_groups(estate_id, groups) if groups else []
        for _group, together in groupby(rows, key=lambda row: (row.epoch, row.group_id)):
            fresh |= _judge_anew(landing, list(together))


def _judge_anew(landing: Landing, group: list[LogRow]) -> set[tuple[str, str]]:
    """Apply a group that nothing is against any more; return the records that it wrote."""
    if group[0].reason == Reason.REVOKED:
        return set()  # it was right in every other way, and still came from a terminal that does not count
    author = landing.rows.terminal(landing.terminal.estate_id, group[0].terminal_id)
    bodies = [json.loads(row.body) for row in group]
    changes = [_as_it_came(change_at(row, body), row) for row, body in zip(group, bodies, strict=True)]
    landing.look_up(changes)
    before = Before(landing.terminal.estate_id, landing.known, landing.corrected, landing.now_ms)
    if author is None or reason_against(changes, TerminalKind(author.kind), before) is not None:
        return set()
    if landing.continues_what_is_held(changes):
        return set()
    landing.rows.advance(landing.terminal.estate_id, len(group))
    log = []
    for row, body, change in zip(group, bodies, changes, strict=True):
        again = standing_again(row, body, landing.pos, landing.now_ms)
        landing.apply(change, stamp_of(again, json.loads(again.body)))
        log.append(again)
        landing.pos += 1
    landing.rows.let_go(landing.terminal.estate_id, [row.cid for row in group])
    landing.rows.add_log(log)
    return {(change.table, change.record_id) for change in changes}


def _as_it_came(change: Change, row: LogRow) -> Change:
    """Return a change as it was when it came: by its own stamp, but no later than then. Others may have lifted that."""
    return replace(change, hlc=min(change.hlc, Stamp(row.hlc_ms, row.hlc_counter)))


def standing_again(row: LogRow, body: Mapping[str, Any], pos: int, now_ms: int) -> LogRow:
    """Return the row of a change that stands once more, applied, at `pos`; it names which it is."""
    told = compact_json({RELEASES: row.cid, **body}).decode()
    cid = id_text(new_id(now_ms))
    return row._replace(pos=pos, cid=cid, seq=0, body=told, verdict=APPLIED, reason=None, taken_ms=now_ms)
