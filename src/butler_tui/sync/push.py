"""One sync of this terminal: hello, then batches, until HQ has everything; nothing waiting is one request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from filelock import FileLock, Timeout

from butler_tui import __version__
from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.ids import id_text
from butler_tui.store import estates, month_keys, sync_state
from butler_tui.store.database import SCHEMA_VERSION, plain_errors
from butler_tui.store.local import Store
from butler_tui.store.sync_state import Batch, Position, Result
from butler_tui.sync import blobs, keyring
from butler_tui.sync.failures import OUT_OF_REACH, Refused, busy, not_hq
from butler_tui.sync.protocol import (
    MOST_BODY,
    MOST_IN_BATCH,
    MOST_OPENED,
    Code,
    HelloAnswer,
    HelloAsk,
    PushAnswer,
    PushAsk,
    compact_json,
    hello_answer_from,
    path_of,
    push_answer_from,
    squeeze,
)
from butler_tui.sync.transport import Identity, Link, Traffic
from butler_tui.words import N_, _

_GENTLE_S = 0.01
_MOST_HELLOS = 3


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What one sync did; bytes count heads and bodies, `hq` is how it ended (ok, unreachable, refused)."""

    pushed: int
    pulled: int
    conflicts: int
    quarantined: int
    waiting: int
    bytes_up: int
    bytes_down: int
    seconds: float
    hq: str


@dataclass(slots=True)
class Tally:
    """What a sync has done so far: also tells of one that was broken off."""

    pushed: int = 0
    quarantined: int = 0
    traffic: Traffic = field(default_factory=Traffic)
    began: float = field(default_factory=time.monotonic)

    def report(self, waiting: int, hq: str) -> SyncReport:
        """Return the report, with what still waits and how it ended."""
        return SyncReport(
            pushed=self.pushed,
            pulled=0,
            conflicts=0,
            quarantined=self.quarantined,
            waiting=waiting,
            bytes_up=self.traffic.up,
            bytes_down=self.traffic.down,
            seconds=round(time.monotonic() - self.began, 3),
            hq=hq,
        )


def sync_once(
    store: Store,
    *,
    now_ms: Callable[[], int],
    push_only: bool = False,
    gentle: bool = False,
    tally: Tally | None = None,
) -> SyncReport:
    """Bring everything that waits to HQ, and return what was done.

    `now_ms` tells the local time (UTC ms); `gentle` leaves the screens room after each local write; `tally` is kept
    up to date also where this raises. `push_only` is for the night job: nothing is pulled yet in any case. Raises
    TryLater (HQ out of reach or busy, or another sync of this terminal runs), SetUpWrong (not enrolled, not trusted,
    not accepted, restored file or HQ), FileTrouble. Nothing is lost in any of them.
    """
    tally = tally or Tally()
    with _one_at_a_time(store), plain_errors(store.home.database):
        sync = _Sync(store, now_ms, gentle, tally)
        try:
            sync.run()
        except TryLater:
            sync_state.note_result(store.connection, Result.UNREACHABLE, now_ms())
            raise
        except (SetUpWrong, _NotTaken):
            sync_state.note_result(store.connection, Result.REFUSED, now_ms())
            raise
        sync_state.note_result(store.connection, Result.OK, now_ms())
        return tally.report(sync_state.waiting(store.connection), str(Result.OK))


class _NotTaken(ButlerError):
    """HQ read the batch and did not take it."""


@contextmanager
def _one_at_a_time(store: Store) -> Iterator[None]:
    lock = FileLock(store.home.sync_lock, timeout=0)
    with plain_errors(store.home.sync_lock):
        try:
            lock.acquire()
        except Timeout as error:
            raise TryLater(N_("Another sync of this terminal is running. Nothing is lost.")) from error
    try:
        yield
    finally:
        lock.release()


