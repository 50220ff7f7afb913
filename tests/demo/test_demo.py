"""The demo estate: life-like, repeatable by seed, made through the doors, and never over anything else."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import date, datetime
from functools import cache
from math import inf
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from butler_tui.demo import names
from butler_tui.demo.calls import Call, plan_calls
from butler_tui.demo.clock import DAY_MS, DAYS, VISITS_A_DAY
from butler_tui.demo.folder import Folder, Found, demo_folder
from butler_tui.demo.houses import SHOWN_HOME, plan_houses
from butler_tui.demo.incidents import plan_incidents
from butler_tui.demo.making import Wanted, make_demo, visits_of
from butler_tui.demo.people import People
from butler_tui.desk.shifts import sign_in
from butler_tui.domain.documents import DocumentType, read_number
from butler_tui.domain.people import read_phone
from butler_tui.domain.plates import PlateKind, plate_doubt, read_plate
from butler_tui.domain.policies import Policies, Reason
from butler_tui.domain.visits import ConfirmedHow
from butler_tui.errors import FileTrouble, SetUpWrong, WrongUsage
from butler_tui.paths import Home
from butler_tui.store import estates, visits
from butler_tui.store.journal import verify_chain
from butler_tui.store.local import Store, open_store

if TYPE_CHECKING:
    from tests.conftest import Clock

ZONE = ZoneInfo(names.TIME_ZONE)
FRIDAY_EVENING = int(datetime(2026, 11, 13, 20, 30, tzinfo=ZONE).timestamp()) * 1000
Month = Callable[..., list[Call]]


@cache
def planned(seed: int, visits: int, at_ms: int) -> list[Call]:
    people = People(Random(seed))
    return plan_calls(people, plan_houses(people, 240), visits, at_ms)


@pytest.fixture
def month(now: Clock) -> Month:
    def plan(seed: int = 1, visits: int = DAYS * VISITS_A_DAY, at_ms: int | None = None) -> list[Call]:
        return planned(seed, visits, now() if at_ms is None else at_ms)

    return plan


def local(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, ZONE)


def by_hour(calls: Sequence[Call], reason: Reason) -> Counter[int]:
    return Counter(local(call.in_ms).hour for call in calls if call.reason is reason)


def rows(store: Store, statement: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in store.connection.execute(statement)]


def test_the_demo_is_240_households_and_30_days() -> None:
    assert (Wanted().households, Wanted().visits, DAYS) == (240, 2250, 30)
    assert (visits_of(240), visits_of(12), visits_of(10_000)) == (2250, 112, 93_750)


def test_the_same_seed_and_time_give_the_same_houses_and_calls(month: Month) -> None:
    again = planned.__wrapped__(7, 2250, FRIDAY_EVENING)

    assert month(seed=7, at_ms=FRIDAY_EVENING) == again
    assert plan_houses(People(Random(7)), 240) == plan_houses(People(Random(7)), 240)


def test_another_seed_gives_another_estate(month: Month) -> None:
    assert month(seed=7) != month(seed=8)


@pytest.mark.parametrize("visits", [0, 1, 8, 10, 20, 59, 80, 2250, 6000, 13_000])
def test_as_many_visits_as_asked_are_planned_in_order(visits: int) -> None:
    calls = planned(3, visits, FRIDAY_EVENING)

    assert len(calls) == visits
    assert [call.in_ms for call in calls] == sorted(call.in_ms for call in calls)


@pytest.mark.parametrize("households", [1, 2, 12, 240, 2000])
def test_as_many_homes_are_lived_in_as_asked_and_no_room_comes_twice(households: int) -> None:
    houses = plan_houses(People(Random(1)), households)

    assert sum(bool(house.household_name) for house in houses) == households
    assert len({house.room_code for house in houses}) == len(houses)


def test_about_seventy_in_a_hundred_households_have_one_or_two_vehicles_and_no_plate_comes_twice() -> None:
    lived_in = [house for house in plan_houses(People(Random(1)), 240) if house.household_name]
    with_vehicles = [house for house in lived_in if house.vehicles]
    plates = [vehicle.plate for house in lived_in for vehicle in house.vehicles]

    assert 0.6 < len(with_vehicles) / len(lived_in) < 0.8
    assert {len(house.vehicles) for house in with_vehicles} == {1, 2}
    assert len(set(plates)) == len(plates)
    assert [plate for plate in plates if plate_doubt(plate)] == []


def test_every_household_has_somebody_who_may_confirm_and_can_be_called() -> None:
    for house in plan_houses(People(Random(3)), 240):
        if house.household_name:
            assert any(person.may_confirm and read_phone(person.phone) for person in house.residents), house.room_code


def test_the_home_of_the_manual_is_there_with_its_note() -> None:
    shown = next(house for house in plan_houses(People(Random(99)), 240) if house.room_code == SHOWN_HOME)

    assert (shown.household_name, shown.gate_note) == ("陈宅", "门铃轻按，老人午睡")


def test_numbers_are_well_formed_and_nobodys(month: Month) -> None:
    numbers = 0
    for call in month():
        registration = call.registration
        assert registration.phone == "" or re.fullmatch(r"1390000\d{4}", registration.phone)
        if registration.document_number:
            numbers += 1
            assert registration.document_number.startswith("330000")
            assert read_number(DocumentType.RESIDENT_ID, registration.document_number, local(call.in_ms).date()).valid
        if registration.plate:
            plate = read_plate(registration.plate)
            assert plate is not None
            assert plate.kind in (PlateKind.ORDINARY, PlateKind.NEW_ENERGY)
    assert numbers > 50


@pytest.mark.parametrize("hour", [0, 3, 8, 12, 19, 23])
def test_at_any_hour_somebody_is_on_site_and_two_have_overstayed(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 30, tzinfo=ZONE).timestamp() * 1000)
    inside = [call for call in month(at_ms=at_ms) if call.out_ms is None and not call.refused and not call.undone_ms]
    late = [c for c in inside if Policies().rule(c.reason).expected_out_ms(c.in_ms, ZONE) <= at_ms]

    assert len(inside) == 11
    assert len(late) == 2
    assert len({call.registration.name for call in inside}) == 11


@pytest.mark.parametrize("hour", [0, 7, 20])
def test_nobody_comes_or_leaves_after_now_or_before_the_month(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 1, tzinfo=ZONE).timestamp() * 1000)
    for call in month(at_ms=at_ms):
        assert at_ms - DAYS * DAY_MS < call.in_ms < at_ms
        assert call.out_ms is None or call.in_ms < call.out_ms < at_ms


def test_every_day_of_the_month_has_60_to_90_visits_and_today_its_part(month: Month) -> None:
    noon = int(datetime(2026, 11, 13, 12, 0, tzinfo=ZONE).timestamp() * 1000)
    days = Counter(local(call.in_ms).date() for call in month(at_ms=noon))
    today = days.pop(date(2026, 11, 13))

    assert len(days) == DAYS - 1
    assert 55 <= min(days.values()) <= max(days.values()) <= 100
    assert 20 <= today <= 60


def test_deliveries_come_at_meals_couriers_in_two_waves_and_friends_in_the_evening(month: Month) -> None:
    calls = month(at_ms=FRIDAY_EVENING)
    deliveries, couriers, friends = (
        by_hour(calls, reason) for reason in (Reason.DELIVERY, Reason.COURIER, Reason.VISITING)
    )

    assert deliveries[12] > 2 * deliveries[15] > 20 * deliveries[3]
    assert deliveries[19] > 1.8 * deliveries[15]
    assert min(couriers[10], couriers[16]) > 2 * couriers[13]
    assert sum(friends[hour] for hour in range(17, 22)) > 1.5 * sum(friends[hour] for hour in range(9, 14))
    assert sum(local(call.in_ms).hour < 6 for call in calls) < len(calls) / 50


def test_reasons_keep_their_shares(month: Month) -> None:
    counts = Counter(call.reason for call in month(at_ms=FRIDAY_EVENING))
    for reason, share in names.SHARE.items():
        expected = share / sum(names.SHARE.values()) * counts.total()
        assert 0.6 * expected - 5 < counts[reason] < 1.4 * expected + 5, reason
    assert 1 <= counts[Reason.EMERGENCY] <= 4


def test_eight_known_couriers_come_nearly_every_day(month: Month) -> None:
    days: dict[tuple[str, str, str, str], set[date]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        who = call.registration
        if call.reason is Reason.COURIER:
            days.setdefault((who.name, who.phone, who.company, who.plate), set()).add(local(call.in_ms).date())
    daily = [who for who, when in days.items() if len(when) > DAYS * 2 / 3]

    assert len(daily) == 8
    assert {plate != "" for *_who, plate in daily} == {True, False}


def test_domestic_help_is_the_same_person_at_the_same_home_two_or_three_mornings_a_week(month: Month) -> None:
    visits: dict[str, list[Call]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        if call.reason is Reason.DOMESTIC_HELP:
            visits.setdefault(call.registration.phone, []).append(call)
    regular = [calls for calls in visits.values() if len(calls) >= 6]

    assert len(regular) >= 12
    for calls in regular:
        assert len({call.registration.room_code for call in calls}) == 1
        assert len({local(call.in_ms).weekday() for call in calls}) <= 3
        assert all(7 <= local(call.in_ms).hour < 11 for call in calls)


@pytest.mark.parametrize("hour", [4, 20])
def test_nobody_repairs_decorates_or_cleans_at_night(month: Month, hour: int) -> None:
    at_ms = int(datetime(2026, 11, 13, hour, 0, tzinfo=ZONE).timestamp() * 1000)
    for reason in (Reason.REPAIR, Reason.DECORATION, Reason.DOMESTIC_HELP):
        hours = by_hour(month(at_ms=at_ms), reason)
        assert hours.total() > 20
        assert not [came for came in hours if not 6 <= came < 20], reason


def test_at_weekends_friends_come_and_trades_and_authorities_stay_away(month: Month) -> None:
    days: dict[Reason, list[int]] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        days.setdefault(call.reason, []).append(local(call.in_ms).weekday())
    a_day = {reason: (sum(day >= 5 for day in on) / 8, sum(day < 5 for day in on) / 22) for reason, on in days.items()}

    assert a_day[Reason.VISITING][0] > 1.4 * a_day[Reason.VISITING][1]
    assert a_day[Reason.OFFICIAL][0] == 0 < a_day[Reason.OFFICIAL][1]
    for reason in (Reason.REPAIR, Reason.DECORATION, Reason.MAINTENANCE):
        assert a_day[reason][0] < 0.8 * a_day[reason][1], reason


def test_friends_who_come_again_to_the_same_home_are_known_there(month: Month) -> None:
    seen: dict[str, str] = {}
    again = 0
    for call in month(at_ms=FRIDAY_EVENING):
        who = call.registration
        if call.reason is Reason.VISITING and call.undone_ms is None and call.refused is None:
            known = who.phone in seen
            assert (who.confirmed_how is ConfirmedHow.KNOWN) is known
            assert not known or seen[who.phone] == who.room_code
            seen[who.phone], again = who.room_code, again + known
    assert again > 100


def test_nobody_comes_while_they_are_inside(month: Month) -> None:
    until: dict[str, float] = {}
    for call in month(at_ms=FRIDAY_EVENING):
        phone = call.registration.phone
        if phone and call.undone_ms is None and call.refused is None:
            assert until.get(phone, 0) < call.in_ms, call
            until[phone] = inf if call.out_ms is None else call.out_ms


def test_some_are_turned_away_for_what_goes_with_their_reason(month: Month) -> None:
    refused = [call for call in month(at_ms=FRIDAY_EVENING) if call.refused]

    assert 20 <= len(refused) <= 100
    assert len({call.refused for call in refused}) >= 5
    for call in refused:
        assert (call.refused, call.note) in names.REFUSALS[call.reason]
        assert call.out_ms is None


def test_a_few_stay_longer_than_their_reason_allows(month: Month) -> None:
    over = [call for call in month(at_ms=FRIDAY_EVENING) if call.out_ms is not None]
    late = [c for c in over if c.out_ms and c.out_ms > Policies().rule(c.reason).expected_out_ms(c.in_ms, ZONE)]

    assert 0.005 < len(late) / len(over) < 0.1
    assert {Reason.COURIER, Reason.DELIVERY} <= {call.reason for call in late}


def test_a_wrong_home_is_taken_back_and_written_down_rightly_within_a_minute(month: Month) -> None:
    calls = month(at_ms=FRIDAY_EVENING)
    slips = [call for call in calls if call.undone_ms is not None]

    assert len(slips) == 5
    for slip in slips:
        again = [c for c in calls if c.registration.phone == slip.registration.phone and c.in_ms > slip.in_ms]
        assert 0 < again[0].in_ms - slip.in_ms < 60_000
        assert slip.in_ms < (slip.undone_ms or 0) < again[0].in_ms


def test_a_large_demo_reaches_further_back_rather_than_crowding_a_day() -> None:
    days = Counter(local(call.in_ms).date() for call in planned(3, 13_000, FRIDAY_EVENING))

    assert len(days) > DAYS
    assert max(days.values()) < 600


@pytest.fixture(scope="module")
def lively(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    home = Folder(tmp_path_factory.mktemp("lively") / "demo").home
    with closing(make_demo(home, Wanted(60, 1000), FRIDAY_EVENING, lambda *_: None)) as store:
        yield store


def test_everybody_is_written_down_by_the_guard_of_the_hour(lively: Store) -> None:
    hours: dict[tuple[object, object], set[int]] = {}
    for gate, number, at_ms in rows(
        lively,
        "SELECT g.name, s.number, at_ms FROM visit_event JOIN gate g USING (gate_id) JOIN staff s USING (staff_id)",
    ):
        assert isinstance(at_ms, int)
        hours.setdefault((gate, number), set()).add(local(at_ms).hour)

    assert set(hours) == {("东门岗", "1007"), ("东门岗", "1008"), ("东门岗", "1012"), ("西门岗", "1001")}
    assert hours["东门岗", "1007"] <= set(range(7, 15))
    assert hours["东门岗", "1008"] <= set(range(15, 23))
    assert hours["东门岗", "1012"] <= {23, *range(7)}
    assert hours["西门岗", "1001"] <= set(range(8, 20))


def test_numbers_of_estate_agents_are_kept_and_badges_are_given_and_come_back(lively: Store) -> None:
    agents = rows(lively, "SELECT document_masked FROM visit WHERE reason = 'estate_agent'")
    badges = rows(lively, "SELECT badge_out, count(*) FROM visit WHERE badge > '' GROUP BY 1 ORDER BY 1")

    assert agents
    assert all(masked for (masked,) in agents)
    assert [out for out, _count in badges] == [0, 1]


def test_the_file_says_who_was_turned_away_undone_and_an_emergency(lively: Store) -> None:
    states = {state for (state,) in rows(lively, "SELECT DISTINCT state FROM visit")}

    assert states == {"inside", "left", "turned_away", "undone"}
    assert rows(lively, "SELECT count(*) FROM visit WHERE reason = 'emergency'") == [(1,)]


def test_what_was_written_down_wrongly_is_corrected_with_its_reason(lively: Store) -> None:
    corrected = rows(
        lively,
        "SELECT e.reason, corrected, original FROM visit_event e JOIN visit USING (visit_id) WHERE kind = 'corrected'",
    )

    assert Counter(why for why, *_values in corrected) == {
        "typing_error": 4,
        "told_otherwise": 4,
        "completed_afterwards": 1,
    }
    for _why, right, put in corrected:
        now, before = json.loads(str(right)), json.loads(str(put))
        assert all(now[column] != before[column] for column in before)


def test_the_shift_lead_overrides_a_doubtful_document_with_a_reason(lively: Store) -> None:
    overrides = rows(
        lively,
        "SELECT s.number, e.note, e.override_how, v.check_document FROM visit_event e JOIN visit v USING (visit_id)"
        " JOIN staff s ON s.staff_id = e.override_by",
    )

    assert [(number, note in names.OVERRIDES, how, found) for number, note, how, found in overrides] == [
        ("1001", True, "pin", "doubtful")
    ]


def test_a_badge_was_carried_off_and_is_out_still(lively: Store) -> None:
    missed = rows(
        lively,
        "SELECT badge, state, badge_out FROM visit JOIN visit_event USING (visit_id) WHERE kind = 'badge_missing'",
    )

    assert [(badge != "", state, out) for badge, state, out in missed] == [(True, "left", 1)]


def test_of_the_badges_carried_off_in_a_month_one_comes_back_the_next_day(month: Month) -> None:
    calls, incidents = plan_incidents(People(Random(1)), month(at_ms=FRIDAY_EVENING), FRIDAY_EVENING)
    missed = [(calls[place], incident) for place, incident in incidents.items() if incident.misses_badge]
    back = [incident.badge_back_ms - (call.out_ms or 0) for call, incident in missed if incident.badge_back_ms]

    assert len(missed) == 2
    assert len(back) == 1
    assert DAY_MS / 2 < back[0] < DAY_MS


def test_vehicles_stand_by_their_household(lively: Store) -> None:
    of_vehicles = "SELECT plate, note FROM vehicle JOIN household USING (household_id) JOIN house USING (house_id)"
    shown = rows(lively, f"{of_vehicles} WHERE room_code = '{SHOWN_HOME}' ORDER BY plate")

    assert shown == sorted(names.SHOWN_VEHICLES)
    assert len(rows(lively, of_vehicles)) > 30


def test_a_finished_demo_is_on_the_disk_and_saves_durably_from_then_on(lively: Store) -> None:
    wal = lively.home.database.with_name(lively.home.database.name + "-wal")

    assert rows(lively, "PRAGMA synchronous") == [(2,)]
    assert wal.stat().st_size == 0


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
        " + (SELECT count(*) FROM gate) + 1 + (SELECT count(*) FROM document_secret)"
        " + (SELECT count(*) FROM vehicle) + (SELECT count(*) FROM month_key)",
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
