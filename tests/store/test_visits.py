"""Looking up visits: who is inside, by badge, plate and phone; never by reading every visit there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from butler_tui.desk.gate import Done, admit, check_out, turn_away
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason, TurnAwayReason
from butler_tui.domain.visits import Registration
from butler_tui.store import badges, home, households, visits
from butler_tui.store.database import Connection
from butler_tui.store.local import Store

if TYPE_CHECKING:
    from tests.conftest import Clock, Estate

Admit = Callable[..., Done]


@pytest.fixture
def let_in(estate: Estate, session: Session, now: Clock) -> Admit:
    def let_in(**changes: object) -> Done:
        now.advance(minutes=1)
        return admit(estate.store, session, estate.registration(**{"badge": "", **changes}), estate.policies, now())

    return let_in


def test_those_on_site_are_listed_with_who_should_have_left_first_on_top(estate: Estate, let_in: Admit) -> None:
    let_in(name="维修", reason=Reason.REPAIR)
    let_in(name="快递", reason=Reason.COURIER)
    let_in(name="外卖", reason=Reason.DELIVERY)

    assert [one.name for one in visits.on_site(estate.store.connection, 10)] == ["快递", "外卖", "维修"]


def test_the_list_is_paged_by_key_without_a_gap_or_a_repeat(estate: Estate, let_in: Admit) -> None:
    for number in range(25):
        let_in(name=f"访客{number}", reason=Reason.VISITING)  # all are expected out at the same time

    found: list[visits.OnSite] = []
    while page := visits.on_site(estate.store.connection, 10, found[-1].key if found else None):
        found += page

    assert sorted(one.name for one in found) == sorted(f"访客{number}" for number in range(25))


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("A017", {"李文博"}),
        ("a0", {"李文博", "孙浩"}),
        ("京A", {"孙浩"}),
        ("12345", {"孙浩"}),
        ("3-2", {"李文博", "孙浩"}),
        ("V17", {"Anna"}),
        ("文", {"李文博"}),
        ("lwb", {"李文博"}),
        ("liwen", {"李文博"}),
        ("sh", {"孙浩"}),
        ("1801", {"李文博", "孙浩"}),
        ("I2345", {"孙浩"}),
        ("anna", {"Anna"}),
        ("无此人", set()),
        ("%", set()),
    ],
)
def test_what_is_typed_narrows_the_list(estate: Estate, let_in: Admit, typed: str, expected: set[str]) -> None:
    let_in(name="李文博", badge="A017")
    let_in(name="孙浩", badge="A018", plate="京A12345", vehicle_type="")
    let_in(name="Anna", room_code="V17")

    assert {one.name for one in visits.on_site(estate.store.connection, 10, matching=typed)} == expected


def test_a_badge_finds_who_wears_it_until_it_is_taken_back(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    first = let_in(name="李文博", badge="A017")
    connection = estate.store.connection
    before = visits.by_badge(connection, "A017")
    check_out(estate.store, session, first.visit_id, now.advance(minutes=5))
    after = visits.by_badge(connection, "A017")
    let_in(name="孙浩", badge="A017")
    next_wearer = visits.by_badge(connection, "A017")

    assert (before and before.name, after, next_wearer and next_wearer.name) == ("李文博", None, "孙浩")


def test_a_plate_finds_who_is_inside_with_it(estate: Estate, let_in: Admit) -> None:
    let_in(name="孙浩", plate="京A12345")

    found = visits.by_plate(estate.store.connection, "京A12345")

    assert found is not None
    assert found.name == "孙浩"
    assert visits.by_plate(estate.store.connection, "京A12346") is None


def test_those_past_their_time_are_listed_alone_the_longest_over_on_top(
    estate: Estate, let_in: Admit, now: Clock
) -> None:
    let_in(name="快递一", reason=Reason.COURIER)
    let_in(name="快递二", reason=Reason.COURIER)
    let_in(name="救护", reason=Reason.EMERGENCY)
    let_in(name="维修", reason=Reason.REPAIR)
    late = now.advance(hours=1)

    found = visits.on_site(estate.store.connection, 1, overdue_ms=late)
    found += visits.on_site(estate.store.connection, 10, found[0].key, overdue_ms=late)
    assert [one.name for one in found] == ["快递一", "快递二"]


def test_counts_are_of_people_with_companions_vehicles_and_overstays(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    let_in(reason=Reason.COURIER, companions=2, plate="京A12345")
    let_in(reason=Reason.REPAIR)
    gone = let_in(reason=Reason.COURIER, plate="京A54321")
    check_out(estate.store, session, gone.visit_id, now())
    turned_away = estate.registration(badge="")
    turn_away(estate.store, session, turned_away, estate.policies, now(), reason=TurnAwayReason.LOITERING)

    assert visits.counts(estate.store.connection, now()) == visits.Counts(people=4, vehicles=1, overstays=0, visitors=2)
    assert visits.counts(estate.store.connection, now() + 40 * 60_000).overstays == 1


def test_a_visitor_without_an_expected_time_is_never_late(estate: Estate, let_in: Admit, now: Clock) -> None:
    let_in()

    assert visits.counts(estate.store.connection, now()).overstays == 0


def test_a_person_is_found_again_by_phone_with_the_number_of_visits(
    estate: Estate, session: Session, let_in: Admit, now: Clock
) -> None:
    first_visit = visits.earlier_by_phone(estate.store.connection, "13900001234")
    for _ in range(3):
        done = let_in(phone="13900001234")
        check_out(estate.store, session, done.visit_id, now.advance(minutes=2))
    last_ms = done.at_ms
    turned_away = estate.registration(badge="", phone="13900001234")
    turn_away(estate.store, session, turned_away, estate.policies, now(), reason=TurnAwayReason.LOITERING)

    assert first_visit is None
    assert visits.earlier_by_phone(estate.store.connection, "13900001234") == visits.EarlierVisit(
        last_ms, "3-2-1801", 3
    )
    assert visits.earlier_by_phone(estate.store.connection, "13900001235") is None


def test_a_reason_of_a_newer_program_is_listed_as_other(estate: Estate, let_in: Admit) -> None:
    from butler_tui.store.journal import migrate

    done = let_in()
    with migrate(estate.store.connection) as connection:
        connection.execute("UPDATE visit SET reason = 'drone' WHERE visit_id = ?", (done.visit_id,))

    assert [one.reason for one in visits.on_site(estate.store.connection, 5)] == [Reason.OTHER]


LOOK_UPS: dict[str, Callable[[Store], object]] = {
    "on_site": lambda store: visits.on_site(store.connection, 10),
    "on_site after a key": lambda store: visits.on_site(store.connection, 10, (5, b"\1" * 16)),
    "on_site matching": lambda store: visits.on_site(store.connection, 10, matching="A0"),
    "on_site overdue": lambda store: visits.on_site(store.connection, 10, overdue_ms=5),
    "on_site by initials": lambda store: visits.on_site(store.connection, 10, matching="lwb"),
    "badges_out": lambda store: badges.badges_out(store.connection),
    "badges_missing": lambda store: badges.badges_missing(store.connection, 10, ("A", b"")),
    "badges_missing matching": lambda store: badges.badges_missing(store.connection, 10, matching="A0"),
    "missing_badge": lambda store: badges.missing_badge(store.connection, b"\1" * 16),
    "holder_of_badge": lambda store: badges.holder_of_badge(store.connection, "A017"),
    "longest_inside": lambda store: visits.longest_inside(store.connection),
    "parked": lambda store: home.parked(store.connection),
    "today": lambda store: home.today(store.connection, 1_794_527_880_000),
    "machine": home.machine,
    "figures": lambda store: home.figures(store, 1_794_527_880_000, 1_794_500_000_000),
    "badge_of": lambda store: visits.badge_of(store.connection, b"\1" * 16),
    "by_badge": lambda store: visits.by_badge(store.connection, "A017"),
    "by_plate": lambda store: visits.by_plate(store.connection, "京A12345"),
    "by_phone": lambda store: visits.by_phone(store.connection, "13900001234"),
    "registered_lately": lambda store: visits.registered_lately(
        store.connection, Registration(name="李文博", phone="13900001234", plate="京A12345"), 1
    ),
    "last_by": lambda store: visits.last_by(store.connection, b"\1" * 16, 1),
    "saved": lambda store: visits.saved(store.connection, b"\1" * 16),
    "inside": lambda store: visits.inside(store.connection, b"\1" * 16),
    "counts": lambda store: visits.counts(store.connection, 1),
    "earlier_by_phone": lambda store: visits.earlier_by_phone(store.connection, "13900001234"),
    "events": lambda store: visits.events(store.connection, b"\1" * 16),
    "rooms_starting": lambda store: households.rooms_starting(store.connection, "3-2"),
    "room_code": lambda store: households.room_code(store.connection, b"\1" * 16),
    "homes_matching": lambda store: households.homes_matching(store.connection, "A8K32"),
    "at_room": lambda store: households.at_room(store.connection, "3-2-1801"),
}
_SMALL = ("SCAN draft", "SCAN policy", "SCAN sync_state", "SCAN terminal", "SCAN quarantine")
"""One row, or a few: half-typed forms, the estate's policies, what HQ could not apply."""
_INSIDE_ONLY = ("INDEX visit_inside", "INDEX visit_badge_out", "INDEX base_in_conflict")
"""Of those inside, badges that are out, records that wait for a decision."""


