"""What was erased for a person, told to an HQ that was restored to before it: by any terminal that knows it.

Each record is erased as by its author's own change, which the log has lost: by one more in it, so that whoever pulls it
hears of it. A gate's computer that is stolen must not erase: but for a supervisor's, it is not believed where nobody
else found that HQ was restored, nor later than 35 days after that. What was told is reported.
"""

from __future__ import annotations

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import Op
from butler_tui.domain.hlc import Stamp
from butler_tui.domain.merge import FieldStamp
from butler_tui.domain.rights import TerminalKind
from butler_tui.hq import reports
from butler_tui.hq.engines import TerminalRow, Writing
from butler_tui.hq.ingest import Landing
from butler_tui.hq.log_rows import NO_LINK, Placed, log_row
from butler_tui.hq.refusals import Refusal
from butler_tui.ids import id_text, new_id
from butler_tui.store.database import SCHEMA_VERSION
from butler_tui.sync.protocol import Code, ErasedAsk

_LONGEST_MS = 35 * 24 * 3_600_000


def take(rows: Writing, terminal: TerminalRow, ask: ErasedAsk, now_ms: int) -> int:
    """Erase what HQ does not know to be erased, and return how much; `now_ms` is UTC ms.

    Raises Refusal where the log is another one by now, was never restored, or was so too long ago, or by this
    terminal's word only.
    """
    estate_id = terminal.estate_id
    where = rows.lock(estate_id)
    if where is None or where.hq_gen != ask.hq_gen:
        raise Refusal(409, Code.HELLO_AGAIN)
    restored_ms = rows.restored_ms(estate_id)
    if restored_ms is None or not _is_believed(rows, terminal, where.hq_gen, now_ms - restored_ms):
        raise Refusal(403, Code.NOT_ALLOWED)
    known = rows.erased_among(estate_id, sorted({record_id for __, record_id in ask.erased}))
    lacking = [key for key in dict.fromkeys(ask.erased) if key[1] not in known]
    if not lacking:
        return 0
    landing = Landing(rows, terminal, where.next_pos, now_ms, Stamp(now_ms, 0))
    changes = [_change(key, ask.epoch, now_ms) for key in lacking]
    landing.look_up(changes)
    for change in changes:
        landing.log.append(
            log_row(change, change.spelled(), NO_LINK, Placed(terminal, landing.pos, landing.stamp, 0, now_ms), None)
        )
        place = (now_ms, 0, change.epoch, 0, change.cid, landing.pos)
        landing.apply(change, FieldStamp(*place, terminal=terminal.terminal_id))
        landing.pos += 1
    rows.advance(estate_id, len(changes))
    landing.finish()
    reports.erased_again(rows, terminal, len(changes), now_ms)
    return len(changes)


def _is_believed(rows: Writing, terminal: TerminalRow, hq_gen: str, since_ms: int) -> bool:
    """Tell whether a terminal is believed what was erased, `since_ms` after HQ was restored.

    Any terminal can say that it had pulled another log: who is no supervisor's would erase whom they like.
    """
    if terminal.kind == TerminalKind.SUPERVISOR:
        return True
    return since_ms <= _LONGEST_MS and reports.others_bear_out(rows, terminal, hq_gen)


def _change(key: tuple[str, str], epoch: str, now_ms: int) -> Change:
    cid = id_text(new_id(now_ms))
    return Change(
        cid=cid,
        group_id=cid,
        epoch=epoch,
        seq=0,
        table=key[0],
        record_id=key[1],
        parent_id=None,
        op=Op.ERASE,
        fields={},
        personal=None,
        salt=None,
        hlc=Stamp(now_ms, 0),
        seen=0,
        staff_id=None,
        schema_v=SCHEMA_VERSION,
    )
