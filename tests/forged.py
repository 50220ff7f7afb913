"""An estate in whose every free text stands one hostile name, written past safe(): a forged file, or an older version.

The rest is as it must be for a test to find its way: a guard who can sign in, badge A017, room 3-2-1801.
"""

from __future__ import annotations

import json
from dataclasses import replace

from butler_tui.desk import badges, corrections, gate
from butler_tui.desk.gate import Override
from butler_tui.desk.session import Session
from butler_tui.desk.set_up import NewHouse, NewResident, add_house, add_staff, set_up_estate
from butler_tui.desk.shifts import set_pin
from butler_tui.desk.unmask import open_phone
from butler_tui.domain.corrections import CorrectionReason
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Policies, Reason, TurnAwayReason
from butler_tui.domain.rights import Role
from butler_tui.domain.unmasking import UnmaskReason
from butler_tui.domain.visits import ConfirmedHow, Registration
from butler_tui.ids import new_id
from butler_tui.paths import Home
from butler_tui.store import drafts, households, search_keys, staff
from butler_tui.store.drafts import GATE, Draft
from butler_tui.store.journal import migrate
from butler_tui.store.local import Store, create_store, open_store
from butler_tui.tui.widgets.visit_rows import ORDER
from tests.hostile import DANGEROUS

NUMBER, PIN = "1007", "204816"
SUPERVISOR, SUPERVISORS_PIN = "9001", "650382"
BADGE, ROOM, PHONE, PLATE = "A017", "3-2-1801", "13900001234", "浙A8K32F"
KNOWN_PHONE, RESIDENTS_PLATE = "13900007777", "浙A6D218"
POLITE = "沈星河"
_MINUTE_MS = 60_000
_FREE = {
    "estate": ("name",),
    "gate": ("name",),
    "staff": ("name",),
    "house": ("building", "unit", "cluster"),
    "household": ("name", "gate_note"),
    "resident": ("name", "called", "phone"),
    "vehicle": ("note",),
    "visit": ("name", "company", "document_masked", "reason_note", "parking", "belongings", "looks"),
    "companion": ("name",),
    "visit_event": ("note",),
    "audit": ("reason", "subject_field"),
}
"""Every column in which words may stand that somebody typed; those that the tests find their way by, below."""
_BY_WHICH_ONE_FINDS = ("phone", "room_code", "plate", "badge")
_IN_DOUBT = GateCheck(found=dict.fromkeys(Check, Outcome.DOUBTFUL), notes=dict.fromkeys(Check, "-"))


def make_polite(home: Home, now_ms: int) -> None:
    """Make the estate with everything in it that screens show, and nothing hostile yet."""
    store = create_store(home, now_ms)
    gate_ids = set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("东门岗", "西门岗"), now_ms)
    for number, name, role, pin in ((NUMBER, "王强", Role.GUARD, PIN),
                                    (SUPERVISOR, "许文静", Role.SUPERVISOR, SUPERVISORS_PIN)):  # fmt: skip
        add_staff(store, number, name, role, now_ms)
        set_pin(store, _person(store, number).staff_id, pin)
    residents = (
        NewResident("陈国栋", Sex.MALE, "owner", "13800000001", may_confirm=True),
        NewResident("林婉清", Sex.FEMALE, "family", "13800000002", "陈太太", may_confirm=True),
    )
    add_house(store, NewHouse(ROOM, "3", "2", "云庭片区", "陈宅", "门铃轻按", residents), now_ms)
    add_house(store, NewHouse("V17", "V17", "1", "岸", "林宅", "-", residents[:1]), now_ms)
    _add_vehicles(store, now_ms)
    _let_come(store, Session(_person(store, NUMBER), gate_ids[0]), now_ms)
    store.close()


def _person(store: Store, number: str) -> staff.Staff:
    person = staff.by_number(store.connection, number)
    assert person is not None
    return person


def _add_vehicles(store: Store, now_ms: int) -> None:
    home = households.at_room(store.connection, ROOM)
    assert home is not None
    with migrate(store.connection) as connection:
        for plate in (RESIDENTS_PLATE, "浙ADB5023"):
            connection.execute(
                "INSERT INTO vehicle (vehicle_id, household_id, plate, note) VALUES (?, ?, ?, ?)",
                (new_id(now_ms), home.household_id, plate, "黑色轿车"),
            )
        search_keys.keep(connection, "vehicle", {"plate": RESIDENTS_PLATE})


