"""Telling an HQ that was restored what was erased, and offering what it may have lost of others: first of all.

HQ keeps what is offered apart until its author comes or a supervisor has it taken in. Cut off anywhere, all of it is
offered again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from butler_tui.domain.fields import TABLES
from butler_tui.errors import TryLater
from butler_tui.ids import id_text, parse_id
from butler_tui.store import lost, pruning, tallies
from butler_tui.store.erasing import erase_told, registered
from butler_tui.store.lost import Lost
from butler_tui.sync.failures import Refused, not_hq
from butler_tui.sync.protocol import (
    MOST_ERASED,
    MOST_OFFERED,
    Code,
    CompareAsk,
    ErasedAsk,
    HelloAnswer,
    OfferAnswer,
    OfferAsk,
    Offered,
    compact_json,
    differing_from,
    offer_answer_from,
)
from butler_tui.sync.talk import Talk

_MOST_TEXT = 1024 * 1024
"""Characters of values in one offer, about."""


def offer_lost(talk: Talk, answer: HelloAnswer, fork: int) -> None:
    """Offer what HQ had placed after `fork`, and what is written once that it lacks; mark what it keeps apart.

    Raises TryLater, Refused (HQ was restored once more). An HQ of before takes no offers, which keeps nothing else
    from being sent.
    """
    connection, epoch = talk.store.connection, id_text(talk.where().epoch)
    hole = pruning.hole(connection) is not None
    try:
        _tell_erased(talk, epoch, answer.hq_gen)
        ask = CompareAsk(epoch, answer.hq_gen, None, tallies.sums(connection, with_apart=True))
        slices = differing_from(talk.post("compare", ask.to_body()))
        once = (lost.written_once(connection, tbl, month, hole=hole) for tbl, month in slices)
        for some in _together(chain(lost.writes_after(connection, fork, hole=hole), *once)):
            for said in _offered(talk, OfferAsk(epoch, answer.hq_gen, fork, some)):
                _take(talk, said)
            talk.breathe()
    except ValueError as error:
        raise not_hq() from error
    except Refused as refused:
        if refused.code not in (Code.MALFORMED, Code.NOT_ALLOWED):
            raise
    except TryLater as error:
        if not (isinstance(error.__cause__, Refused) and error.__cause__.code == Code.NOT_FOUND):
            raise


def _take(talk: Talk, said: OfferAnswer) -> None:
    """Mark what HQ keeps apart, and erase what it says was erased."""
    apart, gone = ([(table, parse_id(record_id)) for table, record_id in keys] for keys in (said.apart, said.erased))
    lost.mark_apart(talk.store.connection, [record_id for __, record_id in apart], talk.now_ms())
    if gone:
        erase_told(talk.store, gone, talk.now_ms())


def _offered(talk: Talk, ask: OfferAsk) -> Iterator[OfferAnswer]:
    """Offer some writes, by halves where that is too much at once, and yield what HQ answers."""
    try:
        yield offer_answer_from(talk.post("offer", ask.to_body()))
        return
    except Refused as refused:
        if refused.code != Code.TOO_LARGE:
            raise
    middle = len(ask.offered) // 2
    halves = (ask.offered[:middle], ask.offered[middle:]) if middle else ()
    for half in halves:
        yield from _offered(talk, replace(ask, offered=half))


def _tell_erased(talk: Talk, epoch: str, hq_gen: str) -> None:
    """Tell HQ first what was erased for a person, whoever did that: what it was restored from knows nothing of it."""
    keys = [(table, id_text(record_id)) for table, record_id in registered(talk.store.home) if table in TABLES]
    for at in range(0, len(keys), MOST_ERASED):
        try:
            talk.post("erased", ErasedAsk(epoch, hq_gen, tuple(keys[at : at + MOST_ERASED])).to_body())
        except Refused as refused:
            if refused.code != Code.NOT_ALLOWED:
                raise
            return  # too long ago for a terminal of this kind, or nobody else has found it yet


def _together(writes: Iterable[Lost]) -> Iterator[tuple[Offered, ...]]:
    some: list[Offered] = []
    text = 0
    for one in writes:
        offered = Offered(one.table, id_text(one.record_id), one.values, one.stamp)
        size = len(compact_json(dict(one.values)))
        if some and (len(some) == MOST_OFFERED or text + size > _MOST_TEXT):
            yield tuple(some)
            some, text = [], 0
        some.append(offered)
        text += size
    if some:
        yield tuple(some)
