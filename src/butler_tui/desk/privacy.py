"""Erasing a person who asks for it: by a supervisor, here and wherever the records have gone; never undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from butler_tui.desk.audit import Subject, note
from butler_tui.desk.session import Session, require, require_terminal
from butler_tui.domain.audit import AuditAct
from butler_tui.domain.cells import masked_text
from butler_tui.domain.folding import fold
from butler_tui.domain.rights import Act
from butler_tui.errors import RuleBroken
from butler_tui.labels import greeting
from butler_tui.store import erasing
from butler_tui.store.about import about
from butler_tui.store.households import at_room
from butler_tui.store.local import Store
from butler_tui.text import safe
from butler_tui.words import N_

ERASED_WITH = ("visit", "household", "resident")
"""What a person is erased by: each visit of theirs, or the home that moved out, or one who lived there."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A record to erase, by its table and id."""

    table: str
    record_id: bytes


def at_home(store: Store, session: Session, room_code: str, resident: str = "") -> list[Chosen]:
    """Return who lives at a room: the household, or the one person in it whose name is exactly `resident`.

    Raises NotAllowed; RuleBroken where nobody does, or more than one has that name.
    """
    require(session, Act.ERASE_PERSON)
    require_terminal(store, Act.ERASE_PERSON)
    home = at_room(store.connection, fold(room_code).strip().upper())
    if home is None or home.household_id is None:
        raise RuleBroken(N_("Nobody is known at {room}."), room=safe(room_code))
    if not resident:
        return [Chosen("household", home.household_id)]
    rows = store.connection.execute(
        "SELECT resident_id FROM resident WHERE household_id = ? AND name = ?", (home.household_id, resident)
    ).fetchall()
    if len(rows) != 1:
        raise RuleBroken(N_("Nobody, or more than one, is called {name} there."), name=safe(resident))
    return [Chosen("resident", rows[0][0])]


def same_visitor(store: Store, session: Session, visit_id: bytes, *, only: bool = False) -> list[Chosen]:
    """Return all visits of the person of one: of the same name, with the same phone or plate, oldest first.

    With `only` it is just that one.

    Raises NotAllowed; RuleBroken where there is no such visit, or nothing in it tells who came.
    """
    require(session, Act.ERASE_PERSON)
    require_terminal(store, Act.ERASE_PERSON)
    connection = store.connection
    row = connection.execute("SELECT name, phone, plate FROM visit WHERE visit_id = ?", (visit_id,)).fetchone()
    if row is None:
        raise RuleBroken(N_("There is no such visit here."))
    rows = connection.execute(
        "SELECT visit_id FROM visit WHERE name = ?1 AND ((phone = ?2 AND ?2 <> '') OR (plate = ?3 AND ?3 <> ''))"
        " ORDER BY visit_id",
        (row["name"], row["phone"], row["plate"]),
    )
    found = {} if only else {bytes(one[0]): None for one in rows}
    return [Chosen("visit", one) for one in dict.fromkeys([*found, visit_id])]


def whom(store: Store, chosen: Sequence[Chosen]) -> list[tuple[str, str]]:
    """Return whom these records are about, (room, name) each once: of a person only surname and title, as in lists.

    What is not known is empty.
    """
    told = ((one.table, about(store.connection, one.table, one.record_id)) for one in chosen)
    named = (
        (it.place, masked_text(it.name if table == "household" else greeting(it.name, it.sex))) for table, it in told
    )
    return list(dict.fromkeys(named))


def erase(store: Store, session: Session, chosen: Sequence[Chosen], now_ms: int, *, dry_run: bool = False) -> int:
    """Erase these records with all that belongs to them; return how many records that were. `now_ms` is UTC ms.

    With `dry_run` it only counts.

    Who did it and to which record is written down first, without a word about whom. Raises NotAllowed, RuleBroken for a
    record that is not here, FileTrouble where the disk refuses: what was erased until then stays so.
    """
    require(session, Act.ERASE_PERSON)
    require_terminal(store, Act.ERASE_PERSON)
    connection = store.connection
    for one in chosen:
        if one.table not in ERASED_WITH or not _is_here(store, one):
            raise RuleBroken(N_("There is no such record here."))
    count = 0
    for one in chosen:
        erasures = erasing.with_all(connection, [(one.table, one.record_id)])
        if not dry_run:
            note(store, AuditAct.ERASED, session, now_ms, subject=Subject(one.table, one.record_id))
            erasing.erase_for_all(store, erasures, staff_id=session.staff.staff_id, now_ms=now_ms)
        count += len(erasures)
    return count


def _is_here(store: Store, one: Chosen) -> bool:
    found = store.connection.execute(f"SELECT 1 FROM {one.table} WHERE {one.table}_id = ?", (one.record_id,)).fetchone()
    return found is not None
