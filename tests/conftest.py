"""What tests share: a home of their own, a real encrypted file in it, a small estate, and a clock that can be set."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from gettext import NullTranslations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from butler_tui import words
from butler_tui.desk import shifts
from butler_tui.desk.session import Session
from butler_tui.desk.set_up import NewHouse, NewResident, add_house, add_staff, set_up_estate
from butler_tui.domain.gate_check import Check, GateCheck, Outcome
from butler_tui.domain.people import Sex
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.rights import Role
from butler_tui.domain.visits import ConfirmedHow, Registration
from butler_tui.paths import Home, find_home
from butler_tui.store import households
from butler_tui.store import staff as staff_store
from butler_tui.store.database import Row
from butler_tui.store.local import Store, create_store
from tests.serving import Hq, served

# A machine that is busy is no defect of the rules: examples are counted, not timed.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

ALL_PASSED = GateCheck(found=dict.fromkeys(Check, Outcome.PASSED))
"""A check in which the guard has pressed 1 six times."""


@dataclass
class Clock:
    """UTC ms that stand still until a test moves them; 2026-11-13 07:58 in Shanghai."""

    ms: int = 1_794_527_880_000

    def __call__(self) -> int:
        return self.ms

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> int:
        """Move the clock forward and return the new time."""
        self.ms += round((seconds + 60 * minutes + 3600 * hours) * 1000)
        return self.ms


@dataclass
class Estate:
    """A set-up terminal: two gates, one person a role, a home that is lived in and an empty one."""

    store: Store
    gate_ids: list[bytes]
    sessions: dict[Role, Session] = field(default_factory=dict)
    policies: Policies = field(default_factory=Policies)

    def registration(self, **changes: object) -> Registration:
        """Return a walk-in for 陈宅 with nothing left to settle, changed as the test asks."""
        home = households.at_room(self.store.connection, "3-2-1801")
        assert home is not None
        complete = Registration(
            name="李文博",
            sex=Sex.MALE,
            phone="13900001234",
            company="净源家电维修",
            house_id=home.house_id,
            household_id=home.household_id,
            room_code=home.room_code,
            confirmed_by=home.confirmers[0].resident_id,
            confirmed_how=ConfirmedHow.PHONE,
            confirmed_ms=1_794_527_820_000,
            reason=Reason.REPAIR,
            reason_note="空调",
            badge="A017",
            check=ALL_PASSED,
        )
        return replace(complete, **changes)  # type: ignore[arg-type]

    def the_visit(self) -> Row:
        """Return the one visit there is."""
        (row,) = self.store.connection.execute("SELECT * FROM visit").fetchall()
        return row  # type: ignore[no-any-return]

    def visits_saved(self) -> int:
        """Return how many visits there are."""
        return int(self.store.connection.execute("SELECT count(*) FROM visit").fetchone()[0])

    def events(self) -> list[str]:
        """Return the kinds of all events, in the order written."""
        rows = self.store.connection.execute(
            "SELECT e.kind FROM visit_event e JOIN journal j ON j.record_id = e.event_id ORDER BY j.journal_id"
        )
        return [row[0] for row in rows]


PIN_COST = shifts.COST
"""What a PIN costs outside of tests."""


@pytest.fixture(autouse=True)
def cheap_pins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash PINs for real, with less memory: at full cost they would be a fifth of all the time that tests take."""
    monkeypatch.setattr(shifts, "COST", shifts.Cost(passes=1, kib=64, lanes=1))


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak English in the test, so that sentences can be compared with their source."""
    monkeypatch.setattr(words, "_catalogue", NullTranslations())


@pytest.fixture
def now() -> Clock:
    """Return the clock of the test."""
    return Clock()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return the places of a terminal that is not set up yet."""
    return find_home({"BUTLER_HOME": str(tmp_path / "home")})


@pytest.fixture
def store(home: Home, now: Clock) -> Iterator[Store]:
    """Return a fresh encrypted file without an estate."""
    fresh = create_store(home, now())
    yield fresh
    fresh.close()


@pytest.fixture
def estate(store: Store, now: Clock) -> Estate:
    """Return the file with an estate in it."""
    gate_ids = set_up_estate(store, "云栖玫瑰园", "Asia/Shanghai", ("东门岗", "西门岗"), now())
    estate = Estate(store, gate_ids)
    people = (("1007", "王强", Role.GUARD), ("1001", "周建国", Role.SHIFT_LEAD), ("2003", "林晓燕", Role.BUTLER),
              ("9001", "许文静", Role.SUPERVISOR))  # fmt: skip
    for number, name, role in people:
        add_staff(store, number, name, role, now())
        person = staff_store.by_number(store.connection, number)
        assert person is not None
        estate.sessions[role] = Session(person, gate_ids[0])
    residents = (
        NewResident("陈国栋", Sex.MALE, "owner", "13800000001", may_confirm=True),
        NewResident("林婉清", Sex.FEMALE, "family", "13800000002", "陈太太", may_confirm=True),
        NewResident("陈若曦", Sex.FEMALE, "family"),
    )
    add_house(store, NewHouse("3-2-1801", "3", "2", "云庭片区", "陈宅", "门铃轻按，老人午睡", residents), now())
    add_house(store, NewHouse("V17", "V17"), now())
    return estate


@pytest.fixture
def session(estate: Estate) -> Session:
    """Return the guard at the east gate."""
    return estate.sessions[Role.GUARD]


@pytest.fixture(scope="module")
def hq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hq]:
    """Return a served HQ; its estates are the tests' own."""
    with served(tmp_path_factory.mktemp("hq") / "hq") as served_hq:
        yield served_hq


@pytest.fixture
def enrolled(hq: Hq, estate: Estate) -> Estate:
    """Return a set-up terminal that is enrolled, with everything still to push."""
    hq.enrol(estate.store)
    return estate
