"""A one-time code lets in just the visitor that it was made for, once; guessing is counted, also over a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from butler_tui.desk import override_codes
from butler_tui.desk.gate import Override, admit
from butler_tui.desk.override_codes import WrongCode, allowed, asked, challenge_for, code_for
from butler_tui.desk.override_words import asked_words
from butler_tui.domain.gate_check import Check, Outcome
from butler_tui.domain.override_codes import code_of
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import Registration, under
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.ids import new_id
from butler_tui.store.local import open_store
from tests.conftest import ALL_PASSED, Clock, Estate

pytestmark = pytest.mark.usefixtures("english")

_VISIT = new_id(1_794_527_880_000)


@pytest.fixture
def handed(estate: Estate) -> Estate:
    """Return a terminal to which HQ has handed the keys of its shift lead and supervisor."""
    who = [estate.sessions[role].staff.staff_id.hex() for role in (Role.SHIFT_LEAD, Role.SUPERVISOR)]
    estate.store.change_keys(replace(estate.store.keys, overrides={one: os.urandom(32) for one in who}))
    return estate


def _doubtful(estate: Estate, **changes: object) -> Registration:
    check = ALL_PASSED.with_finding(Check.CHECK_DOCUMENT, Outcome.DOUBTFUL, "照片不清")
    return under(estate.policies, estate.registration(**{"check": check, **changes}), first_visit=True)


def _challenge(estate: Estate, now: Clock, visit_id: bytes = _VISIT, **changes: object) -> str:
    registration = _doubtful(estate, **changes)
    return challenge_for(estate.store, estate.sessions[Role.GUARD], visit_id, registration, now()).challenge


def _code(estate: Estate, challenge: str, role: Role = Role.SHIFT_LEAD, guard: str = "1007") -> str:
    return code_of(estate.store.keys.overrides[estate.sessions[role].staff.staff_id.hex()], challenge, guard)


def _allowed(estate: Estate, now: Clock, challenge: str, code: str, number: str = "1001") -> Override:
    person = allowed(estate.store, estate.sessions[Role.GUARD], challenge, number, code, now())
    return Override(person, "业主到场确认", challenge)


def _wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def _let_in(estate: Estate, now: Clock, override: Override, visit_id: bytes = _VISIT, **changes: object) -> None:
    registration = _doubtful(estate, **changes)
    admit(estate.store, estate.sessions[Role.GUARD], registration, estate.policies, now(), override=override,
          draft_id=visit_id)  # fmt: skip


def test_a_code_from_the_leads_own_terminal_lets_in_and_both_sides_write_it_down(handed: Estate, now: Clock) -> None:
    lead = handed.sessions[Role.SHIFT_LEAD]
    challenge = _challenge(handed, now)
    what = asked(handed.store, lead, f"{challenge[:4]} {challenge[4:]}", "1007")
    assert "王强" in asked_words(what)
    assert "东门岗" in asked_words(what)
    code = code_for(handed.store, lead, what, "李师傅，照片不清", now())
    _let_in(handed, now, _allowed(handed, now, challenge, f"{code[:3]} {code[3:]}"))

    event = handed.store.connection.execute("SELECT * FROM visit_event").fetchone()
    assert (event["override_by"], event["override_how"], event["note"]) == (lead.staff.staff_id, "code", "业主到场确认")
    acts = handed.store.connection.execute("SELECT act, reason, staff_id FROM audit ORDER BY act").fetchall()
    spoken = f"{challenge[:4]} {challenge[4:]}"
    assert [tuple(row) for row in acts] == [
        ("override_code_made", f"{spoken} 李师傅，照片不清", lead.staff.staff_id),
        ("override_code_used", spoken, handed.sessions[Role.GUARD].staff.staff_id),
    ]
    everything = "\n".join(
        str(tuple(row))
        for (name,) in handed.store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        for row in handed.store.connection.execute(f"SELECT * FROM {name}").fetchall()
    )
    assert challenge in everything
    assert code not in everything


def test_a_challenge_stays_until_something_about_the_visitor_changes(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    assert _challenge(handed, now) == challenge
    assert _challenge(handed, now, badge="A018") != challenge
    assert _challenge(handed, now, visit_id=new_id(now())) != challenge


def test_a_code_holds_for_no_other_visitor_and_only_as_they_were(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    override = _allowed(handed, now, challenge, _code(handed, challenge))
    for changes in ({"badge": "A018"}, {"visit_id": new_id(now())}):
        with pytest.raises(RuleBroken, match="changed since"):
            _let_in(handed, now, override, **changes)
    with pytest.raises(RuleBroken, match="changed since"):
        _let_in(handed, now, replace(override, by=handed.sessions[Role.SUPERVISOR].staff))
    assert handed.visits_saved() == 0
    _let_in(handed, now, override)
    assert handed.visits_saved() == 1


def test_a_code_holds_once(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    _let_in(handed, now, _allowed(handed, now, challenge, _code(handed, challenge)))
    with pytest.raises(WrongCode, match="void"):
        _allowed(handed, now, challenge, _code(handed, challenge))
    assert _challenge(handed, now) != challenge


def test_nobody_is_let_in_by_a_challenge_that_no_code_was_typed_for(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    with pytest.raises(RuleBroken, match="changed since"):
        _let_in(handed, now, Override(handed.sessions[Role.SHIFT_LEAD].staff, "没有验证码", challenge))


def test_the_code_of_another_person_or_for_another_guard_is_wrong(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    for code in (_code(handed, challenge, Role.SUPERVISOR), _code(handed, challenge, guard="1008")):
        with pytest.raises(WrongCode):
            _allowed(handed, now, challenge, code)
    assert _allowed(handed, now, challenge, _code(handed, challenge, Role.SUPERVISOR), "9001").by.number == "9001"


@pytest.mark.parametrize("number", ["1007", "2003", "4711", ""])
def test_only_a_lead_or_supervisor_allows_it(handed: Estate, now: Clock, number: str) -> None:
    with pytest.raises(RuleBroken, match="Nobody with this number"):
        _allowed(handed, now, _challenge(handed, now), "123456", number)


def test_after_three_wrong_codes_the_challenge_is_void_and_each_wait_is_longer(handed: Estate, now: Clock) -> None:
    for wait in (30, 60, 120):
        challenge = _challenge(handed, now)
        right = _code(handed, challenge)
        for left in ("2 more", "1 more", "void"):
            with pytest.raises(WrongCode, match=left):
                _allowed(handed, now, challenge, _wrong(right))
        with pytest.raises(WrongCode, match=f"wait {wait} s"):
            _challenge(handed, now)
        now.advance(seconds=wait - 1)
        with pytest.raises(WrongCode, match="wait 1 s"):
            _challenge(handed, now)
        now.advance(seconds=1)
        with pytest.raises(WrongCode, match="void"):
            _allowed(handed, now, challenge, right)
    acts = [row[0] for row in handed.store.connection.execute("SELECT act FROM audit")]
    assert acts == ["override_codes_wrong"] * 3
    challenge = _challenge(handed, now)
    _let_in(handed, now, _allowed(handed, now, challenge, _code(handed, challenge)))
    again = _challenge(handed, now, visit_id=new_id(now()))
    with pytest.raises(WrongCode, match="2 more"):
        _allowed(handed, now, again, _wrong(_code(handed, again)))


def test_other_facts_give_no_tries_beyond_three(handed: Estate, now: Clock) -> None:
    for badge in ("A001", "A002", "A003"):
        challenge = _challenge(handed, now, badge=badge)
        with pytest.raises(WrongCode, match="2 more"):
            _allowed(handed, now, challenge, _wrong(_code(handed, challenge)))
    with pytest.raises(WrongCode, match="wait 30 s"):
        _challenge(handed, now, badge="A004")
    with pytest.raises(WrongCode, match="wait 30 s"):
        _allowed(handed, now, challenge, _code(handed, challenge))


_KILLED = """
import os, signal, sys
from pathlib import Path
from butler_tui.desk.override_codes import WrongCode, allowed
from butler_tui.desk.session import Session
from butler_tui.paths import find_home
from butler_tui.store import estates, staff
from butler_tui.store.local import open_store
store = open_store(find_home({"BUTLER_HOME": sys.argv[1]}))
guard = staff.by_number(store.connection, "1007")
session = Session(guard, estates.gates(store.connection)[0].gate_id)
try:
    allowed(store, session, sys.argv[2], "1001", sys.argv[3], int(sys.argv[4]))
