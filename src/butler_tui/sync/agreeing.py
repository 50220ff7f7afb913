"""Agreeing with HQ where both stand, before anything is sent or fetched: hello, until it finds nothing out any more.

A file that was restored or copied begins a new epoch; an HQ that was restored is followed to where its log and this
terminal's part.
"""

from __future__ import annotations

from enum import Enum, auto

from butler_tui.ids import id_text
from butler_tui.store import anew, epochs, estates, narrowing, pruning, reports, sync_state
from butler_tui.store.database import transaction
from butler_tui.store.sync_state import Position
from butler_tui.sync import keyring
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.offering_lost import offer_lost
from butler_tui.sync.protocol import Code, HelloAnswer, hello_answer_from
from butler_tui.sync.talk import Talk, not_taken


class Outcome(Enum):
    """What an answer to a hello comes to: both stand at the same place, or it must be said again."""

    AGREED = auto()
    AGAIN = auto()


def hello(talk: Talk) -> Position:
    """Say where this terminal stands, take what HQ says to it, and return where both stand then.

    Raises TryLater where they do not come to agree, NotTaken, SetUpWrong.
    """
    while True:
        where = talk.where()
        answer = _answer_to(talk, where)
        if (hole := talk.hole_to_tell()) is not None:
            talk.tally.gone += hole.gone
            pruning.note_told(talk.store.connection)
        talk.heed(answer)
        if _agree(talk, where, answer, on_line=True) is Outcome.AGREED:
            return talk.where()


def agree_by_file(talk: Talk, where: Position, answer: HelloAnswer) -> None:
    """Take what HQ said in a file to where this terminal stood; what follows from it goes into the next file."""
    _agree(talk, where, answer, on_line=False)


def _answer_to(talk: Talk, where: Position) -> HelloAnswer:
    """Return what HQ answers to a hello; the marks are said once it asks for them."""
    with_marks = False
    while True:
        try:
            return hello_answer_from(talk.say_hello(where, with_marks=with_marks))
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            if refused.code != Code.SAY_MARKS or with_marks:
                raise not_taken(refused) from refused
            with_marks = True


def _agree(talk: Talk, where: Position, answer: HelloAnswer, *, on_line: bool) -> Outcome:
    connection = talk.store.connection
    talk.head = answer.pos
    if answer.fork is not None:
        try:
            outcome = _follow(talk, where, answer, answer.fork, on_line=on_line)
        except Refused as refused:
            if refused.code not in (Code.HELLO_AGAIN, Code.NOT_ALLOWED):
                raise not_taken(refused) from refused
            outcome = Outcome.AGAIN  # it was restored once more meanwhile
        if outcome is Outcome.AGAIN:
            return outcome
    elif where.hq_gen is not None and answer.hq_gen != where.hq_gen:
        raise not_hq()
    where = talk.where()
    held = sync_state.holds(connection, where.epoch_no, answer.last_seq, answer.last_cid)
    if not held or (on_line and pruning.note_hole(connection, answer.last_seq) is not None):
        _as_another_file(talk)
        return Outcome.AGAIN
    _take_answer(talk, where, answer, on_line=on_line)
    return Outcome.AGREED


def _take_answer(talk: Talk, where: Position, answer: HelloAnswer, *, on_line: bool) -> None:
    """Keep what came with an answer on which both agree."""
    connection = talk.store.connection
    sync_state.note_hello(
        connection,
        hq_gen=answer.hq_gen,
        durable_pos=answer.durable_pos,
        server_ms=answer.server_time,
        now_ms=talk.now_ms(),
    )
    keyring.take(talk.store, answer.keys, talk.post if on_line else None, id_text(where.epoch))
    if answer.reports:
        reports.keep(connection, answer.reports)
    # The count stands in HQ's file and may come again after HQ was restored: the kind itself decides too.
    if (answer.scope_gen, answer.scope) != (where.scope_gen, estates.terminal(connection).kind):
        narrowing.forget_out_of_scope(talk.store, answer.scope)  # whoever is cut off here does it again
        anew.begin_anew(connection, answer.scope_gen, answer.scope)
    if answer.last_seq != where.acked_seq or answer.quarantined:
        talk.acknowledge(where, answer.last_seq, answer.quarantined)


def _follow(talk: Talk, where: Position, answer: HelloAnswer, fork: int, *, on_line: bool) -> Outcome:
    """HQ was restored: begin anew from where its log and ours part, and send again what it has lost.

    Where this file was put back too, what HQ has of its epoch says nothing of what it holds. Where it goes on under
    another epoch, HQ has said nothing of that one yet.
    """
    connection = talk.store.connection
    held = sync_state.holds(connection, where.epoch_no, answer.last_seq, answer.last_cid)
    hole = pruning.note_hole(connection, answer.last_seq)
    pruning.note_older_hole(connection)
    if on_line and not talk.revoked:
        offer_lost(talk, answer, fork)
    last_seq, intact = answer.last_seq if held else 0, held and hole is None
    rolled = anew.fork(
        connection, hq_gen=answer.hq_gen, pos=fork, last_seq=last_seq, intact=intact, now_ms=talk.now_ms()
    )
    if not rolled:
        return Outcome.AGREED
    talk.sign_as(talk.where())
    return Outcome.AGAIN


def _as_another_file(talk: Talk) -> None:
    """This file was restored or copied: HQ has what it does not hold. It goes on under an epoch of its own."""
    plan = epochs.planned(talk.store.connection)
    with transaction(talk.store.connection):
        epochs.roll_epoch(talk.store.connection, talk.now_ms(), plan=plan)
    talk.sign_as(talk.where())