@pytest.mark.parametrize("name", LOOK_UPS)
def test_no_look_up_reads_a_whole_table(estate: Estate, name: str) -> None:
    asked: list[str] = []
    connection = estate.store.connection
    connection.set_trace_callback(asked.append)
    LOOK_UPS[name](estate.store)
    connection.set_trace_callback(None)

    assert asked
    for statement in asked:
        assert whole_tables_read(connection, statement) == [], statement


def whole_tables_read(connection: Connection, statement: str) -> list[str]:
    """Return the steps of a statement's plan that read a table row by row, or an index of more than those inside."""
    plan = [row["detail"] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
    assert plan
    scans = [step for step in plan if step.startswith("SCAN") and not step.startswith("SCAN (subquery")]
    large = [step for step in scans if not step.startswith(_SMALL)]
    return [step for step in large if not any(index in step for index in _INSIDE_ONLY)]


def test_a_statement_that_does_read_a_whole_table_would_be_noticed(estate: Estate) -> None:
    statement = "SELECT * FROM visit WHERE company = 'x' AND state = 'left' ORDER BY registered_ms"

    assert whole_tables_read(estate.store.connection, statement) == ["SCAN visit"]


def test_every_function_that_looks_up_visits_or_homes_is_asked_for_its_plan() -> None:
    import inspect

    functions = {
        name
        for module in (visits, households, badges, home)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__ and not name.startswith("_")
    }

    assert functions == {name.split()[0] for name in LOOK_UPS}
