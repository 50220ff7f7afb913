"""Bringing what waits to HQ, batch by batch, in the order written."""

from __future__ import annotations

from butler_tui.errors import TryLater
from butler_tui.ids import id_text
from butler_tui.store import sync_state
from butler_tui.store.sync_state import Batch, Position
from butler_tui.sync.failures import OUT_OF_REACH, Refused, not_hq
from butler_tui.sync.protocol import (
    MOST_BODY,
    MOST_IN_BATCH,
    MOST_OPENED,
    Code,
    PushAnswer,
    PushAsk,
    compact_json,
    push_answer_from,
    squeeze,
)
from butler_tui.sync.talk import NotTaken, Talk, not_taken
from butler_tui.words import N_, _


def push_all(talk: Talk, where: Position) -> Position:
    """Push until nothing waits, from `where` both stand, and return where they stand then."""
    push = _Push(talk)
    while (batch := sync_state.batch_after(talk.store.connection, where, push.most)) is not None:
        where = push.send(where, batch)
    return where


class _Push:
    """The batches of one sync, as large as HQ takes them."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.most = MOST_IN_BATCH

    def send(self, where: Position, batch: Batch) -> Position:
        """Send one batch and return where both stand then."""
        ask = PushAsk(
            id_text(where.epoch),
            where.hq_gen or "",
            batch.link_before,
            batch.link_after,
            batch.changes,
            where.fork_pos if batch.changes[0].seq <= where.fork_seq else None,
        )
        raw = compact_json(ask.to_body())
        content, encoding = squeeze(raw)
        if len(batch.changes) > 1 and (len(raw) > MOST_OPENED or len(content) > MOST_BODY):
            return self._halved(where, batch)
        try:
            answer = push_answer_from(self.talk.post_bytes("push", content, encoding))
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            return self._refused(where, batch, refused)
        last = batch.changes[-1]
        if (answer.last_seq, answer.last_cid) != (last.seq, last.cid):
            raise TryLater(OUT_OF_REACH, reason=_("it does not agree on where we stand"))
        self._taken(where, batch, answer)
        return self.talk.where()

    def _taken(self, where: Position, batch: Batch, answer: PushAnswer) -> None:
        ours = {change.cid for change in batch.changes}
        held = tuple(pair for pair in answer.quarantined if pair[0] in ours)
        self.talk.head = max(self.talk.head, answer.pos)
        self.talk.acknowledge(where, answer.last_seq, held)

    def _refused(self, where: Position, batch: Batch, refused: Refused) -> Position:
        if refused.code in (Code.OUT_OF_ORDER, Code.HELLO_AGAIN):
            return self.talk.hello()
        if refused.code == Code.TOO_LARGE:
            return self._halved(where, batch)
        raise not_taken(refused) from refused

    def _halved(self, where: Position, batch: Batch) -> Position:
        if len({change.group_id for change in batch.changes}) == 1:
            raise NotTaken(N_("One entry is too large for HQ. It stays on this terminal: tell HQ about it."))
        self.most = max(1, len(batch.changes) // 2)
        return where
