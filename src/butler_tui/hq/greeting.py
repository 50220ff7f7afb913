"""Answering a hello: where HQ stands with a terminal's file, and whether its log is still the one that it knows."""

from __future__ import annotations

from collections.abc import Iterator

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import reports
from butler_tui.hq.engines import EpochRow, PositionRow, TerminalRow, Writing
from butler_tui.hq.generations import generation_after
from butler_tui.hq.keyring import Keyring
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.reports import ReportKind
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.sync.protocol import LAST_PUSH, MOST_IN_BATCH, MOST_TOLD, Code, HelloAnswer, HelloAsk, Told

_MOST_DETAIL = 10_000
_OLDEST_SCHEMA = max(1, SCHEMA_VERSION - 2)


def greet(rows: Writing, terminal: TerminalRow, ask: HelloAsk, now_ms: int, keyring: Keyring) -> HelloAnswer:
    """Return where HQ stands with the epoch of `ask`; `now_ms` is HQ's UTC ms.

    Raises Refusal for the epoch of another terminal, and `say_marks` where the log is another one than the terminal
    has pulled and it has not said yet what it pulled before.
    """
    head = rows.epoch(terminal.estate_id, ask.epoch)
    if head is not None and head.terminal_id != terminal.terminal_id:
        raise Refusal(403, Code.FOREIGN_EPOCH)
    where = rows.position(terminal.estate_id)
    fork = None
    if _lost(rows, terminal, ask, where, head):
        if not ask.marks and ask.pos:
            raise Refusal(409, Code.SAY_MARKS)
        where = _in_new_generation(rows, terminal, ask, now_ms)
        fork = _common(rows, terminal, ask)
    if ask.hole is not None:
        reports.hole(rows, terminal, ask.hole[:4], now_ms)
    held = rows.quarantined_after(terminal.estate_id, ask.epoch, ask.acked_seq, MOST_IN_BATCH)
    return HelloAnswer(
        hq_gen=where.hq_gen,
        last_seq=head.last_seq if head else 0,
        last_cid=head.last_cid if head else None,
        pos=where.next_pos - 1,
        durable_pos=where.durable_pos,
        server_time=now_ms,
        min_schema=_OLDEST_SCHEMA,
        scope_gen=terminal.scope_gen,
        scope=terminal.kind,
        fork=fork,
        quarantined=tuple(held),
        keys=keyring.handed(rows, terminal, ask.handed or "", now_ms),
        reports=tuple(_to_tell(rows, terminal, ask.told or "")),
        ending=None if terminal.revoked_ms is None else LAST_PUSH,
    )


def _to_tell(rows: Writing, terminal: TerminalRow, told: str) -> Iterator[Told]:
    """Yield what a supervisor's terminal has not been told yet, the newest first; ids are in the order of time.

    What was held back of its own it knows from the answer to its push.
    """
    if terminal.kind != TerminalKind.SUPERVISOR or terminal.revoked_ms is not None:
        return
    fresh = [one for one in rows.reports(terminal.estate_id, MOST_TOLD) if one.report_id > told]
    names = {one.terminal_id: one.name for one in rows.terminals(terminal.estate_id)} if fresh else {}
    own = (ReportKind.HELD_BACK, terminal.terminal_id)
    for one in (one for one in fresh if (one.kind, one.terminal_id) != own):
        detail = one.detail if len(one.detail) <= _MOST_DETAIL else "{}"
        yield one.report_id, one.at_ms, one.kind, names.get(one.terminal_id or "", ""), detail


def _lost(rows: Writing, terminal: TerminalRow, ask: HelloAsk, where: PositionRow, head: EpochRow | None) -> bool:
    """Tell whether the log lacks what this terminal had of it: HQ was restored, whoever did it, since they last met.

    A point-in-time recovery or a failover tells nobody. What shows it: another generation, another change at the
    position up to which the terminal pulled, or less taken of its journal than HQ had confirmed, or something else in
    its place, which a copy of its file sent meanwhile.
    """
    if ask.hq_gen is not None and ask.hq_gen != where.hq_gen:
        return True
    if ask.pos and rows.cid_at(terminal.estate_id, ask.pos) != ask.pos_cid:
        return True
    if ask.acked_cid is None:
        return ask.acked_seq > (head.last_seq if head else 0)
    return rows.cid_in_epoch(terminal.estate_id, ask.epoch, ask.acked_seq) != ask.acked_cid


def _in_new_generation(rows: Writing, terminal: TerminalRow, ask: HelloAsk, now_ms: int) -> PositionRow:
    """Return where the log stands in a generation that is not the terminal's, beginning one where there is none.

    A terminal of a later generation (their ids are in the order of time) shows that HQ was put back to before it: those
    of the present one must be told too, whose positions it may have filled with something else.
    """
    where = rows.lock(terminal.estate_id) or rows.position(terminal.estate_id)
    # One that was put back to before it had begun the terminal's generation must know that it was, too.
    later = ask.hq_gen is None or ask.hq_gen >= where.hq_gen
    if later or not rows.was_restored(terminal.estate_id):
        hq_gen = generation_after(now_ms, where.hq_gen, ask.hq_gen)
        rows.begin_generation(terminal.estate_id, hq_gen, now_ms)
        reports.new_generation(rows, terminal, hq_gen, where.next_pos - 1, now_ms)
        where = where._replace(hq_gen=hq_gen)
    return where


def _common(rows: Writing, terminal: TerminalRow, ask: HelloAsk) -> int:
    """Return the last position that the terminal knows up to which it pulled this very log."""
    agreed = (pos for pos, cid in ask.marks if rows.cid_at(terminal.estate_id, pos) == cid)
    return max(agreed, default=0)