def _let_come(store: Store, session: Session, now_ms: int) -> None:
    """Let somebody be inside past their time, another have gone with the badge, and a third be turned away."""
    home = households.at_room(store.connection, ROOM)
    assert home is not None
    supervisor, policies = _person(store, SUPERVISOR), Policies()
    one = Registration(
        name=POLITE, sex=Sex.MALE, phone=PHONE, company="净源家电", house_id=home.house_id,
        household_id=home.household_id, room_code=ROOM, confirmed_by=home.confirmers[0].resident_id,
        confirmed_how=ConfirmedHow.PHONE, confirmed_ms=now_ms, reason=Reason.COURIER, reason_note="空调", badge=BADGE,
        plate=PLATE, companion_names=("王海",), companions=1, parking="12", belongings="箱", looks="蓝",
        check=_IN_DOUBT,
    )  # fmt: skip
    early = now_ms - 50 * _MINUTE_MS
    override = Override(supervisor, "业主到场确认")
    inside = gate.admit(store, session, one, policies, early, override=override)
    corrections.correct(
        store, session, inside.visit_id, {"looks": "白"}, CorrectionReason.TYPING_ERROR, "看错", policies, early + 1
    )
    gone = replace(one, badge="A018", phone="13900005678", plate="浙A12345")
    visit = gate.admit(store, session, gone, policies, early + 2, override=override)
    badges.check_out_without_badge(store, session, visit.visit_id, early + _MINUTE_MS)
    earlier = replace(one, badge="", phone=KNOWN_PHONE, plate="浙A77777")
    visit = gate.admit(store, session, earlier, policies, early - 60 * _MINUTE_MS, override=override)
    gate.check_out(store, session, visit.visit_id, early - 30 * _MINUTE_MS)
    away = replace(one, badge="", phone="13900008888", plate="浙A88888")
    gate.turn_away(store, session, away, policies, early + 3, reason=TurnAwayReason.OTHER, note="-")
    other = replace(one, badge="A019", phone="13900009999", plate="浙A99999")
    gate.admit(store, session, other, policies, early + 4, override=override)
    open_phone(store, session, inside.visit_id, UnmaskReason.OTHER, "回访", early + 5)


def forge(home: Home, name: str, now_ms: int) -> None:
    """Write `name` raw into every free text of the estate; half a character, which the driver refuses, in JSON only."""
    store = open_store(home)
    whole = name.encode("utf-8", "ignore").decode()
    with migrate(store.connection) as connection:
        for table, columns in _FREE.items():
            sets = ", ".join(f"{column} = ?" for column in columns)
            connection.execute(f"UPDATE {table} SET {sets}", (whole,) * len(columns))
        _forge_what_one_finds_by(store, whole)
        notes = json.dumps({str(check): name for check in Check})
        connection.execute("UPDATE visit SET check_notes = ?, document_doubts = ?", (notes, json.dumps([name])))
        corrected = json.dumps({"looks": name, "company": name})
        connection.execute("UPDATE visit_event SET corrected = ? WHERE kind = 'corrected'", (corrected,))
        connection.execute("UPDATE visit SET original = ? WHERE original IS NOT NULL", (corrected,))
    _forge_beside(store, name, now_ms)
    store.close()


def _forge_what_one_finds_by(store: Store, name: str) -> None:
    """Write it into keys too: one visit, one house and one person keep theirs for tests to find their way."""
    connection = store.connection
    connection.execute("UPDATE house SET room_code = ? WHERE room_code <> ?", (name, ROOM))
    connection.execute("UPDATE vehicle SET plate = ? WHERE plate <> ?", (name, RESIDENTS_PLATE))
    connection.execute("UPDATE staff SET number = ? WHERE number NOT IN (?, ?)", (name, NUMBER, SUPERVISOR))
    sets = ", ".join(f"{column} = ?" for column in _BY_WHICH_ONE_FINDS)
    connection.execute(f"UPDATE visit SET {sets} WHERE badge = 'A019'", (name,) * len(_BY_WHICH_ONE_FINDS))
    connection.execute("UPDATE visit SET badge = ? WHERE badge = 'A018'", (name,))
    connection.execute("UPDATE visit_event SET reason = ? WHERE kind IN ('turned_away', 'corrected')", (name,))
    for table, column in search_keys.SEARCHED:
        search_keys.keep(connection, table, {column: name})


def _forge_beside(store: Store, name: str, now_ms: int) -> None:
    """Write it into what is never synced: drafts, and what HQ holds apart."""
    body = json.dumps({"values": dict.fromkeys(ORDER, name), "notes": {str(Check.ASK_HOST): name}})
    author = _person(store, NUMBER).staff_id
    for parked in (False, True):
        drafts.keep(store.connection, Draft(new_id(now_ms), author, GATE, body, parked, now_ms))
    for cid, _table in store.connection.execute("SELECT cid, tbl FROM journal").fetchall():
        reason = name.encode("utf-8", "ignore").decode()
        store.connection.execute("INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?)", (cid, reason, now_ms))


def hostile_texts(home: Home) -> list[str]:
    """Return every text of the file, in whatever table, in which something hostile stands."""
    store = open_store(home)
    found = []
    for (table,) in store.connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
        for row in store.connection.execute(f"SELECT * FROM {table}"):
            found += [f"{table}: {text!r}" for text in row if isinstance(text, str) and DANGEROUS & set(text)]
    store.close()
    return found
