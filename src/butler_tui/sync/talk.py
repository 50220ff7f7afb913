"""Talking to HQ during one sync: one connection, the hello that says where both stand, and what it finds out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from butler_tui import __version__
from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.ids import id_text
from butler_tui.store import estates, pruning, pulled, reports, sync_state
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.store.local import Store
from butler_tui.store.pruning import Hole
from butler_tui.store.sync_state import Position
from butler_tui.sync import blobs, keyring
from butler_tui.sync.failures import OUT_OF_REACH, Refused, busy
from butler_tui.sync.protocol import LAST_PUSH, HelloAnswer, HelloAsk, path_of
from butler_tui.sync.transport import Identity, Link, Traffic
from butler_tui.words import N_, _

_GENTLE_S = 0.01
_MOST_HELLOS = 6


@dataclass(slots=True)
class Tally:
    """What a sync has done so far: also tells of one that was broken off.

    `whole` says that all records have come, to a terminal that is new or begins anew. `progress` is told how much of
    what is fetched has come, and of how much, after each page.
    """

    pushed: int = 0
    pulled: int = 0
    quarantined: int = 0
    whole: bool = False
    progress: Callable[[int, int], None] = lambda _at, _of: None
    gone: int = 0
    """Changes that HQ had lost and this terminal had let go of."""
    traffic: Traffic = field(default_factory=Traffic)
    began: float = field(default_factory=time.monotonic)


class NotTaken(ButlerError):
    """HQ read what was sent and did not take it."""


class Talk:
    """One sync's connection to HQ; raises SetUpWrong where this terminal is not enrolled."""

    def __init__(self, store: Store, now_ms: Callable[[], int], gentle: bool, tally: Tally) -> None:
        estate = estates.estate(store.connection)
        terminal = estates.terminal(store.connection)
        if estate is None or terminal.terminal_id is None or terminal.hq_url is None:
            raise SetUpWrong(N_("This terminal is not enrolled at HQ yet: ask HQ for the line that enrols it."))
        self.store = store
        self.now_ms = now_ms
        self.tally = tally
        self.head = 0
        """Where HQ's log ends, as far as it has said."""
        self.gentle = gentle
        self.revoked = False
        """Whether HQ has said that this is the last push."""
        self._hellos = 0
        self._too_old = False
        where = self.where()
        base, __, self._estate_id = terminal.hq_url.rpartition("/e/")
        self.terminal_id = id_text(terminal.terminal_id)
        identity = Identity(self.terminal_id, id_text(where.epoch), store.keys.sign)
        self._link = Link(base, terminal.hq_authority, identity, now_ms, where.clock_offset_ms, tally.traffic)

    def where(self) -> Position:
        """Return where the journal and HQ stand."""
        return sync_state.position(self.store.connection)

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()

    def prune(self) -> None:
        """Let go of changes that are safe at HQ."""
        pruning.prune(self.store.connection, self.now_ms() + self.where().clock_offset_ms, self.breathe)

    def breathe(self) -> None:
        """Leave the screens room after a write."""
        if self.gentle:
            time.sleep(_GENTLE_S)

    def beside_records(self, where: Position, *, push_only: bool) -> None:
        """Exchange what goes beside the records: PINs that were set here, and pictures."""
        keyring.tell(self.store, self._link, self._estate_id, id_text(where.epoch))
        blobs.exchange(self.store, self._link, self._estate_id, self.now_ms, push_only=push_only)

    def look_after_pictures(self) -> None:
        """Ask HQ whether it still has pictures that lie here, too."""
        blobs.look_after(self.store, self._link, self._estate_id)

    def post(self, step: str, body: dict[str, object]) -> Mapping[str, Any]:
        """Return what HQ answers to a request; raises Refused, TryLater or SetUpWrong as the link does."""
        return self._link.post(path_of(self._estate_id, step), body)

    def post_bytes(self, step: str, content: bytes, encoding: str) -> Mapping[str, Any]:
        """Return what HQ answers to a body that is packed already."""
        return self._link.post_bytes(path_of(self._estate_id, step), content, encoding)

    def farewell(self) -> None:
        """Ask HQ to be done with, now that nothing waits and nothing is written; it answers by raising Sealed.

        Where it lacks something still, this returns, and the next hello says what.
        """
        self.post("hello", replace(self._ask(self.where(), with_marks=False), ends=True).to_body())

    def say_hello(self, where: Position, *, with_marks: bool) -> Mapping[str, Any]:
        """Return what HQ answers to where this terminal stands; raises TryLater where it was asked too often."""
        self._hellos += 1
        if self._hellos > _MOST_HELLOS:
            raise TryLater(OUT_OF_REACH, reason=_("it does not agree on where we stand"))
        return self.post("hello", self.greeting(where, with_marks=with_marks))

    def heed(self, answer: HelloAnswer) -> None:
        """Go by what an answer says of this sync: whether it is the last push, which programs may fetch, HQ's time."""
        self.revoked = answer.ending == LAST_PUSH
        self._too_old = answer.min_schema > SCHEMA_VERSION
        self._link.judge_dates(answer.server_time)
        self._link.offset_ms = answer.server_time - self.now_ms()

    def require_schema(self) -> None:
        """Raise SetUpWrong where HQ no longer tells a program as old as this one what others wrote (PROTOCOL)."""
        if self._too_old:
            raise SetUpWrong(
                N_("This program is too old for what HQ has now. What waited here was sent, nothing was fetched: "
                   "install the newer program.")
            )  # fmt: skip

    def sign_as(self, where: Position) -> None:
        """Sign from now on as the epoch in which this file goes on."""
        self._link.identity = replace(self._link.identity, epoch=id_text(where.epoch))

    def hole_to_tell(self) -> Hole | None:
        """Return which numbers neither end has any more, where HQ was not told of them yet."""
        hole = pruning.hole(self.store.connection)
        return hole if hole is not None and not hole.told else None

    def greeting(self, where: Position, *, with_marks: bool) -> dict[str, object]:
        """Return the body of a hello: where this terminal stands."""
        return self._ask(where, with_marks=with_marks).to_body()

    def _ask(self, where: Position, *, with_marks: bool) -> HelloAsk:
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
            hole=self.hole_to_tell(),
            marks=tuple(pulled.marks(self.store.connection)) if with_marks else (),
            told=reports.latest_id(self.store.connection),
        )

    def acknowledge(self, where: Position, acked_seq: int, held: tuple[tuple[str, str], ...]) -> None:
        """Write down up to where HQ has this epoch, and what of it HQ holds back (cid, reason)."""
        connection = self.store.connection
        sync_state.acknowledge(connection, acked_seq=acked_seq, quarantined=held, now_ms=self.now_ms(), head=self.head)
        self.tally.pushed += max(0, acked_seq - where.acked_seq)
        self.tally.quarantined += len(held)
        self.breathe()


def not_taken(refused: Refused) -> ButlerError:
    """Return the error that says in words why HQ did not take a request."""
    if refused.status in (429, 503):
        return busy(None)
    return NotTaken(
        N_("HQ did not take what was sent ({code}). Nothing is lost: it stays on this terminal. Tell HQ about it."),
        code=refused.code,
    )
