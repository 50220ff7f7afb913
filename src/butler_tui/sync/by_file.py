"""A sync without a line: what waits goes into a file, and what HQ answers comes back in another.

The same bodies as over the line. A file may come twice, or late: what was taken already is passed over, and where one
before it is missing nothing of it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from butler_tui.errors import RuleBroken, SetUpWrong
from butler_tui.ids import id_text
from butler_tui.store import anew, estates, month_keys, sync_state
from butler_tui.store.database import plain_errors
from butler_tui.store.local import Store
from butler_tui.store.sync_state import Result
from butler_tui.sync.agreeing import agree_by_file
from butler_tui.sync.failures import not_hq
from butler_tui.sync.protocol import (
    MOST_IN_BATCH,
    TO_HQ,
    TO_TERMINAL,
    Body,
    hello_answer_from,
    new_head,
    pull_answer_from,
    pull_from,
    read_head,
    read_stick,
    take_id,
    take_object,
    write_stick,
)
from butler_tui.sync.pull import take_page
from butler_tui.sync.push import ask_of
from butler_tui.sync.syncing import one_at_a_time
from butler_tui.sync.talk import Talk, Tally
from butler_tui.words import N_

_MISSING = N_("An earlier file from HQ is missing: have HQ write one anew from the newest file of this terminal.")


@dataclass(frozen=True, slots=True)
class _Ends:
    """Who this terminal is, for which estate (UUID text), and HQ's X25519 key."""

    terminal: str
    estate: str
    hq_key: bytes


def write_file(store: Store, file: Path, now_ms: Callable[[], int]) -> int:
    """Write what waits for HQ into `file`, and return how many changes; they wait until HQ's answer comes.

    Raises SetUpWrong where this terminal is not enrolled, FileTrouble where the disk refuses, TryLater beside a sync.
    """
    ends = _ends(store)
    month_keys.record_missing(store, now_ms())
    talk = Talk(store, now_ms, gentle=False, tally=Tally())
    waiting = sync_state.waiting(store.connection)
    with one_at_a_time(store), plain_errors(file):
        head = new_head(ends.estate, ends.terminal, TO_HQ, now_ms())
        write_stick(file, head, store.keys.box, ends.hq_key, _bodies(talk))
    return waiting


def _bodies(talk: Talk) -> Iterator[Body]:
    where = talk.where()
    yield talk.greeting(where, with_marks=True)
    while (batch := sync_state.batch_after(talk.store.connection, where, MOST_IN_BATCH)) is not None:
        yield ask_of(where, batch).to_body()
        where = replace(where, acked_seq=batch.changes[-1].seq)


def read_file(store: Store, file: Path, now_ms: Callable[[], int]) -> Tally:
    """Take what HQ answered in `file`, and return what was done; every page of it is durable before the next.

    Raises SetUpWrong (another terminal's or HQ's file), FileTrouble (damaged), RuleBroken (one before it is missing, or
    HQ or this terminal's file was restored since), TryLater (a sync is running). What was taken before stays.
    """
    ends = _ends(store)
    tally = Tally()
    with one_at_a_time(store), plain_errors(file):
        head = read_head(file)
        if (head.estate, head.terminal, head.to) == (ends.estate, ends.terminal, TO_HQ):
            raise SetUpWrong(N_("{file} is what this terminal wrote for HQ, not HQ's answer."), file=file)
        if (head.estate, head.terminal, head.to) != (ends.estate, ends.terminal, TO_TERMINAL):
            raise SetUpWrong(N_("{file} is not HQ's answer to this terminal."), file=file)
        talk = Talk(store, now_ms, gentle=False, tally=tally)
        bodies = read_stick(file, store.keys.box, ends.hq_key)
        try:
            _agree(talk, next(bodies))
            for body in bodies:
                _take(talk, body)
        except ValueError as error:
            raise not_hq() from error
    sync_state.note_result(store.connection, Result.OK, now_ms())
    return tally


def _agree(talk: Talk, body: Body) -> None:
    where = talk.where()
    if take_id(body, "epoch") != id_text(where.epoch):
        raise RuleBroken(N_("This terminal's file was restored since that answer. Write a new file for HQ first."))
    answer = hello_answer_from(take_object(body, "answer"))
    if answer.fork is None and where.hq_gen is not None and answer.hq_gen != where.hq_gen:
        raise RuleBroken(N_("HQ was restored since that answer. Write a new file for HQ first."))
    stale = answer.hq_gen == where.hq_gen and answer.last_seq < where.acked_seq and answer.fork is None
    if not stale:
        agree_by_file(talk, where, answer)


def _take(talk: Talk, body: Body) -> None:
    ask, answer = pull_from(take_object(body, "ask")), pull_answer_from(take_object(body, "answer"))
    where = talk.where()
    if ask.whole_after is not None:
        if where.whole_after is None and where.pos == 0 and not ask.whole_after:
            anew.fetch_all(talk.store.connection)
            where = talk.where()
        if where.whole_after == ask.whole_after:
            take_page(talk, where, answer)
        return
    if where.whole_after is not None or ask.pos > where.pos:
        raise RuleBroken(_MISSING)
    if answer.upto > where.pos:
        take_page(talk, where, answer)


def _ends(store: Store) -> _Ends:
    terminal, estate = estates.terminal(store.connection), estates.estate(store.connection)
    if estate is None or terminal.terminal_id is None or terminal.hq_box_key is None:
        raise SetUpWrong(N_("This terminal is not enrolled at HQ yet: ask HQ for the line that enrols it."))
    return _Ends(id_text(terminal.terminal_id), id_text(estate.estate_id), terminal.hq_box_key)
