"""HQ's sums of what it holds, kept up to date with each batch, and where a terminal's are others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from butler_tui.domain.fields import TABLES, Scope, is_once
from butler_tui.domain.rights import SEES, TerminalKind
from butler_tui.domain.tallies import Tally, hash_of, month_of
from butler_tui.hq import reports
from butler_tui.hq.engines import TallyRow, TerminalRow, Writing
from butler_tui.hq.refusals import Refusal
from butler_tui.ids import parse_id
from butler_tui.sync.protocol import Code, CompareAsk


def count_in(rows: Writing, estate_id: str, changed: Iterable[tuple[str, str, int | None, int]]) -> None:
    """Bring the sums up to date with records (table, id, position before, None for a new one, position now)."""
    moved: dict[tuple[str, str], Tally] = {}
    for tbl, record, before, now in changed:
        record_id = parse_id(record)
        key = (tbl, month_of(tbl, record_id))
        step = Tally(0 if before is not None else 1, hash_of(tbl, record_id, now))
        if before is not None:
            step = step.plus(Tally(0, hash_of(tbl, record_id, before)))
        moved[key] = moved.get(key, Tally()).plus(step)
    if not moved:
        return
    there = {(row.tbl, row.month): Tally(row.records, row.mark) for row in rows.tallies_of(estate_id, sorted(moved))}
    sums = {key: there.get(key, Tally()).plus(step) for key, step in moved.items()}
    rows.put_tallies(TallyRow(estate_id, *key, *tally) for key, tally in sums.items())


def compare(rows: Writing, terminal: TerminalRow, ask: CompareAsk, now_ms: int) -> list[tuple[str, str]]:
    """Return the tables and months in which this terminal holds something else than HQ, and report them.

    Raises Refusal (`hello_again`) where it does not stand where HQ's log ends: then nothing can be compared. Where it
    says no position, nothing is reported: it asks what HQ, which was restored, may have lost.
    """
    where = rows.lock(terminal.estate_id)
    if where is None or where.hq_gen != ask.hq_gen or ask.pos not in (None, where.next_pos - 1):
        raise Refusal(409, Code.HELLO_AGAIN)
    ours = {(row.tbl, row.month): Tally(row.records, row.mark) for row in rows.tallies(terminal.estate_id)}
    if ask.pos is None:
        return sorted(key for key in _differing(ours, ask.sums) if key in ask.sums and is_once(key[0]))
    differing = sorted(_differing(_in_scope(ours, terminal), _in_scope(ask.sums, terminal)))
    if differing:
        reports.differed(rows, terminal, differing, now_ms)
    return differing


def _in_scope(sums: Mapping[tuple[str, str], Tally], terminal: TerminalRow) -> dict[tuple[str, str], Tally]:
    return {key: tally for key, tally in sums.items() if tally != Tally() and _is_comparable(key[0], terminal)}


def _is_comparable(tbl: str, terminal: TerminalRow) -> bool:
    """Tell whether a terminal is given all of a table; who may see an attachment hangs on what it belongs to."""
    scopes = SEES[TerminalKind(terminal.kind)]
    if Scope.SUPERVISOR in scopes:
        return True
    table = TABLES.get(tbl)
    return table is not None and tbl != "attachment" and table.scope in scopes


def _differing(
    ours: Mapping[tuple[str, str], Tally], theirs: Mapping[tuple[str, str], Tally]
) -> Iterable[tuple[str, str]]:
    return (key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
