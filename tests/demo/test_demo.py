"""The demo estate: life-like, repeatable by seed, made through the doors, and never over anything else."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from butler_tui.demo import names
from butler_tui.demo.folder import Folder, Found, demo_folder
from butler_tui.demo.houses import SHOWN_HOME, plan_houses
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.demo.people import People
from butler_tui.demo.week import DAY_MS, DAYS, Call, plan_calls
from butler_tui.desk.shifts import sign_in
from butler_tui.domain.documents import DocumentType, read_number
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, read_plate
from butler_tui.domain.policies import Policies, Reason
from butler_tui.errors import FileTrouble, SetUpWrong, WrongUsage
from butler_tui.paths import Home
from butler_tui.store import estates, visits
from butler_tui.store.journal import verify_chain
from butler_tui.store.local import Store, open_store

if TYPE_CHECKING:
    from tests.conftest import Clock

ZONE = ZoneInfo(names.TIME_ZONE)
Week = Callable[..., list[Call]]


@pytest.fixture
def week(now: Clock) -> Week:
    def plan(seed: int = 1, visits: int = 280, at_ms: int | None = None) -> list[Call]:
        people = People(Random(seed))
        return plan_calls(people, plan_houses(people, 120), visits, now() if at_ms is None else at_ms)

    return plan


def rows(store: Store, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in store.connection.execute(statement)]


def test_the_same_seed_and_time_give_the_same_houses_and_calls(week: Week) -> None:
    assert week(seed=7) == week(seed=7)
    assert plan_houses(People(Random(7)), 120) == plan_houses(People(Random(7)), 120)


def test_another_seed_gives_another_estate(week: Week) -> None:
    assert week(seed=7) != week(seed=8)


@pytest.mark.parametrize("households", [1, 2, 12, 120, 2000])
def test_as_many_homes_are_lived_in_as_asked_and_no_room_comes_twice(households: int) -> None:
    houses = plan_houses(People(Random(1)), households)

    assert sum(bool(house.household_name) for house in houses) == households
    assert len({house.room_code for house in houses}) == len(houses)


def test_every_household_has_somebody_who_may_confirm_and_can_be_called() -> None:
    for house in plan_houses(People(Random(3)), 120):
        if house.household_name:
            assert any(person.may_confirm and read_phone(person.phone) for person in house.residents), house.room_code


def test_the_home_of_the_manual_is_there_with_its_note() -> None:
    shown = next(house for house in plan_houses(People(Random(99)), 120) if house.room_code == SHOWN_HOME)

    assert (shown.household_name, shown.gate_note) == ("陈宅", "门铃轻按，老人午睡")


def test_numbers_are_well_formed_and_nobodys(week: Week) -> None:
    for call in week():
        registration = call.registration
        assert registration.phone == "" or re.fullmatch(r"1390000\d{4}", registration.phone)
        if registration.document_number:
            assert registration.document_number.startswith("330000")
            today = datetime.fromtimestamp(call.in_ms / 1000, ZONE).date()
            assert read_number(DocumentType.RESIDENT_ID, registration.document_number, today).valid
        if registration.plate:
            plate = read_plate(registration.plate)
            assert plate is not None
            assert plate.kind in (PlateKind.ORDINARY, PlateKind.NEW_ENERGY)


@pytest.mark.parametrize("hour", [0, 3, 8, 12, 19, 23])
def test_at_any_hour_somebody_is_on_site_and_two_have_overstayed(week: Week, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 30, tzinfo=ZONE).timestamp() * 1000)
    inside = [call for call in week(at_ms=at_ms) if call.out_ms is None and call.refused is None]
    late = [c for c in inside if Policies().rule(c.reason).expected_out_ms(c.in_ms, ZONE) <= at_ms]

    assert len(inside) == 11
    assert len(late) == 2
    assert len({call.registration.name for call in inside}) == 11


def test_nobody_comes_or_leaves_after_now_or_before_the_week(week: Week, now: Clock) -> None:
    for call in week():
        assert now() - DAYS * DAY_MS < call.in_ms < now()
        assert call.out_ms is None or call.in_ms < call.out_ms < now()


def test_domestic_help_comes_in_the_morning_and_nobody_repairs_at_night(week: Week, now: Clock) -> None:
    hours = Counter((call.reason, datetime.fromtimestamp(call.in_ms / 1000, ZONE).hour) for call in week(visits=2000))
    mornings = sum(count for (reason, hour), count in hours.items() if reason is Reason.DOMESTIC_HELP and hour < 12)
    helps = sum(count for (reason, _hour), count in hours.items() if reason is Reason.DOMESTIC_HELP)

    assert mornings > helps / 2
    assert not [hour for (reason, hour) in hours if reason is Reason.REPAIR and not 8 <= hour < 20]


def test_a_large_demo_reaches_further_back_rather_than_crowding_a_day(week: Week) -> None:
    days = Counter(datetime.fromtimestamp(call.in_ms / 1000, ZONE).date() for call in week(visits=6000))

    assert max(days.values()) < 800


@pytest.fixture
def made(home: Home, now: Clock) -> Store:
    steps: list[tuple[int, int]] = []
    store = make_demo(home, Wanted(households=24, visits=80), now(), lambda done, of: steps.append((done, of)))
    assert steps[-1][0] == steps[-1][1]
    return store


def test_what_is_made_is_what_was_planned(made: Store, now: Clock) -> None:
    estate = estates.estate(made.connection)
    counts = visits.counts(made.connection, now())

    assert estate is not None
    assert estate.name == "云栖玫瑰园"
    assert {gate.name for gate in estates.gates(made.connection)} == {"东门岗", "西门岗"}
    assert rows(made, "SELECT count(*) FROM visit") == [(80,)]
    assert rows(made, "SELECT count(*) FROM household") == [(24,)]
    assert counts.people >= 11
    assert counts.overstays == 2
    made.close()


def test_every_record_went_through_the_journal(made: Store) -> None:
    (records,) = rows(
        made,
        "SELECT (SELECT count(*) FROM visit) + (SELECT count(*) FROM visit_event) + (SELECT count(*) FROM house)"
        " + (SELECT count(*) FROM household) + (SELECT count(*) FROM resident) + (SELECT count(*) FROM staff)"
        " + (SELECT count(*) FROM gate) + 1 + (SELECT count(*) FROM document_secret)",
    )

    assert verify_chain(made.connection) == records[0]
    made.close()


def test_everyone_printed_can_sign_in_with_the_printed_pin(made: Store, now: Clock) -> None:
    for number, name, role, pin in names.STAFF:
        person = sign_in(made, number, pin, now())
        assert (person.name, person.role) == (name, role)
    made.close()


def test_no_badge_hangs_on_two_visitors(made: Store) -> None:
    assert not rows(
        made, "SELECT badge FROM visit WHERE state = 'inside' AND badge > '' GROUP BY 1 HAVING count(*) > 1"
    )
    made.close()


def test_a_demo_is_encrypted_unless_it_is_asked_to_be_plain(home: Home, now: Clock, tmp_path: Path) -> None:
    plain_home = Folder(tmp_path / "plain").home
    make_demo(home, Wanted(2, 3), now(), lambda *_: None).close()
    make_demo(plain_home, Wanted(2, 3, plain=True), now(), lambda *_: None).close()

    assert not home.database.read_bytes().startswith(b"SQLite format 3")
    assert plain_home.database.read_bytes().startswith(b"SQLite format 3")
    for one in (home, plain_home):
        again = open_store(one)
        assert rows(again, "SELECT count(*) FROM visit") == [(3,)]
        assert again.plain is (one is plain_home)
        again.close()


def test_the_same_seed_and_time_save_the_same_visits_under_other_ids(tmp_path: Path, now: Clock) -> None:
    told = (
        "SELECT registered_ms, v.name, v.phone, plate, badge, room_code, reason, state, out_ms, document_masked, r.name"
        " FROM visit v LEFT JOIN resident r ON r.resident_id = v.confirmed_by ORDER BY v.rowid"
    )
    found, ids = [], []
    for name in ("one", "two"):
        store = make_demo(Folder(tmp_path / name).home, Wanted(12, 40, seed=5), now(), lambda *_: None)
        found.append(rows(store, told))
        ids.append(rows(store, "SELECT visit_id FROM visit"))
        store.close()

    assert found[0] == found[1]
    assert not set(ids[0]) & set(ids[1])


@pytest.mark.parametrize(("households", "visits"), [(0, 1), (10_001, 1), (1, -1), (1, 2_000_000_000)])
def test_numbers_that_no_estate_has_are_wrong_usage(households: int, visits: int, english: None) -> None:
    with pytest.raises(WrongUsage, match="A demo has 1 to 10000 households and at most 100000 visits"):
        Wanted(households, visits)


def test_an_absent_or_empty_folder_is_free(tmp_path: Path) -> None:
    assert Folder(tmp_path).look() is Found.NOTHING
    assert Folder(tmp_path / "absent").look() is Found.NOTHING


def test_a_finished_demo_is_known_again(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "demo")
    folder.begin()
    unfinished = folder.look()
    folder.finish()

    assert (unfinished, folder.look()) == (Found.UNFINISHED, Found.DEMO)


@pytest.mark.usefixtures("english")
@pytest.mark.parametrize("content", [None, "not json", "{}", "[]", "7"])
def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path: Path, content: str | None) -> None:
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("years of work", "ascii")
    if content is not None:
        (tmp_path / "demo.json").write_text(content, "ascii")

    with pytest.raises(SetUpWrong, match="holds something that is not a demo"):
        Folder(tmp_path).look()

    assert thesis.read_text("ascii") == "years of work"


@pytest.mark.usefixtures("english")
def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file", "ascii")

    with pytest.raises(SetUpWrong, match="holds something that is not a demo"):
        Folder(tmp_path / "demo").look()


@pytest.mark.usefixtures("english")
def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "ascii")

    with pytest.raises(FileTrouble, match="cannot be used"):
        Folder(tmp_path / "file" / "demo").begin()


def test_an_interrupted_demo_is_cleared_away_and_nothing_beside_it(tmp_path: Path, now: Clock) -> None:
    folder = Folder(tmp_path / "demo")
    folder.begin()
    make_demo(folder.home, Wanted(1, 1), now(), lambda *_: None).close()
    (folder.path / "mine.txt").write_text("keep", "ascii")

    folder.begin()
    make_demo(folder.home, Wanted(1, 1), now(), lambda *_: None).close()

    assert (folder.path / "mine.txt").read_text("ascii") == "keep"


def test_without_a_folder_the_demo_lies_among_the_users_data_and_not_in_the_terminals_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert demo_folder(None).path.name == "butler-demo"
    assert demo_folder(tmp_path / "here").path == tmp_path / "here"
