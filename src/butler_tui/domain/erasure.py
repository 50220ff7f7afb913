"""What is left of records and changes whose personal values are erased, and every place where such values may stand.

PROTOCOL, "Erasure and retention". Pure; both ends use it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from butler_tui.domain.changes import Change
from butler_tui.domain.fields import TABLES, Privacy
from butler_tui.domain.merge import RecordState

BELONGING = frozenset({"companion", "visit_event", "document_secret", "resident", "vehicle"})
"""What is erased with the record that it belongs to: of a visit, or of a household that moved out."""


def is_plain(table: str, column: str) -> bool:
    """Tell whether a value stays when its record is erased: of what this version does not know, nothing does."""
    known = TABLES.get(table)
    field = known.field(column) if known else None
    return field is not None and field.privacy is Privacy.PLAIN


def tells_nothing(table: str, values: Mapping[str, object]) -> bool:
    """Tell whether a record of a table that may tell of a person has nothing personal: erased, or a part of it only."""
    known = TABLES.get(table)
    private = {one.name for one in known.fields if one.privacy is not Privacy.PLAIN} if known else set()
    return bool(private) and not private & values.keys()


def what_is_left(table: str, state: RecordState) -> RecordState:
    """Return what is left of a record: the values that are not personal, with who wrote them and what they lost to."""
    return RecordState(*({name: one for name, one in part.items() if is_plain(table, name)} for part in _parts(state)))


def _parts(state: RecordState) -> tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]:
    return state.values, state.stamps, state.kept


def erased(change: Change) -> Change:
    """Return a change without its personal part; its digest stays, so that the audit chain still verifies."""
    if change.personal is None and change.salt is None:
        return change
    kept = base64.b64encode(change.digest_of_personal()).decode()
    return replace(change, personal=None, salt=None, personal_digest=kept)


def has_misplaced(change: Change) -> bool:
    """Tell whether something stands among a change's plain values that is personal, or of which nobody can say."""
    return not all(is_plain(change.table, name) for name in change.fields)


PLACES_HERE = (
    "rows",
    "journal",
    "bases",
    "conflicts",
    "search keys",
    "half-typed forms",
    "pictures",
    "copies before a new version",
    "the database's log",
    "backups, as soon as they are restored",
)
"""Where on a terminal something may stand that tells of a person. A test finds it in each, and nowhere once erased."""

PLACES_AT_HQ = ("records", "what visits show", "conflicts", "changes applied", "changes held back", "pictures")
"""Where at HQ. A file that was exported is outside, and so are the log and the backups that PostgreSQL itself keeps."""
