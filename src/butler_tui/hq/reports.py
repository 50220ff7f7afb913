"""What HQ tells a supervisor of that nobody typed: files restored or copied, HQ itself restored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from butler_tui.domain.changes import Change
from butler_tui.hq.engines import Reading, ReportRow, TerminalRow, Writing
from butler_tui.ids import id_text, ms_of, new_id, parse_id

_RECENT = 200
_MOST_NAMED = 10
"""Acts that one report names, at most."""
_MOST_AN_HOUR = 4
_HOUR_MS = 3_600_000


class ReportKind(StrEnum):
    """What happened; `detail` of a report is JSON, as said here.

    `new_epoch`: a terminal's file was restored from a backup, or copied {epoch}. `new_generation`: HQ was restored, its
    log lacks what a terminal had pulled or sent {hq_gen, pos}. `differed`: a terminal held other records than HQ, and
    fetched them again {slices: [[table, month], …]}. `restored`: HQ was made anew from a backup of `made_ms`, whose log
    ends at `pos` {hq_gen, pos, made_ms}. `hole`: of a terminal's changes `first` to `last` of an epoch, HQ has lost
    what the terminal had let go of {epoch, first, last, gone}. `offered`: a terminal has records of others that HQ
    lost {hq_gen}. `held_back`: HQ could not apply acts of a terminal {held: [[table, record_id, reason, staff_id], …],
    more}: of each act its first change, and how many acts are not named. `erased_again`: HQ, which was restored to
    before that, was told by a terminal which records had been erased for a person {count}. `away`: HQ revoked
    a terminal of which nothing was heard for so many days {days}.
    """

    NEW_EPOCH = "new_epoch"
    NEW_GENERATION = "new_generation"
    DIFFERED = "differed"
    RESTORED = "restored"
    HOLE = "hole"
    OFFERED = "offered"
    ERASED_AGAIN = "erased_again"
    AWAY = "away"
    HELD_BACK = "held_back"


_BY_ITSELF = frozenset(
    {ReportKind.NEW_EPOCH, ReportKind.NEW_GENERATION, ReportKind.DIFFERED, ReportKind.HOLE, ReportKind.HELD_BACK}
)
"""What a terminal can make HQ report as often as it likes, were it stolen: others must not go unread for it."""


class HeldBack(NamedTuple):
    """An act that was held back: the first change of it, and why."""

    first: Change
    reason: str


def new_epoch(rows: Writing, terminal: TerminalRow, epoch: str, now_ms: int) -> None:
    """Report that a terminal sends from another file than before; `now_ms` is UTC ms."""
    _report(rows, terminal, ReportKind.NEW_EPOCH, {"epoch": epoch}, now_ms)


def new_generation(rows: Writing, terminal: TerminalRow, hq_gen: str, pos: int, now_ms: int) -> None:
    """Report that a terminal has found HQ's log, which ends at `pos`, to lack what it once had."""
    _report(rows, terminal, ReportKind.NEW_GENERATION, {"hq_gen": hq_gen, "pos": pos}, now_ms)


def others_bear_out(rows: Reading, terminal: TerminalRow, hq_gen: str) -> bool:
    """Tell whether a generation was begun by a command, or because another terminal than this one found HQ restored."""
    kinds = (ReportKind.NEW_GENERATION, ReportKind.RESTORED)
    told = (one for kind in kinds for one in rows.reports_of(terminal.estate_id, kind))
    return any(one.terminal_id != terminal.terminal_id and json.loads(one.detail)["hq_gen"] == hq_gen for one in told)


def differed(rows: Writing, terminal: TerminalRow, slices: Sequence[tuple[str, str]], now_ms: int) -> None:
    """Report the tables and months in which a terminal held other records than HQ."""
    _report(rows, terminal, ReportKind.DIFFERED, {"slices": [list(one) for one in slices]}, now_ms)


