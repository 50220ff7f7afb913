"""Bringing what waits to HQ, batch by batch, in the order written."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace

from butler_tui.errors import TryLater
from butler_tui.ids import id_text
from butler_tui.store import sync_state
from butler_tui.store.sync_state import Batch, Position
from butler_tui.sync.agreeing import hello
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
    with ThreadPoolExecutor(1) as beside:
        push = _Push(talk, beside)
        while (packed := push.packed(where)) is not None:
            where = push.send(where, packed)
    return where


def ask_of(where: Position, batch: Batch) -> PushAsk:
    """Return the request that brings `batch` to HQ from where both stand."""
    return PushAsk(
        id_text(where.epoch),
        where.hq_gen or "",
        batch.link_before,
        batch.link_after,
        batch.changes,
        where.fork_pos if batch.changes[0].seq <= where.fork_seq else None,
    )


@dataclass(frozen=True, slots=True)
class _Packed:
    """A batch as it goes out, for where both stood then; `opened` are the bytes it opens to."""

    stand: tuple[object, ...]
    batch: Batch
    content: bytes
    encoding: str
    opened: int


def _stand(where: Position) -> tuple[object, ...]:
    return where.epoch, where.hq_gen, where.acked_seq, where.fork_seq, where.fork_pos


class _Push:
    """The batches of one sync, as large as HQ takes them.

    While HQ works on one, the next is packed in a thread `beside`; it goes out only once HQ has taken the one before.
    """

    def __init__(self, talk: Talk, beside: ThreadPoolExecutor) -> None:
        self.talk = talk
        self.most = MOST_IN_BATCH
        self._beside = beside
        self._next: Future[_Packed | None] | None = None

    def packed(self, where: Position) -> _Packed | None:
        """Return the next batch after `where`, or None where nothing waits."""
        ahead, self._next = self._next, None
        ready = ahead.result() if ahead is not None else None
        if ready is not None and ready.stand == _stand(where) and len(ready.batch.changes) <= self.most:
            return ready
        return self._pack(where)

    def _pack(self, where: Position) -> _Packed | None:
        batch = sync_state.batch_after(self.talk.store.connection, where, self.most)
        if batch is None:
            return None
        raw = compact_json(ask_of(where, batch).to_body())
        return _Packed(_stand(where), batch, *squeeze(raw), len(raw))

    def send(self, where: Position, packed: _Packed) -> Position:
        """Send one batch and return where both stand then."""
        batch, last = packed.batch, packed.batch.changes[-1]
        if len(batch.changes) > 1 and (packed.opened > MOST_OPENED or len(packed.content) > MOST_BODY):
            return self._halved(where, batch)
        if last.seq < where.last_seq:
            self._next = self._beside.submit(self._pack, replace(where, acked_seq=last.seq))
        try:
            answer = push_answer_from(self.talk.post_bytes("push", packed.content, packed.encoding))
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            return self._refused(where, batch, refused)
        finally:
            if self._next is not None:
                wait((self._next,))  # one thread at a time has the file
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
            return hello(self.talk)
        if refused.code == Code.TOO_LARGE:
            return self._halved(where, batch)
        raise not_taken(refused) from refused

    def _halved(self, where: Position, batch: Batch) -> Position:
        if len({change.group_id for change in batch.changes}) == 1:
            raise NotTaken(N_("One entry is too large for HQ. It stays on this terminal: tell HQ about it."))
        self.most = max(1, len(batch.changes) // 2)
        return where
