"""What a terminal is given when it pulls: the log after its position, or records as they are, in its scope only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

from butler_tui.domain.changes import MOST_CHANGES, Change, WireValue
from butler_tui.domain.erasure import tells_nothing
from butler_tui.domain.fields import TABLES, Scope, is_once, scope_of
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import RecordState, seen_without
from butler_tui.domain.rights import SEES, TerminalKind, hidden_from
from butler_tui.hq.engines import LogRow, Reading, StateRow, TerminalRow
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.replay import APPLIED, change_at, cid_of, seen_of
from butler_tui.sync.protocol import MOST_IN_BATCH, MOST_IN_PAGE, Code, PullAnswer, PullAsk, Pulled, PulledRecord
from butler_tui.text import safe_values

_ERASED = '"personal_digest":'
"""What stands in the body of a change whose personal part was erased; within a value its quotes would be escaped."""
_MOST_TEXT = 1024 * 1024
"""Characters of values in one page, about: what is fetched over a bad line must be small enough to arrive."""


def page(rows: Reading, terminal: TerminalRow, ask: PullAsk) -> PullAnswer:
    """Return the next page for a terminal; raises Refusal (`hello_again`) where it pulled another log than this."""
    where = rows.position(terminal.estate_id)
    here = rows.cid_at(terminal.estate_id, ask.pos) if ask.pos else None
    if where.hq_gen != ask.hq_gen or terminal.scope_gen != ask.scope_gen or here != ask.pos_cid:
        raise Refusal(409, Code.HELLO_AGAIN)
    if ask.whole_after is not None:
        return _records(rows, terminal, ask, where.next_pos - 1)
    return _log(rows, terminal, ask, where.next_pos - 1)


def _log(rows: Reading, terminal: TerminalRow, ask: PullAsk, head: int) -> PullAnswer:
    log = _whole_groups(rows.log_after(terminal.estate_id, ask.pos, MOST_IN_PAGE + MOST_CHANGES), head)
    wanted = (row for row in log if not _held_already(row, ask))
    changes = tuple(one for row in wanted if (one := _pulled(row, terminal)) is not None)
    upto = log[-1].pos if log else ask.pos
    cid = log[-1].cid if log else ask.pos_cid
    return PullAnswer(head, upto, cid, changes, terminals=_names(rows, terminal, (one.terminal for one in changes)))


def _held_already(row: LogRow, ask: PullAsk) -> bool:
    """Tell whether the file that asks has a change for certain, as it stands here: it wrote it.

    That it was let go (seq 0) is new, and so is that it was erased, for somebody whose erasure HQ had before it.
    """
    own = row.epoch == ask.epoch and row.seq > 0
    return own and is_once(row.tbl) and _ERASED not in row.body


def _whole_groups(log: list[LogRow], head: int) -> list[LogRow]:
    """Return the first groups of `log` that make a page; its last group may be cut short but at the log's end."""
    taken: list[LogRow] = []
    text = 0
    for _group, together in groupby(log, lambda row: (row.terminal_id, row.group_id)):
        members = list(together)
        text += sum(len(row.body) for row in members)
        cut_short = members[-1] is log[-1] and members[-1].pos != head
        if taken and (cut_short or len(taken) + len(members) > MOST_IN_PAGE or text > _MOST_TEXT):
            break
        taken += members
    return taken


def _pulled(row: LogRow, terminal: TerminalRow) -> Pulled | None:
    """Return a change as this terminal may see it, None where it may see nothing of it."""
    own = row.terminal_id == terminal.terminal_id
    if row.verdict != APPLIED and (not own or not row.seq):  # what others offered of it is nobody's to see
        return None
    body: dict[str, Any] = json.loads(row.body)
    plain = body.get("fields") or {}
    fields = _visible(row.tbl, plain, terminal, plain, own=own)
    personal = _visible(row.tbl, body.get("personal") or {}, terminal, plain, own=own)
    if fields is None or personal is None:
        return None
    change = replace(
        change_at(row, body),
        cid=cid_of(row, body),
        fields=safe_values(fields),
        personal=safe_values(personal) or None,
        salt=None,
        personal_digest=None,
        hlc=Stamp(row.hlc_ms, row.hlc_counter),
        seen=seen_of(row, body),
    )
    return Pulled(change, row.pos, row.terminal_id, row.reason)


def _visible(
    tbl: str,
    values: Mapping[str, WireValue],
    terminal: TerminalRow,
    plain: Mapping[str, WireValue],
    *,
    own: bool = False,
) -> dict[str, WireValue] | None:
    """Return those of a record's values that a terminal may see, None where it may see no such record.

    `plain` are the record's plain values, by which a picture tells what it belongs to.

    What this version does not know is a supervisor's, since nobody here can say who else may see it (PROTOCOL,
    versions). Whoever wrote a record knows it.
    """
    scopes = SEES[TerminalKind(terminal.kind)]
    table = TABLES.get(tbl)
    if not own and (scope_of(table, plain) if table else Scope.SUPERVISOR) not in scopes:
        return None
    if own or table is None:
        return dict(values)
    hidden = hidden_from(TerminalKind(terminal.kind), tbl, values)
    return {name: value for name, value in values.items() if name not in hidden}


def seen_of_shown(terminal: TerminalRow, change: Change, state: RecordState | None, seen: int) -> int:
    """Return up to where the author of a change knew its record, as it is now, who had pulled up to `seen`.

    A newer program writes columns of which it is told nothing here (`_visible`): others' words there count as unread.
    """
    if state is None:
        return seen
    hidden = hidden_from(TerminalKind(terminal.kind), change.table, (*change.fields, *(change.personal or ())))
    return seen_without(state, hidden, change.epoch, seen)


