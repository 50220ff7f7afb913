"""Taking a batch: in order, each change once, groups whole, positions without holes. Runs inside one savepoint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from butler_tui.domain.audit_chain import next_link
from butler_tui.domain.changes import Change, Spelled, WireValue
from butler_tui.domain.erasure import what_is_left
from butler_tui.domain.fields import TABLES, Op
from butler_tui.domain.hlc import Stamp, canonical
from butler_tui.domain.merge import FieldStamp, RecordState, highest_seen, kept_json, merged, stamps_json, state_from
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import offers, reports
from butler_tui.hq.engines import DuplicateRow, EpochRow, LogRow, StateRow, TerminalRow, Writing
from butler_tui.hq.erasing import erase, erase_people, redacted
from butler_tui.hq.feed import seen_of_shown
from butler_tui.hq.judging import leans_on, reason_against
from butler_tui.hq.judging_visits import Before
from butler_tui.hq.log_rows import Placed, log_row
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.releasing import release
from butler_tui.hq.replay import QUARANTINED
from butler_tui.hq.retention import erase_late
from butler_tui.hq.shown import EVENTS, PARENT, corrected, shown
from butler_tui.hq.stamping import stamping_ms
from butler_tui.hq.tallies import count_in
from butler_tui.ids import parse_id
from butler_tui.sync.protocol import Code, PushAnswer, PushAsk, Reason, compact_json
from butler_tui.text import safe_values


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch with its values spelled as they are hashed, digests and links recomputed, one of each a change."""

    ask: PushAsk
    spelled: tuple[Spelled, ...]
    links: tuple[bytes, ...]


def prepare(ask: PushAsk) -> Prepared:
    """Recompute the chain of a batch; raises Refusal where it does not end in the head that was sent with it."""
    spelled = tuple(change.spelled() for change in ask.changes)
    links: list[bytes] = []
    link = ask.link_before
    for change, one in zip(ask.changes, spelled, strict=True):
        link = next_link(link, parse_id(change.cid), one.digest)
        links.append(link)
    if link != ask.link_after:
        raise Refusal(400, Code.CHAIN)
    return Prepared(ask, spelled, tuple(links))


def take(rows: Writing, terminal: TerminalRow, batch: Prepared, now_ms: int) -> PushAnswer:
    """Write a batch of this terminal and return what became of it; `now_ms` is HQ's UTC ms.

    Raises Refusal, before anything is written, where HQ is another generation (`hello_again`), the batch does not
    follow the epoch's head (`out_of_order`), goes on in a group that is here (`malformed`), or the epoch is another
    terminal's (`foreign_epoch`: nothing is said of where that one stands).
    """
    ask = batch.ask
    where = rows.lock(terminal.estate_id)
    if where is None or where.hq_gen != ask.hq_gen:
        raise Refusal(409, Code.HELLO_AGAIN)
    head = rows.epoch(terminal.estate_id, ask.epoch)
    _check_order(head, terminal, ask)
    known = rows.known_cids(terminal.estate_id, [change.cid for change in ask.changes])
    offered = offers.offers_of(rows, terminal.estate_id, (one for one in ask.changes if one.cid not in known))
    known |= offers.taken_in(offered)
    _check_group(rows, terminal, next((one for one in ask.changes if one.cid not in known), None), where.next_pos)
    fresh = len(ask.changes) - len(known)
    first = rows.advance(terminal.estate_id, fresh) if fresh else where.next_pos
    if head is None and rows.has_epochs(terminal.estate_id, terminal.terminal_id):
        reports.new_epoch(rows, terminal, ask.epoch, now_ms)
    # Whatever file the terminal writes from, its author's cause beats the clock.
    stamp = rows.last_stamp(terminal.estate_id, terminal.terminal_id)
    clock_ms = stamping_ms(rows, terminal.estate_id, max(change.hlc.ms for change in ask.changes), now_ms)
    landing = Landing(rows, terminal, first, now_ms, stamp, ask.seen_most, clock_ms)
    landing.land(batch, known)
    came = [one for one in offered if one.change.cid not in known]
    offers.settle(rows, terminal, came, {cid for cid, __ in landing.held})
    reports.held_back(rows, terminal, landing.apart, now_ms)
    last, first_link = ask.changes[-1], head.first_link if head else ask.link_before
    whose = (terminal.estate_id, ask.epoch, terminal.terminal_id)
    rows.put_epoch(EpochRow(*whose, first_link, last.seq, last.cid, ask.link_after, *landing.stamp))
    # What a restored terminal sends again may have been held back since its backup: it does not know.
    held_before = rows.held(terminal.estate_id, sorted(known)) if known else []
    held = (*held_before, *landing.held)
    return PushAnswer(last.seq, last.cid, landing.pos - 1, tuple(sorted(known)), held)


