"""Once a night: comparing what this terminal holds with HQ's sums, and fetching again what differs."""

from __future__ import annotations

from dataclasses import replace

from butler_tui.domain.fields import parents_first
from butler_tui.domain.tallies import span_of
from butler_tui.ids import id_text, parse_id
from butler_tui.store import offering, pruning, pulled, sync_state, tallies
from butler_tui.store.database import reading
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import Code, CompareAsk, differing_from, pull_answer_from
from butler_tui.sync.pull import ask_from, record_of
from butler_tui.sync.talk import Talk, not_taken

EVERY_MS = 20 * 60 * 60 * 1000
"""How often both ends are compared: once a night, whenever in it."""


def compare(talk: Talk) -> list[tuple[str, str]]:
    """Compare, mend what differs, and return it by table and month; nothing where it was done lately.

    What cannot be compared now, since somebody writes meanwhile, is compared at the next sync. HQ reports a difference
    to a supervisor.
    """
    connection = talk.store.connection
    hole = pruning.hole(connection)
    if hole is None and not tallies.due(connection, talk.now_ms(), EVERY_MS):
        return []
    with reading(connection):
        where = sync_state.position(connection)
        if where.last_seq != where.acked_seq or where.whole_after is not None:
            return []
        # With a hole, what counts as kept apart may be this terminal's own, which it is to write anew.
        sums = tallies.sums(connection, with_apart=hole is not None)
        ask = CompareAsk(id_text(where.epoch), where.hq_gen or "", where.pos, sums)
    try:
        differing = differing_from(talk.post("compare", ask.to_body()))
        for tbl, month in sorted(differing, key=lambda one: parents_first(one[0])):
            at_hq = _fetch_again(talk, tbl, month)
            if hole is not None:
                offering.offer_again(talk.store, tbl, span_of(month), at_hq, talk.now_ms())
    except ValueError as error:
        raise not_hq() from error
    except Refused as refused:
        if refused.code == Code.HELLO_AGAIN:
            return []
        raise not_taken(refused) from refused
    talk.look_after_pictures()
    tallies.note_compared(connection, talk.now_ms())
    pruning.forget_hole(connection)
    return differing


def _fetch_again(talk: Talk, tbl: str, month: str) -> set[bytes]:
    """Fetch the records of a table and month, and return which HQ has."""
    at_hq: set[bytes] = set()
    first, after = span_of(month)
    ask = replace(ask_from(talk.where()), whole_until=f"{tbl}/{id_text(after)}")
    place: str | None = f"{tbl}/{id_text(first)}"
    while place is not None:
        answer = pull_answer_from(talk.post("pull", replace(ask, whole_after=place).to_body()))
        records = [record_of(one) for one in answer.records]
        pulled.take_records(talk.store, records, answer.terminals, now_ms=talk.now_ms())
        at_hq |= {parse_id(one.record_id) for one in answer.records if one.table == tbl}
        place = answer.whole_after
        talk.breathe()
    return at_hq
