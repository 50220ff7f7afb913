"""Who comes and goes at real gates, who is erased, and what a newer program writes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from unittest.mock import patch

from butler_tui.desk import privacy
from butler_tui.desk.corrections import correct
from butler_tui.desk.gate import Done, admit, check_out, turn_away, undo
from butler_tui.desk.privacy import Chosen
from butler_tui.desk.session import Session
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.fields import TABLES, Field, Op, Privacy, Table
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.rights import TerminalKind
from butler_tui.domain.visits import Registration
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.ids import id_text, new_id
from butler_tui.store import estates, staff
from butler_tui.store.database import transaction
from butler_tui.store.journal import _head, _keep_head
from butler_tui.store.journal_rows import journal_id, keep
from butler_tui.store.written import Written, change_for, follow
from tests.model.real_people import Booth, People

POLICIES = Policies()
_PASSED = GateCheck(found=dict.fromkeys(Check, Outcome.PASSED))
PARCEL = "parcel"
_NEWER = {
    PARCEL: Table(PARCEL, "parcel_id", Op.PUT, (Field("shelf"), Field("whose", privacy=Privacy.PERSONAL))),
    "household": Table(
        "household", "household_id", Op.PUT, (Field("floor"), Field("pet", privacy=Privacy.PERSONAL)), "house_id"
    ),
}
"""What a newer program would know beside what this one does: another table, and other columns."""


@dataclass
class Visitors(People):
    """Visits, what happens to them, erasing, and what a newer program writes. `erases` are what was chosen, by cid."""

    erases: dict[str, tuple[str, bytes]] = field(default_factory=dict)

    def session(self, booth: Booth) -> Session:
        """Sign the supervisor in."""
        person = staff.by_number(booth.store.connection, "9001")
        gate = estates.terminal(booth.store.connection).gate_id
        assert person is not None
        assert gate is not None
        return Session(person, gate)

    def _works(self, booth: Booth) -> bool:
        """Tell whether anybody can sign in at a terminal: a new one has nothing until it has synced."""
        return staff.by_number(booth.store.connection, "9001") is not None

    def _visit(self, booth: Booth, comes: bool = True) -> None:
        """Let somebody in whose number is kept, with one who came along; or turn them away."""
        if not self._works(booth):
            return
        last = f"{next(self.numbers):04d}"
        who = Registration(
            name=self._text(1),
            phone="13911112222",
            document_type=DocumentType.RESIDENT_ID,
            document_number=f"33010619900307{last}",
            companion_names=(self._text(1),),
            house_id=self.house,
            household_id=self.household,
            room_code="3-2-1801",
            reason=Reason.ESTATE_AGENT,
            looks=self._text(1),
            check=_PASSED,
        )
        place = (booth.store, self.session(booth), who, POLICIES, self.clock(booth))
        if comes:
            self.noted(booth, lambda: admit(*place), creates=True)
        else:
            why = TurnAwayReason.LOITERING
            self.noted(booth, lambda: turn_away(*place, reason=why, note=self._text(1)), creates=True)

    def _inside(self, booth: Booth) -> bytes | None:
        """Return the visit that everybody would take first: the oldest of those inside."""
        found = booth.store.connection.execute("SELECT min(visit_id) FROM visit WHERE state = 'inside'").fetchone()
        return bytes(found[0]) if found[0] else None

    def _leave(self, booth: Booth, back: bool = False) -> None:
        """Write down that somebody has left; with `back` it is undone at once."""
        visit_id = self._inside(booth)
        if visit_id is None:
            return
        session = self.session(booth)
        done: Done = self.noted(booth, lambda: check_out(booth.store, session, visit_id, self.clock(booth)), True)
        if back:
            self.noted(booth, lambda: undo(booth.store, session, done, POLICIES, self.clock(booth)), True)

    def _correct(self, booth: Booth, name: bool = True) -> None:
        """Put right what was written of somebody: who they are, or how many came along."""
        found = booth.store.connection.execute("SELECT min(visit_id) FROM visit WHERE name IS NOT NULL").fetchone()
        if found[0] is None:
            return
        (many,) = booth.store.connection.execute("SELECT companions FROM visit WHERE visit_id = ?", found).fetchone()
        what = {"name": self._text(1)} if name else {"companions": many % 5 + 1}
        said = (CorrectionReason.TYPING_ERROR, self._text(1), POLICIES, self.clock(booth))
        with suppress(RuleBroken, NotAllowed):  # too late by a clock that is wrong
            self.noted(booth, lambda: correct(booth.store, self.session(booth), bytes(found[0]), what, *said), True)

    def _erase(self, booth: Booth, what: str) -> None:
        """Erase a person at a supervisor's terminal: the household, who lives there, whoever came or moved in first."""
        connection = booth.store.connection
        chosen_by = {
            "household": "SELECT household_id FROM household WHERE household_id = :household",
            "resident": "SELECT resident_id FROM resident WHERE resident_id = :resident",
            "newcomers": "SELECT min(household_id) FROM household WHERE household_id <> :household AND name <> ''",
            "visit": "SELECT min(visit_id) FROM visit WHERE name IS NOT NULL",
        }[what]
        row = connection.execute(chosen_by, {"household": self.household, "resident": self.resident}).fetchone()
        if not self._works(booth) or row is None or row[0] is None:
            return
        if estates.kind_of_terminal(connection) != TerminalKind.SUPERVISOR or self.is_erased(booth, bytes(row[0])):
            return
        table = "household" if what == "newcomers" else what
        before = self.wrote.keys() | set()
        session, chosen = self.session(booth), Chosen(table, bytes(row[0]))
        self.noted(booth, lambda: privacy.erase(booth.store, session, [chosen], self.clock(booth)), True)
        for cid in self.wrote.keys() - before:
            if self.wrote[cid].erases and self.wrote[cid].record_id == chosen.record_id:
                self.erases[cid] = (chosen.table, chosen.record_id)

    def _newer(self, booth: Booth, table: str) -> None:
        """Write what only a newer program knows: a record of a table of its own, or columns of the household."""
        connection = booth.store.connection
        if not self._works(booth):
            return
        known = table == "household"
        if known and (self.is_erased(booth, self.household) or not self._has(booth, table, self.household)):
            return
        record_id = self.household if known else new_id(self.now)
        plain, personal = ("floor", "pet") if known else ("shelf", "whose")
        written = Written(table, record_id, {plain: self._text(1), personal: self._text(1)})
        person = self.session(booth).staff.staff_id

        def act() -> None:
            with patch.dict(TABLES, _NEWER), transaction(connection):
                head = _head(connection)
                group_id = new_id(self.clock(booth))
                change = change_for(written, head, (id_text(group_id), group_id), person, self.clock(booth))
                head = follow(head, change)
                keep(connection, journal_id(head.epoch_no, change.seq), change, head.link)
                _keep_head(connection, head)

        self.noted(booth, act, creates=not known)
