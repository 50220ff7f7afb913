"""On PostgreSQL every list of values is looked up by index, also in an estate of which it has no statistics yet."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest

from butler_tui.hq import admin
from butler_tui.hq.engines import LogRow, StateRow
from butler_tui.hq.engines.postgres_rows import ARRIVING_STATE, PostgresRows, Stuck, translated
from butler_tui.hq.keys import Folder
from tests.hq.authors import NOW, fresh

ESTATE, MANY = fresh(), 10_000


class Explained(PostgresRows):
    """Rows that note how PostgreSQL means to run each statement."""

    plans: list[str]

    def _all(self, sql: str, *values: object) -> Sequence[Sequence[Any]]:
        self._explain(sql, values)
        return super()._all(sql, *values)

    def _many(self, sql: str, rows: Any) -> None:
        rows = list(rows)
        self._explain(sql, rows[0])
        super()._many(sql, rows)

    def _explain(self, sql: str, values: Sequence[object]) -> None:
        found = self.connection.execute("EXPLAIN " + translated(sql), values).fetchall()
        self.plans.append("\n".join(row[0] for row in found))


@pytest.fixture(scope="module")
def filled(postgres_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Explained]:
    """Return the rows of an estate that has just been filled."""
    admin.init(Folder(tmp_path_factory.mktemp("plans") / "hq", postgres_database), [], NOW)
    with psycopg.connect(postgres_database, cursor_factory=psycopg.RawCursor) as connection:
        for table in ("record_state", "change_log"):
            connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)")
        connection.execute(ARRIVING_STATE)
        rows = Explained(connection, Stuck())
        rows.add_log(_log_row(number) for number in range(1, MANY))
        rows.add_states(
            StateRow(ESTATE, "visit_event", f"{number:x}", f"v{number // 2}", "{}", "{}", number)
            for number in range(1, MANY)
        )
        yield rows


@pytest.fixture
def rows(filled: Explained) -> Explained:
    """Return them with nothing asked yet."""
    filled.plans = []
    return filled


def _log_row(number: int) -> LogRow:
    values = dict.fromkeys(LogRow._fields, 0) | dict.fromkeys(("terminal_id", "epoch", "tbl", "op", "body"), "x")
    ids = {"estate_id": ESTATE, "cid": f"c{number}", "group_id": f"g{number}", "record_id": f"{number:x}"}
    verdict = "quarantined" if number % 3 == 0 else "applied"
    rest = {"pos": number, "parent_id": f"v{number}", "staff_id": f"s{number}", "link": b"", "verdict": verdict}
    return LogRow(**{**values, **ids, **rest})  # type: ignore[arg-type]


def test_each_value_of_a_list_is_looked_up_by_the_index_that_is_made_for_it(rows: Explained) -> None:
    ids = [f"v{number}" for number in range(0, 600, 2)]
    rows.known_cids(ESTATE, ids)
    rows.held(ESTATE, ids)
    rows.states(ESTATE, [("visit_event", one) for one in ids])
    rows.children(ESTATE, "visit_event", ids)
    rows.put_shown(ESTATE, "visit_event", [(one, "{}") for one in ids])
    rows.tallies_of(ESTATE, [("visit_event", one) for one in ids])
    rows.held_for(ESTATE, [("staff", one) for one in ids])
    overridden = rows.plans.pop()
    rows.held_groups(ESTATE, [("e", one, 7) for one in ids])
    assert rows.has_held(ESTATE)
    assert "Scan using change_log_held on" in rows.plans.pop()
    assert "Index Scan using change_log_held on" in overridden
    rows.held_kin(ESTATE, ids)
    assert "Index Scan using change_log_held on" in rows.plans.pop()
    wanted = ("cid", "cid", "record_id", "parent_id", "record_id", "month", "parent_id", "staff_id", "record_id", "pos",
              "parent_id")  # fmt: skip
    assert len(rows.plans) == len(wanted)
    for plan, column in zip(rows.plans, wanted, strict=True):
        assert re.search(rf"Index Cond: .*\b{column} >?= ", plan), plan
        assert not re.search("Seq Scan|Hash|Merge", plan), plan


def test_what_stands_in_nobodys_chain_is_found_epoch_by_epoch(rows: Explained) -> None:
    rows.offered(ESTATE)
    assert re.search(r"Index Cond: .*epoch = each.epoch.* AND \(seq = 0\)", rows.plans[-1])
    assert "Seq Scan" not in rows.plans[-1]


def test_what_tells_of_many_records_is_looked_for_in_one_pass(rows: Explained) -> None:
    rows.telling(ESTATE, [f"v{number}" for number in range(600)])
    assert "Hash Cond" in rows.plans[-1]
    assert "Nested Loop" not in rows.plans[-1]


def test_many_records_half_known_are_asked_for_at_once(rows: Explained) -> None:
    rows.half_known(ESTATE, [("x", f"{number:x}") for number in range(600)])
    (plan,) = rows.plans
    assert re.search(r"Index Cond: .*record_id = ", plan), plan


def test_how_much_is_held_is_counted_without_reading_the_log(rows: Explained) -> None:
    assert rows.count_held(ESTATE) == (MANY - 1) // 3
    assert "change_log_held" in rows.plans[-1]
