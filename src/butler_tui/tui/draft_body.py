"""A half-typed visit as a draft keeps it: what stands in the fields, and what the guard has found so far."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.store.known import KnownVisitor
from butler_tui.text import safe
from butler_tui.tui.gate_case import Found

Typed = tuple[dict[str, str], Found]
"""What a guard typed for one visitor, by field, and found."""


def pack(values: Mapping[str, str], found: Found) -> str:
    """Return what was typed and found as JSON."""
    check = found.check
    body = {
        "values": {name: value for name, value in values.items() if value},
        "found": {str(one): str(outcome) for one, outcome in check.found.items()},
        "notes": {str(one): note for one, note in check.notes.items()},
        "suspicious": check.suspicious,
        "confirmed_ms": found.confirmed_ms,
        "known": found.known.visit_id.hex() if found.known else None,
        "suggested": sorted(map(str, found.suggested)),
        "masked": sorted(found.masked),
    }
    return json.dumps(body, ensure_ascii=False)


def unpack(body: str, known: Callable[[bytes], KnownVisitor | None]) -> Typed:
    """Return what `pack` was given; `known` finds a visitor again by the visit. What cannot be read is left out."""
    try:
        read: dict[str, Any] = json.loads(body)
        found = Found(
            check=GateCheck(
                suspicious=bool(read.get("suspicious")),
                found={Check(one): Outcome(outcome) for one, outcome in read.get("found", {}).items()},
                notes={Check(one): safe(str(note)) for one, note in read.get("notes", {}).items()},
            ),
            confirmed_ms=read.get("confirmed_ms"),
            known=known(bytes.fromhex(read["known"])) if read.get("known") else None,
            suggested=frozenset(Check(one) for one in read.get("suggested", ())),
            masked=frozenset(map(str, read.get("masked", ()))),
        )
        return {str(name): safe(str(value)) for name, value in read.get("values", {}).items()}, found
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}, Found()