def _check_order(head: EpochRow | None, terminal: TerminalRow, ask: PushAsk) -> None:
    if head is None:
        if ask.changes[0].seq != 1:
            raise Refusal(409, Code.OUT_OF_ORDER, last_seq=0)
    elif head.terminal_id != terminal.terminal_id:
        raise Refusal(403, Code.FOREIGN_EPOCH)
    elif ask.changes[0].seq != head.last_seq + 1 or ask.link_before != head.last_link:
        raise Refusal(409, Code.OUT_OF_ORDER, last_seq=head.last_seq, last_cid=head.last_cid)


def _check_group(rows: Writing, terminal: TerminalRow, first: Change | None, next_pos: int) -> None:
    """Refuse what would make one group of two batches: no page could carry it, and nobody could pull past it."""
    before = rows.log_after(terminal.estate_id, next_pos - 2, 1)
    if first and before and (before[0].terminal_id, before[0].group_id) == (terminal.terminal_id, first.group_id):
        raise Refusal(400, Code.MALFORMED)


@dataclass(slots=True)
class Landing:
    """Changes on their way into the log: the next position, the author's last stamp, records as they become."""

    rows: Writing
    terminal: TerminalRow
    pos: int
    now_ms: int
    stamp: Stamp
    seen_most: int | None = None
    clock_ms: int | None = None
    """By what time stamps are judged to be ahead (UTC ms), where that is not `now_ms`."""
    held: list[tuple[str, str]] = field(default_factory=list)
    apart: list[reports.HeldBack] = field(default_factory=list)
    log: list[LogRow] = field(default_factory=list)
    states: dict[tuple[str, str], RecordState] = field(default_factory=dict)
    parents: dict[tuple[str, str], str | None] = field(default_factory=dict)
    changed: dict[tuple[str, str], int] = field(default_factory=dict)
    places: dict[tuple[str, str], int] = field(default_factory=dict)
    texts: dict[tuple[str, str], str] = field(default_factory=dict)
    erased: list[tuple[str, str]] = field(default_factory=list)
    unclear: list[tuple[str, str]] = field(default_factory=list)

    def land(self, batch: Prepared, known: set[str]) -> None:
        """Write log, duplicates and records of the batch."""
        places = list(zip(batch.ask.changes, batch.spelled, batch.links, strict=True))
        estate_id = self.terminal.estate_id
        self.rows.add_duplicates(
            DuplicateRow(estate_id, change.epoch, change.seq, change.cid, spelled.digest, link)
            for change, spelled, link in places
            if change.cid in known
        )
        fresh = [place for place in places if place[0].cid not in known]
        fresh, self.unclear = redacted(self.rows, estate_id, fresh, self.now_ms)
        self.look_up([change for change, *__ in fresh])
        for __, group in groupby(fresh, lambda place: place[0].group_id):
            self._land_group(list(group))
        self.finish()

    def finish(self) -> None:
        """Write the log and the records that it has changed, and what follows from them."""
        estate_id = self.terminal.estate_id
        self.rows.add_log(self.log)
        release(self)
        told = self._shown()
        rows = [self._row(key, told.pop(key[1]) if key[0] == PARENT else None) for key in self.changed]
        self.rows.add_states(row for row in rows if (row.tbl, row.record_id) not in self.places)
        self.rows.put_states(row for row in rows if (row.tbl, row.record_id) in self.places)
        count_in(self.rows, estate_id, ((*key, self.places.get(key), pos) for key, pos in self.changed.items()))
        self.rows.put_shown(self.terminal.estate_id, PARENT, told.items())
        if self.erased:
            erase_people(self.rows, estate_id, self.erased, self.now_ms)
        if self.unclear:
            erase(self.rows, estate_id, self.unclear, self.now_ms)
        if self.log:
            written = {key: (self.parents[key], self.states[key].values) for key in self.changed}
            erase_late(self.rows, estate_id, written, min(row.hlc_ms for row in self.log), self.now_ms)

    def _shown(self) -> dict[str, str]:
        """Derive anew what the visits show that this batch has touched."""
        touched = {record_id for tbl, record_id in self.changed if tbl == PARENT}
        touched |= {parent for (tbl, __), parent in self.parents.items() if tbl == EVENTS and parent is not None}
        events = self._events(sorted(touched)) if touched else {}
        return {visit_id: shown(told.items()) for visit_id, told in events.items()}

    def _events(self, visit_ids: Sequence[str]) -> dict[str, dict[str, Mapping[str, WireValue]]]:
        """Return the events of these visits, {event: values} each, this batch's own included."""
        events: dict[str, dict[str, Mapping[str, WireValue]]] = {visit_id: {} for visit_id in visit_ids}
        for visit_id, event_id, state in self.rows.children(self.terminal.estate_id, EVENTS, visit_ids):
            events[visit_id][event_id] = json.loads(state)
        for tbl, record_id in self.changed:
            visit_id = self.parents.get((tbl, record_id)) or ""
            if tbl == EVENTS and visit_id in events:
                events[visit_id][record_id] = self.states[tbl, record_id].values
        return events

    def known(self, tbl: str, record_id: str) -> RecordState | None:
        """Return a record as it is now, this batch's own changes included."""
        return self.states.get((tbl, record_id))

    def corrected(self, visit_id: str) -> Mapping[str, WireValue]:
        """Return what a visit's corrections amount to, this batch's own included."""
        return corrected(self._events([visit_id])[visit_id].items())

    def look_up(self, changes: Sequence[Change]) -> None:
        """Read at once every record that the changes touch or lean on."""
        keys = {key for change in changes for key in leans_on(change, self.terminal.estate_id)}
        keys -= self.states.keys()  # as they are in this batch, which is not written yet
        for row in self.rows.states(self.terminal.estate_id, sorted(keys)):
            self.states[row.tbl, row.record_id] = state_from(row.state, row.stamps, row.kept)
            self.parents[row.tbl, row.record_id] = row.parent_id
            self.places[row.tbl, row.record_id] = row.pos

    def _land_group(self, group: Sequence[tuple[Change, Spelled, bytes]]) -> None:
        changes = [change for change, *__ in group]
        before = Before(self.terminal.estate_id, self.known, self.corrected, self.now_ms)
        reason = reason_against(changes, TerminalKind(self.terminal.kind), before)
        if self.terminal.revoked_ms is not None:
            reason = Reason.REVOKED
        if reason is None and self.continues_what_is_held(changes):
            reason = Reason.PARENT_UNKNOWN
        for change, spelled, link in group:
            self.stamp = self._canonical(change)
            known = self.known(change.table, change.record_id)
            seen = seen_of_shown(self.terminal, change, known, self._seen(change))
            placed = Placed(self.terminal, self.pos, self.stamp, seen, self.now_ms)
            self.log.append(log_row(change, spelled, link, placed, reason))
            if reason is None:
                place = (change.epoch, change.seq, change.cid, self.pos)
                author = (seen, self.terminal.terminal_id, change.staff_id)
                self.apply(change, FieldStamp(self.stamp.ms, self.stamp.counter, *place, *author), spelled)
            else:
                self.held.append((change.cid, reason))
            self.pos += 1
        if reason is not None:
            self.apart.append(reports.HeldBack(changes[0], reason))

    def continues_what_is_held(self, group: Sequence[Change]) -> bool:
        """Tell whether one of them writes on in a record that stands in quarantine: alone it would be half a record.

        Erasing leaves no half, and must reach what is held too.
        """
        going_on = {(one.table, one.record_id) for one in group if self._goes_on(one)}
        if not going_on:
            return False
        asked = sorted(going_on - {(one.table, one.record_id) for one in group if not self._goes_on(one)})
        this = group[0].group_id
        held_here = {
            (row.tbl, row.record_id) for row in self.log if row.verdict == QUARANTINED and row.group_id != this
        }
        return not held_here.isdisjoint(asked) or bool(self.rows.half_known(self.terminal.estate_id, asked, this))

    def _goes_on(self, change: Change) -> bool:
        """Tell whether a change writes in a record that is not known, and does not begin it."""
        table = TABLES.get(change.table)
        if table is None or table.parent is None or change.op is Op.ERASE:
            return False
        return table.parent not in change.fields and (change.table, change.record_id) not in self.states

    def _seen(self, change: Change) -> int:
        return change.seen if self.seen_most is None else min(change.seen, self.seen_most)

    def _canonical(self, change: Change) -> Stamp:
        state = self.known(change.table, change.record_id)
        seen = highest_seen(state, (*change.fields, *(change.personal or ())), self._seen(change)) if state else None
        return canonical(change.hlc, max(self.stamp, seen or self.stamp), self.clock_ms or self.now_ms)

    def apply(self, change: Change, stamp: FieldStamp, spelled: Spelled | None = None) -> None:
        """Merge a change into its record, as it is in this batch."""
        key = (change.table, change.record_id)
        if change.op is Op.ERASE:
            self._erase(key, stamp.pos)
            return
        state = self.known(*key) or RecordState()
        sent = {**change.fields, **(change.personal or {})}
        values = safe_values(sent)
        self.texts.pop(key, None)
        once = len(sent) == len(change.fields) + len(change.personal or ())
        if spelled is not None and once and not state.stamps and values == sent:
            self.texts[key] = spelled.together()
        self.states[key] = merged(state, change.op, values, stamp, change.resolves)
        self.parents[key] = change.parent_id or self.parents.get(key)
        self.changed[key] = stamp.pos

    def _erase(self, key: tuple[str, str], pos: int) -> None:
        """Erase a record, as it is in this batch; one that HQ has not is registered only."""
        self.erased.append(key)
        if (state := self.known(*key)) is not None:
            self.texts.pop(key, None)
            self.states[key] = what_is_left(key[0], state)
            self.changed[key] = pos

    def _row(self, key: tuple[str, str], told: str | None) -> StateRow:
        state, pos = self.states[key], self.changed[key]
        values = self.texts.get(key) or compact_json(state.values).decode()
        kept = kept_json(state)
        return StateRow(self.terminal.estate_id, *key, self.parents[key], values, stamps_json(state), pos, kept, told)
