"""Known visitors: who was admitted before, found by plate, phone, name or document, each person once, newest first.

There is no table of visitors: a person is a name with a phone, or without one a name with a plate. Every look-up is
an exact one or a range of an index, within a budget of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.people import Sex, person_of, read_phone
from butler_tui.domain.plates import plate_key
from butler_tui.domain.policies import Reason
from butler_tui.domain.recognise import Kind, Recognised
from butler_tui.domain.search_keys import TAIL_DIGITS, SearchKind, typed_key
from butler_tui.sealing import match_key
from butler_tui.store.database import Connection, Row
from butler_tui.store.derived import DOCUMENT
from butler_tui.store.local import Store
from butler_tui.store.search_keys import values_starting

LEAST_LETTERS = 2
"""Letters of a name, or characters of a plate, from which known visitors are looked for; one hanzi is enough."""
LEAST_PLATE = 3
MOST_PEOPLE = 7
"""People that are looked for: one more than a screen shows, which tells that there are more."""
_VALUES = 40
_VISITS = 12
_MOST_TIMES = 100


@dataclass(frozen=True, slots=True)
class KnownVisitor:
    """Somebody admitted before, with their newest visit; times are UTC ms."""

    visit_id: bytes
    registered_ms: int
    out_ms: int | None
    inside: bool
    name: str
    sex: Sex | None
    phone: str
    company: str
    document_type: DocumentType | None
    house_id: bytes | None
    household_id: bytes | None
    room_code: str
    reason: Reason
    reason_note: str
    plate: str
    passed: frozenset[Check]
    """The checks that were passed then."""
    refused_ms: int | None = None
    """When they were last turned away, where that was after this visit, or is this visit."""

    @property
    def person(self) -> tuple[str, str]:
        """Return what tells one person from another."""
        return person_of(self.name, self.phone, self.plate) or ("", "")


@dataclass(frozen=True, slots=True)
class Habit:
    """How often a known visitor came since a time, and whether always to the same home; `times` stops at 100."""

    times: int
    same_home: bool


_COLUMNS = (
    "visit_id, registered_ms, out_ms, state, name, sex, phone, company, document_type, house_id, household_id,"
    " room_code, reason, reason_note, plate, " + ", ".join(str(check) for check in Check)
)
_DECIDED = " AND state IN ('inside', 'left', 'turned_away') AND reason != 'emergency'"
_NEWEST = f"{_DECIDED} ORDER BY registered_ms DESC LIMIT ?"


def known_visitors(store: Store, typed: str, found: Recognised | None, most: int = MOST_PEOPLE) -> list[KnownVisitor]:
    """Return up to `most` people that what is typed may mean, those who were only ever turned away too.

    `found` is how it was recognised. Those who came last stand first; a name that is read in several ways is found by
    each.
    """
    rows = [row for look_up in _LOOK_UPS for row in look_up(store, typed, found)]
    people: dict[tuple[str, str], KnownVisitor] = {}
    for row in sorted(rows, key=lambda row: int(row["registered_ms"]), reverse=True):
        known = _known(row)
        newer = people.setdefault(known.person, _refused(known, known.registered_ms) if _is_refusal(row) else known)
        if newer.refused_ms == newer.registered_ms and not _is_refusal(row):
            people[known.person] = _refused(known, newer.registered_ms)  # admitted before, refused since
    return list(people.values())[:most]


def _is_refusal(row: Row) -> bool:
    return bool(row["state"] == "turned_away")


def _refused(known: KnownVisitor, refused_ms: int) -> KnownVisitor:
    """Return the facts about somebody who was turned away: no check has passed, and no household has agreed."""
    return replace(known, passed=frozenset(), household_id=None, refused_ms=refused_ms)


def of_visit(connection: Connection, visit_id: bytes) -> KnownVisitor | None:
    """Return the visitor of one visit, or None where there is none such.

    Of a visit that was turned away or undone only the facts are known: no check counts as passed, and the household
    has agreed to nothing.
    """
    row = connection.execute(f"SELECT {_COLUMNS} FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    if row is None:
        return None
    known = _known(row)
    if row["state"] not in ("inside", "left") or known.reason is Reason.EMERGENCY:
        return _refused(known, known.registered_ms)
    return _with_refusal(connection, known)


def _with_refusal(connection: Connection, known: KnownVisitor) -> KnownVisitor:
    """Return a known visitor with the time they were turned away since; then nothing is taken as passed."""
    column, value = ("phone", known.phone) if known.phone else ("name", known.name)
    row = connection.execute(
        f"SELECT registered_ms FROM visit WHERE {column} = ? AND registered_ms > ? AND state = 'turned_away'"
        " ORDER BY registered_ms DESC LIMIT 1",
        (value, known.registered_ms),
    ).fetchone()
    return _refused(known, row[0]) if row else known


def habit(connection: Connection, known: KnownVisitor, since_ms: int) -> Habit:
    """Return how often this person was admitted since `since_ms`, and whether always to the home of the last visit."""
    column, value = ("phone", known.phone) if known.phone else ("name", known.name)
    rows = connection.execute(
        f"SELECT room_code FROM visit WHERE {column} = ? AND registered_ms >= ? AND state IN ('inside', 'left')"
        " AND (?3 OR plate IS ?4) ORDER BY registered_ms DESC LIMIT ?5",
        (value, since_ms, bool(known.phone), known.plate or None, _MOST_TIMES),
    ).fetchall()
    return Habit(len(rows), all((row[0] or "") == known.room_code for row in rows))


def _by(column: str, connection: Connection, values: Iterable[str]) -> list[Row]:
    """Return the newest visits of enough people: which are the newest is told by the index, and few rows are read."""
    newest = [
        (row[0], row[1])
        for value in values
        for row in connection.execute(
            f"SELECT registered_ms, rowid FROM visit WHERE {column} = ? ORDER BY registered_ms DESC LIMIT ?",
            (value, _VISITS),
        )
    ]
    rows: list[Row] = []
    people: set[tuple[str, str]] = set()
    for _registered_ms, rowid in sorted(newest, reverse=True):
        row = connection.execute(f"SELECT {_COLUMNS} FROM visit WHERE rowid = ?{_DECIDED}", (rowid,)).fetchone()
        if row is not None:
            rows.append(row)
            people.add((row["name"] or "", row["phone"] or row["plate"] or ""))
        if len(people) == MOST_PEOPLE:
            break
    return rows


def _by_phone(store: Store, typed: str, found: Recognised | None) -> list[Row]:
    connection = store.connection
    if found is not None and found.kind is Kind.PHONE:
        return _by("phone", connection, [found.value])
    if re.fullmatch(rf"[0-9]{{{TAIL_DIGITS}}}", typed):
        return _by("phone", connection, values_starting(connection, SearchKind.PHONE, typed, _VALUES))
    return []


def _by_plate(store: Store, typed: str, found: Recognised | None) -> list[Row]:
    key = plate_key(typed)
    looks_so = len(key) >= LEAST_PLATE and any(map(str.isdigit, key)) and not read_phone(typed)
    if not looks_so or (key.isdigit() and len(key) <= TAIL_DIGITS):
        return []
    return _by("plate", store.connection, values_starting(store.connection, SearchKind.PLATE, key, _VALUES))


def _by_name(store: Store, typed: str, found: Recognised | None) -> list[Row]:
    key = typed_key(typed)
    if any(map(str.isdigit, key)) or len(key) < (LEAST_LETTERS if key.isascii() else 1):
        return []
    return _by("name", store.connection, values_starting(store.connection, SearchKind.NAME, key, _VALUES))


def _by_document(store: Store, typed: str, found: Recognised | None) -> list[Row]:
    if found is None or found.kind is not Kind.DOCUMENT:
        return []
    key = match_key(store.keys.match, DOCUMENT, found.value)
    columns = ", ".join(f"visit.{name}" for name in _COLUMNS.split(", "))
    return store.connection.execute(
        f"SELECT {columns} FROM document_secret JOIN visit USING (visit_id) WHERE number_key = ?{_NEWEST}",
        (key, _VISITS),
    ).fetchall()


_LOOK_UPS: tuple[Callable[[Store, str, Recognised | None], list[Row]], ...] = (
    _by_phone,
    _by_plate,
    _by_name,
    _by_document,
)


def _known(row: Row) -> KnownVisitor:
    known_reason = row["reason"] in set(Reason)
    known_document = row["document_type"] in set(DocumentType)
    return KnownVisitor(
        visit_id=row["visit_id"],
        registered_ms=row["registered_ms"],
        out_ms=row["out_ms"],
        inside=row["state"] == "inside",
        name=row["name"] or "",
        sex=Sex(row["sex"]) if row["sex"] in set(Sex) else None,
        phone=row["phone"] or "",
        company=row["company"] or "",
        document_type=DocumentType(row["document_type"]) if known_document else None,
        house_id=row["house_id"],
        household_id=row["household_id"],
        room_code=row["room_code"] or "",
        reason=Reason(row["reason"]) if known_reason else Reason.OTHER,
        reason_note=row["reason_note"] or "",
        plate=row["plate"] or "",
        passed=frozenset(check for check in Check if row[str(check)] == Outcome.PASSED),
    )
