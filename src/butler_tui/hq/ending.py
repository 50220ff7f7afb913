"""How a terminal ends at HQ: revoked by hand, or away for too long; its last push, and when that is over.

What it brings after that stands in quarantine, as it came. A stolen one brings nothing any more.
"""

from __future__ import annotations

from butler_tui.domain.retention import AWAY_MS, DAY_MS
from butler_tui.hq import keyring, reports
from butler_tui.hq.engines import TerminalRow, Writing
from butler_tui.hq.refusals import Refusal
from butler_tui.hq.retention import judged_ms
from butler_tui.sync.protocol import DESTROY, Code, HelloAsk


def revoke(rows: Writing, terminal: TerminalRow, now_ms: int, *, stolen: bool = False) -> TerminalRow:
    """Apply nothing of a terminal from now on, make other keys for those it knows, and return it as it is then.

    A `stolen` one may not even push once more. `now_ms` is UTC ms.
    """
    key = (terminal.estate_id, terminal.terminal_id)
    if terminal.revoked_ms is None:
        keyring.begin_anew(rows, terminal.estate_id, now_ms)  # locks the estate before the terminal, as a push does
        rows.revoke(*key, now_ms)
    if stolen:
        rows.shut_out(*key)
    return rows.terminal(*key) or terminal


def as_it_is_now(rows: Writing, terminal: TerminalRow) -> TerminalRow:
    """Return a terminal as it is in this transaction; raises Refusal where it may not push any more."""
    now = rows.terminal(terminal.estate_id, terminal.terminal_id) or terminal
    if now.revoked_ms is not None and not now.may_push_once:
        raise refusal()
    return now


def refusal() -> Refusal:
    """Return what a terminal is told that is to destroy its keys."""
    return Refusal(403, Code.REVOKED, keys=DESTROY)


def is_away(rows: Writing, terminal: TerminalRow, ask: HelloAsk, now_ms: int) -> bool:
    """Tell whether a terminal that asks now was not heard of for too long.

    HQ's own clock may be years ahead: the estate's terminals, or this one's clock, must bear it out. Or it was years
    behind when the terminal was heard of last.
    """
    last_ms = _last_heard_ms(terminal, now_ms)
    if terminal.revoked_ms is not None or now_ms - last_ms <= AWAY_MS:
        return False
    return max(judged_ms(rows, terminal.estate_id, now_ms), ask.clock) - last_ms > AWAY_MS


def revoke_as_away(rows: Writing, terminal: TerminalRow, now_ms: int) -> TerminalRow:
    """Revoke a terminal that was not heard of for too long, tell supervisors so, and return it as it is then."""
    revoked = revoke(rows, terminal, now_ms)
    reports.away(rows, terminal, (now_ms - _last_heard_ms(terminal, now_ms)) // DAY_MS, now_ms)
    return revoked


def _last_heard_ms(terminal: TerminalRow, now_ms: int) -> int:
    """Return when a terminal was last heard of (UTC ms): by HQ's clock, or by its own where that showed a later time.

    HQ's may have been years behind then, for an evening, and must not end everybody once it is set right. What has not
    come yet by HQ's clock, `now_ms`, was the terminal's that was ahead.
    """
    own_ms = (terminal.seen_ms or 0) + (terminal.clock_ahead_ms or 0)
    return max(terminal.seen_ms or 0, terminal.enrolled_ms, own_ms if own_ms <= now_ms else 0)


def is_over(rows: Writing, terminal: TerminalRow, ask: HelloAsk) -> bool:
    """Tell whether a revoked terminal asks to be done with, and HQ has all that it ever wrote in this epoch."""
    if not ask.ends or terminal.revoked_ms is None or ask.waiting:
        return False
    if not ask.max_seq:
        return True
    return ask.acked_seq == ask.max_seq and (
        ask.acked_cid is not None and rows.cid_in_epoch(terminal.estate_id, ask.epoch, ask.max_seq) == ask.acked_cid
    )
