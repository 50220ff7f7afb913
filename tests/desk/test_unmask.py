"""Opening a masked value: by right, for a reason, and only once it is recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from butler_tui.desk.gate import Done, admit
from butler_tui.desk.session import Session
from butler_tui.desk.unmask import open_document, open_phone
from butler_tui.domain.policies import Reason
from butler_tui.domain.rights import Role
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.errors import ButlerError, FileTrouble, NotAllowed, RuleBroken
from butler_tui.ids import id_text
from butler_tui.store.journal import erase
from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

NUMBER = "330000199001011239"
ASKED = UnmaskReason.HOUSEHOLD_ASKS


@pytest.fixture
def visit(estate: Estate, session: Session, now: Clock) -> Done:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=NUMBER)
    return admit(estate.store, session, agent, estate.policies, now())


@pytest.fixture
def lead(estate: Estate) -> Session:
    """Return the shift lead, who may open numbers."""
    return estate.sessions[Role.SHIFT_LEAD]


def audits(estate: Estate) -> list[tuple[object, ...]]:
    rows = estate.store.connection.execute(
        "SELECT act, at_ms, staff_id, subject_table, subject_id, subject_field, reason FROM audit ORDER BY audit_id"
    )
    return [tuple(row) for row in rows]


def test_a_phone_is_given_out_and_who_looked_and_why_is_recorded(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    at_ms = now.advance(minutes=5)

    assert open_phone(estate.store, session, visit.visit_id, ASKED, "陈太太来电", at_ms) == "13900001234"
    assert audits(estate) == [
        ("unmasked", at_ms, session.staff.staff_id, "visit", visit.visit_id, "phone", "household_asks 陈太太来电")
    ]


def test_a_number_is_opened_from_its_seal(estate: Estate, lead: Session, now: Clock, visit: Done) -> None:
    assert open_document(estate.store, lead, visit.visit_id, ASKED, "", now()) == NUMBER
    assert [(row[3], row[5], row[6]) for row in audits(estate)] == [("visit", "document_number", "household_asks")]


def test_each_look_is_a_record_of_its_own_that_is_due_for_hq(
    estate: Estate, session: Session, now: Clock, visit: Done
) -> None:
    for _time in range(2):
        open_phone(estate.store, session, visit.visit_id, ASKED, "", now())

    assert len(audits(estate)) == 2
    due = estate.store.connection.execute("SELECT fields, personal FROM journal WHERE tbl = 'audit'").fetchall()
    assert len(due) == 2
    assert id_text(visit.visit_id) in due[0]["fields"]
    assert not [row for row in due if "13900001234" in row["fields"] + row["personal"]]


@pytest.mark.parametrize("reason", [UnmaskReason.AUTHORITY, UnmaskReason.OTHER])
def test_a_reason_that_says_too_little_needs_words(
    estate: Estate, session: Session, now: Clock, visit: Done, reason: UnmaskReason
) -> None:
    with pytest.raises(RuleBroken, match="few words"):
        open_phone(estate.store, session, visit.visit_id, reason, " \u200b ".replace("\u200b", ""), now())
    assert audits(estate) == []
    assert open_phone(estate.store, session, visit.visit_id, reason, "派出所 李警官", now()) == "13900001234"


def test_only_who_works_here_may_open(estate: Estate, session: Session, now: Clock, visit: Done) -> None:
    nobody = Session(replace(session.staff, role=Role.HQ), session.gate_id)
    for opener in (open_phone, open_document):
        with pytest.raises(NotAllowed, match="may not open"):
            opener(estate.store, nobody, visit.visit_id, ASKED, "", now())
    assert audits(estate) == []


def test_only_who_leads_opens_a_documents_number(estate: Estate, now: Clock, visit: Done) -> None:
    for role in (Role.GUARD, Role.BUTLER):
        assert open_phone(estate.store, estate.sessions[role], visit.visit_id, ASKED, "", now()) == "13900001234"
        with pytest.raises(NotAllowed, match="may not open document numbers"):
            open_document(estate.store, estate.sessions[role], visit.visit_id, ASKED, "", now())
    for role in (Role.SHIFT_LEAD, Role.SUPERVISOR):
        assert open_document(estate.store, estate.sessions[role], visit.visit_id, ASKED, "", now()) == NUMBER
    assert [row[5] for row in audits(estate)].count("document_number") == 2


def test_what_is_not_there_is_said_and_nothing_is_recorded(
    estate: Estate, session: Session, lead: Session, now: Clock, visit: Done
) -> None:
    bare = admit(estate.store, session, estate.registration(phone="", badge=""), estate.policies, now())
    for opener in (open_phone, open_document):
        with pytest.raises(RuleBroken, match="kept for this visit"):
            opener(estate.store, lead, bare.visit_id, ASKED, "", now())
    erase(estate.store, "visit", visit.visit_id)
    for secret in estate.store.connection.execute("SELECT secret_id FROM document_secret").fetchall():
        erase(estate.store, "document_secret", secret[0])
    for opener in (open_phone, open_document):
        with pytest.raises(RuleBroken, match="kept for this visit"):
            opener(estate.store, lead, visit.visit_id, ASKED, "", now())
    assert audits(estate) == []


def test_a_number_from_another_computer_is_said_to_be_closed_here(
    estate: Estate, lead: Session, now: Clock, visit: Done
) -> None:
    estate.store.change_keys(replace(estate.store.keys, months={}))

    with pytest.raises(RuleBroken, match="another computer"):
        open_document(estate.store, lead, visit.visit_id, ASKED, "", now())
    assert audits(estate) == []


def test_what_cannot_be_recorded_is_not_given_out(
    estate: Estate, session: Session, now: Clock, visit: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> int:
        raise FileTrouble("The disk is full, so {file} cannot be written.", file="butler.db")

    monkeypatch.setattr("butler_tui.store.journal.keep", full)
    with pytest.raises(ButlerError, match="disk is full"):
        open_phone(estate.store, session, visit.visit_id, ASKED, "", now())
    assert audits(estate) == []
