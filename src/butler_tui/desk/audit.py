"""Writing down who looked at, gave out or put back what others may not see: a record that travels to HQ."""

from __future__ import annotations

from dataclasses import dataclass

from butler_tui.desk.session import Session
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.changes import Value
from butler_tui.ids import new_id
from butler_tui.store.journal import record
from butler_tui.store.local import Store
from butler_tui.store.written import Written
from butler_tui.text import safe


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act was about: a record, and the column of it where there is one."""

    table: str
    record_id: bytes | None = None
    field: str = ""


def audit_row(
    act: AuditAct, session: Session | None, now_ms: int, *, subject: Subject | None = None, reason: str = ""
) -> Written:
    """Return the row that says who did `act`, to be recorded with the act itself; `session` is None from the shell."""
    values: dict[str, Value] = {
        "act": str(act),
        "at_ms": now_ms,
        "gate_id": session.gate_id if session else None,
        "staff_id": session.staff.staff_id if session else None,
        "subject_table": subject.table if subject else None,
        "subject_id": subject.record_id if subject else None,
        "subject_field": subject.field if subject else None,
        "reason": safe(reason).strip(),
    }
    return Written("audit", new_id(now_ms), {name: value for name, value in values.items() if value})


def note(
    store: Store,
    act: AuditAct,
    session: Session | None,
    now_ms: int,
    *,
    subject: Subject | None = None,
    reason: str = "",
) -> None:
    """Record one act on its own; raises FileTrouble where the disk refuses, and then nothing was done."""
    row = audit_row(act, session, now_ms, subject=subject, reason=reason)
    record(store, [row], staff_id=session.staff.staff_id if session else None, now_ms=now_ms)
