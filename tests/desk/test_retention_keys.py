"""Months' keys after restores: whatever kept them, they go when their time is over."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from butler_tui.desk import retention as sweeping
from butler_tui.desk.gate import admit, check_out
from butler_tui.desk.session import Session
from butler_tui.domain.policies import Reason
from butler_tui.ids import new_id
from butler_tui.store import handed_keys, journal
from butler_tui.store.handed_keys import HandedKeys
from butler_tui.store.keys import read_keys, write_keys
from butler_tui.store.local import Store, open_store
from tests.conftest import Clock, Estate
from tests.keeping import back_up, quick_passphrases, restore, stick

__all__ = ["quick_passphrases", "stick"]
pytestmark = pytest.mark.usefixtures("english", "quick_passphrases")

DAY_MS = 86_400_000


def visit_with_number(estate: Estate, session: Session, now: Clock) -> None:
    agent = estate.registration(reason=Reason.ESTATE_AGENT, document_number="330000199001011239", badge="")
    done = admit(estate.store, session, agent, estate.policies, now())
    check_out(estate.store, session, done.visit_id, now.advance(minutes=5))


def swept_long_after(estate: Estate, store: Store, now: Clock) -> sweeping.Swept:
    told = "UPDATE sync_state SET last_sync_ms = ?1, last_try_ms = ?1, clock_offset_ms = 0"
    store.connection.execute(told, (now() + 200 * DAY_MS,))
    return sweeping.sweep(store, estate.policies, pause_s=0)


def key_files(estate: Estate) -> list[Path]:
    keys = estate.store.home.keys
    return sorted(one for one in keys.parent.glob(f"{keys.name}*") if not one.name.endswith(".lock"))


def test_after_two_restores_no_key_of_a_month_that_is_over_is_left(
    estate: Estate, session: Session, now: Clock, stick: Path
) -> None:
    file = back_up(estate.store, stick / "butler.bak")
    for _again in range(2):  # each incarnation of the file makes a key of its own
        visit_with_number(estate, session, now)
        estate.store.close()
        restore(estate.store.home, file, replace=True)
        estate.store = open_store(estate.store.home)
    assert [len(read_keys(one).months) for one in key_files(estate)] == [2, 1, 2]

    assert swept_long_after(estate, estate.store, now).months == ("2026-11",)

    assert [dict(read_keys(one).months) for one in key_files(estate)] == [{}, {}, {}]
    assert [dict(read_keys(one).named) for one in key_files(estate)] == [{}, {}, {}]
    estate.store.close()


def test_a_key_file_of_an_older_program_is_read_and_written_on(estate: Estate, session: Session, now: Clock) -> None:
    visit_with_number(estate, session, now)
    file = estate.store.home.keys
    content = json.loads(file.read_text("ascii"))
    assert list(content.pop("named").values()) == ["2026-11"]
    file.write_text(json.dumps(content), "ascii")

    old = read_keys(file)
    assert (len(old.months), dict(old.named)) == (1, {})
    write_keys(file, old)
    assert swept_long_after(estate, estate.store, now).months == ("2026-11",)
    assert dict(read_keys(file).months) == {}


def test_a_first_sweep_of_many_visits_walks_the_journal_a_few_times_only(
    estate: Estate, session: Session, now: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit_with_number(estate, session, now)
    first = dict(estate.the_visit())
    with journal.migrate(estate.store.connection) as connection:
        for _each in range(4_100):
            row = {**first, "visit_id": new_id(now())}
            names = ", ".join(row)
            connection.execute(f"INSERT INTO visit ({names}) VALUES ({', '.join('?' * len(row))})", (*row.values(),))
    walks = []

    def counted(store: Store, records: set[bytes], after: int) -> int | None:
        walks.append(after)
        return journal.redact(store, records, after)

    monkeypatch.setattr(sweeping, "redact", counted)
    assert swept_long_after(estate, estate.store, now).visits == 4_101
    assert walks.count(0) == 1


def test_a_key_that_hq_made_is_used_without_a_word_and_goes_when_its_month_is_over(
    estate: Estate, session: Session, now: Clock
) -> None:
    months = {"2026-11": new_id(now()), "2027-06": new_id(now())}
    handed = HandedKeys("name", False, {one: (month, os.urandom(32)) for month, one in months.items()},
                        frozenset(months.values()))  # fmt: skip
    handed_keys.keep(estate.store, handed, [])
    visit_with_number(estate, session, now)
    used = estate.store.connection.execute("SELECT month_key_id FROM document_secret").fetchall()
    assert [row[0] for row in used] == [months["2026-11"]]
    assert estate.store.connection.execute("SELECT count(*) FROM month_key").fetchone()[0] == 0

    assert swept_long_after(estate, estate.store, now).months == ("2026-11",)

    left = read_keys(estate.store.home.keys)
    assert (set(left.months), set(left.by_hq), left.handed) == (*[{months["2027-06"].hex()}] * 2, "name")
