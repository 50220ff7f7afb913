"""`make bench` measures what it says: its files are real, its table tells a missed target; no figure is judged here."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bench import look_ups, many_terminals, many_visits, pull_rate, thousand
from bench.figures import Figure, p95, table
from butler_tui.domain.plates import read_plate
from butler_tui.paths import Home
from butler_tui.store import search_keys
from butler_tui.store.local import open_store
from butler_tui.store.schema import missing_guards
from butler_tui.store.search import look
from butler_tui.store.visits import counts

VISITS, HOUSEHOLDS = 300, 60


@pytest.fixture(scope="module")
def kept_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bench")


@pytest.fixture
def home(kept_in: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(kept_in))
    return many_visits.home_of(VISITS, HOUSEHOLDS)


def test_a_file_with_many_visits_is_one_that_the_screens_could_have_written(home: Home) -> None:
    store = open_store(home)
    connection = store.connection
    (visits,) = connection.execute("SELECT count(*) FROM visit").fetchone()
    (settled,) = connection.execute(
        "SELECT count(*) FROM visit v WHERE (SELECT count(*) FROM visit_event e WHERE e.visit_id = v.visit_id)"
        " = 1 + (v.state = 'left')"
    ).fetchone()
    keys = set(connection.execute("SELECT kind, key, value FROM search_key").fetchall())
    search_keys.make_all(connection)
    assert (visits, settled) == (VISITS, VISITS)
    assert missing_guards(connection) == []
    assert set(connection.execute("SELECT kind, key, value FROM search_key").fetchall()) == keys
    assert counts(connection, many_visits.NOW_MS).visitors > 0
    plates = [row[0] for row in connection.execute("SELECT DISTINCT plate FROM visit WHERE plate IS NOT NULL")]
    assert all((plate := read_plate(one)) is not None and plate.text == one for one in plates)
    store.close()


def test_whom_most_visits_are_of_is_found(home: Home) -> None:
    store = open_store(home)
    (busiest, *_rest) = many_visits.samples_of(home)["most_phone"]
    assert look(store, busiest).hits
    store.close()


def test_a_second_run_takes_the_file_that_is_there(home: Home) -> None:
    made = home.database.stat().st_ctime_ns
    assert many_visits.home_of(VISITS, HOUSEHOLDS).database.stat().st_ctime_ns == made


def test_every_look_up_is_measured_on_both_files(home: Home, tmp_path: Path) -> None:
    figures = look_ups.measure(tmp_path, 1, sizes=(VISITS, VISITS), households=HOUSEHOLDS)
    assert len(figures) > 30
    assert all(figure.ours > 0 and figure.baseline for figure in figures)


def test_simulated_terminals_bring_everything_to_hq_and_hear_of_it(tmp_path: Path) -> None:
    figures = thousand.measure(tmp_path, minutes=0.03, terminals=6, estates=2, every_s=0.5, engines=[thousand.THE_FILE])
    came, __, __, away, errors, astray = figures
    assert (came.ours, away.ours, errors.ours, astray.ours) == (came.baseline, 0, 0, 0)
    assert came.ours > 6


@pytest.mark.soak
def test_a_pull_is_measured_beside_a_plain_one(tmp_path: Path) -> None:
    figures = pull_rate.measure(tmp_path, 1, changes=300, delta=60)
    assert all(figure.ours > 0 for figure in figures)


@pytest.mark.soak
def test_terminals_that_push_at_once_lose_nothing(tmp_path: Path) -> None:
    figures = many_terminals.measure(tmp_path, 1, terminals=4, each=60)
    assert [figure.ours for figure in figures if figure.baseline is None] == [0, 0]
    assert all(figure.ours > 0 and figure.baseline for figure in figures if figure.baseline is not None)


def test_a_missed_target_is_said() -> None:
    figures = [
        Figure("slow", "ms", 6.0, 1.0, 5.0),
        Figure("slow but short", "ms", 0.9, 0.1, 5.0, or_at_most=1.0),
        Figure("rate", "/s", 4.0, 10.0, 0.5, at_least=True),
    ]
    rows = table(figures).splitlines()[1:]
    assert [row.split()[-1] for row in rows] == ["MISSED", "kept", "MISSED"]
    assert p95([1.0] * 99 + [100.0]) == 1.0
