"""A search takes as long with very many visits as with few: look-ups on indexes only, within budgets of rows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from butler_tui.domain.fields import TABLES, Scope
from butler_tui.domain.search_keys import Readings, name_keys
from butler_tui.ids import new_id
from butler_tui.store import search_keys, search_visits, visits
from butler_tui.store.gate_home import gate_home
from butler_tui.store.journal import migrate
from butler_tui.store.local import Store
from butler_tui.store.readings import readings
from butler_tui.store.search import MOST_HITS, look
from butler_tui.store.visit_story import phone_of, secret_of, whole_visit
from tests.conftest import Clock, Estate
from tests.store.test_visits import whole_tables_read

TYPED = (
    *("l", "li", "lwb", "liwenbo", "李", "李文", "w", "zjh", "浙", "浙A", "浙A1", "浙A12345", "1", "12", "139", "1234"),
    *("13900", "13900001234", "A", "A0", "A017", "3", "3-2", "3-2-1801", "321801", "V17", "330102199003070016", "张伟"),
)
FEW, MANY = 1_000, 20_000
STEPS = 100
"""Steps of SQLite's machine between two counts."""


def fill(store: Store, many: int, now_ms: int, still_inside: int = 40) -> None:
    """Write many visits of a fifth as many people, the last `still_inside` of them inside."""
    surnames, given = "王李张刘陈杨赵黄周吴", "伟芳娜敏静丽强磊军洋勇文博志建华晓玲"
    outcomes = "'passed', 'passed', 'passed', 'passed', 'passed', 'passed'"
    with migrate(store.connection) as connection:
        for number in range(many):
            person = number * 7919 % (many // 5)
            name = surnames[person % 10] + given[person // 10 % 18] + given[person // 180 % 18]
            at_ms = now_ms - (many - number) * 60_000
            inside = number >= many - still_inside
            connection.execute(
                "INSERT INTO visit (visit_id, registered_ms, gate_id, staff_id, name, phone, plate, room_code, reason,"
                " badge, ask_identity, ask_reason, ask_host, check_document, check_vehicle, check_belongings, state,"
                f" badge_out, expected_out_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'repair', ?, {outcomes}, ?, ?, ?)",
                (new_id(at_ms), at_ms, b"1" * 16, b"2" * 16, name, f"139{person:08d}", f"浙A{person % 100_000:05d}",
                 f"{person % 30}-1-{person % 18}01", f"A{number % 1000:03d}", "inside" if inside else "left",
                 int(inside), at_ms + 3_600_000),
            )  # fmt: skip
        search_keys.make_all(connection)


def steps(store: Store, act: Callable[[], object]) -> int:
    """Return how often SQLite's machine went through STEPS of its steps: rows read, whatever the clock says."""
    count = 0

    def one_more() -> int:
        nonlocal count
        count += 1
        return 0

    store.connection.set_progress_handler(one_more, STEPS)
    try:
        act()
    finally:
        store.connection.set_progress_handler(None, STEPS)
    return count


def asked_by(store: Store, act: Callable[[], object]) -> list[str]:
    """Return the statements, values filled in, that an act runs."""
    asked: list[str] = []
    store.connection.set_trace_callback(asked.append)
    act()
    store.connection.set_trace_callback(None)
    return asked


@pytest.mark.parametrize("typed", TYPED)
def test_no_search_reads_a_whole_table(estate: Estate, now: Clock, typed: str) -> None:
    fill(estate.store, 200, now())

    asked = asked_by(estate.store, lambda: look(estate.store, typed))
    assert asked
    for statement in asked:
        scans = [step for step in whole_tables_read(estate.store.connection, statement) if "VIRTUAL TABLE" not in step]
        assert scans == [], statement


def test_neither_a_visits_nor_a_homes_detail_reads_a_whole_table(estate: Estate, now: Clock) -> None:
    fill(estate.store, 200, now())
    connection = estate.store.connection
    visit_id = connection.execute("SELECT visit_id FROM visit").fetchone()[0]
    house_id = connection.execute("SELECT house_id FROM house").fetchone()[0]
    details: tuple[Callable[[], object], ...] = (
        lambda: whole_visit(connection, visit_id),
        lambda: phone_of(connection, visit_id),
        lambda: secret_of(connection, visit_id),
        lambda: gate_home(connection, house_id, 50),
    )
    for detail in details:
        for statement in asked_by(estate.store, detail):
            assert whole_tables_read(connection, statement) == [], statement


def test_rows_read_stay_bounded_with_many_visits(estate: Estate, now: Clock) -> None:
    fill(estate.store, FEW, now())
    few = {typed: steps(estate.store, partial(look, estate.store, typed)) for typed in TYPED}
    fill(estate.store, MANY, now())
    many = {typed: steps(estate.store, partial(look, estate.store, typed)) for typed in TYPED}
    everything = "SELECT count(*) FROM visit WHERE looks = 'x'"
    all_of_them = steps(estate.store, lambda: estate.store.connection.execute(everything).fetchone())

    assert all_of_them > 5 * max(many.values())
    assert {typed: (few[typed], many[typed]) for typed in TYPED if many[typed] > 2 * few[typed] + 60} == {}


def test_a_room_is_looked_for_among_a_bounded_number_of_those_inside(estate: Estate, now: Clock) -> None:
    fill(estate.store, FEW, now())
    few = steps(estate.store, lambda: look(estate.store, "77-1-1801"))
    fill(estate.store, MANY, now(), still_inside=MANY)
    many = steps(estate.store, lambda: look(estate.store, "77-1-1801"))
    everybody = "SELECT count(*) FROM visit INDEXED BY visit_inside WHERE state = 'inside' AND room_code = 'x'"
    all_inside = steps(estate.store, lambda: estate.store.connection.execute(everybody).fetchone())

    assert 2 * (many - few) < all_inside, (few, many, all_inside)
    assert look(estate.store, "77-1-1801").more


def test_letters_in_the_list_of_those_inside_make_pinyin_of_few(
    estate: Estate, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(estate.store, 5_000, now(), still_inside=4_000)
    made: list[str] = []

    def counted(name: str, readings: Readings) -> frozenset[str]:
        made.append(name)
        return name_keys(name, readings)

    monkeypatch.setattr(visits, "name_keys", counted)
    for typed in ("l", "li", "lww", "liwenbo", "w", "zxx"):
        visits._keys_of_name.cache_clear()
        made.clear()
        found = visits.on_site(estate.store.connection, 36, matching=typed)
        assert len(made) < 600, (typed, len(made))
        fit = [
            one.visit_id
            for one in visits.on_site(estate.store.connection, 9_999)
            if any(key.startswith(typed) for key in name_keys(one.name, readings))
        ]
        assert [one.visit_id for one in found] == fit[:36], typed
        later = visits.on_site(estate.store.connection, 36, after=found[-1].key, matching=typed) if found else []
        assert [one.visit_id for one in later] == fit[36:72], typed


def test_no_search_brings_more_than_a_screenful_or_two(estate: Estate, now: Clock) -> None:
    fill(estate.store, FEW, now())

    assert {len(look(estate.store, typed).hits) <= MOST_HITS for typed in TYPED} == {True}
    assert look(estate.store, "l").more


def test_every_column_of_a_visit_that_a_search_reads_is_for_the_gate() -> None:
    visit = TABLES["visit"]
    read = {name.strip() for name in search_visits._COLUMNS.split(",")} - {"visit_id", *visit.derived}
    fields = {name: visit.field(name) for name in read}

    assert {name for name, field in fields.items() if field is None or field.scope is not Scope.GATE} == set()
