"""What the gate keeps: a number only where policy asks for it, encrypted, and no text that could drive a terminal."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.gate import admit, check_out, turn_away
from butler_tui.desk.session import Session
from butler_tui.domain.documents import DocumentType
from butler_tui.domain.gate_check import Check
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import Registration
from butler_tui.ids import id_text
from butler_tui.sealing import unseal
from butler_tui.store.database import Row
from butler_tui.store.local import open_store

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

pytestmark = pytest.mark.usefixtures("english")


NUMBER = "330000199001011239"
MASKED = "330***********1239"


def documents(estate: Estate) -> list[Row]:
    return estate.store.connection.execute("SELECT * FROM document_secret").fetchall()


@pytest.mark.parametrize("reason", [Reason.VISITING, Reason.COURIER, Reason.OFFICIAL, Reason.REPAIR, Reason.OTHER])
def test_a_number_is_not_kept_where_policy_does_not_ask_for_it(
    estate: Estate, session: Session, now: Clock, reason: Reason
) -> None:
    admit(estate.store, session, estate.registration(reason=reason, document_number=NUMBER), estate.policies, now())

    row = estate.the_visit()
    assert (documents(estate), row["document_masked"], row["document_doubts"]) == ([], None, None)
    assert not estate.store.connection.execute(
        "SELECT 1 FROM journal WHERE instr(fields, ?1) OR instr(personal, ?1)", (NUMBER,)
    ).fetchall()


def test_a_kept_number_is_masked_in_the_visit_and_encrypted_beside_it(
    estate: Estate, session: Session, now: Clock
) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=" 33000019900101１２３9 ")
    admit(estate.store, session, agent, estate.policies, now())

    (secret,) = documents(estate)
    again = open_store(estate.store.home)
    key = again.keys.months[secret["month_key_id"].hex()]
    again.close()

    assert estate.the_visit()["document_masked"] == MASKED
    assert NUMBER.encode() not in secret["sealed"]
    assert unseal(key, secret["sealed"], record_id=secret["secret_id"], field="number").decode() == NUMBER


def test_the_number_is_in_no_row_of_the_journal(estate: Estate, session: Session, now: Clock) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=NUMBER)
    admit(estate.store, session, agent, estate.policies, now())

    rows = estate.store.connection.execute("SELECT fields || coalesce(personal, '') FROM journal").fetchall()
    assert not [row for row in rows if NUMBER in row[0]]


def test_the_doubts_about_a_number_are_kept_with_it(estate: Estate, session: Session, now: Clock) -> None:
    agent = estate.registration(
        reason=Reason.ESTATE_AGENT, document_type=DocumentType.RESIDENT_ID, document_number="330000199013011230"
    )
    admit(estate.store, session, agent, estate.policies, now())

    assert json.loads(estate.the_visit()["document_doubts"]) == ["impossible_birth_date", "wrong_check_digit"]


def test_domestic_help_has_the_number_kept_the_first_time_only(estate: Estate, session: Session, now: Clock) -> None:
    helper = estate.registration(reason=Reason.DOMESTIC_HELP, document_number=NUMBER)
    done = admit(estate.store, session, helper, estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(hours=2))

    admit(estate.store, session, helper, estate.policies, now.advance(hours=22))

    assert len(documents(estate)) == 1
    assert estate.visits_saved() == 2


def test_two_numbers_of_one_month_share_its_key_and_another_month_has_its_own(
    estate: Estate, session: Session, now: Clock
) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=NUMBER, badge="")
    for days in (0, 1, 30):
        admit(estate.store, session, agent, estate.policies, now.advance(hours=24 * days))

    keys = [id_text(row["month_key_id"]) for row in documents(estate)]
    assert keys[0] == keys[1] != keys[2]


def test_the_same_number_is_found_again_by_its_keyed_hash(estate: Estate, session: Session, now: Clock) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number=NUMBER, badge="")
    for _ in range(2):
        admit(estate.store, session, agent, estate.policies, now())

    first, second = documents(estate)
    assert first["number_key"] == second["number_key"] is not None
    assert first["sealed"] != second["sealed"]


ESCAPE = "李\x1b]52;c;YQ==\x07文\u202e博\x9b2J"


def test_what_could_drive_a_terminal_is_made_safe_in_every_text(estate: Estate, session: Session, now: Clock) -> None:
    texts = ("name", "company", "reason_note", "parking", "belongings", "looks")
    check = replace(estate.registration().check, notes={Check.ASK_HOST: ESCAPE})
    hostile = estate.registration(check=check, companion_names=(ESCAPE,), **dict.fromkeys(texts, ESCAPE))

    admit(estate.store, session, hostile, estate.policies, now())

    row = estate.the_visit()
    (companion,) = estate.store.connection.execute("SELECT name FROM companion").fetchone()
    for text in [*(row[name] for name in texts), json.loads(row["check_notes"])["ask_host"], companion]:
        assert text == "李\ufffd]52;c;YQ==\ufffd文\ufffd博\ufffd2J"


def test_a_note_of_a_refusal_is_made_safe_too(estate: Estate, session: Session, now: Clock) -> None:
    turn_away(estate.store, session, Registration(), estate.policies, now(), reason=TurnAwayReason.OTHER, note=ESCAPE)

    (note,) = estate.store.connection.execute("SELECT note FROM visit_event").fetchone()
    assert not any(ord(character) < 32 or 0x7F <= ord(character) < 0xA0 for character in note)


def test_what_is_left_empty_is_stored_as_nothing(estate: Estate, session: Session, now: Clock) -> None:
    admit(estate.store, session, estate.registration(company="   ", badge=""), estate.policies, now())

    row = estate.the_visit()
    assert (row["company"], row["badge"]) == (None, None)


def test_more_names_than_counted_companions_raise_the_count(estate: Estate, session: Session, now: Clock) -> None:
    admit(
        estate.store,
        session,
        estate.registration(companions=1, companion_names=("王海", "李四", "赵六")),
        estate.policies,
        now(),
    )

    assert estate.the_visit()["companions"] == 3
