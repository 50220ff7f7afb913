"""What happens to a real HQ and real terminals in one process, over a wire that cuts, doubles and delays."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from butler_tui.domain.retention import AWAY_MS
from butler_tui.domain.rights import TerminalKind
from butler_tui.errors import ButlerError, SetUpWrong, TryLater
from butler_tui.hq.keys import Folder
from butler_tui.ids import id_text
from butler_tui.store import estates, sync_state
from butler_tui.sync.syncing import sync_once
from tests.model.hq_whole import Broken
from tests.model.in_process import (
    BEGAN_MS,
    KINDS,
    SPARES,
    Answer,
    Hq,
    carry_over,
    copied,
    opened,
    template,
)
from tests.model.postgres_hq import PostgresHq
from tests.model.real_disks import Disks
from tests.model.real_people import Booth

MINUTE = 60_000
DAY = 24 * 60 * MINUTE
SHIFTS = (0, -11 * DAY, 9 * MINUTE, 60 * MINUTE, 3650 * DAY)
NO, CUT_BEFORE, CUT_AFTER, DOUBLED, ANSWERED_AGAIN, LATE = range(6)
Step = tuple[Any, ...]


@dataclass
class World(Disks):
    """Everything there is; with a `server` (its DSN), HQ's rows are on PostgreSQL."""

    server: str = ""
    now: int = BEGAN_MS + MINUTE
    images: dict[int, Path] = field(default_factory=dict)
    late: list[Callable[[], Any]] = field(default_factory=list)
    copied: bool = False
    narrowed: bool = False
    moved: set[str] = field(default_factory=set)
    """Terminals (ids as text) whose kind was changed."""

    def __post_init__(self) -> None:
        made = template()
        self.folder = Path(tempfile.mkdtemp(dir=made.parent, prefix="butler-run-"))
        copied(made / "hq", self.folder / "hq")
        place = (Folder(self.folder / "hq"), lambda: self.now)
        self.hq = PostgresHq(*place, server=self.server) if self.server else Hq(*place)
        self.spares = list(SPARES)
        self.booths = [self._booth(name) for name in KINDS]
        self._carry: tuple[int, tuple[int, ...], int, tuple[Step, ...]] = (0, (), 0, ())
        carry_over(self.carry)
        own = estates.estate(self.booths[0].store.connection)
        assert own is not None
        self.estate_id = id_text(own.estate_id)
        rows = self.booths[0].store.connection
        (self.household,) = rows.execute("SELECT household_id FROM household").fetchone()
        (self.resident,) = rows.execute("SELECT resident_id FROM resident").fetchone()
        (self.house,) = rows.execute("SELECT house_id FROM house").fetchone()
        for booth in self.booths:
            self.note_rest(booth)

    def _booth(self, name: str) -> Booth:
        copied(template() / name, self.folder / name)
        return Booth(self.folder / name, opened(self.folder / name))

    def close(self) -> None:
        """Let go of every file, and of the wire."""
        carry_over(None)
        for booth in self.booths:
            booth.store.close()
        self.hq.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def do(self, step: Step) -> None:
        """Let one thing happen."""
        name, *rest = step
        self.now += MINUTE
        if name in ("snap", "back", "wait", "deliver", "take_in", "backup", "restored"):
            getattr(self, f"_{name}")(*rest)
        else:
            getattr(self, f"_{name}")(self.booths[rest[0] % len(self.booths)], *rest[1:])

    def _clock(self, booth: Booth, shift: int) -> None:
        booth.wrong = SHIFTS[shift % len(SHIFTS)]

    def _wait(self, days: int) -> None:
        """Let days go by; never so many that HQ ends whoever was not heard of since (tests/sync/test_revoked.py)."""
        if self.now + days * DAY - BEGAN_MS < AWAY_MS:
            self.now += days * DAY

    def _sync(self, booth: Booth, faults: Sequence[int] = (), at: int = 0, meanwhile: Sequence[Step] = ()) -> None:
        """Sync once; request by request a fault; after request `at` the steps `meanwhile` happen."""
        if booth.busy:
            return
        booth.busy = True
        held = self.in_journal(booth)
        before, self._carry = self._carry, (0, tuple(faults), at, tuple(meanwhile))
        try:
            sync_once(booth.store, now_ms=lambda: self.now + booth.wrong)
            ended = True
        except (TryLater, SetUpWrong, ButlerError):
            ended = False
        finally:
            booth.busy, self._carry = False, before
        self.note_rest(booth)
        self.let_go |= held - self.in_journal(booth)
        if ended and not meanwhile and not self.late:
            self._is_at_hq(booth)

    def _is_at_hq(self, booth: Booth) -> None:
        where = sync_state.position(booth.store.connection)
        rows = booth.store.connection.execute(
            "SELECT cid FROM journal WHERE journal_id <= (? << 40 | ?)", (where.epoch_no, where.acked_seq)
        )
        if missing := {id_text(row[0]) for row in rows} - self.at_hq():
            raise Broken(f"I11 said to be at HQ and is not: {missing}")

    def carry(self, _link: object, path: str, content: bytes, headers: Mapping[str, str]) -> Answer:
        """Carry one request of the sync that runs now."""
        number, faults, at, meanwhile = self._carry
        number += 1
        self._carry = (number, faults, at, meanwhile)
        fault = faults[number - 1] if number <= len(faults) else NO
        if fault == CUT_BEFORE:
            raise ConnectionResetError
        if fault == LATE:
            self.late.append(lambda: self.hq.ask(path, content, headers))
            raise ConnectionResetError
        answer = self.hq.ask(path, content, headers)
        if fault in (DOUBLED, ANSWERED_AGAIN):
            again = self.hq.ask(path, content, headers)
            answer = again if fault == ANSWERED_AGAIN else answer
        if number == at:
            for step in meanwhile:
                self.do(step)
        if fault == CUT_AFTER:
            raise ConnectionResetError
        return answer

    def _deliver(self) -> None:
        """What was on its way for long arrives."""
        waiting, self.late = self.late, []
        for one in waiting:
            one()

    def _image(self, booth: Booth) -> None:
        """Take an image of a terminal's disk."""
        target = self.folder / f"image{next(self.numbers)}"
        with self._closed(booth):
            copied(booth.folder, target)
        self.images[self.booths.index(booth)] = target

    def _restore(self, booth: Booth) -> None:
        """Put the last image of a terminal's disk back."""
        image = self.images.get(self.booths.index(booth))
        if image is None or booth.busy:
            return
        self.copied = True
        before = self.in_journal(booth)
        with self._closed(booth):
            shutil.rmtree(booth.folder)
            copied(image, booth.folder)
        if self.has_let_go(booth):  # what HQ loses of its records it writes anew, and does not offer
            self.let_go |= before - self.in_journal(booth)
        self._excuse()

    def _clone(self, booth: Booth) -> None:
        """Start a copy of a terminal beside it."""
        if len(self.booths) > 4 or booth.busy:
            return
        self.copied = True
        target = self.folder / f"clone{next(self.numbers)}"
        with self._closed(booth):
            copied(booth.folder, target)
        self.booths.append(Booth(target, opened(target), booth.wrong))

    @contextmanager
    def _closed(self, booth: Booth) -> Iterator[None]:
        if not booth.busy:
            booth.store.close()
        yield
        if not booth.busy:
            booth.store = opened(booth.folder)

    def _die(self, booth: Booth) -> None:
        """Lose a disk; another computer takes the terminal's place."""
        if booth.busy or not self.spares:
            return
        at = self.booths.index(booth)
        booth.store.close()
        shutil.rmtree(booth.folder)
        self.images.pop(at, None)
        self.booths[at] = self._booth(self.spares.pop())
        self._excuse()

    def _kind(self, booth: Booth, kind: str) -> None:
        """Let a terminal see what another kind may."""
        terminal_id = id_text(estates.terminal(booth.store.connection).terminal_id or b"")
        self.narrowed = True
        self.moved.add(terminal_id)
        self.hq.engine.write(lambda rows: rows.put_kind(self.estate_id, terminal_id, str(TerminalKind(kind)))).result()

    def settle(self) -> None:
        """Mend the clocks and let everybody sync until nothing moves."""
        self._deliver()
        for booth in self.booths:
            booth.wrong = 0
        before: Any = None
        for __ in range(10):
            for at in range(len(self.booths)):
                self.do(("sync", at))
            now = [self.hq.query("SELECT next_pos, hq_gen FROM estate_pos"), *map(self._where, self.booths)]
            if now == before:
                return
            before = now
        raise Broken("never at rest")

    def _where(self, booth: Booth) -> tuple[Any, ...]:
        where = sync_state.position(booth.store.connection)
        return where.pos, where.epoch, where.acked_seq, where.whole_after, where.scope_gen