def hole(rows: Writing, terminal: TerminalRow, numbers: Sequence[str | int], now_ms: int) -> None:
    """Report changes that neither HQ nor their terminal has any more: (epoch, first, last, gone)."""
    named: dict[str, object] = dict(zip(("epoch", "first", "last", "gone"), numbers, strict=True))
    _report(rows, terminal, ReportKind.HOLE, named, now_ms)


def erased_again(rows: Writing, terminal: TerminalRow, count: int, now_ms: int) -> None:
    """Report that so many records were erased because a terminal knew that they had been."""
    _report(rows, terminal, ReportKind.ERASED_AGAIN, {"count": count}, now_ms)


def away(rows: Writing, terminal: TerminalRow, days: int, now_ms: int) -> None:
    """Report that a terminal was revoked because nothing was heard of it for so many days."""
    _report(rows, terminal, ReportKind.AWAY, {"days": days}, now_ms)


def offered(rows: Writing, terminal: TerminalRow, hq_gen: str, now_ms: int) -> None:
    """Report, once a generation, that a terminal has records of others that HQ lost."""
    known = rows.reports(terminal.estate_id, _RECENT)
    detail = {"hq_gen": hq_gen}
    if not any(one.kind == ReportKind.OFFERED and json.loads(one.detail) == detail for one in known):
        _report(rows, terminal, ReportKind.OFFERED, dict(detail), now_ms)


def held_back(rows: Writing, terminal: TerminalRow, apart: Sequence[HeldBack], now_ms: int) -> None:
    """Report acts that HQ could not apply, and holds apart still, to supervisors.

    Ids and words of the protocol only: nothing personal is in it.
    """
    still = {cid for cid, _reason in rows.held(terminal.estate_id, [one.first.cid for one in apart])} if apart else ()
    left = [one for one in apart if one.first.cid in still]
    if not left:
        return
    named = [[one.first.table, one.first.record_id, one.reason, one.first.staff_id] for one in left[:_MOST_NAMED]]
    detail = {"held": named, "more": max(0, len(left) - _MOST_NAMED)}
    _report(rows, terminal, ReportKind.HELD_BACK, detail, now_ms)


def restored(rows: Writing, estate_id: str, hq_gen: str, pos: int, made_ms: int, now_ms: int) -> None:
    """Report that HQ was made anew from a backup (made at `made_ms`, UTC ms) whose log of this estate ends at `pos`."""
    _add(rows, estate_id, None, ReportKind.RESTORED, {"hq_gen": hq_gen, "pos": pos, "made_ms": made_ms}, now_ms)


def _told_often(rows: Writing, terminal: TerminalRow, kind: ReportKind, now_ms: int) -> bool:
    """Tell whether so much of this kind was reported of a terminal lately that more would only push others away."""
    lately = [one for one in rows.reports(terminal.estate_id, _RECENT) if abs(one.at_ms - now_ms) < _HOUR_MS]
    theirs = [one for one in lately if (one.kind, one.terminal_id) == (kind, terminal.terminal_id)]
    return len(theirs) >= _MOST_AN_HOUR


def _report(rows: Writing, terminal: TerminalRow, kind: ReportKind, detail: dict[str, object], now_ms: int) -> None:
    """Report something of a terminal, a few times an hour for each kind that it can bring about by itself."""
    if kind in _BY_ITSELF and _told_often(rows, terminal, kind, now_ms):
        return
    _add(rows, terminal.estate_id, terminal.terminal_id, kind, detail, now_ms)


def _add(
    rows: Writing, estate_id: str, terminal_id: str | None, kind: ReportKind, detail: dict[str, object], now_ms: int
) -> None:
    """Keep a report after all others, whatever HQ's clock showed then: terminals ask for what came after the last."""
    told = json.dumps(detail, sort_keys=True)
    after = (ms_of(parse_id(one.report_id)) + 1 for one in rows.reports(estate_id, 1))
    report_id = id_text(new_id(max([now_ms, *after])))
    rows.add_report(ReportRow(estate_id, report_id, now_ms, str(kind), terminal_id, told))
