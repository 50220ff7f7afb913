"""Giving records out: by right, recorded, masked unless a supervisor asks otherwise and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from butler_tui.desk.audit import Subject, note
from butler_tui.desk.export_columns import KINDS, Cell, ExportKind, Frame
from butler_tui.desk.export_files import beside, writer_for
from butler_tui.desk.session import Session, require
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.rights import Act
from butler_tui.errors import RuleBroken, WrongUsage
from butler_tui.store import estates
from butler_tui.store.local import Store
from butler_tui.text import safe
from butler_tui.words import N_, _

Progress = Callable[[int, int], None]
"""Told how many rows are written, and of how many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be given out: the kind, from when until before when (UTC ms), and why where it is not masked."""

    kind: str
    since_ms: int | None = None
    until_ms: int | None = None
    unmasked: bool = False
    reason: str = ""


def export(
    store: Store, session: Session, wanted: Wanted, file: Path, now_ms: int, progress: Progress = lambda _at, _of: None
) -> int:
    """Write the records that are `wanted` to `file` and return how many; who did so is recorded before it is there.

    Raises NotAllowed, WrongUsage (no such kind, or a suffix that nothing writes), RuleBroken (unmasked without a
    reason) or FileTrouble; then there is no file, or the one that was there before.
    """
    require(session, Act.EXPORT_UNMASKED if wanted.unmasked else Act.EXPORT)
    kind = KINDS.get(wanted.kind)
    if kind is None:
        raise WrongUsage(
            N_("There is no export of {kind}. There is: {known}."), kind=wanted.kind, known=", ".join(KINDS)
        )
    if wanted.unmasked and not safe(wanted.reason).strip():
        raise RuleBroken(N_("Say why it has to be unmasked: with --reason."))
    write = writer_for(file)
    headings = [_(column.heading) for column in kind.columns]
    rows = _Counted(store, kind, wanted, progress)
    with beside(file) as fresh:
        write(fresh, headings, rows)
        act = AuditAct.EXPORTED_UNMASKED if wanted.unmasked else AuditAct.EXPORTED
        note(store, act, session, now_ms, subject=Subject(kind.table), reason=_why(wanted, rows.written, file))
    return rows.written


def _why(wanted: Wanted, count: int, file: Path) -> str:
    """Return what is recorded: the reason given, how many rows, in which form."""
    return f"{safe(wanted.reason).strip()} ({count}, {file.suffix.lower()[1:]})".strip()


class _Counted:
    """The rows of an export as they are written, counted and told."""

    def __init__(self, store: Store, kind: ExportKind, wanted: Wanted, progress: Progress) -> None:
        self._store = store
        self._kind = kind
        self._wanted = wanted
        self._progress = progress
        self.written = 0

    def __iter__(self) -> Iterator[Sequence[Cell]]:
        frame = Frame(self._store.connection, estates.zone(self._store.connection))
        between = (self._wanted.since_ms, self._wanted.until_ms)
        total = self._kind.count(self._store.connection, *between)
        for row in self._kind.rows(self._store.connection, *between):
            yield [column.make(row, frame, self._wanted.unmasked) for column in self._kind.columns]
            self.written += 1
            self._progress(self.written, max(total, self.written))
