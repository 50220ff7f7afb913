"""What follows at HQ from a visit's events: where it stands and what corrections amount to, as the booth derives it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from butler_tui.domain.changes import WireValue
from butler_tui.domain.corrections import amount, read_corrected
from butler_tui.domain.visits import EventKind, VisitEvent, standing
from butler_tui.ids import parse_id
from butler_tui.sync.protocol import compact_json

PARENT, EVENTS = "visit", "visit_event"
"""The records that show more than was put into them, and those from which it follows."""

_KINDS = {str(kind): kind for kind in EventKind}


def shown(events: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Return what a visit shows beside what was put, as JSON: `state`, `out_ms`, `badge_out`, `corrected`.

    `events` are all applied events of the visit, (record_id, values), in any order; `corrected` has the present value
    of each column that a correction holds for.
    """
    known = [event for event in (_event(*one) for one in events) if event is not None]
    now = standing(known)
    told: dict[str, Any] = {"state": str(now.state), "badge_out": int(now.badge_out)}
    if now.out_ms is not None:
        told["out_ms"] = now.out_ms
    if corrected := amount(known):
        told["corrected"] = dict(sorted(corrected.items()))
    return compact_json(told).decode()


def corrected(events: Iterable[tuple[str, Mapping[str, Any]]]) -> dict[str, WireValue]:
    """Return what the corrections among these events, as in `shown`, amount to, by column."""
    return amount(event for event in (_event(*one) for one in events) if event is not None)


def _event(record_id: str, values: Mapping[str, Any]) -> VisitEvent | None:
    kind, at_ms, undoes = _KINDS.get(values.get("kind", "")), values.get("at_ms"), values.get("undoes")
    if kind is None or not isinstance(at_ms, int):
        return None
    return VisitEvent(
        parse_id(record_id),
        kind,
        at_ms,
        parse_id(undoes) if isinstance(undoes, str) else None,
        read_corrected(values.get("corrected")),
    )
