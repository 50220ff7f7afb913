"""One-time codes: how HQ makes them, and what it gives for one."""

from __future__ import annotations

import hashlib
import secrets

from butler_tui.domain.rights import TerminalKind
from butler_tui.hq.engines import CodeRow, EstateRow, TerminalRow, Writing
from butler_tui.hq.refusals import Refusal
from butler_tui.ids import id_text, new_id
from butler_tui.sync.protocol import Code, EnrolAnswer, EnrolAsk
from butler_tui.text import safe

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 10
LIFETIME_MS = 15 * 60 * 1000
"""How long a code holds."""
MOST_NAME = 100
"""Characters of a terminal's name as it is kept; made safe, a hundred that came may be more."""
MOST_WRONG = 5
"""Wrong codes an estate takes before all its codes are void."""


def new_code(rows: Writing, estate_id: str, kind: TerminalKind, now_ms: int) -> str:
    """Make a code for one terminal of `kind`; only its hash is kept. `now_ms` is UTC ms."""
    code = "".join(secrets.choice(_CROCKFORD) for _ in range(_LENGTH))
    rows.add_code(estate_id, _hash(estate_id, code), CodeRow(str(kind), now_ms + LIFETIME_MS, None))
    return code


def enrol(rows: Writing, estate_id: str, ask: EnrolAsk, box_key: bytes, now_ms: int) -> EnrolAnswer | Refusal:
    """Enrol a terminal for its code; return what to refuse it with where the code is no good (tries are counted).

    `box_key` is HQ's public X25519 key. The same terminal may use the same code again, when the answer was lost: as
    long as the code holds, and not once it was revoked; it is told the same, and nothing is written anew, so that
    HQ may make it another kind meanwhile. Only an unused code lets a revoked terminal in again.
    """
    where = rows.lock(estate_id)  # two that ask with one code at once are taken one after the other
    estate = rows.estate(estate_id)
    if estate is None or where is None:
        return Refusal(404, Code.NO_ESTATE)
    if estate.wrong_codes >= MOST_WRONG:
        return Refusal(429, Code.TOO_MANY_TRIES)
    code_hash = _hash(estate_id, ask.code)
    code = rows.code(estate_id, code_hash)
    if code is None:
        rows.count_wrong_code(estate_id)
        return Refusal(403, Code.WRONG_CODE)
    known = rows.terminal_by_key(estate_id, ask.sign_key)
    again = known is not None and known.revoked_ms is None and code.used_by == known.terminal_id
    if code.used_by is not None and not again:
        return Refusal(403, Code.CODE_USED)
    if now_ms > code.expires_ms:
        return Refusal(403, Code.CODE_EXPIRED)
    if known is not None and again:
        return EnrolAnswer(known.terminal_id, *_estate(estate), box_key, where.hq_gen, known.kind)
    terminal_id = known.terminal_id if known else id_text(new_id(now_ms))
    rows.put_terminal(_terminal(estate_id, terminal_id, ask, code.kind, now_ms))
    rows.use_code(estate_id, code_hash, terminal_id)
    return EnrolAnswer(terminal_id, *_estate(estate), box_key, where.hq_gen, code.kind)


def _estate(row: EstateRow) -> tuple[str, str, str]:
    return row.estate_id, row.name, row.time_zone


def _terminal(estate_id: str, terminal_id: str, ask: EnrolAsk, kind: str, now_ms: int) -> TerminalRow:
    return TerminalRow(
        estate_id=estate_id,
        terminal_id=terminal_id,
        name=safe(ask.name, MOST_NAME),
        kind=kind,
        sign_key=ask.sign_key,
        box_key=ask.box_key,
        enrolled_ms=now_ms,
        revoked_ms=None,
        seen_ms=None,
        waiting=None,
        clock_ahead_ms=None,
        version=safe(ask.version, MOST_NAME),
    )


def _hash(estate_id: str, code: str) -> bytes:
    return hashlib.sha256(f"{estate_id}\0{code}".encode()).digest()