class _Sync:
    """The steps of one sync over one connection."""

    def __init__(self, store: Store, now_ms: Callable[[], int], gentle: bool, tally: Tally) -> None:
        estate = estates.estate(store.connection)
        terminal = estates.terminal(store.connection)
        if estate is None or terminal.terminal_id is None or terminal.hq_url is None:
            raise SetUpWrong(N_("This terminal is not enrolled at HQ yet: ask HQ for the line that enrols it."))
        self.store = store
        self.connection = store.connection
        self.now_ms = now_ms
        self.gentle = gentle
        self.tally = tally
        self.hellos = 0
        self.most = MOST_IN_BATCH
        where = sync_state.position(store.connection)
        base, __, estate_text = terminal.hq_url.rpartition("/e/")
        self.estate_id = estate_text
        identity = Identity(id_text(terminal.terminal_id), id_text(where.epoch), store.keys.sign)
        self.link = Link(base, terminal.hq_authority, identity, now_ms, where.clock_offset_ms, tally.traffic)

    def run(self) -> None:
        """Say hello, then push batch after batch until nothing waits."""
        month_keys.record_missing(self.store, self.now_ms())
        try:
            where = self._hello()
            while (batch := sync_state.batch_after(self.connection, where, self.most)) is not None:
                where = self._push(where, batch)
            keyring.tell(self.store, self.link, self.estate_id, id_text(where.epoch))
            blobs.exchange(self.store, self.link, self.estate_id, self.now_ms)
        finally:
            self.link.close()

    def _hello(self) -> Position:
        self.hellos += 1
        if self.hellos > _MOST_HELLOS:
            raise TryLater(OUT_OF_REACH, reason=_("it does not agree on where we stand"))
        where = sync_state.position(self.connection)
        try:
            answer = hello_answer_from(self.link.post(path_of(self.estate_id, "hello"), self._greeting(where)))
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            raise _not_taken(refused) from refused
        self.link.judge_dates(answer.server_time)
        offset = answer.server_time - self.now_ms()
        self.link.offset_ms = offset
        self._check(where, answer)
        sync_state.note_hello(
            self.connection, hq_gen=answer.hq_gen, durable_pos=answer.durable_pos, clock_offset_ms=offset
        )
        keyring.take(self.store, answer.keys)
        if answer.last_seq != where.acked_seq or answer.quarantined:
            self._acknowledge(where, answer.last_seq, answer.quarantined)
        return sync_state.position(self.connection)

    def _greeting(self, where: Position) -> dict[str, object]:
        return HelloAsk(
            epoch=id_text(where.epoch),
            max_seq=where.last_seq,
            acked_seq=where.acked_seq,
            acked_cid=sync_state.cid_text(where),
            hq_gen=where.hq_gen,
            pos=where.pos,
            pos_cid=sync_state.pos_cid_text(where),
            scope_gen=where.scope_gen,
            schema_v=SCHEMA_VERSION,
            clock=self.now_ms(),
            version=__version__,
            waiting=where.last_seq - where.acked_seq,
            handed=keyring.named(self.store) or None,
        ).to_body()

    def _check(self, where: Position, answer: HelloAnswer) -> None:
        if where.hq_gen is not None and answer.hq_gen != where.hq_gen:
            raise SetUpWrong(
                N_(
                    "HQ was restored from a backup, or is another HQ. Nothing is lost: everything stays on this "
                    "terminal, and nothing more is sent until HQ has been asked."
                )
            )
        if not sync_state.holds(self.connection, where.epoch_no, answer.last_seq, answer.last_cid):
            raise SetUpWrong(
                N_(
                    "HQ has records of this terminal that its own file does not have: the file was restored or "
                    "copied. Nothing is lost: both stay as they are, and nothing more is sent until HQ has been asked."
                )
            )

    def _push(self, where: Position, batch: Batch) -> Position:
        ask = PushAsk(id_text(where.epoch), where.hq_gen or "", batch.link_before, batch.link_after, batch.changes)
        raw = compact_json(ask.to_body())
        content, encoding = squeeze(raw)
        if len(batch.changes) > 1 and (len(raw) > MOST_OPENED or len(content) > MOST_BODY):
            return self._halved(where, batch)
        try:
            answer = push_answer_from(self.link.post_bytes(path_of(self.estate_id, "push"), content, encoding))
        except ValueError as error:
            raise not_hq() from error
        except Refused as refused:
            return self._refused(where, batch, refused)
        last = batch.changes[-1]
        if (answer.last_seq, answer.last_cid) != (last.seq, last.cid):
            raise TryLater(OUT_OF_REACH, reason=_("it does not agree on where we stand"))
        self._taken(where, batch, answer)
        return sync_state.position(self.connection)

    def _taken(self, where: Position, batch: Batch, answer: PushAnswer) -> None:
        ours = {change.cid for change in batch.changes}
        held = tuple(pair for pair in answer.quarantined if pair[0] in ours)
        self._acknowledge(where, answer.last_seq, held)

    def _refused(self, where: Position, batch: Batch, refused: Refused) -> Position:
        if refused.code in (Code.OUT_OF_ORDER, Code.HELLO_AGAIN):
            return self._hello()
        if refused.code == Code.TOO_LARGE:
            return self._halved(where, batch)
        raise _not_taken(refused) from refused

    def _halved(self, where: Position, batch: Batch) -> Position:
        if len({change.group_id for change in batch.changes}) == 1:
            raise _NotTaken(N_("One entry is too large for HQ. It stays on this terminal: tell HQ about it."))
        self.most = max(1, len(batch.changes) // 2)
        return where

    def _acknowledge(self, where: Position, acked_seq: int, held: tuple[tuple[str, str], ...]) -> None:
        sync_state.acknowledge(self.connection, acked_seq=acked_seq, quarantined=held, now_ms=self.now_ms())
        self.tally.pushed += max(0, acked_seq - where.acked_seq)
        self.tally.quarantined += len(held)
        if self.gentle:
            time.sleep(_GENTLE_S)


def _not_taken(refused: Refused) -> ButlerError:
    if refused.status in (429, 503):
        return busy(None)
    return _NotTaken(
        N_("HQ did not take what was sent ({code}). Nothing is lost: it stays on this terminal. Tell HQ about it."),
        code=refused.code,
    )
