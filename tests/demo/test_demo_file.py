"""The demo's file: made through the doors, signed in to, and told of as a real one."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from butler_tui.demo import names
from butler_tui.demo.clock import DAY_MS
from butler_tui.demo.folder import Folder
from butler_tui.demo.houses import SHOWN_HOME
from butler_tui.demo.incidents import plan_incidents
from butler_tui.demo.making import Wanted, make_demo
from butler_tui.demo.people import People
from butler_tui.desk.shifts import sign_in
from butler_tui.paths import Home
from butler_tui.store import estates, visits
from butler_tui.store.journal_rows import verify_chain
from butler_tui.store.local import Store, open_store
from tests.demo.planned import FRIDAY_EVENING, Month, local, rows

if TYPE_CHECKING:
    from tests.conftest import Clock


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
