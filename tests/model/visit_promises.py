"""A visit is what its events say, at HQ as at every gate: told here once more, by other words than the code's."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from tests.model.hq_whole import Broken, States
from tests.model.real_world import World

Shown = Mapping[str, Any]
"""What a visit shows beside what was put: state, out_ms, badge_out, corrected."""


def visits_are_their_events(world: World, states: States) -> dict[str, Shown]:
    """Return what HQ shows of each visit; raises Broken where that is not what the events say."""
    events: dict[str, dict[str, Mapping[str, Any]]] = defaultdict(dict)
    for (tbl, record_id), state in states.items():
        if tbl == "visit_event":
            events[str(state.values["visit_id"])][record_id] = state.values
    rows = world.hq.query(
        "SELECT record_id, shown FROM record_state WHERE estate_id = ? AND tbl = 'visit'", world.estate_id
    )
    told: dict[str, Shown] = {row[0]: json.loads(row[1]) for row in rows}
    for visit_id, shown in told.items():
        said = _said(events[visit_id])
        if {name: shown.get(name) for name in ("state", "out_ms", "badge_out")} != said:
            raise Broken(f"HQ shows {shown} of a visit whose events say {said}")
        corrected = _corrected(events[visit_id])
        if corrected is not None and shown.get("corrected", {}) != corrected:
            raise Broken(f"HQ shows {shown} of a visit, and its corrections amount to {corrected}")
    return told


def _standing(events: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    taken_back = {one.get("undoes") for one in events.values() if one["kind"] == "undone"}
    return {key: one for key, one in events.items() if key not in taken_back}


def _said(events: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    standing = _standing(events).values()
    left = sorted(one["at_ms"] for one in standing if one["kind"] == "out")
    kinds = {one["kind"] for one in standing}
    state = (
        "left"
        if left
        else "turned_away"
        if "turned_away" in kinds
        else "inside"
        if "admitted" in kinds
        else "undone"
        if {one["kind"] for one in events.values()} & {"admitted", "turned_away"}
        else "registered"
    )
    return {"state": state, "out_ms": left[0] if left else None, "badge_out": int(state == "inside")}


def _corrected(events: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return what corrections amount to, None where what they said is erased."""
    corrections = [(one["at_ms"], key, one) for key, one in _standing(events).items() if one["kind"] == "corrected"]
    amount: dict[str, Any] = {}
    for *__, one in sorted(corrections, key=lambda known: known[:2]):
        if "corrected" not in one:
            return None
        amount |= json.loads(one["corrected"])
    return amount
