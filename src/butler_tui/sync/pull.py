"""Bringing back what others wrote: all records as they are, the first time; after that HQ's log, page by page."""

from __future__ import annotations

from butler_tui.domain.merge import FieldStamp, state_from
from butler_tui.ids import id_text
from butler_tui.store import anew, pulled, sync_state, tallies, whole
from butler_tui.store.pulled import HqRecord, LogChange, Upto
from butler_tui.store.sync_state import Position
from butler_tui.sync.agreeing import hello
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import (
    Code,
    PullAnswer,
    PullAsk,
    Pulled,
    PulledRecord,
    compact_json,
    pull_answer_from,
)
from butler_tui.sync.push import push_all
from butler_tui.sync.talk import Talk, not_taken


def pull_all(talk: Talk, where: Position) -> None:
    """Pull from `where` this terminal stands until it has what HQ had when it last answered."""
    way = _Way(talk, where.pos)
    while where.whole_after is not None or where.pos < talk.head:
        if where.pos == 0 and where.whole_after is None:
            anew.fetch_all(talk.store.connection)
            where = talk.where()
        try:
            answer = pull_answer_from(talk.post("pull", ask_from(where).to_body()))
            take_page(talk, where, answer)
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            if refused.code != Code.HELLO_AGAIN:
                raise not_taken(refused) from refused
            # What is issued again goes out before all records come: what HQ has of it comes with them, and only so.
            where = push_all(talk, hello(talk))
            continue
        talk.head = max(answer.head, answer.upto)
        way.tell(where, answer)
        talk.breathe()
        if answer.upto <= where.pos and where.whole_after is None:
            return
        where = talk.where()


class _Way:
    """How far a pull has come: positions of the log, or records where all of them are fetched."""

    def __init__(self, talk: Talk, began: int) -> None:
        self._talk = talk
        self._began = began
        self._come: int | None = None

    def tell(self, where: Position, answer: PullAnswer) -> None:
        """Tell whoever waits, after the page that was asked for at `where`."""
        if where.whole_after is None:
            self._talk.tally.progress(answer.upto - self._began, self._talk.head - self._began)
        elif answer.total is not None:
            if self._come is None:
                self._come = tallies.records(self._talk.store.connection)  # what came before a cut, too
            else:
                self._come += len(answer.records)
            self._talk.tally.progress(min(self._come, answer.total), answer.total)
        if where.whole_after is not None:
            self._began = answer.upto


def ask_from(where: Position) -> PullAsk:
    """Return what is asked for next, from where this terminal stands."""
    return PullAsk(
        epoch=id_text(where.epoch),
        hq_gen=where.hq_gen or "",
        scope_gen=where.scope_gen,
        pos=where.pos,
        pos_cid=sync_state.pos_cid_text(where),
        whole_after=where.whole_after,
        whole_upto=where.whole_upto,
    )


def take_page(talk: Talk, where: Position, answer: PullAnswer) -> None:
    """Take a page that answers what this terminal asks from `where` it stands; raises ValueError, FileTrouble."""
    upto = Upto(answer.upto, answer.upto_cid)
    if where.whole_after is None:
        changes = [_change(one) for one in answer.changes]
        pulled.take_changes(talk.store, changes, upto, answer.terminals, now_ms=talk.now_ms())
        talk.tally.pulled += sum(one.terminal != talk.terminal_id for one in answer.changes)
        return
    connection = talk.store.connection
    whole.begin_whole(connection, answer.upto)
    records = [record_of(one) for one in answer.records]
    pulled.take_records(talk.store, records, answer.terminals, now_ms=talk.now_ms())
    talk.tally.pulled += len(answer.records)
    if answer.whole_after is not None:
        whole.go_on_whole(connection, answer.whole_after)
        return
    whole.end_whole(talk.store, upto, answer.held)
    talk.tally.whole = True
    tallies.note_compared(connection, talk.now_ms())


def _change(one: Pulled) -> LogChange:
    change = one.change
    place = (change.epoch, change.seq, change.cid, one.pos, change.seen, one.terminal, change.staff_id)
    values = {**change.fields, **(change.personal or {})}
    stamp = FieldStamp(change.hlc.ms, change.hlc.counter, *place)
    return LogChange(change.table, change.record_id, change.op, values, stamp, change.resolves, one.reason)


def record_of(one: PulledRecord) -> HqRecord:
    """Return a record as it is kept; ValueError where who wrote it is not said as the protocol says it."""
    texts = [compact_json(part).decode() for part in (dict(one.values), list(one.stamps or ()))]
    kept = compact_json(dict(one.kept)).decode() if one.kept else None
    try:
        state = state_from(texts[0], texts[1], kept)
    except (TypeError, IndexError, AttributeError) as error:
        raise ValueError("stamps") from error
    return HqRecord(one.table, one.record_id, state, one.pos, one.erased, one.registered)