except WrongCode:
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_killing_the_program_after_each_try_gives_no_further_tries(handed: Estate, now: Clock) -> None:
    challenge = _challenge(handed, now)
    wrong = _wrong(_code(handed, challenge))
    folder = str(handed.store.home.database.parent)
    for _try in range(3):
        ended = subprocess.run([sys.executable, "-c", _KILLED, folder, challenge, wrong, str(now())], check=False)
        assert ended.returncode == -signal.SIGKILL
    again = open_store(handed.store.home)
    guard = handed.sessions[Role.GUARD]
    with pytest.raises(WrongCode, match="wait 30 s"):
        challenge_for(again, guard, _VISIT, _doubtful(handed), now())
    with pytest.raises(WrongCode, match="wait"):
        allowed(again, guard, challenge, "1001", _code(handed, challenge), now())
    again.close()


def test_without_keys_from_hq_it_says_so(estate: Estate, now: Clock) -> None:
    with pytest.raises(RuleBroken, match="no keys for codes"):
        _challenge(estate, now)
    lead = estate.sessions[Role.SHIFT_LEAD]
    with pytest.raises(RuleBroken, match="Your key has not come"):
        code_for(estate.store, lead, asked(estate.store, lead, "12345678", "1007"), "李师傅", now())


def test_a_guard_or_butler_makes_no_code(handed: Estate, now: Clock) -> None:
    for role in (Role.GUARD, Role.BUTLER):
        with pytest.raises(NotAllowed):
            asked(handed.store, handed.sessions[role], "12345678", "1007")


def test_a_code_needs_a_whole_challenge_a_guard_and_a_reason(handed: Estate, now: Clock) -> None:
    lead = handed.sessions[Role.SHIFT_LEAD]
    for challenge, guard in (("1234567", "1007"), ("12345678", " ")):
        with pytest.raises(RuleBroken):
            asked(handed.store, lead, challenge, guard)
    with pytest.raises(RuleBroken, match="Say who"):
        code_for(handed.store, lead, asked(handed.store, lead, "12345678", "1007"), " ", now())
    unknown = asked(handed.store, lead, "1234 5678", "4711")
    assert "unknown here" in asked_words(unknown)
    assert override_codes.code_for(handed.store, lead, unknown, "李师傅", now()) == _code(
        handed, "12345678", guard="4711"
    )