def _records(rows: Reading, terminal: TerminalRow, ask: PullAsk, head: int) -> PullAnswer:
    tbl, _, record_id = (ask.whole_after or "").partition("/")
    states = rows.states_after(terminal.estate_id, tbl, record_id, MOST_IN_PAGE)
    inside = [row for row in states if ask.whole_until is None or f"{row.tbl}/{row.record_id}" < ask.whole_until]
    taken = _few_enough(inside)
    own = {row.record_id for row in taken if not ask.whole_until and _written_by(row, ask.epoch, terminal)}
    held = own - rows.erased_among(terminal.estate_id, sorted(own))  # what was erased for a person is told its author
    wanted = (state for state in taken if state.record_id not in held)
    shown = [one for state in wanted if (one := _record(state, terminal)) is not None]
    records = tuple(_told_erased(rows, terminal.estate_id, shown))
    upto = head if ask.whole_upto is None else min(ask.whole_upto, head)
    more = len(taken) < len(inside) or len(inside) == MOST_IN_PAGE
    writers = (str(stamp[7]) for one in records for stamp in one.stamps or () if len(stamp) > 8)
    return PullAnswer(
        head,
        upto,
        rows.cid_at(terminal.estate_id, upto),
        records=records,
        whole_after=f"{taken[-1].tbl}/{taken[-1].record_id}" if more else None,
        terminals=_names(rows, terminal, writers),
        total=_total(rows, terminal) if ask.whole_until is None else None,
        held=None if more or ask.whole_until else _held(rows, terminal, ask),
    )


def _held(rows: Reading, terminal: TerminalRow, ask: PullAsk) -> tuple[str, ...] | None:
    """Return which changes of the epoch that asks are held back, None where they are too many to be told at once."""
    held = rows.quarantined_after(terminal.estate_id, ask.epoch, 0, MOST_IN_BATCH)
    return tuple(cid for cid, _reason in held) if len(held) < MOST_IN_BATCH else None


def _told_erased(rows: Reading, estate_id: str, records: Iterable[PulledRecord]) -> Iterator[PulledRecord]:
    """Yield records, saying of those that were erased that they were, and whether for a person: where only a part has
    come, nothing was."""
    every = list(records)
    bare = [(one.table, one.record_id) for one in every if tells_nothing(one.table, one.values)]
    gone = rows.gone_among(estate_id, bare) if bare else set()
    chosen = rows.erased_among(estate_id, sorted({record_id for __, record_id in gone})) if gone else set()
    for one in every:
        was_erased = (one.table, one.record_id) in gone
        yield replace(one, erased=True, registered=one.record_id in chosen) if was_erased else one


def _total(rows: Reading, terminal: TerminalRow) -> int:
    """Return how many records there are in a terminal's scope, for a person who waits: not one by one."""
    scopes = SEES[TerminalKind(terminal.kind)]
    seen = (row for row in rows.tallies(terminal.estate_id) if _scope_of(row.tbl) in scopes)
    return sum(row.records for row in seen)


def _scope_of(tbl: str) -> Scope:
    table = TABLES.get(tbl)
    return table.scope if table else Scope.SUPERVISOR


def _written_by(row: StateRow, epoch: str, terminal: TerminalRow) -> bool:
    """Tell whether a record that is written once is from the file that asks; what it offered of others is not.

    Of what it may see no longer it has let go, but for what its journal knows to be its own: that it is sent again.
    """
    table = TABLES.get(row.tbl)
    if table is not None and table.scope not in SEES[TerminalKind(terminal.kind)]:
        return False
    stamps = json.loads(row.stamps) if is_once(row.tbl) else [[""] * 4]
    return all(stamp[2] == epoch and stamp[3] for stamp in stamps)


def _few_enough(states: list[StateRow]) -> list[StateRow]:
    text = 0
    for count, state in enumerate(states):
        text += len(state.state) + len(state.stamps)
        if count and text > _MOST_TEXT:
            return states[:count]
    return states


def _record(row: StateRow, terminal: TerminalRow) -> PulledRecord | None:
    """Return a record as this terminal may see it; who wrote what stands only beside what may be written again."""
    state = json.loads(row.state)
    once = is_once(row.tbl)
    own = _is_own(row, terminal, once=once)
    values = _visible(row.tbl, state, terminal, state, own=own)
    if values is None:
        return None
    if once:
        return PulledRecord(row.tbl, row.record_id, values, row.pos)
    kept = {name: losers for name, losers in json.loads(row.kept or "{}").items() if name in values}
    return PulledRecord(row.tbl, row.record_id, values, row.pos, _stamps(row.stamps, values), kept or None)


def _is_own(row: StateRow, terminal: TerminalRow, *, once: bool) -> bool:
    """Tell whether a terminal is sent all of a record since it wrote it; of an unknown table, where it alone did."""
    own = [stamp[7:8] == [terminal.terminal_id] for stamp in json.loads(row.stamps)]
    if once:
        return any(own)
    return row.tbl not in TABLES and bool(own) and all(own) and not json.loads(row.kept or "{}")


def _stamps(stamps: str, values: Mapping[str, WireValue]) -> list[Any]:
    """Return who wrote these values; names that a terminal may not see are left out."""
    told = []
    for *stamp, names in json.loads(stamps):
        visible = None if names is None else [name for name in names if name in values]
        if visible != []:
            told.append([*stamp, visible])
    return told


def _names(rows: Reading, terminal: TerminalRow, writers: Iterable[str]) -> dict[str, str]:
    """Return the names of those that wrote, by terminal."""
    wanted = set(writers) - {terminal.terminal_id}
    return {one.terminal_id: one.name for one in rows.terminals(terminal.estate_id) if one.terminal_id in wanted}
