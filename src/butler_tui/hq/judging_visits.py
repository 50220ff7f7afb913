"""What HQ checks again of visits and of what was looked at: whose name stands on them, who was let in, who corrects.

Pure, as `judging.py`: what is known is asked by functions.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from butler_tui.domain.audit import AuditAct
from butler_tui.domain.changes import Change, WireValue
from butler_tui.domain.corrections import Corrected, may_be_found, read_corrected, refusal
from butler_tui.domain.fields import TABLES
from butler_tui.domain.gate_check import Check, admits
from butler_tui.domain.hlc import MOST_AHEAD_MS
from butler_tui.domain.merge import RecordState
from butler_tui.domain.policies import LONGEST_TO_CORRECT, Policies, Reason, policies_from
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import EventKind, VisitState
from butler_tui.ids import id_text, parse_id, ruled_id

Known = Callable[[str, str], RecordState | None]
"""The present state of a record by table and id, or None where HQ has none."""


@dataclass(frozen=True, slots=True)
class Before:
    """What HQ knows before a group is applied; `now_ms` is HQ's (UTC ms)."""

    estate_id: str
    known: Known
    corrected: Callable[[str], Mapping[str, WireValue]]
    """What corrections of a visit (by id) amount to by now, by column."""
    now_ms: int


WITHOUT_SESSION = frozenset({AuditAct.BACKED_UP, AuditAct.RESTORED, AuditAct.SALVAGED})
"""What a machine does with nobody signed in."""
OVERRIDDEN_BY = frozenset({"pin", "code"})
"""By what a shift lead or supervisor says yes: at the booth themselves, or over the phone."""
_CORRECTING = ("correct_guard_h", "correct_lead_days")


def named_truly(change: Change) -> bool:
    """Tell whether a record names the person in its envelope, whose right was judged, and nobody else."""
    table = TABLES.get(change.table)
    if table is None or table.key == "staff_id" or table.field("staff_id") is None:
        return True
    if change.fields.get("staff_id") != change.staff_id:
        return False
    if change.staff_id is None and change.table == "audit":
        return change.fields.get("act") in {str(act) for act in WITHOUT_SESSION}
    return True


def let_in_rightly(change: Change, group: Sequence[Change], before: Before) -> bool:
    """Tell whether an event lets nobody in whom a check keeps out, but for an override or an emergency.

    An outcome that is not said is open. Only an admission can be an override.
    """
    if change.table != "visit_event":
        return True
    overridden = change.fields.get("override_by") is not None
    if change.fields.get("kind") != EventKind.ADMITTED:
        return not overridden
    if overridden and change.fields.get("override_how") not in OVERRIDDEN_BY:
        return False
    visit = _visit(change.parent_id, group, before)
    return overridden or visit.get("reason") == Reason.EMERGENCY or all(admits(visit.get(str(one))) for one in Check)


def _visit(visit_id: str | None, group: Sequence[Change], before: Before) -> Mapping[str, Any]:
    """Return a visit as it was put: in this group or before; nothing where HQ has none."""
    own = next((one for one in group if (one.table, one.record_id) == ("visit", visit_id)), None)
    if own is not None:
        return own.fields
    state = before.known("visit", visit_id) if visit_id else None
    return state.values if state else {}


def corrected_rightly(change: Change, group: Sequence[Change], before: Before, role: Role) -> bool:
    """Tell whether a person of `role` may correct what an event corrects, by the rules of the desk.

    How old the visit is, is judged by the stamps of both: local clocks may have been set meanwhile. Whether it still
    stands is not judged, since events arrive in any order.
    """
    if change.table != "visit_event" or change.fields.get("kind") != EventKind.CORRECTED:
        return True
    changed = read_corrected((change.personal or {}).get("corrected"))
    if not all(may_be_found(str(value)) for name, value in changed.items() if name in set(Check)):
        return False
    visit_id = change.parent_id or ""
    visit = _visit(visit_id, group, before)
    present = {**visit, **before.corrected(visit_id)}
    own_gate = visit.get("gate_id") is not None and visit.get("gate_id") == change.fields.get("gate_id")
    now_ms = min(change.hlc.ms, before.now_ms + MOST_AHEAD_MS)
    since_ms = _since(visit_id, before, now_ms) + MOST_AHEAD_MS
    asked = Corrected(VisitState.INSIDE, own_gate, since_ms, str(present.get("reason")))
    new_reason = changed.get("reason")
    why = refusal(asked, changed, str(new_reason) if new_reason else None, role, _policies(change, before), now_ms)
    return why is None


def _since(visit_id: str, before: Before, now_ms: int) -> int:
    """Return when a visit was written (canonical, UTC ms); one that comes with its correction was written just now."""
    state = before.known("visit", visit_id)
    return max((stamp.ms for stamp in state.stamps.values()), default=now_ms) if state else now_ms


def policy_ids(estate_id: str) -> dict[str, str]:
    """Return the ids of the records that say for how long visits are corrected, by key."""
    return {key: id_text(ruled_id(parse_id(estate_id), "policy", key)) for key in _CORRECTING}


def _policies(change: Change, before: Before) -> Policies:
    """Return for how long visits are corrected; what was written before a policy is judged as lenient as any is."""
    own: dict[str, Any] = {}
    for key, record_id in policy_ids(before.estate_id).items():
        state = before.known("policy", record_id)
        if state is None or "value" not in state.stamps:
            continue
        own[key] = LONGEST_TO_CORRECT[key] if change.hlc.ms < state.stamps["value"].ms else _read(state.values["value"])
    return policies_from(own)


def _read(value: WireValue) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
