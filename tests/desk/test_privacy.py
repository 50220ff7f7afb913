"""Erasing a person: in no place of the list any more, on the terminal, at HQ, on the others, and after a restore."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import ANY

import pytest

from butler_tui.desk.attachments import attach
from butler_tui.desk.gate import Done, admit
from butler_tui.desk.privacy import Chosen, erase, same_visitor
from butler_tui.desk.session import Session
from butler_tui.desk.shifts import set_pin
from butler_tui.domain.erasure import PLACES_AT_HQ, PLACES_HERE
from butler_tui.domain.rights import Role
from butler_tui.errors import NotAllowed, RuleBroken
from butler_tui.ids import id_text, new_id
from butler_tui.paths import Home
from butler_tui.store import blobs, drafts, erasing
from butler_tui.store.drafts import Draft
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, create_store, open_store
from tests.conftest import Clock, Estate
from tests.desk.test_retention import MASKED, PERSONAL, found, visit
from tests.keeping import back_up, quick_passphrases, restore
from tests.pictures import JPEG
from tests.serving import Hq, butler, sync
from tests.sync.test_pull import joined, put

__all__ = ["quick_passphrases", "visit"]

pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")


@pytest.fixture
def store(home: Home, now: Clock) -> Iterator[Store]:
    """Return a file in the clear: what it holds can be looked for byte by byte."""
    fresh = create_store(home, now(), plain=True)
    yield fresh
    fresh.close()


@pytest.fixture
def supervisor(estate: Estate) -> Session:
    return estate.sessions[Role.SUPERVISOR]


def erased(estate: Estate, session: Session, *chosen: tuple[str, bytes], now: Clock) -> int:
    return erase(estate.store, session, [Chosen(*one) for one in chosen], now())


def test_a_visitor_is_in_no_file_any_more_and_the_chain_verifies(
    estate: Estate, supervisor: Session, now: Clock, visit: Done
) -> None:
    store = estate.store
    draft = Draft(new_id(now()), supervisor.staff.staff_id, "gate", '{"values":{"name":"钱多多"}}', False, now())
    drafts.keep(store.connection, draft)
    copy = store.home.database.with_name(store.home.database.name + ".before-version-3-1")
    shutil.copy(store.home.database, copy)
    assert {"钱多多", MASKED} <= found(estate, (*PERSONAL, MASKED))
    before = verify_chain(store.connection)
    chosen = same_visitor(store, supervisor, visit.visit_id)

    assert erase(store, supervisor, chosen, now(), dry_run=True) == 6
    assert found(estate, (*PERSONAL, MASKED)) >= {"钱多多"}
    assert erase(store, supervisor, chosen, now()) == 6

    assert found(estate, (*PERSONAL, MASKED)) == set()
    assert not copy.exists()
    assert store.connection.execute("SELECT count(*) FROM draft").fetchone()[0] == 0
    assert verify_chain(store.connection) == before + 1 + 6  # who erased, and each record
    row = estate.the_visit()
    assert (row["name"], row["state"], row["reason"]) == (None, "left", "estate_agent")
    assert erasing.registered(store.home)[-1] in [("visit", visit.visit_id)]
    (act,) = store.connection.execute("SELECT act, subject_id, reason FROM audit").fetchall()
    assert tuple(act) == ("erased", visit.visit_id, None)


def test_all_visits_of_the_same_person_are_found_and_of_nobody_else(
    estate: Estate, session: Session, supervisor: Session, now: Clock
) -> None:
    from butler_tui.desk.gate import admit

    def came(name: str, phone: str, plate: str = "") -> bytes:
        registered = estate.registration(name=name, phone=phone, plate=plate, badge="")
        return admit(estate.store, session, registered, estate.policies, now.advance(hours=1)).visit_id

    first, second = came("钱多多", "13911112222"), came("钱多多", "13911112222", "皖B9K88Q")
    by_plate = came("钱多多", "", "皖B9K88Q")
    came("钱多多", "13900000000")
    came("孙同行", "13911112222")

    chosen = same_visitor(estate.store, supervisor, second)
    assert [one.record_id for one in chosen] == [first, second, by_plate]


def test_only_a_supervisor_may_and_only_what_is_here(
    estate: Estate, session: Session, supervisor: Session, now: Clock, visit: Done
) -> None:
    for person in (session, estate.sessions[Role.SHIFT_LEAD], estate.sessions[Role.BUTLER]):
        with pytest.raises(NotAllowed):
            erased(estate, person, ("visit", visit.visit_id), now=now)
        with pytest.raises(NotAllowed):
            same_visitor(estate.store, person, visit.visit_id)
    for table, record_id in (("visit", new_id(now())), ("policy", visit.visit_id), ("staff", session.staff.staff_id)):
        with pytest.raises(RuleBroken):
            erased(estate, supervisor, (table, record_id), now=now)
    assert found(estate, ("钱多多",)) == {"钱多多"}


def places(store: Store, mark: str) -> set[str]:
    """Return the places of the list in which something stands, asked one by one."""
    asked = {
        "rows": "SELECT 1 FROM household WHERE instr(name || coalesce(gate_note, ''), ?)"
        " UNION SELECT 1 FROM resident WHERE instr(name, ?1)",
        "journal": "SELECT 1 FROM journal WHERE instr(coalesce(personal, ''), ?)",
        "bases": "SELECT 1 FROM base WHERE instr(state, ?)",
        "conflicts": "SELECT 1 FROM base WHERE instr(coalesce(kept, ''), ?)",
        "search keys": "SELECT 1 FROM search_key WHERE instr(value, ?)",
        "half-typed forms": "SELECT 1 FROM draft WHERE instr(body, ?)",
    }
    found = {place for place, sql in asked.items() if store.connection.execute(sql, (mark,)).fetchone()}
    database = store.home.database
    if any(mark.encode() in one.read_bytes() for one in database.parent.glob(database.name + ".before-*")):
        found.add("copies before a new version")
    log = database.with_name(database.name + "-wal")
    if log.exists() and mark.encode() in log.read_bytes():
        found.add("the database's log")
    if any(one.is_file() for one in blobs.folder_of(store.home).rglob("*")):
        found.add("pictures")
    return found


def test_a_household_goes_from_every_place_everywhere_and_from_a_backup_too(
    hq: Hq, enrolled: Estate, supervisor: Session, now: Clock, tmp_path: Path
) -> None:
    store, mark = enrolled.store, "钱家宅"
    house, household, resident = new_id(now()), new_id(now()), new_id(now())
    put(store, "house", house, room_code="V19", building="V19")
    put(store, "household", household, house_id=house, name=mark, gate_note=mark)
    put(store, "resident", resident, household_id=household, name=mark, relation="owner", may_confirm=1)
    picture = tmp_path / "picture.jpg"
    picture.write_bytes(JPEG)
    attach(store, supervisor, enrolled.policies, ("household", household), picture, None, now())
    sync(store)
    other = joined(hq, enrolled, tmp_path / "second")
    sync(other)
    put(other, "household", household, house_id=house, name=mark + "甲", gate_note=mark + "乙")
    put(store, "household", household, house_id=house, name=mark + "丙", gate_note=mark + "丁")
    for one in (store, other, store):
        sync(one)
    for one in (store, other):
        drafts.keep(
            one.connection,
            Draft(new_id(now()), supervisor.staff.staff_id, "gate", f'{{"values":{{"room":"{mark}丙"}}}}', True, now()),
        )
    store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    shutil.copy(store.home.database, store.home.database.with_name(store.home.database.name + ".before-version-3-1"))
    in_files = {"copies before a new version", "the database's log"}
    assert places(store, mark) == set(PLACES_HERE) - {PLACES_HERE[-1]}
    assert places(other, mark) >= set(PLACES_HERE) - in_files - {PLACES_HERE[-1]} - {"pictures"}
    file = back_up(other, tmp_path / "stick.bak")
    assert at_hq(hq, mark) == {"records", "conflicts", "changes applied", "pictures"}

    assert erased(enrolled, supervisor, ("household", household), now=now) == 3
    assert places(store, mark) == set()
    for one in (store, other):
        sync(one)

    assert places(other, mark) == set()
    assert at_hq(hq, mark) == set()
    assert ("household", household) in erasing.registered(other.home)
    other.close()
    restore(other.home, file, replace=True)
    again = open_store(other.home)
    assert places(again, mark) == set()
    sync(again)
    assert places(again, mark) | at_hq(hq, mark) == set()
    again.close()


def at_hq(hq: Hq, mark: str) -> set[str]:
    """Return the places of the list at HQ in which something stands."""
    asked = {
        "records": "SELECT state AS told FROM record_state",
        "what visits show": "SELECT shown AS told FROM record_state",
        "conflicts": "SELECT kept AS told FROM record_state",
        "changes applied": "SELECT body AS told FROM change_log WHERE verdict = 'applied'",
        "changes held back": "SELECT body AS told FROM change_log WHERE verdict <> 'applied'",
    }
    found = {place for place, sql in asked.items() if any(mark in (row[0] or "") for row in hq.query(sql))}
    if any(one.is_file() for one in hq.folder.blobs.rglob("*")):
        found.add("pictures")
    assert found <= set(PLACES_AT_HQ)
    return found


def test_the_command_says_first_what_it_would_erase(estate: Estate, supervisor: Session) -> None:
    set_pin(estate.store, supervisor.staff.staff_id, "204816")
    env = {"BUTLER_HOME": str(estate.store.home.database.parent), "BUTLER_PIN": "204816"}

    def run(*arguments: str) -> tuple[int, str]:
        ended = butler("privacy", "erase", *arguments, "--as", "9001", env=env)
        return ended.returncode, ended.stdout + ended.stderr

    came = admit(estate.store, estate.sessions[Role.GUARD], estate.registration(), estate.policies, 1_794_527_880_000)
    told = run(id_text(came.visit_id))[1]
    assert told.startswith("3-2-1801 Mr 李: ")
    assert "李文博" not in told
    code, told = run("3-2-1801", "--household")
    assert (code, told) == (
        0,
        "3-2-1801 陈宅: 4 records would be erased, of 1 visits or homes. Add --yes to erase them for good.\n",
    )
    assert found(estate, ("陈国栋", "林婉清")) == {"陈国栋", "林婉清"}
    assert run("3-2-1801", "--resident", "陈国栋", "--yes")[0] == 0
    assert found(estate, ("陈国栋", "林婉清")) == {"林婉清"}
    assert "3-2-1801 Ms 林: " in run("3-2-1801", "--resident", "林婉清")[1]
    assert run("3-2-1801", "--household", "--yes", "--json") == (0, ANY)
    assert found(estate, ("陈国栋", "林婉清", "13800000002")) == set()
    assert run("nonsense")[0] == 2
    assert run("V99", "--household")[0] != 0
